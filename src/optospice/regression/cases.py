"""Which scenarios are run, on which devices, and what each is held against."""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from optospice.errors import InputError, close_matches
from optospice.ngspice.pool import Pool
from optospice.regression.golden import golden_file, is_installed, read_golden
from optospice.regression.stored import Golden, GoldenDevice
from optospice.scenario.expand import expand
from optospice.scenario.load import LoadedScenario, list_scenarios, load_scenario, own_scenarios
from optospice.scenario.runs import Runs
from optospice.scenario.schema import Target
from optospice.sweep.local import run_scenario
from optospice.sweep.record import ScenarioResult

#: Names that a message lists [1].
_SHOWN = 8


@dataclass(frozen=True)
class Case:
    """One scenario on one device.

    Parameters
    ----------
    loaded : LoadedScenario
        The scenario, for this device.
    golden : Golden or None
        The golden of the scenario, where there is one.
    """

    loaded: LoadedScenario
    golden: Golden | None

    @property
    def scenario(self) -> str:
        """Name of the scenario."""
        return self.loaded.name

    @property
    def device(self) -> str:
        """Name of the device that the scenario is run on."""
        return self.loaded.scenario.device

    @property
    def golden_file(self) -> Path:
        """Where the golden stands, or would."""
        return golden_file(self.loaded.file)

    @property
    def is_installed(self) -> bool:
        """Whether it belongs to an installed package, which carries no goldens."""
        return is_installed(self.loaded.file)

    @property
    def golden_device(self) -> GoldenDevice | None:
        """What the scenario gave on this device before."""
        return None if self.golden is None else self.golden.devices.get(self.device)

    @property
    def targets(self) -> list[Target]:
        """Claims that apply to this device, or to one that the scenario sweeps."""
        swept = "device" in self.loaded.scenario.swept
        return [
            target
            for target in self.loaded.scenario.targets
            if swept
            or (
                target.where.get("device", self.device) == self.device
                and (not target.devices or self.device in target.devices)
            )
        ]


def planned(names: Iterable[str] = (), packaged: bool = False) -> list[Case]:
    """Load scenarios, each for every device that it is about.

    Parameters
    ----------
    names : iterable of str
        Names or files. When there is none: the project's own scenarios, and outside a
        project the packaged ones.
    packaged : bool
        Whether the packaged ones are added to the project's own.

    Raises
    ------
    InputError
        For a scenario or a golden that cannot be read, or a project without a scenario.
    """
    chosen = list(dict.fromkeys(names))
    cases = []
    for name in chosen or _all(packaged):
        loaded = load_scenario(name)
        golden = read_golden(golden_file(loaded.file))
        for device in devices_of(loaded):
            own = device == loaded.scenario.device
            one = loaded if own else load_scenario(name, [f"device={device!r}"])
            cases.append(Case(one, golden))
    return cases


def matching(names: Iterable[str], chosen: Sequence[str], packaged: bool) -> list[str]:
    """Give names as they are and, in place of a pattern, the scenarios that it matches.

    Parameters
    ----------
    names : iterable of str
        Names, files, or patterns with ``*``, ``?`` or ``[...]``; a ``*`` crosses ``/``.
    chosen : sequence of str
        Scenarios that are run; all those of `planned` where there is none.
    packaged : bool
        Whether the packaged ones are added to the project's own.

    Raises
    ------
    InputError
        For a pattern that no scenario matches.
    """
    found = []
    for name in names:
        if not any(sign in name for sign in "*?[") or Path(name).is_file():
            found.append(name)
            continue
        known = list(dict.fromkeys(chosen or _all(packaged)))
        own = fnmatch.filter(known, name)
        if not own:
            raise InputError(
                f"--update {name!r}: matches no scenario; accepted: a name, or a pattern for some "
                f"of {', '.join(known[:_SHOWN])}{', …' if len(known) > _SHOWN else ''}"
            )
        found += own
    return list(dict.fromkeys(found))


def _all(packaged: bool) -> list[str]:
    own = own_scenarios()
    if packaged or own is None:
        return list_scenarios()
    if not own:
        raise InputError(
            "./scenarios: holds no scenario; accepted: a file there, or --packaged for those that "
            "came with optospice"
        )
    return own


def devices_of(loaded: LoadedScenario) -> list[str]:
    """Give the devices that a scenario is about: its own, and those it expects something of."""
    own = loaded.scenario.device
    if "device" in loaded.scenario.swept:
        return [own]
    return list(dict.fromkeys([own, *loaded.scenario.expectations]))


def check_names(names: Sequence[str], cases: Sequence[Case]) -> None:
    """Refuse a name to update that is not among the scenarios.

    Raises
    ------
    InputError
        Naming what is accepted.
    """
    known = list(dict.fromkeys(case.scenario for case in cases))
    for name in names:
        if name not in known:
            raise InputError(f"--update {name!r}: is not run here; {close_matches(name, known)}")


def simulated(
    cases: Sequence[Case], pool: Pool, say: Callable[[str], None] | None = None
) -> Iterator[tuple[Case, ScenarioResult]]:
    """Run cases one after the other; everything that can be wrong is found before the first."""
    prepared: list[tuple[Case, Runs]] = [(case, expand(case.loaded)) for case in cases]
    for number, (case, runs) in enumerate(prepared, start=1):
        result = run_scenario(case.loaded, runs, pool)
        if result.interrupted:
            raise KeyboardInterrupt
        if say is not None:
            say(f"{number} of {len(prepared)}: {case.scenario} on {case.device}, "
                f"{len(runs)} runs in {result.seconds:.1f} s")  # fmt: skip
        yield case, result
