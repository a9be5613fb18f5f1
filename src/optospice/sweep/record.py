"""What is kept of one run and of a whole scenario."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from optospice.metrics.value import MetricValue
from optospice.ngspice.bench_analyses import Result
from optospice.scenario.load import LoadedScenario
from optospice.scenario.runs import Run
from optospice.scenario.verdict import Verdict
from optospice.waveforms import Waveforms

Status = Literal["ok", "failed", "not run"]


@dataclass(frozen=True)
class RunRecord:
    """One run with what came of it.

    Parameters
    ----------
    run : Run
        What was simulated.
    status : {"ok", "failed", "not run"}
        Whether it succeeded, judged on the data.
    message : str
        Why it failed, with ngspice's own words.
    metrics : mapping of str to MetricValue
        What was measured.
    seconds : float
        Time that netlist, simulation and metrics took [s].
    waveforms : Waveforms or None
        Waveforms, where they are kept.
    analysed : Solution, Curve, Spectrum, NoiseSpectrum or None
        What an analysis without a time axis gave, where it is kept.
    netlist : str
        The circuit that ran, where only the run itself knows it.
    outside : tuple of str
        Which limits of the device's valid range it left; its numbers are extrapolated then.
    """

    run: Run
    status: Status
    message: str = ""
    metrics: Mapping[str, MetricValue] = field(default_factory=dict)
    seconds: float = 0.0
    waveforms: Waveforms | None = None
    analysed: Result | None = None
    netlist: str = ""
    outside: tuple[str, ...] = ()

    @property
    def result(self) -> Waveforms | Result | None:
        """What the run gave, where it is kept."""
        return self.waveforms if self.analysed is None else self.analysed


class ColumnedRecords(Sequence[RunRecord]):
    """Records that tell which of them are of a kind without making any."""

    @abstractmethod
    def with_status(self, status: Status) -> list[int]:
        """Places of the runs that have a status."""


@dataclass(frozen=True)
class ScenarioResult:
    """Everything that a scenario gave.

    Parameters
    ----------
    loaded : LoadedScenario
        The scenario as it was run.
    records : sequence of RunRecord
        One per run, in order.
    verdicts : sequence of Verdict
        One per target and device.
    across : mapping of str to MetricValue
        Metrics taken across the runs, by name (and device, when there are several).
    ngspice : str
        Version of the simulator, e.g. ``"39"``.
    seconds : float
        Wall-clock time of the runs [s].
    from_store : int
        Runs that had been computed before [1].
    """

    loaded: LoadedScenario
    records: Sequence[RunRecord]
    verdicts: Sequence[Verdict]
    across: Mapping[str, MetricValue]
    ngspice: str
    seconds: float
    from_store: int = 0

    @property
    def failed(self) -> list[RunRecord]:
        """Runs that failed."""
        return self._with_status("failed")

    @property
    def missing(self) -> int:
        """Number of runs that were not run because the user stopped [1]."""
        return self.count("not run")

    @property
    def interrupted(self) -> bool:
        """Whether runs are missing because the user stopped."""
        return self.missing > 0

    @property
    def unexpected(self) -> list[Verdict]:
        """Verdicts that differ from what the scenario expects of its device."""
        if not self.loaded.expectation_holds:
            return []
        return [verdict for verdict in self.verdicts if not verdict.as_expected]

    @property
    def exit_code(self) -> int:
        """130 after an interruption, 1 for a failed run or an unexpected verdict, else 0."""
        if self.interrupted:
            return 130
        return 1 if self.count("failed") or self.unexpected else 0

    def count(self, status: Status) -> int:
        """Count the runs of a status [1]; no run is made for it where columns say it."""
        if isinstance(self.records, ColumnedRecords):
            return len(self.records.with_status(status))
        return len(self._with_status(status))

    def _with_status(self, status: Status) -> list[RunRecord]:
        if isinstance(self.records, ColumnedRecords):
            return [self.records[place] for place in self.records.with_status(status)]
        return [record for record in self.records if record.status == status]
