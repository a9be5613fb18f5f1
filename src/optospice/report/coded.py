"""Columns over all runs whose values repeat, and what is known of every run but its metrics."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, overload

import numpy as np
from numpy.typing import NDArray

from optospice.device import Device
from optospice.interpolation import FloatArray

Codes = NDArray[np.int32]
#: A column of a table.
Column = Sequence[Any] | NDArray[Any]


@dataclass(frozen=True, eq=False)
class Coded(Sequence[Any]):
    """Values of which few differ: each once, and which of them every run has.

    Parameters
    ----------
    words : tuple
        The values; None where there is none.
    codes : ndarray of int, shape (runs,)
        Place of each run's value in `words`.
    """

    words: tuple[Any, ...]
    codes: Codes

    def __len__(self) -> int:
        """Count the runs."""
        return int(self.codes.size)

    @overload
    def __getitem__(self, index: int) -> Any: ...
    @overload
    def __getitem__(self, index: slice) -> list[Any]: ...

    def __getitem__(self, index: int | slice) -> Any:
        """Give the value of one run, or of some."""
        if isinstance(index, slice):
            return [self.words[code] for code in self.codes[index].tolist()]
        return self.words[self.codes[index]]

    def count(self, value: Any) -> int:
        """Count the runs that have a value."""
        same = np.array([word == value for word in self.words], int)
        return int(same[self.codes].sum())

    @classmethod
    def of(cls, values: Iterable[Any]) -> Coded:
        """Code values; a number and a text are two, and so are 1 and 1.0."""
        places: dict[tuple[type, Any], int] = {}
        codes = [places.setdefault((type(value), value), len(places)) for value in values]
        return cls(tuple(value for _, value in places), np.array(codes, np.int32))


@dataclass(frozen=True, eq=False)
class RunColumns:
    """What is known of every run but its metrics.

    Parameters
    ----------
    ids : list of str
        Numbers of the runs.
    statuses, messages, outside : Coded
        ``"ok"``, ``"failed"`` or ``"not run"``; why it failed; which limits it left, as a tuple.
    seconds, temperatures : ndarray, shape (runs,)
        Time spent [s]; temperature of the device [K].
    draws : list of int or None
        Number of the draw; None where the run is not one of several.
    devices : tuple of Device
        Devices.
    which : ndarray of int, shape (runs,)
        Place of each run's device in `devices`.
    swept : mapping of str to Coded
        Swept keys with the value of every run, as written.
    changed : mapping of str to ndarray
        Parameters that differ from a default, in the card's units; nan elsewhere.
    kept : list of int
        Places of the runs whose waveforms, or what an analysis gave, are kept.
    """

    ids: list[str]
    statuses: Coded
    messages: Coded
    outside: Coded
    seconds: FloatArray
    temperatures: FloatArray
    draws: list[int | None]
    devices: tuple[Device, ...]
    which: Codes
    swept: Mapping[str, Coded]
    changed: Mapping[str, FloatArray]
    kept: list[int]
