"""A device under stimuli."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from optospice import units
from optospice.accuracy import find_profile
from optospice.api.common import above_zero, default_pool
from optospice.device import Device, Terminal, outside_valid_range
from optospice.device.valid import refusal
from optospice.errors import InputError, SimulationError, close_matches
from optospice.light import Beam, Illumination, Light
from optospice.netlist.guard import check_library
from optospice.ngspice.worker import Failed
from optospice.stimulus import Samples, Signal, Stimulus, constant
from optospice.testbench import Testbench
from optospice.validation import first_problem
from optospice.waveforms import Waveforms

#: What one light may be given as: a model, its keys as in TOML, or a stimulus with a colour.
Shining = Light | Mapping[str, Any] | Beam


def simulate(
    device: Device,
    *,
    duration: str,
    parameters: Mapping[str, str | float] | None = None,
    accuracy: str = "standard",
    temperature: str = "27 degC",
    extrapolate: bool = False,
    **terminals: Signal | Stimulus | str | Shining | Sequence[Shining],
) -> Waveforms:
    """Simulate a device with stimuli on its terminals.

    Parameters
    ----------
    device : Device
        From `find_device`.
    duration : str
        Simulated time.
    parameters : mapping, optional
        Parameters that differ from the card's, with units.
    accuracy : {"fast", "standard", "reference"}
        Accuracy profile.
    temperature : str
        Device temperature.
    extrapolate : bool
        Whether to go on where the device's valid range is left; the waveforms' notes say so.
    **terminals : Signal, Samples, str, or lights
        What each terminal sees; text is a constant level. What is not named is grounded
        or dark. On an optical terminal one light or a list of them: each a `beam`, or the
        keys of a scenario's light: ``{"wavelength": "740 nm", "irradiance": "1 mW/cm^2",
        "width": "1 s", "delay": "5 s"}``.

    Returns
    -------
    Waveforms
        Time, current and the stimuli.

    Raises
    ------
    InputError
        For anything that cannot be used, or that leaves the device's valid range.
    SimulationError
        When ngspice fails, with its own words.
    """
    known = {terminal.name: terminal for terminal in device.card.terminals}
    for name in terminals:
        if name not in known:
            raise InputError(
                f"device {device.name!r} has no terminal {name!r}; {close_matches(name, known)}"
            )
    try:
        seconds = above_zero("duration", duration, "s")
        stimuli = {
            name: _stimulus(device, known[name], given, seconds)
            for name, given in terminals.items()
        }
        bench = Testbench(
            device=device,
            stimuli=stimuli,
            duration=seconds,
            parameters=_changed(device, parameters or {}),
            profile=find_profile(accuracy),
            temperature=above_zero("temperature", temperature, "K"),
        )
    except units.UnitsError as error:
        raise InputError(str(error)) from None
    outside = outside_valid_range(device, bench.stimuli, bench.duration, bench.temperature)
    if outside and not extrapolate:
        raise InputError(refusal(device, outside))
    check_library(device.text, str(device.file))
    ((_, outcome),) = default_pool().map("optospice.ngspice.simulate:run_testbench", [bench])
    if isinstance(outcome, Failed):
        raise SimulationError(f"device {device.name!r}: {outcome.message}")
    result: Waveforms = outcome.result
    if not outside:
        return result
    return replace(result, notes=(*result.notes, f"extrapolated: {'; '.join(outside)}"))


def _stimulus(
    device: Device, terminal: Terminal, given: Any, duration: float
) -> Stimulus | Illumination:
    """Read what a terminal sees over so many seconds."""
    if isinstance(given, str):
        return _constant(terminal, given)
    if isinstance(given, (Signal, Samples)):
        return given
    if terminal.kind != "optical":
        raise InputError(f"terminal {terminal.name} of {device.name!r}: takes no light")
    lights = given if isinstance(given, Sequence) else [given]
    return Illumination(tuple(_beam(f"{terminal.name}", one, duration) for one in lights))


def _beam(where: str, given: Any, duration: float) -> Beam:
    if isinstance(given, Beam):
        return given
    try:
        light = given if isinstance(given, Light) else Light.model_validate(given)
    except ValidationError as error:
        raise InputError(first_problem(error, where, Light)) from None
    return Beam(light.stimulus(duration), light.colour)


def _constant(terminal: Terminal, text: str) -> Signal:
    unit = "W/m^2" if terminal.kind == "optical" else "V"
    try:
        return constant(units.parse(text, unit))
    except units.UnitsError as error:
        raise units.UnitsError(f"terminal {terminal.name}: {error}") from None


def _changed(device: Device, parameters: Mapping[str, str | float]) -> dict[str, float]:
    resolved = device.resolve(parameters)
    return {name: resolved[name] for name in parameters}
