"""The short way from Python: a device, a stimulus, waveforms, a number, a plot."""

from __future__ import annotations

import atexit
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from pydantic import ValidationError

from optospice import units
from optospice.accuracy import find_profile
from optospice.analysis import Analysis, Curve, Noise, NoiseSpectrum, Solution, Spectrum
from optospice.device import Device, Terminal, find_device, outside_valid_range
from optospice.device.valid import refusal
from optospice.errors import InputError, SimulationError, close_matches
from optospice.light import Beam, Illumination, Light, LightColour, superposed
from optospice.metrics import plasticity, postsynaptic_current
from optospice.metrics.levels import dark_current
from optospice.metrics.value import MetricValue
from optospice.metrics.windows import edge_note
from optospice.netlist.guard import check_library
from optospice.ngspice.pool import Pool
from optospice.ngspice.worker import Failed
from optospice.stimulus import PulseTrain, Samples, Signal, Stimulus, constant
from optospice.testbench import Testbench
from optospice.validation import first_problem
from optospice.waveforms import Waveforms

__all__ = [
    "amplitudes",
    "analyse_circuit",
    "beam",
    "find_device",
    "paired_pulse_index",
    "pulse",
    "pulse_pair",
    "pulse_train",
    "simulate",
    "simulate_circuit",
]

_LEVEL_UNITS = ("W/m^2", "V")

#: What one light may be given as: a model, its keys as in TOML, or a stimulus with a colour.
Shining = Light | Mapping[str, Any] | Beam


def pulse_train(
    level: str,
    *,
    width: str,
    count: int = 1,
    interval: str | None = None,
    period: str | None = None,
    delay: str = "5 s",
    base: str | None = None,
) -> Signal:
    """Make a train of equal pulses.

    Parameters
    ----------
    level : str
        Light (``"1.22 mW/cm^2"``) or voltage (``"3 V"``) during a pulse.
    width : str
        Width of a pulse, ``"10 s"``.
    count : int
        Number of pulses [1].
    interval, period : str, optional
        From end to start, or from start to start; one of them for more than one pulse.
    delay : str
        Time before the first pulse.
    base : str, optional
        Level between the pulses, zero by default.

    Raises
    ------
    InputError
        For text that is no such quantity, or pulses that overlap.
    """
    try:
        train = PulseTrain(
            level=units.parse(level, _level_unit(level)),
            width=units.parse(width, "s"),
            count=count,
            interval=None if interval is None else units.parse(interval, "s"),
            period=None if period is None else units.parse(period, "s"),
            delay=units.parse(delay, "s"),
        )
        unit = _level_unit(level)
        return Signal(0.0 if base is None else units.parse(base, unit), (train,))
    except (units.UnitsError, ValueError) as error:
        raise InputError(str(error)) from None


def pulse(level: str, *, width: str, delay: str = "5 s") -> Signal:
    """Make one pulse; see `pulse_train`."""
    return pulse_train(level, width=width, delay=delay)


def pulse_pair(level: str, *, width: str, interval: str, delay: str = "5 s") -> Signal:
    """Make two equal pulses, `interval` from the end of the first to the start of the second."""
    return pulse_train(level, width=width, count=2, interval=interval, delay=delay)


def _level_unit(text: str) -> str:
    """Tell a light level from a voltage."""
    for unit in _LEVEL_UNITS:
        try:
            units.parse(text, unit)
        except units.UnitsError:
            continue
        return unit
    raise units.UnitsError(
        f"{text!r} is neither an irradiance ('1.22 mW/cm^2') nor a voltage ('1 V')"
    )


def beam(light: Signal | Stimulus | str, **colour: Any) -> Beam:
    """Give light its colour: ``beam(pulse("1 mW/cm^2", width="1 s"), wavelength="640 nm")``.

    Parameters
    ----------
    light : Signal, Samples or str
        Irradiance before any filter; text is a constant level.
    **colour
        ``wavelength``, or ``spectrum``; and ``filter``: as in a scenario's ``[lights]``.

    Raises
    ------
    InputError
        For text that is no such quantity.
    """
    try:
        read = LightColour.model_validate(colour)
        course = constant(units.parse(light, "W/m^2")) if isinstance(light, str) else light
    except ValidationError as error:
        raise InputError(first_problem(error, "light", LightColour)) from None
    except units.UnitsError as error:
        raise InputError(f"light: {error}") from None
    return Beam(superposed([(read.transmitted, course)]), read.colour)


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
        seconds = _above_zero("duration", duration, "s")
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
            temperature=_above_zero("temperature", temperature, "K"),
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


def _above_zero(name: str, text: str, unit: str) -> float:
    number = units.parse(text, unit)
    if not number > 0:
        raise units.UnitsError(f"{name} = {text!r}: must be above 0 {unit}")
    return number


def simulate_circuit(
    circuit: object,
    *,
    signals: Sequence[str],
    duration: str | None = None,
    accuracy: str = "standard",
    temperature: str | None = None,
) -> Waveforms:
    """Simulate a transient of a PySpice `Circuit` (or a netlist's text) as it stands.

    Parameters
    ----------
    circuit : PySpice Circuit or str
        The circuit. Text begins with a title line. It may ``.include`` packaged devices and
        those in ``./netlists`` by name: ``.include pbs_rc.lib``. Other analyses than a
        transient are refused.
    signals : sequence of str
        What to read: ``"v(node)"``; ``"i(source)"`` and ``"i(element)"``, into its first node;
        ``"i(instance.terminal)"``, into the terminal of a subcircuit. Inside an instance with
        its path: ``"v(x1.state)"``, ``"i(x1.r1)"``.
    duration : str, optional
        Simulated time; otherwise that of the circuit's ``.tran`` card.
    accuracy : {"fast", "standard", "reference"}
        Accuracy profile.
    temperature : str, optional
        Temperature; otherwise that of the circuit's ``.temp`` card, or 27 degC.

    Returns
    -------
    Waveforms
        Time and the signals by the names given. Their `error_bound` was shown for this
        circuit by moving the solver's tolerance; `notes` say what had to be eased.

    Raises
    ------
    InputError
        For anything that cannot be used or may not pass to the simulator, and for a signal
        that the circuit does not have.
    SimulationError
        When ngspice fails, with its own words.
    """
    from optospice.foreign import transient
    from optospice.probes import told_by_signals

    if isinstance(signals, str) or not signals:
        raise InputError("signals: accepted: a list of at least one, such as ['v(out)']")
    try:
        seconds = None if duration is None else _above_zero("duration", duration, "s")
        kelvin = None if temperature is None else _above_zero("temperature", temperature, "K")
    except units.UnitsError as error:
        raise InputError(str(error)) from None
    run = transient(circuit, signals, find_profile(accuracy), seconds, kelvin)
    ((_, outcome),) = default_pool().map("optospice.ngspice.foreign_job:run_foreign", [run.job])
    if isinstance(outcome, Failed):
        raise SimulationError(f"circuit: {told_by_signals(outcome.message, run.vectors)}")
    return run.waveforms(outcome.result)


def analyse_circuit(
    circuit: object,
    analysis: Analysis,
    *,
    signals: Sequence[str] = (),
    accuracy: str = "standard",
    temperature: str | None = None,
) -> Solution | Curve | Spectrum | NoiseSpectrum:
    """Run an operating point, a DC sweep, small signals or noise of a circuit as it stands.

    Parameters
    ----------
    circuit : PySpice Circuit or str
        As for `simulate_circuit`.
    analysis : OperatingPoint, DCSweep, SmallSignal or Noise
        From `optospice.analysis`.
    signals : sequence of str
        As for `simulate_circuit`; none for noise, which names its output.
    accuracy : {"fast", "standard", "reference"}
        Accuracy profile.
    temperature : str, optional
        Temperature; otherwise that of the circuit's ``.temp`` card, or 27 degC.

    Returns
    -------
    Solution, Curve, Spectrum or NoiseSpectrum
        The signals by the names given, with the bound that a second run showed.

    Raises
    ------
    InputError
        For anything that cannot be used or may not pass to the simulator, and for a signal
        or source that the circuit does not have.
    SimulationError
        When ngspice fails, with its own words.
    """
    from optospice.foreign_analyses import prepared
    from optospice.probes import told_by_signals

    if isinstance(signals, str) or (not signals) != isinstance(analysis, Noise):
        raise InputError(
            "signals: accepted: a list of at least one, such as ['v(out)']; none for noise, which "
            "names its output"
        )
    try:
        kelvin = None if temperature is None else _above_zero("temperature", temperature, "K")
    except units.UnitsError as error:
        raise InputError(str(error)) from None
    run = prepared(circuit, analysis, signals, find_profile(accuracy), kelvin)
    ((_, outcome),) = default_pool().map("optospice.ngspice.analyses:run_analysis", [run.job])
    if isinstance(outcome, Failed):
        raise SimulationError(f"circuit: {told_by_signals(outcome.message, run.vectors)}")
    return run.result(outcome.result)


def _changed(device: Device, parameters: Mapping[str, str | float]) -> dict[str, float]:
    resolved = device.resolve(parameters)
    return {name: resolved[name] for name in parameters}


@lru_cache(maxsize=1)
def default_pool() -> Pool:
    """Give the pool of one worker that `simulate` uses; it ends with Python."""
    pool = Pool(workers=1)
    atexit.register(pool.close)
    return pool


def amplitudes(waveforms: Waveforms, stimulus: Signal, definition: str = "step") -> list[float]:
    """Give the postsynaptic current amplitude of each pulse [A].

    In a measurement an edge need not meet a sample. The current just before such a pulse is
    the last sample before its onset, nothing is interpolated across the edge, and a warning
    says so; a pulse that no sample sees is nan.

    Parameters
    ----------
    waveforms : Waveforms
        From `simulate`, or ``Waveforms(time, {"i(p)": current})`` of a measurement.
    stimulus : Signal
        The pulses.
    definition : {"step", "raw", "baseline"}
        How it is taken, see `optospice list metrics`.
    """
    if note := _edge_note(waveforms, stimulus):
        warnings.warn(note, stacklevel=2)
    return _amplitudes(waveforms, stimulus, definition)


def _edge_note(waveforms: Waveforms, stimulus: Signal) -> str:
    return edge_note(
        waveforms.trace(waveforms.current_name), np.concatenate([stimulus.onsets, stimulus.offsets])
    )


def _amplitudes(waveforms: Waveforms, stimulus: Signal, definition: str) -> list[float]:
    current = waveforms.trace(waveforms.current_name)
    found = postsynaptic_current.postsynaptic_current_amplitudes(
        current,
        stimulus.onsets,
        stimulus.offsets,
        definition,
        baseline=dark_current(current, float(stimulus.onsets[0])).value,
    )
    return [float(value) for value in found]


def paired_pulse_index(
    waveforms: Waveforms, stimulus: Signal, definition: str = "ratio", amplitude: str = "step"
) -> MetricValue:
    """Give the paired-pulse index of the first two pulses.

    Edges that no sample meets are read as by `amplitudes`; the note of the value says so.

    Parameters
    ----------
    waveforms : Waveforms
        From `simulate`, or of a measurement as for `amplitudes`.
    stimulus : Signal
        The pulse pair.
    definition : {"ratio", "relative"}
        A2/A1 or (A2 - A1)/A1.
    amplitude : {"step", "raw", "baseline"}
        How each amplitude is taken.
    """
    if stimulus.onsets.size < 2:
        raise InputError("the paired-pulse index: accepted: a stimulus of at least two pulses")
    first, second = _amplitudes(waveforms, stimulus, amplitude)[:2]
    index = plasticity.paired_pulse_index(first, second, definition)
    edges = [*stimulus.onsets[:2], *stimulus.offsets[:2]]
    notes = filter(None, (index.note, edge_note(waveforms.trace(waveforms.current_name), edges)))
    return replace(index, note="; ".join(notes))
