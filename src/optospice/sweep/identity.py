"""The identity of a run: a hash of everything that decides its numbers, and of nothing else."""

from __future__ import annotations

import hashlib
import inspect
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

import optospice
from optospice.device import Device
from optospice.interpolation import FloatArray
from optospice.metrics.registry import METRICS
from optospice.ngspice.bench_analyses import analysis_netlist
from optospice.protocols import Experiment
from optospice.protocols.analyses.base import AnalysisExperiment
from optospice.scenario.runs import Run

#: Changes when the meaning of keys or of what is stored changes.
_FORMAT = "1"
#: Length of a key [bytes]: two of 1e12 runs share one with a probability of 1e-15.
KEY_BYTES = 16
#: Runs whose parameters are held in memory while they are hashed [1].
_HASHED = 16_384
#: Rooms of the code that no waveform depends on; all others count.
_NOT_SIMULATING = frozenset(
    ("api", "authoring", "calibration", "cli", "conformance", "cosim", "drawing", "evidence",
     "metrics", "protocols", "reference", "regression", "report", "scenario", "store", "sweep",
     "pytest_plugin.py", "reproduce.py")
)  # fmt: skip
#: Rooms that decide what is measured, besides those that simulate.
_MEASURING = ("metrics", "protocols", "cosim", "scenario")

Keys = NDArray[np.uint64]


def digest(*parts: bytes | str) -> bytes:
    """Hash texts and bytes, each with its length, to a key."""
    total = hashlib.blake2b(digest_size=KEY_BYTES)
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        total.update(len(data).to_bytes(8, "little"))
        total.update(data)
    return total.digest()


@cache
def simulation_code() -> bytes:
    """Hash the code that simulates: another solver loop gives other last digits."""
    return _digest_of_rooms(
        room.name for room in _own_folder().iterdir() if room.name not in _NOT_SIMULATING
    )


@cache
def measuring_code() -> bytes:
    """Hash the code that measures."""
    return _digest_of_rooms(_MEASURING)


def _own_folder() -> Path:
    return Path(next(iter(optospice.__path__)))


def _digest_of_rooms(names: Iterable[str]) -> bytes:
    files: list[Path] = []
    for name in sorted(names):
        place = _own_folder() / name
        files += sorted(place.rglob("*.py")) if place.is_dir() else [place]
    return digest(*(file.read_bytes() for file in files if file.suffix == ".py"))


def kind_key(run: Run, version: str, card: str) -> bytes:
    """Hash all that runs of one kind share: netlist, sources, analysis, profile, simulator.

    Parameters
    ----------
    run : Run
        One of them; its own parameters do not count.
    version : str
        Version of ngspice.
    card : str
        The device's card, as text.
    """
    if run.is_closed_loop:
        return _loop_key(run, version, card)
    bench = replace(run.testbench(), parameters={}, title="")
    how = run.protocol
    if isinstance(how, AnalysisExperiment):
        text = analysis_netlist(bench, how.analysis(run.device)) + repr(how.analysis(run.device))
    else:
        text = bench.engine_netlist()
    tables = [f"{name} {_told(corners)}" for name, corners in sorted(bench.tables.items())]
    levels = [
        f"{name} {_told(bench.driven[terminal].points)}" for name, terminal in bench.levels.items()
    ]
    return digest(
        _FORMAT, simulation_code(), version, text, repr(bench.profile), card,
        *tables, *levels, *bench.light_notes,
    )  # fmt: skip


def _loop_key(run: Run, version: str, card: str) -> bytes:
    """Hash a closed loop, whose controllers decide what is simulated."""
    bench = replace(run.testbench(), parameters={}, title="")
    return digest(
        _FORMAT, simulation_code(), measuring_code(), version, bench.engine_netlist(),
        repr(run.profile), card, experiment_text(run.protocol),
        json.dumps(run.draw), repr(run.surroundings),
    )  # fmt: skip


def _told(corners: Sequence[FloatArray]) -> str:
    return " ".join(np.asarray(one, dtype=np.float64).tobytes().hex() for one in corners)


def value_keys(device: Device, names: Sequence[str], matrix: FloatArray) -> Keys:
    """Hash the parameters of runs of one kind.

    Parameters
    ----------
    device : Device
        Their device: what is not named is at its default.
    names : sequence of str
        Parameters that may differ from the defaults.
    matrix : ndarray, shape (runs, names)
        Their values in the card's units.

    Returns
    -------
    ndarray of uint64, shape (runs, 2)
        A key for each run, in two halves.
    """
    defaults = device.defaults
    order = sorted(defaults)
    places = [order.index(name) for name in names]
    usual = np.array([defaults[name] for name in order])
    salt = digest(json.dumps(order))
    keys = np.empty((len(matrix), 2), np.uint64)
    for first in range(0, len(matrix), _HASHED):
        some = matrix[first : first + _HASHED]
        whole = np.tile(usual, (len(some), 1))
        whole[:, places] = some
        whole += 0.0  # minus zero is zero
        data, size = whole.tobytes(), 8 * len(order)
        joined = b"".join(
            hashlib.blake2b(data[at : at + size], digest_size=KEY_BYTES, key=salt).digest()
            for at in range(0, len(data), size)
        )
        keys[first : first + len(some)] = np.frombuffer(joined, dtype=">u8").reshape(-1, 2)
    return keys


def experiment_text(experiment: Experiment) -> str:
    """Say what an experiment does and measures, with the code of what is not optospice's own."""
    kind = type(experiment)
    told = [f"{kind.__module__}.{kind.__qualname__}", experiment.model_dump_json()]
    own = [kind.__module__, *(METRICS[n].function.__module__ for n in _bound_metrics(experiment))]
    told += [_code_of(module) for module in sorted(set(own)) if not _is_packaged(module)]
    return "\n".join(told)


def _bound_metrics(experiment: Experiment) -> list[str]:
    bound: Mapping[str, Any] = getattr(experiment, "bound", dict)()
    names = [one.metric for one in bound.values()] + list(experiment.metric_names())
    return [name for name in dict.fromkeys(names) if name in METRICS]


def _is_packaged(module: str) -> bool:
    return module.partition(".")[0] == "optospice"


@cache
def _code_of(module: str) -> str:
    """Give the code of a module with that of the package that it may call."""
    package = sys.modules.get(module.partition(".")[0])
    if folders := getattr(package, "__path__", None):
        files = sorted(file for folder in folders for file in Path(folder).rglob("*.py"))
        return digest(*(file.read_bytes() for file in files)).hex()
    found: ModuleType | None = sys.modules.get(module)
    try:
        return inspect.getsource(found) if found is not None else module
    except (OSError, TypeError):  # typed in, or compiled: its name is all there is
        return module


def measuring_key(experiment: Experiment, with_errors: bool = False) -> bytes:
    """Hash what an experiment measures, with the code that does, and if it tells errors."""
    more = ("with errors",) if with_errors else ()
    return digest(measuring_code(), experiment_text(experiment), *more)


def measured_key(block: bytes, measuring: bytes, rows: NDArray[np.int64]) -> bytes:
    """Hash what is measured in a block.

    Parameters
    ----------
    block : bytes
        Key of the block.
    measuring : bytes
        Key of what is measured.
    rows : ndarray of int
        Devices of the block, in the order in which they are measured.
    """
    return digest(block, measuring, np.ascontiguousarray(rows, dtype="<i8").tobytes())
