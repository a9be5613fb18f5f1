"""A window of a timeline as metrics see it: what their arguments are called, and what they hold."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from optospice.errors import InputError, close_matches
from optospice.metrics import levels
from optospice.metrics.postsynaptic_current import (
    AMPLITUDE_DEFINITIONS,
    postsynaptic_current_amplitudes,
)
from optospice.metrics.windows import edge_note, off_the_samples
from optospice.protocols.timeline.course import Window, WindowKind
from optospice.stimulus import FloatArray
from optospice.trace import Trace
from optospice.trace_block import TraceBlock
from optospice.waveform_block import WaveformBlock
from optospice.waveforms import Waveforms

#: Points at which one repetition of a sweep is read, besides those of the solver [1].
READ_POINTS = 2001

#: Names of arguments that each kind of window fills, with what they hold.
ARGUMENTS: Mapping[WindowKind, Mapping[str, str]] = {
    "pulses": {
        "current": "the response over time",
        "voltage": "the voltage over time on the terminal whose current is read",
        "onset": "start of the chosen pulse",
        "offset": "end of the chosen pulse",
        "onsets": "start of every pulse",
        "offsets": "end of every pulse",
        "start": "start of the first pulse",
        "pulse_end": "when the last falling edge is over",
        "amplitudes": "amplitude of every response",
        "responses": "the same",
        "values": "the same",
        "first": "amplitude of the first response",
        "second": "amplitude of the last response",
        "baseline": "the response before the first pulse of the run",
        "resolution": "difference that repeated readings may show",
    },
    "pause": {
        "current": "the response over time",
        "pulse_end": "when the falling edge before the pause is over",
        "offset": "the same",
        "end": "end of the pause",
        "instant": "the same",
        "baseline": "the response before the first pulse of the run",
    },
    "readings": {
        "current": "the response over time",
        "pulse_end": "end of the last pulse before the readings",
        "delay": "from there to the last reading",
        "instant": "the last reading",
        "levels": "the response at every reading",
        "values": "the same",
        "conductances": "the response over the voltage on the drive terminal, at every reading",
        "initial": "the response before the first pulse of the run",
        "baseline": "the same",
        "learned": "the first reading",
        "later": "the last reading",
        "first": "the first reading",
        "second": "the last reading",
        "resolution": "difference that repeated readings may show",
    },
    "sweep": {
        "voltage": "the voltage of one repetition, in the order of time",
        "current": "the response in it",
        "peak_currents": "the response at the highest voltage of every repetition",
        "trough_currents": "the response at the lowest voltage of every repetition",
        "values": "the response at the highest voltage of every repetition",
        "resolution": "difference that repeated readings may show",
    },
    "hold": {
        "current": "the response over time",
        "start": "start of the hold",
        "onset": "the same",
        "offset": "end of the hold",
        "end": "the same",
        "instant": "the same",
    },
}  # fmt: skip
#: Arguments that are made of the amplitudes of pulses.
OF_AMPLITUDES = frozenset(("amplitudes", "responses", "values", "first", "second"))
#: Arguments of a metric that are described in words rather than chosen by name.
WORDS = frozenset(("definition", "what"))


def find_trace(waveforms: Waveforms | WaveformBlock, name: str) -> Any:
    """Give a signal of a run as a `Trace`, that of a block of runs as a `TraceBlock`.

    Raises
    ------
    InputError
        When the run has none of this name; the message lists close matches.
    """
    if name not in waveforms.signals:
        raise InputError(f"there is no signal {name!r}; {close_matches(name, waveforms.signals)}")
    return waveforms.trace(name)


def repeat_resolution(bound: float | FloatArray, values: FloatArray) -> Any:
    """Give the difference that repeated readings of one thing may show [unit of the values].

    A hundredth of the error bound: equal stimuli repeat nearly the same solver steps, so that
    most of the error is common to all repetitions. For a row of readings it is a number, for a
    row of each run of a block an array of one number per run.
    """
    return number(0.01 * bound * np.abs(values).max(axis=-1, initial=0.0))


def number(values: FloatArray) -> Any:
    """Give a single value as a number, those of the runs of a block as the array that they are."""
    return values if np.ndim(values) else float(values)


def read_between(
    trace: Trace | TraceBlock, times: FloatArray, onsets: FloatArray, offsets: FloatArray
) -> FloatArray:
    """Read a signal at instants outside pulses.

    A measurement need not have a sample on each edge. Where an edge lies between a time and
    its neighbouring sample, nothing is interpolated across it: the other neighbour is taken.

    Parameters
    ----------
    trace : Trace or TraceBlock
        From a simulation, or of a measurement.
    times : ndarray
        Instants [s].
    onsets, offsets : ndarray
        Start of the rising and of the falling edges of the pulses that they lie between [s].

    Returns
    -------
    ndarray
        The signal; nan where the pulses on both sides come before the next sample.
    """
    found = trace.at(times)
    time = trace.time
    rising = np.sort(onsets[off_the_samples(trace, onsets)])
    falling = np.sort(offsets[off_the_samples(trace, offsets)])
    if not rising.size + falling.size:
        return found
    at = np.asarray(times, dtype=np.float64)
    slack = trace.rounding
    left = np.maximum(time.searchsorted(at + slack, "right") - 1, 0)
    right = np.minimum(time.searchsorted(at - slack), time.size - 1)
    rises = np.append(rising, np.inf)[rising.searchsorted(at - slack)]
    falls = np.append(-np.inf, falling)[falling.searchsorted(at + slack, "right")]
    before, after = rises < time[right], falls > time[left]
    read = np.where(
        before, trace.values[..., left], np.where(after, trace.values[..., right], found)
    )
    return np.where(before & after, np.nan, read)


@dataclass(frozen=True)
class View:
    """A window seen in the waveforms of one run, under the names of `ARGUMENTS`.

    It can look at a block of runs as well: whatever differs between them then has one more
    axis, the first, over the runs.

    Parameters
    ----------
    window : Window
        What to look at.
    waveforms : Waveforms or WaveformBlock
        In what.
    response : str
        Signal that is the response, such as ``"i(p)"``.
    drive : str
        Name of the drive terminal.
    terminal : str
        Terminal of the window's channel.
    first_onset : float or None
        Start of the first pulse of the run [s].
    amplitude : str
        Definition of an amplitude.
    pulse : int
        The chosen pulse, from 0 on; from the last one backwards when negative [1].
    repetition : int
        The chosen repetition of a sweep, counted alike [1].
    known : dict
        What several metrics of one run, or block, take, each once; shared by its views.
    """

    window: Window
    waveforms: Waveforms | WaveformBlock
    response: str
    drive: str
    terminal: str
    first_onset: float | None
    amplitude: str = "raw"
    pulse: int = 0
    repetition: int = 0
    known: dict[tuple[Any, ...], Any] = field(default_factory=dict, compare=False, repr=False)

    def _once(self, key: tuple[Any, ...], take: Callable[[], Any]) -> Any:
        """Take something once for all views of the run."""
        if key not in self.known:
            self.known[key] = take()
        return self.known[key]

    def take(self, name: str) -> Any:
        """Give what an argument of a metric holds."""
        return getattr(self, f"_{self.window.kind}")(name)

    @cached_property
    def trace(self) -> Any:
        """The response over time."""
        key = ("trace", self.response)
        return self._once(key, lambda: find_trace(self.waveforms, self.response))

    @cached_property
    def baseline(self) -> Any:
        """The response just before the first pulse of the run."""
        onset = self.first_onset
        if onset is None:
            return number(self.trace.values[..., 0])
        return self._once(("baseline", self.response), lambda: self._dark(onset))

    def _dark(self, onset: float) -> Any:
        if isinstance(self.waveforms, WaveformBlock):
            return levels.dark_currents(self.trace, onset).values
        return levels.dark_current(self.trace, onset).value

    @cached_property
    def amplitudes(self) -> FloatArray:
        """Amplitude of the response to every pulse."""
        window = self.window
        found: FloatArray = self._once(
            ("amplitudes", self.response, *window.place, self.amplitude),
            lambda: postsynaptic_current_amplitudes(
                self.trace, window.onsets, window.offsets, self.amplitude, baseline=self.baseline
            ),
        )
        return found

    @cached_property
    def readings(self) -> FloatArray:
        """The response at every instant of reading."""
        return self._read(self.trace)

    def words(self, sources: Collection[str]) -> str:
        """Say what the values are that arguments of a metric hold."""
        window = self.window
        if window.kind == "pulses":
            return AMPLITUDE_DEFINITIONS[self.amplitude]
        if window.kind != "sweep":
            return f"readings of window {window.name!r}"
        if "trough_currents" in sources:
            return f"current at {window.voltages.min():g} V"
        over = " over the repetitions" if "values" in sources else ""
        return f"current at {window.voltages.max():g} V{over}"

    @property
    def edge_note(self) -> str:
        """Say how edges of pulses were read that no sample meets; empty for a simulation."""
        window = self.window
        note: str = self._once(
            ("edges", self.response, *window.place),
            lambda: edge_note(self.trace, np.concatenate([window.onsets, window.offsets])),
        )
        return note

    def read_at(self, times: FloatArray) -> FloatArray:
        """Read the response at other instants between the same pulses."""
        return read_between(self.trace, times, self.window.onsets, self.window.offsets)

    @property
    def _error_bound(self) -> float | FloatArray:
        waveforms = self.waveforms
        if isinstance(waveforms, WaveformBlock):
            return waveforms.error_bounds
        return waveforms.error_bound

    def _read(self, trace: Trace | TraceBlock) -> FloatArray:
        window = self.window
        return read_between(trace, window.instants, window.onsets, window.offsets)

    def _pulses(self, name: str) -> Any:
        window = self.window
        if name == "voltage":
            # that of the current which is read: a product of two terminals is no power
            read = self.response.removeprefix("i(").removesuffix(")")
            candidates = (f"v({read})", f"v({self.terminal})", f"v({self.drive})")
            known = self.waveforms.signals
            return find_trace(
                self.waveforms, next((n for n in candidates if n in known), candidates[2])
            )
        if name == "resolution":
            return repeat_resolution(self._error_bound, self.amplitudes)
        if name in OF_AMPLITUDES:
            one = {"first": 0, "second": -1}.get(name)
            return self.amplitudes if one is None else number(self.amplitudes[..., one])
        found: dict[str, Any] = {
            "current": self.trace,
            "onset": float(window.onsets[self.pulse]),
            "offset": float(window.offsets[self.pulse]),
            "onsets": window.onsets,
            "offsets": window.offsets,
            "start": window.start,
            "pulse_end": window.settled,
        }
        return self.baseline if name == "baseline" else found[name]

    def _pause(self, name: str) -> Any:
        if name in ("pulse_end", "offset"):
            return self.window.settled
        if name in ("end", "instant"):
            return min(self.window.end, float(self.waveforms.time[-1]))
        return self.baseline if name == "baseline" else self.trace

    def _hold(self, name: str) -> Any:
        if name == "current":
            return self.trace
        return self.window.start if name in ("start", "onset") else self.window.end

    def _readings(self, name: str) -> Any:
        window = self.window
        if name == "current":
            return self.trace
        if name in ("initial", "baseline"):
            return self.baseline
        if name == "conductances":
            bias = find_trace(self.waveforms, f"v({self.drive})")
            with np.errstate(divide="ignore", invalid="ignore"):
                return self.readings / self._read(bias)
        if name == "resolution":
            return repeat_resolution(self._error_bound, self.readings)
        if name in ("learned", "later", "first", "second"):
            return number(self.readings[..., 0 if name in ("learned", "first") else -1])
        last = float(window.instants[-1])
        before = float(window.offsets[-1]) if window.offsets.size else last
        places = {"pulse_end": before, "delay": last - before, "instant": last}
        return places.get(name, self.readings)

    def _sweep(self, name: str) -> Any:
        if name in ("voltage", "current"):
            return self.loop[name == "current"]
        if name == "resolution":
            return repeat_resolution(self._error_bound, self.turning(highest=True))
        return self.turning(highest=name != "trough_currents")

    @cached_property
    def turning_rows(self) -> FloatArray:
        """The response at every turning voltage, shape (..., repetitions, corners)."""
        window = self.window
        legs = (window.voltages.size - 1) // window.repeats
        rows = legs * np.arange(window.repeats)[:, None] + np.arange(legs + 1)
        values: FloatArray = self.trace.at(window.corners)[..., rows]
        return values

    def turning(self, highest: bool) -> FloatArray:
        """The response at the highest or lowest voltage of every repetition."""
        rows = self.turning_rows
        one = self.window.voltages[: rows.shape[-1]]
        extremes: FloatArray = rows[..., int(one.argmax() if highest else one.argmin())]
        return extremes

    @cached_property
    def loop(self) -> tuple[FloatArray, FloatArray]:
        """Voltage [V] and response of the chosen repetition, in the order of time."""
        window = self.window
        legs = (window.voltages.size - 1) // window.repeats
        number = self.repetition % window.repeats
        corners = window.corners[number * legs : (number + 1) * legs + 1]
        start, end = float(corners[0]), float(corners[-1])
        time = self.waveforms.time
        inside = time[(time > start) & (time < end)]
        times = np.unique(np.concatenate([np.linspace(start, end, READ_POINTS), corners, inside]))
        return np.interp(times, window.corners, window.voltages), self.trace.at(times)
