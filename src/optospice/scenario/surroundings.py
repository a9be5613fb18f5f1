"""What surrounds a device while a protocol acts on it: biases, loads, lights, states."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from optospice import units
from optospice.circuit.elements import check_initial
from optospice.device import Device
from optospice.errors import InputError, close_matches
from optospice.light import Beam, Illumination, Light
from optospice.protocols.base import Experiment
from optospice.stimulus import Stimulus, constant
from optospice.validation import first_problem

_BIASED = ("drive", "control")


class PlacedLight(Light):
    """A light of a scenario.

    Parameters
    ----------
    on : str
        Terminal that it falls on; the first one that takes its colour when it is left out.
    """

    on: str = ""


@dataclass(frozen=True)
class Surroundings:
    """Levels around one run, in SI units.

    Parameters
    ----------
    bias : mapping of str to float
        Constant voltage of electrical terminals [V].
    load : mapping of str to float
        Resistance between a terminal and its source [ohm].
    initial : mapping of str to float
        Value of declared states at the start [1].
    lights : mapping of str to PlacedLight
        Lights besides those of the protocol.
    """

    bias: Mapping[str, float] = field(default_factory=dict)
    load: Mapping[str, float] = field(default_factory=dict)
    initial: Mapping[str, float] = field(default_factory=dict)
    lights: Mapping[str, PlacedLight] = field(default_factory=dict)

    def signals(self, experiment: Experiment, device: Device, stimuli: Iterable[str]) -> list[str]:
        """Name every signal that a run has: currents, voltages, light and states.

        Parameters
        ----------
        experiment : Experiment
            What is done.
        device : Device
            To which device.
        stimuli : iterable of str
            Terminals that see something.
        """
        driven = {*stimuli, *self.load, *experiment.spanned(device)}
        found = []
        for terminal in device.card.terminals:
            name, electrical = terminal.name, terminal.kind == "electrical"
            if terminal.is_output:
                found.append(f"{'v' if electrical else 'p'}({name})")
            elif name in driven:
                found += [f"i({name})", f"v({name})"] if electrical else [f"e({name})"]
        return [*found, *device.card.states]

    def stimuli(self, experiment: Experiment, device: Device) -> dict[str, Stimulus | Illumination]:
        """Add biases and lights to what an experiment applies.

        Raises
        ------
        InputError
            When the device lacks a terminal, or takes no light of a colour.
        """
        biases = {name: constant(level) for name, level in self.bias.items()}
        found: dict[str, Stimulus | Illumination] = {**biases, **experiment.stimuli(device)}
        for name, light in self.lights.items():
            if light.width is not None and experiment.kind == "analysis":
                raise InputError(
                    f"lights.{name}.width: in an analysis no time passes; accepted: a light "
                    "without a width, which is constant"
                )
            try:
                beam = Beam(light.stimulus(experiment.duration or 1.0), light.colour)
                found = device.with_lights(found, [beam], light.on)
            except InputError as error:
                raise InputError(f"lights.{name}: {error}") from None
        return found


def read_surroundings(tables: Mapping[str, Mapping[str, Any]], where: str) -> Surroundings:
    """Read the tables ``[bias]``, ``[load]``, ``[initial]`` and ``[lights]``.

    Raises
    ------
    InputError
        For a value in a wrong unit, or one that cannot be.
    """
    read = {
        table: {
            key: _number(value, unit, f"{where}: {table}.{key}")
            for key, value in tables.get(table, {}).items()
        }
        for table, unit in (("bias", "V"), ("load", "ohm"), ("initial", "1"))
    }
    for key, value in read["load"].items():
        if not value > 0:
            raise InputError(f"{where}: load.{key} = {value:g} ohm: must be above 0 ohm")
    lights = {}
    for name, table in tables.get("lights", {}).items():
        try:
            lights[name] = PlacedLight.model_validate(table)
        except ValidationError as error:
            raise InputError(first_problem(error, f"{where}: lights.{name}", PlacedLight)) from None
    return Surroundings(read["bias"], read["load"], read["initial"], lights)


def check_surroundings(
    around: Surroundings, device: Device, experiment: Experiment, where: str
) -> None:
    """Hold the names against the device, and the biases against what the protocol drives.

    Raises
    ------
    InputError
        For a terminal or state that the device does not have, one that the protocol drives
        itself, or a state outside its range.
    """
    terminals = {t.name: t for t in device.terminals("electrical") if t.role in _BIASED}
    try:
        driven = experiment.stimuli(device)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None
    for name in around.bias:
        if name not in terminals:
            raise InputError(
                f"{where}: bias.{name}: device {device.name!r} has no terminal of this name that "
                f"takes a voltage; {close_matches(name, terminals)}"
            )
        if name in driven:
            free = [other for other in terminals if other not in driven]
            raise InputError(
                f"{where}: bias.{name}: the protocol drives this terminal itself; accepted: "
                + (", ".join(free) or "no other terminal takes a voltage")
            )
    if around.load and experiment.kind == "closed loop":
        raise InputError(f"{where}: load: accepted with a [protocol], not with a [controller]")
    for name in around.load:
        if name not in terminals or not (name in driven or name in around.bias):
            known = [other for other in terminals if other in driven or other in around.bias]
            raise InputError(
                f"{where}: load.{name}: device {device.name!r} has no driven terminal of this "
                f"name; {close_matches(name, known)}"
            )
    try:
        check_initial(device, around.initial)
    except InputError as error:
        raise InputError(f"{where}: {error}") from None


def _number(value: object, unit: str, where: str) -> float:
    try:
        return units.parse(value, unit)
    except units.UnitsError as error:
        raise InputError(f"{where}: {error}") from None
