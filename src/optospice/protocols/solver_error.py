"""How far metrics move when waveforms move within the error that the solver may have made.

A profile bounds the error of every waveform as a fraction of its peak, see `optospice.accuracy`.
The error of a current is that of the states behind it: where the sources stay at some levels, the
bound counts against the largest value at these levels, so that the reading between two pulses is
not as uncertain as a large current during them. Metrics are taken again of waveforms that are off
by that bound, in a few courses over time: what a metric moves by at most is its own error.
Readings that are not smooth, such as the pulse at which a level is crossed, are the very case.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from optospice.device import Device
from optospice.interpolation import FloatArray
from optospice.metrics.column import MetricColumn
from optospice.protocols.base import Protocol
from optospice.waveform_block import WaveformBlock
from optospice.waveforms import Waveforms

#: Half periods of the cosines over the duration of a run [1].
HALF_PERIODS = (0, 1, 2, 4)
#: Waveforms that are measured at once [bytes].
LARGEST_TOGETHER = 30_000_000


def solver_errors(
    protocol: Protocol,
    results: Sequence[Waveforms],
    device: Device,
    columns: Mapping[str, MetricColumn],
    exact: Collection[str] = (),
) -> dict[str, FloatArray]:
    """Give the largest change of each metric within the error bounds of the waveforms.

    Parameters
    ----------
    protocol : Protocol
        What was measured.
    results : sequence of Waveforms, such as WaveformBlock
        What the runs gave, in their order.
    device : Device
        What was simulated.
    columns : mapping of str to MetricColumn
        What `Protocol.measure_block` took of them.
    exact : collection of str
        Signals without an error: the levels of sources.

    Returns
    -------
    dict of str to ndarray, shape (runs,)
        Errors [unit of the metric]; infinite for a metric that has a value here and none there,
        nan for one that has none anywhere.
    """
    found = {name: np.where(np.isnan(one.values), np.nan, 0.0) for name, one in columns.items()}
    if isinstance(results, WaveformBlock):
        blocks = [results]
    else:
        blocks = [WaveformBlock.of([one]) for one in results]
    first = 0
    for block in blocks:
        rows = slice(first, first + len(block))
        first += len(block)
        for moved in _together(perturbed(block, exact)):
            for name, values in _measured(protocol, moved, device, list(columns)).items():
                own = columns[name].values[rows]
                each = values.reshape(-1, len(block))
                change = np.abs(each - own)
                change[np.isnan(each) != np.isnan(own)] = np.inf
                # a value and nothing to compare it with is nan, and stays so
                largest = np.fmax.reduce(change, axis=0)
                found[name][rows] = np.fmax(found[name][rows], largest)
    return found


def _together(blocks: Iterable[WaveformBlock]) -> Iterator[WaveformBlock]:
    """Join blocks with the same time points, as many as may be measured at once."""
    waiting: list[WaveformBlock] = []
    for block in blocks:
        waiting.append(block)
        size = block.time.size * len(block) * len(block.signals) * block.time.itemsize
        if (len(waiting) + 1) * size > LARGEST_TOGETHER:
            yield _joined(waiting)
            waiting = []
    if waiting:
        yield _joined(waiting)


def _joined(blocks: Sequence[WaveformBlock]) -> WaveformBlock:
    first, count = blocks[0], sum(map(len, blocks))
    signals = {}
    for name, values in first.signals.items():
        own = [block.signals[name] for block in blocks]
        if values.strides[0] == 0 or all(one is values and len(one) == 1 for one in own):
            signals[name] = np.broadcast_to(values[0], (count, values.shape[1]))
        else:
            signals[name] = np.concatenate(own)
    bounds = np.concatenate([block.error_bounds for block in blocks])
    return replace(
        first, signals=signals, error_bounds=bounds, notes=sum((b.notes for b in blocks), ())
    )


def perturbed(block: WaveformBlock, exact: Collection[str] = ()) -> Iterator[WaveformBlock]:
    """Give waveforms that are off by their error bounds, in several courses over time.

    Cosines of few half periods over the run, since equal stimuli repeat nearly the same solver
    steps; and a course that follows each signal, so that its rise is off by twice the bound.

    Parameters
    ----------
    block : WaveformBlock
        What was simulated.
    exact : collection of str
        Signals that stay as they are.
    """
    time = block.time
    share = (time - time[0]) / (time[-1] - time[0])
    own = {name: values for name, values in block.signals.items() if name not in exact}
    alike = _points_alike([block.signals[name][0] for name in exact if name in block.signals])
    amounts = {
        name: block.error_bounds[:, None] * _peaks(values, alike) for name, values in own.items()
    }
    courses: list[Mapping[str, FloatArray]] = [
        dict.fromkeys(own, np.cos(np.pi * half * share)[None, :]) for half in HALF_PERIODS
    ]
    courses.append({name: _following(values) for name, values in own.items()})
    for course in courses:
        for sign in (1.0, -1.0):
            moved = {n: values + sign * amounts[n] * course[n] for n, values in own.items()}
            yield replace(block, signals={**block.signals, **moved})


def _points_alike(levels: Sequence[FloatArray]) -> list[NDArray[np.bool_]]:
    """Tell the points at which the sources stay, those at the same levels together."""
    if not levels:
        return []
    rows = np.array(levels)
    same = (np.diff(rows, axis=1) == 0).all(axis=0)
    stays = np.append(same, False) | np.append(False, same)
    _, which = np.unique(rows, axis=1, return_inverse=True)
    which = np.where(stays, which.reshape(-1), -1)
    return [which == one for one in np.unique(which) if one >= 0]


def _peaks(values: FloatArray, alike: Sequence[NDArray[np.bool_]]) -> FloatArray:
    """Give against what the bound counts at every point; on edges, the peak of the whole run."""
    size = np.abs(values)
    found = np.repeat(size.max(axis=1, keepdims=True), values.shape[1], axis=1)
    for points in alike:
        found[:, points] = size[:, points].max(axis=1, keepdims=True)
    return found


def _following(values: FloatArray) -> FloatArray:
    """Give a course from -1 at the start of a signal to 1 where it is farthest from it."""
    away = np.abs(values - values[:, :1])
    largest = away.max(axis=1, keepdims=True)
    found: FloatArray = 2 * np.divide(away, largest, out=np.zeros_like(away), where=largest > 0) - 1
    return found


def _measured(
    protocol: Protocol, block: WaveformBlock, device: Device, names: Sequence[str]
) -> dict[str, FloatArray]:
    """Take metrics; nan of a run of which they cannot be taken."""
    try:
        taken = protocol.measure_block(block, device)
    except ValueError:
        return _one_by_one(protocol, block, device, names)
    gone = np.full(len(block), np.nan)
    return {name: taken[name].values if name in taken else gone for name in names}


def _one_by_one(
    protocol: Protocol, block: WaveformBlock, device: Device, names: Sequence[str]
) -> dict[str, FloatArray]:
    found = {name: np.full(len(block), np.nan) for name in names}
    for row, one in enumerate(block):
        try:
            metrics = protocol.measure(one, device)
        except ValueError:
            continue
        for name in names:
            if name in metrics:
                found[name][row] = metrics[name].value
    return found
