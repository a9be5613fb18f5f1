"""Results of a block as one header and one row of numbers, and back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from optospice.analysis import Curve, NoiseSpectrum, Solution, Spectrum
from optospice.interpolation import FloatArray
from optospice.ngspice.bench_analyses import Result
from optospice.waveform_block import WaveformBlock
from optospice.waveforms import Waveforms

#: What the runs of a block gave: None for a run that failed.
BlockResult = Sequence[Waveforms | Result | None]

_ANALYSES = {kind.__name__: kind for kind in (Solution, Curve, Spectrum, NoiseSpectrum)}
#: What analyses have besides signals, by name.
_PLACES = ("sweep", "outer", "frequency")


@dataclass(frozen=True, eq=False)
class EncodedBlock:
    """The results of a block as text and numbers.

    Parameters
    ----------
    header : str
        JSON: names, units, shapes and notes.
    numbers : ndarray, shape (n,)
        All arrays, one after the other, in SI units.
    runs : int
        Runs of the block [1].
    """

    header: str
    numbers: FloatArray
    runs: int


def encoded(results: BlockResult) -> EncodedBlock:
    """Write the results of a block as text and numbers.

    Parameters
    ----------
    results : sequence
        What the runs gave, in their order; a `WaveformBlock` shares its times.
    """
    arrays: list[FloatArray] = []
    if isinstance(results, WaveformBlock):
        header: Any = _block_header(results, arrays)
    else:
        header = [_header(one, arrays) for one in results]
    numbers = np.concatenate([array.ravel() for array in arrays]) if arrays else np.empty(0)
    return EncodedBlock(json.dumps(header), numbers, len(results))


def decoded(block: EncodedBlock) -> BlockResult:
    """Give the results that `encoded` wrote.

    Raises
    ------
    ValueError
        When the two do not belong together.
    """
    read = _Reader(np.asarray(block.numbers, dtype=np.float64))
    told = json.loads(block.header)
    if isinstance(told, dict):
        return _block(told, read)
    return [_result(one, read) for one in told]


class _Reader:
    """Takes arrays from a row of numbers, in the order in which they were written."""

    def __init__(self, numbers: FloatArray) -> None:
        self._numbers, self._at = numbers, 0

    def take(self, shape: Sequence[int], is_complex: bool = False) -> Any:
        size = int(np.prod(shape)) * (2 if is_complex else 1)
        taken = self._numbers[self._at : self._at + size]
        if taken.size != size:
            raise ValueError("the numbers of a stored block end early")
        self._at += size
        return (taken.view(np.complex128) if is_complex else taken).reshape(shape)


def _block_header(block: WaveformBlock, arrays: list[FloatArray]) -> dict[str, Any]:
    arrays += [block.time, block.breakpoints, block.error_bounds]
    shared, notes = [], list(dict.fromkeys(block.notes))
    for name, values in block.signals.items():
        is_shared = values.strides[0] == 0 or len(block) == 1
        shared += [name] if is_shared else []
        arrays.append(values[0] if is_shared else values)
    return {
        "runs": len(block),
        "points": block.time.size,
        "breakpoints": block.breakpoints.size,
        "signals": list(block.signals),
        "shared": shared,
        "units": dict(block.units),
        "notes": notes,
        "note_of_run": [notes.index(one) for one in block.notes],
    }


def _block(told: Mapping[str, Any], read: _Reader) -> WaveformBlock:
    runs, points = told["runs"], told["points"]
    time, breaks = read.take([points]), read.take([told["breakpoints"]])
    bounds = read.take([runs])
    signals = {}
    for name in told["signals"]:
        if name in told["shared"]:
            signals[name] = np.broadcast_to(read.take([points]), (runs, points))
        else:
            signals[name] = read.take([runs, points])
    notes = [tuple(one) for one in told["notes"]]
    by_run = tuple(notes[place] for place in told["note_of_run"])
    return WaveformBlock(time, signals, told["units"], breaks, bounds, by_run)


def _header(one: Waveforms | Result | None, arrays: list[FloatArray]) -> dict[str, Any]:
    if one is None:
        return {"kind": ""}
    told: dict[str, Any] = {
        "kind": type(one).__name__,
        "units": dict(one.units),
        "notes": list(one.notes),
        "error_bound": one.error_bound,
    }
    if isinstance(one, Waveforms):
        places = {"time": one.time, "breakpoints": one.breakpoints}
    else:
        places = {name: getattr(one, name) for name in _PLACES if hasattr(one, name)}
    told["places"] = {name: _put(values, arrays) for name, values in places.items()}
    told["signals"] = {name: _put(values, arrays) for name, values in one.signals.items()}
    return told


def _put(values: Any, arrays: list[FloatArray]) -> dict[str, Any]:
    array = np.asarray(values)
    is_complex = np.iscomplexobj(array)
    flat = np.ascontiguousarray(array, dtype=np.complex128 if is_complex else np.float64)
    arrays.append(np.atleast_1d(flat).view(np.float64))
    return {"shape": list(array.shape), "complex": is_complex}


def _result(told: Mapping[str, Any], read: _Reader) -> Waveforms | Result | None:
    if not told["kind"]:
        return None
    places = {name: _taken(one, read) for name, one in told["places"].items()}
    signals = {name: _taken(one, read) for name, one in told["signals"].items()}
    notes, bound = tuple(told["notes"]), told["error_bound"]
    if told["kind"] == "Waveforms":
        time, breaks = places["time"], places["breakpoints"]
        return Waveforms(time, signals, told["units"], breaks, bound, notes)
    kind: Any = _ANALYSES[told["kind"]]
    found: Result = kind(
        signals=signals, units=told["units"], error_bound=bound, notes=notes, **places
    )
    return found


def _taken(told: Mapping[str, Any], read: _Reader) -> Any:
    values = read.take(told["shape"], told["complex"])
    # a number of an operating point is a number, not an array without axes
    return values if told["shape"] else values.item()
