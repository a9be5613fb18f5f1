"""Analyses without a time axis of a testbench: terminals by name, copies in one circuit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optospice.analysis import (
    Analysis,
    Curve,
    DCSweep,
    Noise,
    NoiseSpectrum,
    OperatingPoint,
    SmallSignal,
    Solution,
    Spectrum,
    Sweep,
)
from optospice.circuit import Circuit, base_name
from optospice.circuit.writer import netlist
from optospice.errors import InputError, close_matches
from optospice.light import Illumination
from optospice.netlist.guard import check_library
from optospice.ngspice.analyses import DENSITIES, Analysed, AnalysisJob, result_of, run_analysis
from optospice.ngspice.judge import RunFailedError, in_users_words, signal_names
from optospice.ngspice.session import Session
from optospice.stimulus import constant
from optospice.testbench import Testbench

Result = Solution | Curve | Spectrum | NoiseSpectrum

#: Of the source that reads the output of a noise analysis [V/A or V/V]: ngspice takes gains
#: below 1e-10 for that.
_TRANSRESISTANCE, _GAIN = 1e12, 1e6
_NOISE_OUTPUT = "noise_output"


def analyse_copies(
    session: Session,
    bench: Testbench,
    parameter_sets: Sequence[Mapping[str, float]],
    analysis: Analysis,
) -> list[Result]:
    """Run an operating point, a DC sweep, small signals or noise of copies of a device.

    Sources are at their level at time zero. Copies share a circuit, except for noise, which
    has one output.

    Parameters
    ----------
    session : Session
        The simulator.
    bench : Testbench
        Device, sources, loads and initial states.
    parameter_sets : sequence of mapping
        Parameters of each copy, in the card's units.
    analysis : OperatingPoint, DCSweep, SmallSignal or Noise
        What is asked. Sources are terminals of the device: those of sweeps and of noise, and
        that of small signals, whose amplitude is 1 V or 1 W/m^2; levels of light are in W/m^2.

    Returns
    -------
    list of Solution, Curve, Spectrum or NoiseSpectrum
        Signals as in waveforms, one entry per copy; a small signal has no levels. Densities
        are in the square of the signal's unit per hertz.

    Raises
    ------
    RunFailedError
        When the bench does not have what is asked for, or the data say that it did not
        succeed.
    """
    try:
        check_library(bench.device.text, str(bench.device.file))
        bench = _driven(bench, analysis)
        if len(parameter_sets) == 1:
            return [_one(session, replace(bench, parameters=parameter_sets[0]), analysis)]
        if isinstance(analysis, Noise):
            return [
                _one(session, replace(bench, parameters=parameters), analysis)
                for parameters in parameter_sets
            ]
        circuit = bench.model(parameter_sets).at_rest(_small_signal(analysis))
        run = _run(session, circuit, analysis, signal_names(bench.device))
    except InputError as error:
        raise RunFailedError(str(error)) from None
    copies = [str(index) for index in range(len(parameter_sets))]
    return [_result(bench, circuit, copy, analysis, run) for copy in copies]


def _one(session: Session, bench: Testbench, analysis: Analysis) -> Result:
    circuit = bench.model().at_rest(_small_signal(analysis))
    names = signal_names(bench.device)
    if isinstance(analysis, Noise):
        return _noise(session, circuit, analysis, names)
    return _result(bench, circuit, "", analysis, _run(session, circuit, analysis, names))


def analyse_model(session: Session, circuit: Circuit, analysis: Analysis) -> Result:
    """Run an operating point, a DC sweep, small signals or noise of a circuit.

    Parameters
    ----------
    session : Session
        The simulator.
    circuit : Circuit
        What is simulated; its sources are at their level at time zero.
    analysis : OperatingPoint, DCSweep, SmallSignal or Noise
        What is asked, with the circuit's own sources by name.

    Returns
    -------
    Solution, Curve, Spectrum or NoiseSpectrum
        The circuit's signals.

    Raises
    ------
    RunFailedError
        When the circuit does not have what is asked for, or the data say that it did not
        succeed.
    """
    try:
        circuit.check_libraries()
        for name in _named(analysis):
            circuit.at_rest(name)
        circuit = circuit.at_rest(_small_signal(analysis))
        names = {vector: name for name, (vector, _) in circuit.vectors.items()}
        if isinstance(analysis, Noise):
            return _noise(session, circuit, analysis, names)
        run = _run(session, circuit, analysis, names)
    except InputError as error:
        raise RunFailedError(str(error)) from None
    if isinstance(analysis, DCSweep) and not analysis.sweep.is_temperature:
        run = replace(run, axis=analysis.sweep.values)
    units_of = {name: one.unit for name, one in circuit.readings.items()}
    return result_of(analysis, run, circuit.signals(run.vectors), units_of)


def analysis_netlist(bench: Testbench, analysis: Analysis) -> str:
    """Write an analysis of a testbench; ``ngspice -b`` runs it as it stands.

    Parameters
    ----------
    bench : Testbench
        The bench with its own parameters.
    analysis : OperatingPoint, DCSweep, SmallSignal or Noise
        What is asked.

    Raises
    ------
    InputError
        When the bench does not have what is asked for.
    """
    return analysis_job(bench, analysis, printed=True).netlist


def analysis_job(
    bench: Testbench,
    analysis: Analysis,
    parameter_sets: Sequence[Mapping[str, float]] | None = None,
    printed: bool = False,
) -> AnalysisJob:
    """Write an analysis of a testbench.

    Parameters
    ----------
    bench : Testbench
        The bench.
    analysis : OperatingPoint, DCSweep, SmallSignal or Noise
        What is asked.
    parameter_sets : sequence of mapping, optional
        Parameters of copies; one device with the bench's own without them.
    printed : bool
        Whether ``ngspice -b`` is to run the netlist, or the engine.

    Raises
    ------
    InputError
        When the bench does not have what is asked for.
    """
    circuit = _driven(bench, analysis).model(parameter_sets).at_rest(_small_signal(analysis))
    return _job(circuit, analysis, printed)


def _driven(bench: Testbench, analysis: Analysis) -> Testbench:
    """Give every terminal that an analysis names a source."""
    stimuli = dict(bench.stimuli)
    known = [t.name for t in bench.device.card.terminals if not t.is_output]
    for name in _named(analysis):
        if name not in known:
            raise InputError(
                f"source {name!r}: no terminal of {bench.device.name!r} that takes one; "
                + close_matches(name, known)
            )
        one = stimuli.setdefault(name, constant(0.0))
        response = bench.device.response(name)
        if response is not None and response.knows_colour:
            count = len(one.beams) if isinstance(one, Illumination) else 0
            if count != 1:
                raise InputError(
                    f"source {name!r}: the terminal has a spectral response and {count} lights; "
                    "accepted: one light with its colour"
                )
    return replace(bench, stimuli=stimuli)


def _named(analysis: Analysis) -> list[str]:
    """Give the sources that an analysis names."""
    if isinstance(analysis, DCSweep):
        return [one.source for one in _sweeps(analysis) if not one.is_temperature]
    if isinstance(analysis, OperatingPoint):
        return []
    if not analysis.source:
        raise InputError("small signal: source: is missing; accepted: the name of a source")
    return [analysis.source]


def _sweeps(analysis: DCSweep) -> list[Sweep]:
    return [analysis.sweep, *([analysis.outer] if analysis.outer else [])]


def _small_signal(analysis: Analysis) -> str:
    return analysis.source if isinstance(analysis, SmallSignal | Noise) else ""


@dataclass(frozen=True)
class _InVolts:
    """An analysis with the names and levels of a circuit's own sources."""

    circuit: Circuit

    def analysis(self, asked: Analysis) -> Analysis:
        if isinstance(asked, DCSweep):
            outer = asked.outer and self._sweep(asked.outer)
            return DCSweep(self._sweep(asked.sweep), outer)
        if isinstance(asked, Noise):
            return replace(asked, output=f"v({_NOISE_OUTPUT})", source=self._name(asked.source))
        return asked

    def _sweep(self, sweep: Sweep) -> Sweep:
        if sweep.is_temperature:
            return sweep
        scale = self.circuit.sources[sweep.source].scale
        return Sweep(
            self._name(sweep.source), sweep.start * scale, sweep.stop * scale, sweep.points
        )

    def _name(self, source: str) -> str:
        """Name of a source's line in the netlist."""
        is_current = self.circuit.sources[source].kind == "current"
        return f"i{base_name(source)}" if is_current else f"v{source}"


def _job(circuit: Circuit, analysis: Analysis, printed: bool = False) -> AnalysisJob:
    if isinstance(analysis, Noise):
        return _noise_job(circuit, analysis, printed)
    own = _InVolts(circuit).analysis(analysis)
    text = netlist(circuit, own.card, held=True, printed=printed)
    profile = circuit.profile.down_to(circuit.smallest_capacitance)
    return AnalysisJob(text, circuit.wanted, own, profile)


def _run(
    session: Session, circuit: Circuit, analysis: Analysis, names: Mapping[str, str]
) -> Analysed:
    try:
        return run_analysis(session, _job(circuit, analysis))
    except RunFailedError as error:
        raise RunFailedError(in_users_words(str(error), names)) from None


def _result(
    bench: Testbench, circuit: Circuit, copy: str, analysis: Analysis, run: Analysed
) -> Result:
    if isinstance(analysis, SmallSignal):
        signals, units_of = bench.named(circuit, copy, run.vectors, {})
        return result_of(analysis, run, signals, units_of)
    levels = {t: float(stimulus.points[1][0]) for t, stimulus in bench.driven.items()}
    count = 1
    swept: dict[str, Any] = {}
    if isinstance(analysis, DCSweep):
        inner, outer = analysis.sweep, analysis.outer
        count = inner.points * (outer.points if outer else 1)
        swept[inner.source] = np.tile(inner.values, outer.points if outer else 1)
        if outer:
            swept[outer.source] = np.repeat(outer.values, inner.points)
        if not inner.is_temperature:
            run = replace(run, axis=inner.values)
    applied = {
        name: swept.get(terminal, np.full(count, levels[terminal]))
        for name, terminal in bench.levels.items()
    }
    signals, units_of = bench.named(circuit, copy, run.vectors, applied)
    return result_of(analysis, run, signals, units_of)


def _noise(session: Session, circuit: Circuit, analysis: Noise, names: Mapping[str, str]) -> Result:
    run = _run(session, circuit, analysis, names)
    reading = circuit.readings[analysis.output]
    gain = _TRANSRESISTANCE if reading.unit == "A" else _GAIN
    scale = circuit.sources[analysis.source].scale
    densities = {
        "output": run.vectors[DENSITIES["output"]] * (reading.factor / gain) ** 2,
        "input": run.vectors[DENSITIES["input"]] / scale**2,
    }
    level = circuit.sources[analysis.source].unit
    units_of = {"output": f"{reading.unit}^2/Hz", "input": f"({level})^2/Hz"}
    if level == "V":
        units_of["input"] = "V^2/Hz"
    return result_of(analysis, run, densities, units_of)


def _noise_job(circuit: Circuit, analysis: Noise, printed: bool = False) -> AnalysisJob:
    reading = circuit.readings.get(analysis.output)
    if reading is None or reading.unit == "1":
        known = [name for name, one in circuit.readings.items() if one.unit != "1"]
        raise InputError(
            f"noise of {analysis.output!r}: the bench has no such signal; "
            + close_matches(analysis.output, known)
        )
    if reading.unit == "A":
        source = reading.vector.removesuffix("#branch")
        reader = f"H{_NOISE_OUTPUT} {_NOISE_OUTPUT} 0 {source} {_TRANSRESISTANCE!r}"
    else:
        reader = f"E{_NOISE_OUTPUT} {_NOISE_OUTPUT} 0 {reading.vector} 0 {_GAIN!r}"
    own = _InVolts(circuit).analysis(analysis)
    text = netlist(circuit, own.card, held=True, printed=printed, vectors=(), further=(reader,))
    profile = circuit.profile.down_to(circuit.smallest_capacitance)
    return AnalysisJob(text, tuple(DENSITIES.values()), own, profile)
