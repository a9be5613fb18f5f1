"""What was measured in the runs of a block, as it is stored and as it travels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from optospice.interpolation import FloatArray
from optospice.metrics.column import MetricColumn


@dataclass(frozen=True, eq=False)
class MeasuredBlock:
    """Metrics of runs that were simulated together.

    Parameters
    ----------
    succeeded : ndarray of bool, shape (runs,)
        Which runs gave metrics.
    columns : mapping of str to MetricColumn
        Their metrics; a column has an entry for each run that succeeded, in order.
    seconds : ndarray, shape (runs,)
        Time spent on each run [s].
    messages : mapping of int to str
        Why a run failed, by its place.
    outside : mapping of int to tuple of str
        Limits of the device's valid range that a run left, by its place.
    netlists : mapping of int to str
        The circuit that ran, where only the run itself knows it, by its place.
    idle : mapping of int to str
        Why nothing happened in a run, by its place.
    errors : mapping of str to ndarray
        How far each metric may be off for the solver's error [its unit], as long as its column;
        empty where nobody asked for it.
    """

    succeeded: NDArray[np.bool_]
    columns: Mapping[str, MetricColumn]
    seconds: FloatArray
    messages: Mapping[int, str] = field(default_factory=dict)
    outside: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    netlists: Mapping[int, str] = field(default_factory=dict)
    idle: Mapping[int, str] = field(default_factory=dict)
    errors: Mapping[str, FloatArray] = field(default_factory=dict)

    def __len__(self) -> int:
        """Count the runs."""
        return int(self.succeeded.size)

    @classmethod
    def failed(cls, message: str, seconds: float, runs: int = 1) -> MeasuredBlock:
        """Give runs that all failed for one reason."""
        return cls(
            np.zeros(runs, np.bool_),
            {},
            np.full(runs, seconds),
            dict.fromkeys(range(runs), message),
        )
