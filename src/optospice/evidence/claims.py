"""Which claims are held against a device: those of the scenarios that count it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from optospice.device import Device
from optospice.errors import InputError
from optospice.reading import read_text
from optospice.scenario.evidence import Category, category_of
from optospice.scenario.expand import expand
from optospice.scenario.load import (
    LoadedScenario,
    find_scenario_file,
    list_scenarios,
    load_scenario,
)
from optospice.scenario.runs import Run
from optospice.scenario.schema import Scenario, Target
from optospice.sweep.identity import digest

Say = Callable[[str], None]
#: Changes when the meaning of a record changes.
_FORMAT = "1"
#: Keys of a scenario, and of a target, that decide no number.
_PROSE = frozenset(
    ("title", "description", "citation", "figure", "expectations", "conflicts", "keep", "timeout",
     "source", "note", "alternatives")
)  # fmt: skip
PRINTED = (Category.HELD_OUT, Category.FITTED)


@dataclass(frozen=True)
class Experiment:
    """A scenario with what of it is about one device.

    Parameters
    ----------
    loaded : LoadedScenario
        The scenario, for this device.
    targets : sequence of Target
        Its claims about the device.
    """

    loaded: LoadedScenario
    targets: Sequence[Target]

    def runs(self, device: str) -> list[Run]:
        """Make the runs of the device; they may leave its valid range, as those of a fit do."""
        return [run for run in expand(self.loaded, explores=True) if run.device.name == device]


def experiments_of(device: Device, say: Say = lambda text: None) -> list[Experiment]:
    """Give the scenarios whose claims count for a device, packaged and the user's own.

    It is the scenario's own device, the one that its claims are about, one that its expectations
    name, or one that it sweeps. Closed loops, circuits, Monte Carlo blocks, and scenarios of which
    no publication claims anything, are no part.

    Parameters
    ----------
    device : Device
        Which device.
    say : callable
        Takes a line about each scenario that cannot be read, which is left out.
    """
    found = []
    for name in list_scenarios():
        try:
            # a name that is not written there is neither claimed nor expected nor swept
            if device.name not in read_text(find_scenario_file(name)[1]):
                continue
            loaded = load_scenario(name)
            targets = _targets(loaded.scenario, device.name)
            if not any(target.kind != "own" for target in targets):
                continue
            swept = "device" in loaded.scenario.swept
            if not swept and loaded.scenario.device != device.name:
                loaded = load_scenario(name, [f"device={json.dumps(device.name)}"])
        except InputError as error:
            say(f"left out: {error}")
            continue
        found.append(Experiment(loaded, targets))
    return found


def _targets(scenario: Scenario, device: str) -> list[Target]:
    """Give the claims of a scenario about a device; none where the scenario is no part."""
    if scenario.controller or scenario.circuit is not None or scenario.monte_carlo is not None:
        return []
    named = {scenario.device, scenario.counted_device, *scenario.expectations}
    swept = "device" in scenario.swept
    if not swept and device not in named:
        return []
    return [
        target
        for target in scenario.targets
        if (not target.devices or device in target.devices)
        and target.where.get("device", device) == device
    ]


def is_printed(target: Target, device: Device) -> bool:
    """Whether a claim is a number that a publication prints, or that was read off its figure."""
    return category_of(target, device.card.parameters) in PRINTED


def key_of(device: Device, experiments: Sequence[Experiment]) -> str:
    """Hash what the scores of a device depend on: its text and values, claims and experiments.

    What is only told (titles, sources, notes) does not count, and neither do places of files.
    """
    card = device.card
    parameters = {
        name: [one.unit, one.limits, one.origin, sorted(one.fitted_to), device.defaults[name]]
        for name, one in card.parameters.items()
    }
    terminals = [one.model_dump(mode="json", exclude={"description"}) for one in card.terminals]
    told = [
        _FORMAT,
        device.text,
        json.dumps([parameters, terminals], sort_keys=True, default=str),
        *(f"{e.loaded.name}\n{_told(e.loaded.data)}" for e in experiments),
    ]
    return digest(*told).hex()


def _told(data: Mapping[str, Any]) -> str:
    table = {key: value for key, value in data.items() if key not in _PROSE}
    table["targets"] = [
        {key: value for key, value in target.items() if key not in _PROSE}
        for target in data.get("targets", [])
    ]
    return json.dumps(table, sort_keys=True, default=str)
