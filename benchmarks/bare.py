"""The bare library: what a loop over libngspice costs with nothing around it.

Written without optospice on purpose: load, run, copy the vectors, forget.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_FLUSH_EVERY = 200


class _VectorInfo(ctypes.Structure):
    _fields_ = (
        ("v_name", ctypes.c_char_p),
        ("v_type", ctypes.c_int),
        ("v_flags", ctypes.c_short),
        ("v_realdata", ctypes.POINTER(ctypes.c_double)),
        ("v_compdata", ctypes.POINTER(ctypes.c_double)),
        ("v_length", ctypes.c_int),
    )


_TEXT = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
_EXIT = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.c_int, ctypes.c_bool, ctypes.c_bool, ctypes.c_int, ctypes.c_void_p
)
_DATA = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_int, ctypes.c_void_p)
_INITIAL = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)
_THREAD = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_bool, ctypes.c_int, ctypes.c_void_p)


def _copied(vector: Any) -> NDArray[Any]:
    """Copy a vector, complex where it is."""
    if vector.v_realdata:
        return np.ctypeslib.as_array(vector.v_realdata, (vector.v_length,)).copy()
    return np.ctypeslib.as_array(vector.v_compdata, (vector.v_length, 2)).copy()


def library_path() -> str:
    """Find the library that optospice uses too."""
    from optospice.ngspice.installation import find_installation

    return str(find_installation().library)


def make() -> Callable[[str, Sequence[str], int], dict[str, Any]]:
    """Load the library and give the loop; for a process of its own."""
    # no start-up file: the system's loads code models that every time point pays for
    scripts = tempfile.mkdtemp(prefix="bare-ngspice-")
    (Path(scripts) / "spinit").write_text("* nothing\n")
    os.environ["SPICE_SCRIPTS"] = scripts
    ngspice = ctypes.CDLL(library_path())
    ngspice.ngGet_Vec_Info.restype = ctypes.POINTER(_VectorInfo)
    silent = (
        _TEXT(lambda *_: 0), _TEXT(lambda *_: 0), _EXIT(lambda *_: 0),
        _DATA(), _INITIAL(), _THREAD(),
    )  # fmt: skip
    ngspice.ngSpice_Init(*silent, None)
    for setting in (b"set norefvalue", b"set sqrnoise"):
        ngspice.ngSpice_Command(setting)

    def loop(
        netlist: str, vectors: Sequence[str], count: int, axis: Sequence[str] = ("time",)
    ) -> dict[str, Any]:
        lines = [line.encode() for line in netlist.splitlines() if line and line[0] != "*"]
        circuit = (ctypes.c_char_p * (len(lines) + 1))(*lines, None)
        names = [name.encode() for name in (*axis, *vectors)]
        loading = running = 0.0
        data: list[NDArray[Any]] = []
        wall, processor = time.perf_counter(), time.process_time()
        for number in range(count):
            mark = time.perf_counter()
            ngspice.ngSpice_Circ(circuit)
            loaded = time.perf_counter()
            ngspice.ngSpice_Command(b"run")
            run = time.perf_counter()
            data = []
            for name in names:
                vector = ngspice.ngGet_Vec_Info(name).contents
                data.append(_copied(vector))
            ngspice.ngSpice_Command(b"destroy all")
            ngspice.ngSpice_Command(b"remcirc")
            if number % _FLUSH_EVERY == 0:
                ngspice.ngSpice_Command(None)
            loading += loaded - mark
            running += run - loaded
        return {
            "wall": time.perf_counter() - wall,
            "processor": time.process_time() - processor,
            "loading": loading,
            "running": running,
            "vectors": dict(zip((*axis, *vectors), data, strict=True)),
            "keep": len(silent),  # the callbacks must outlive every call
        }

    return loop
