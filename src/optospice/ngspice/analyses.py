"""What a worker runs for an analysis without a time axis: eased where needed, its error seen."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optospice.accuracy import Profile
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
)
from optospice.ngspice.easing import eased
from optospice.ngspice.exactness import shortfall
from optospice.ngspice.judge import RunFailedError, judge, reject
from optospice.ngspice.linearity import is_linear
from optospice.ngspice.proof import FACTOR
from optospice.ngspice.session import Session
from optospice.units import convert

#: Vectors of the densities of a noise analysis, in the plot that ngspice gives them.
DENSITIES = {"output": "noise1.onoise_spectrum", "input": "noise1.inoise_spectrum"}
_FIRST_NOISE, _SECOND_NOISE = "noise1.", "noise3."
_NOISE_FREQUENCY = "noise1.frequency"
#: Error over last step of an iteration that gains the same factor r at each: r/(1 - r). One that
#: comes from 1 V to 2e-7 V within 500 steps has r <= 0.97 [1].
_REMAINDER = 32.0
#: Values of a sweep that are solved twice, to see the error [1]; of a grid each way.
_PROOF_POINTS = 9


@dataclass(frozen=True)
class AnalysisJob:
    """An analysis of a circuit.

    Parameters
    ----------
    netlist : str
        Text that the guard wrote, with the options of `profile` and the analysis' card.
    wanted : tuple of str
        Vectors that must come back.
    analysis : Analysis
        What is asked.
    profile : Profile
        How exact.
    """

    netlist: str
    wanted: tuple[str, ...]
    analysis: Analysis
    profile: Profile


@dataclass(frozen=True)
class Analysed:
    """What came of it.

    Parameters
    ----------
    vectors : mapping of str to ndarray
        By ngspice's names; complex for small signals.
    axis : ndarray
        What the analysis went through [V, A, degC or Hz]; empty for an operating point.
    error_bound : float
        Largest difference to a run with another tolerance, or the profile's bound [1].
    notes : tuple of str
        What was eased, and where the profile's bound is not reached.
    """

    vectors: Mapping[str, Any]
    axis: Any
    error_bound: float
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Looked:
    """A run with a tighter tolerance, and how far one with the profile's own is from it [1]."""

    vectors: Mapping[str, Any]
    error: float


def run_analysis(session: Session, job: AnalysisJob) -> Analysed:
    """Run an analysis and show its error.

    What comes back has a tolerance `FACTOR` times tighter than the profile's. Where the
    solver's own rule to stop keeps the bound, nothing more is run: all values that are read
    are unknowns of its equations, their last step was below the tolerance, and an iteration
    that ends within the profile's 500 steps leaves no more than `_REMAINDER` times its last
    step. Where it does not, because a signal is small or a tolerance eased, and for small
    signals and noise, which magnify what an operating point is off by, some points are solved
    with the profile's own tolerance as well, and all of them where the two are further apart
    than the bound. A circuit of linear elements has no such error.

    Raises
    ------
    RunFailedError
        When the data say that it did not succeed.
    """
    looked = _Run(session, job)
    begin = job.profile.suited_to(job.netlist)
    if is_linear(job.netlist):
        solve = looked.alone
    elif isinstance(job.analysis, OperatingPoint | DCSweep):
        solve = looked.once
    else:
        solve = looked.twice
    first = eased(job.profile, solve, begin)
    notes = first.notes if first.profile != begin else ()
    bound, error = first.profile.bound, first.result.error
    if error > bound:
        notes = (*notes, shortfall(job.profile, error))
    vectors = first.result.vectors
    points = vectors[looked.axis].real if looked.axis else np.empty(0)
    return Analysed(vectors, points, max(bound, min(error, 1.0)), notes)


@dataclass(frozen=True)
class _Run:
    """One analysis, and how often it is solved."""

    session: Session
    job: AnalysisJob

    @property
    def axis(self) -> str:
        return _axis(self.job.analysis)

    @property
    def names(self) -> list[str]:
        return [*self.job.wanted, *([self.axis] if self.axis else [])]

    def alone(self, profile: Profile) -> _Looked:
        """Solve once."""
        with self.session.loaded(self._text(profile)):
            return _Looked(self._solved(self.job.analysis), 0.0)

    def once(self, profile: Profile) -> _Looked:
        """Solve with a tighter tolerance, and again where its rule to stop proves too little."""
        tighter = profile.scaled(1 / FACTOR)
        with contextlib.suppress(RunFailedError), self.session.loaded(self._text(tighter)):
            exact = self._solved(self.job.analysis)
            if self._left(exact, tighter) <= profile.bound:
                return _Looked(exact, 0.0)
        return self.twice(profile)

    def _left(self, vectors: Mapping[str, Any], profile: Profile) -> float:
        """Largest error that the rule to stop leaves, as a fraction of the peak [1]."""
        names = self.job.wanted
        least = np.array(
            [
                profile.current_tolerance if name.endswith("#branch") else profile.voltage_tolerance
                for name in names
            ]
        )
        peaks = np.abs(np.stack([vectors[name] for name in names])).max(axis=1)
        shares = least[peaks > 0] / peaks[peaks > 0]
        return _REMAINDER * (profile.relative_tolerance + float(shares.max(initial=0.0)))

    def twice(self, profile: Profile) -> _Looked:
        """Solve some points with a profile and all of them with a tighter tolerance."""
        analysis = self.job.analysis
        few, places = _thinned(analysis)
        tighter = profile.scaled(1 / FACTOR)
        exact: dict[str, Any] = {}
        with self.session.loaded(self._text(profile)):
            some = self._solved(few)
            self._set(tighter)
            with contextlib.suppress(RunFailedError):
                exact = self._solved(analysis, again=True)
            apart = self._apart(some, exact, places) if exact else 1.0
            if exact and apart <= profile.bound:
                return _Looked(exact, apart)
            if few == analysis:
                return _Looked(exact or some, apart)
        # nothing tighter converges, or some branch of several is reached by short steps alone
        with self.session.loaded(self._text(profile)):
            usual = self._solved(analysis)
        if not exact:
            return _Looked(usual, 1.0)
        return _Looked(exact, self._apart(usual, exact, slice(None)))

    def _text(self, profile: Profile) -> str:
        return self.job.netlist.replace(self.job.profile.options, profile.options)

    def _set(self, profile: Profile) -> None:
        """Move the tolerances of the circuit that is loaded."""
        self.session.command(
            f"option reltol={profile.relative_tolerance:g} abstol={profile.current_tolerance:g}"
        )

    def _solved(self, analysis: Analysis, again: bool = False) -> dict[str, Any]:
        """Run an analysis of the loaded circuit and judge what comes back."""
        session, plots = self.session, (_FIRST_NOISE, _SECOND_NOISE)
        session.command(analysis.card.removeprefix(".").lower())
        names = {name: name.replace(*plots) if again else name for name in self.names}
        read = session.read(names.values())
        vectors = {name: read[own] for name, own in names.items() if own in read}
        log = session.log
        judge(vectors, self.names, None, log)
        count = vectors[self.axis].size if self.axis else 1
        if self.axis and not _is_whole(analysis, count):
            reject(f"stopped after {count} points", log)
        return vectors

    def _apart(self, some: Mapping[str, Any], exact: Mapping[str, Any], places: Any) -> float:
        """Largest difference as a fraction of the peak of what is compared [1]."""
        worst = 0.0
        for name in self.job.wanted:
            same = exact[name][places]
            peak = float(np.abs(same).max())
            if peak > 0:
                worst = max(worst, float(np.abs(some[name][: same.size] - same).max()) / peak)
        return worst


def _thinned(analysis: Analysis) -> tuple[Analysis, Any]:
    """Give the analysis at fewer points, and where these are among all of them."""
    if isinstance(analysis, DCSweep):
        inner, stride = analysis.sweep.thinned(_PROOF_POINTS)
        columns = np.arange(inner.points) * stride
        if analysis.outer is None:
            return replace(analysis, sweep=inner), columns
        outer, rows = analysis.outer.thinned(_PROOF_POINTS)
        places = (np.arange(outer.points)[:, None] * rows * analysis.sweep.points + columns).ravel()
        return DCSweep(inner, outer), places
    if isinstance(analysis, SmallSignal | Noise) and analysis.points_per_decade > 1:
        few = replace(analysis, points_per_decade=1)
        return few, slice(None, None, analysis.points_per_decade)
    return analysis, slice(None)


def _axis(analysis: Analysis) -> str:
    if isinstance(analysis, DCSweep):
        if analysis.sweep.is_temperature:
            return "temp-sweep"
        return "v-sweep" if analysis.sweep.source[0] in "vV" else "i-sweep"
    if isinstance(analysis, Noise):
        return _NOISE_FREQUENCY
    return "frequency" if isinstance(analysis, SmallSignal) else ""


def _is_whole(analysis: Analysis, count: int) -> bool:
    """Whether an analysis has all its points; of decades ngspice alone knows the last one."""
    if isinstance(analysis, DCSweep):
        return count == analysis.sweep.points * (analysis.outer.points if analysis.outer else 1)
    if isinstance(analysis, SmallSignal | Noise):
        decades = float(np.log10(analysis.stop / analysis.start))
        return count >= int(np.floor(decades * analysis.points_per_decade + 1e-6))
    return True


def result_of(
    analysis: Analysis, run: Analysed, signals: Mapping[str, Any], units_of: Mapping[str, str]
) -> Solution | Curve | Spectrum | NoiseSpectrum:
    """Give a run's signals the form of what was asked.

    Parameters
    ----------
    analysis : Analysis
        What was asked.
    run : Analysed
        What came of it.
    signals : mapping of str to ndarray
        Its vectors by the names that were asked for.
    units_of : mapping of str to str
        SI unit of each.
    """
    if isinstance(analysis, OperatingPoint):
        values = {name: float(values[0]) for name, values in signals.items()}
        return Solution(values, units_of, run.error_bound, run.notes)
    if isinstance(analysis, DCSweep):
        axis = run.axis[: analysis.sweep.points]
        if analysis.sweep.is_temperature:
            axis = axis + convert(0.0, "degC", "K")
        if analysis.outer is None:
            return Curve(signals, units_of, run.error_bound, run.notes, axis, np.empty(0))
        shape = (analysis.outer.points, analysis.sweep.points)
        grids = {name: values.reshape(shape) for name, values in signals.items()}
        outer = analysis.outer.values
        return Curve(grids, units_of, run.error_bound, run.notes, axis, outer)
    if isinstance(analysis, SmallSignal):
        return Spectrum(signals, units_of, run.error_bound, run.notes, run.axis)
    return NoiseSpectrum(signals, units_of, run.error_bound, run.notes, run.axis)
