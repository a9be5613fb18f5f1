"""Which waveforms stay with a result."""

from __future__ import annotations

import heapq
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optospice.ngspice.bench_analyses import Result
from optospice.sweep.records import Records
from optospice.sweep.task import bytes_of
from optospice.waveforms import Waveforms

#: Waveforms of up to so many runs are kept by default.
KEPT_WAVEFORMS = 200
#: Sum of the waveforms that are kept [bytes].
KEPT_BYTES = 1_000_000_000


@dataclass(frozen=True)
class Keeping:
    """Which runs keep their waveforms.

    Parameters
    ----------
    every : int
        Every so many; 0 for none [1].
    failed : bool
        All those whose metrics could not be taken.
    """

    every: int = 1
    failed: bool = True

    @classmethod
    def by_number(cls, runs: int) -> Keeping:
        """Keep all waveforms of few runs, and none of many."""
        return cls() if runs <= KEPT_WAVEFORMS else cls(0, failed=False)

    def keeps(self, places: NDArray[np.int64], succeeded: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Say which waveforms stay, of runs at some places."""
        told = ~succeeded if self.failed else np.zeros(places.size, np.bool_)
        return told | (places % self.every == 0) if self.every else told


class KeptResults:
    """Keeps the waveforms of the first runs that fit, in whatever order they arrive.

    Parameters
    ----------
    records : Records
        Records in the order of the runs; filled here.
    largest : int
        Sum of the waveforms that are kept [bytes].
    """

    def __init__(self, records: Records, largest: int = KEPT_BYTES) -> None:
        self._records = records
        self._largest = largest
        self._kept: list[tuple[int, int]] = []  # places, the last one first, and sizes
        self._sum = 0
        self._limit = len(records)

    def put(self, place: int, result: Waveforms | Result) -> None:
        """Take a result; one that goes beyond the sum costs the last runs theirs."""
        self._records.keep(place, result)
        size = bytes_of(result)
        heapq.heappush(self._kept, (-place, size))
        self._sum += size
        while self._sum > self._largest or (self._kept and -self._kept[0][0] >= self._limit):
            last, size = heapq.heappop(self._kept)
            self._sum -= size
            self._limit = min(self._limit, -last)
            self._records.drop(-last)
