"""What a worker runs for an analysis without a time axis: eased where needed, its error seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from optospice.accuracy import Profile
from optospice.analysis.cards import Analysis, DCSweep, Noise, SmallSignal
from optospice.ngspice.easing import eased
from optospice.ngspice.exactness import shortfall
from optospice.ngspice.judge import RunFailedError, judge, reject
from optospice.ngspice.proof import FACTOR
from optospice.ngspice.session import Session

#: Vectors of the densities of a noise analysis, in the plot that ngspice gives them.
DENSITIES = {"output": "noise1.onoise_spectrum", "input": "noise1.inoise_spectrum"}
_NOISE_FREQUENCY = "noise1.frequency"


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
        Largest difference to a run with a tighter tolerance, or the profile's bound [1].
    notes : tuple of str
        What was eased, and where the profile's bound is not reached.
    """

    vectors: Mapping[str, Any]
    axis: Any
    error_bound: float
    notes: tuple[str, ...] = ()


def run_analysis(session: Session, job: AnalysisJob) -> Analysed:
    """Run an analysis and hold it against a run with a tighter tolerance.

    Raises
    ------
    RunFailedError
        When the data say that it did not succeed.
    """
    axis = _axis(job.analysis)

    def run(profile: Profile) -> Mapping[str, Any]:
        names = [*job.wanted, *([axis] if axis else [])]
        text = job.netlist.replace(job.profile.options, profile.options)
        result = session.run(text, names)
        judge(result.vectors, names, None, result.log)
        if axis and not _is_whole(job.analysis, result.vectors[axis].size):
            reject(f"stopped after {result.vectors[axis].size} points", result.log)
        return result.vectors

    begin = job.profile.suited_to(job.netlist)
    first = eased(job.profile, run, begin)
    notes = first.notes if first.profile != begin else ()
    try:
        exact = run(first.profile.scaled(1 / FACTOR))
        error = max(_apart(first.result[name], exact[name]) for name in job.wanted)
    except RunFailedError:
        exact, error = first.result, 1.0
    bound = first.profile.bound
    if error > bound:
        notes = (*notes, shortfall(job.profile, error))
    points = exact[axis].real if axis else np.empty(0)
    return Analysed(exact, points, max(bound, min(error, 1.0)), notes)


def _axis(analysis: Analysis) -> str:
    if isinstance(analysis, DCSweep):
        if analysis.sweep.is_temperature:
            return "temp-sweep"
        return "v-sweep" if analysis.sweep.unit == "V" else "i-sweep"
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


def _apart(first: Any, exact: Any) -> float:
    """Largest difference as a fraction of the peak [1]."""
    peak = float(np.abs(exact).max())
    return float(np.abs(first - exact).max()) / peak if peak > 0 else 0.0
