"""Blocks: which runs are simulated together, decided by the runs alone.

Runs that differ in values only are sorted by their keys. Neighbours make a block when no more
than `LARGEST_BLOCK` keys begin with the same bits, so that a block depends neither on workers nor
on the order of anything, and a run that is added or left out changes one block. Equal runs, such
as those of a sweep over definitions, are simulated once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optospice.interpolation import FloatArray
from optospice.scenario.runs import Run, Runs
from optospice.sweep.identity import digest, kind_key, value_keys

#: Copies of a device in one transient. Beyond some tens the matrix costs what the shared
#: time steps save.
LARGEST_BLOCK = 64
#: Largest block for up to so many runs, so that few of them still occupy several processors [1].
_SMALLER_BLOCKS = ((32, 4), (128, 8), (1024, 32))

Places = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Block:
    """Runs that are simulated together.

    Parameters
    ----------
    key : bytes
        Its identity.
    places : ndarray of int, shape (runs,)
        Places of the runs in the scenario; of equal runs all.
    rows : ndarray of int, shape (runs,)
        Which device of the block each run is.
    kinds : ndarray of int, shape (runs,)
        Kind of each run: those of another kind may be measured otherwise.
    """

    key: bytes
    places: Places
    rows: Places
    kinds: Places

    @property
    def devices(self) -> int:
        """Number of devices in the block."""
        return int(self.rows.max()) + 1

    def measurements(self) -> Iterator[tuple[int, Places, Places]]:
        """Give the kinds of its runs, each with the runs' places and rows, in the order of rows."""
        for kind in np.unique(self.kinds):
            own = np.flatnonzero(self.kinds == kind)
            yield int(kind), self.places[own], self.rows[own]

    def firsts(self) -> Places:
        """Place of the first run of each device."""
        _, first = np.unique(self.rows, return_index=True)
        found: Places = self.places[first]
        return found


class Blocks(Sequence[Block]):
    """The blocks of a scenario, in the order of their first runs.

    Parameters
    ----------
    runs : sequence of Run
        The runs.
    version : str
        Version of ngspice.
    largest : int
        Largest block [1].
    """

    def __init__(self, runs: Sequence[Run], version: str, largest: int = LARGEST_BLOCK) -> None:
        self.runs = runs
        kinds = _kinds(runs)
        self._kinds = kinds
        self._keys: list[bytes] = []
        self._members: list[Places] = []
        self._rows: list[Places] = []
        for kind, places in _by_simulation(runs, kinds, version):
            self._cut(kind, places, largest)
        order = np.argsort([int(one.min()) for one in self._members], kind="stable")
        self._order: list[int] = order.tolist()

    def __len__(self) -> int:
        """Count the blocks."""
        return len(self._order)

    def __getitem__(self, index: int) -> Block:  # type: ignore[override]
        """Give a block."""
        at = self._order[index]
        members = self._members[at]
        return Block(self._keys[at], members, self._rows[at], self._kinds[members])

    def holding(self, places: Sequence[int]) -> list[int]:
        """Give the numbers of the blocks that hold the runs at some places."""
        wanted = np.array(places)
        return [number for number in range(len(self)) if np.isin(wanted, self[number].places).any()]

    def _cut(self, kind: bytes, places: Places, largest: int) -> None:
        keys = np.empty((places.size, 2), np.uint64)
        for code in np.unique(self._kinds[places]):
            own = np.flatnonzero(self._kinds[places] == code)
            device = self.runs[int(places[own[0]])].device
            keys[own] = value_keys(device, *parameter_matrix(self.runs, places[own]))
        order = np.lexsort((places, keys[:, 1], keys[:, 0]))
        keys, places = keys[order], places[order]
        new = np.ones(places.size, np.bool_)
        new[1:] = (keys[1:] != keys[:-1]).any(axis=1)
        numbers = np.cumsum(new) - 1  # of the different runs
        starts = np.append(np.flatnonzero(new), places.size)
        distinct = keys[new]
        for first, stop in cut(distinct[:, 0], min(largest, size_for(len(distinct)))):
            cover = slice(int(starts[first]), int(starts[stop]))
            own_keys = np.ascontiguousarray(distinct[first:stop]).astype(">u8").tobytes()
            self._keys.append(digest(kind, own_keys))
            self._members.append(places[cover].astype(np.int64))
            self._rows.append(numbers[cover] - first)


def size_for(runs: int) -> int:
    """Give the largest block for so many different runs; the machine does not count."""
    return next((size for most, size in _SMALLER_BLOCKS if runs <= most), LARGEST_BLOCK)


def cut(heads: NDArray[np.uint64], largest: int) -> Iterator[tuple[int, int]]:
    """Cut sorted numbers where their leading bits differ, so that no piece is too large.

    Parameters
    ----------
    heads : ndarray of uint64
        First halves of keys, rising.
    largest : int
        Largest piece [1].

    Yields
    ------
    first, stop : int
        Pieces in order.
    """
    waiting = [(0, heads.size, 63)]
    while waiting:
        first, stop, bit = waiting.pop()
        if stop - first <= largest or bit < 0:
            if stop > first:
                yield first, stop
            continue
        ones = (heads[first:stop] >> np.uint64(bit)) & np.uint64(1)
        middle = first + int(np.searchsorted(ones, 1))
        waiting.append((middle, stop, bit - 1))
        waiting.append((first, middle, bit - 1))


def _kinds(runs: Sequence[Run]) -> Places:
    """Number runs so that those of one number differ in parameters only."""
    if isinstance(runs, Runs):
        return runs.kinds()
    known: dict[object, int] = {}
    found = [
        known.setdefault(
            (
                id(run.protocol),
                id(run.device),
                run.temperature,
                run.profile.name,
                id(run.surroundings),
                run.draw if run.is_closed_loop else None,
            ),
            len(known),
        )
        for run in runs
    ]
    return np.array(found, np.int64)


def parameter_matrix(runs: Sequence[Run], places: Places) -> tuple[tuple[str, ...], FloatArray]:
    """Give the parameters of runs of one kind: names, and values in the card's units."""
    if isinstance(runs, Runs):
        return runs.parameter_matrix(places)
    sets = [runs[int(place)].parameters for place in places]
    names = tuple(dict.fromkeys(name for one in sets for name in one))
    defaults = runs[int(places[0])].device.defaults
    rows = [[one.get(name, defaults[name]) for name in names] for one in sets]
    return names, np.array(rows, dtype=np.float64).reshape(len(sets), len(names))


def _by_simulation(
    runs: Sequence[Run], kinds: Places, version: str
) -> Iterator[tuple[bytes, Places]]:
    """Join the kinds that are simulated alike, and give the places of their runs."""
    codes, first = np.unique(kinds, return_index=True)
    cards: dict[int, str] = {}
    groups: dict[bytes, list[int]] = {}
    order = np.argsort(kinds, kind="stable")
    edges = np.append(np.searchsorted(kinds[order], codes), kinds.size)
    own = {int(code): order[edges[n] : edges[n + 1]] for n, code in enumerate(codes)}
    for code, place in zip(codes.tolist(), first.tolist(), strict=True):
        run = runs[place]
        if id(run.device) not in cards:
            cards[id(run.device)] = run.device.card.model_dump_json()
        if run.is_closed_loop:  # every one has its own time steps, and its own random numbers
            for one in own[code].tolist():
                yield kind_key(runs[one], version, cards[id(run.device)]), np.array([one])
            continue
        groups.setdefault(kind_key(run, version, cards[id(run.device)]), []).append(code)
    for key, members in groups.items():
        yield key, np.sort(np.concatenate([own[code] for code in members]))
