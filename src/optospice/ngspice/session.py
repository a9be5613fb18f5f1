"""The binding: one libngspice in this process, behind load, run and read.

A thin ctypes binding. PySpice's `NgSpiceShared` was measured at 0.7 of its speed, raises
on harmless stderr lines and leaks without ``remcirc``; see `docs/engine.md`.
"""

from __future__ import annotations

import ctypes
import math
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from optospice.netlist import spice_number
from optospice.ngspice.installation import Installation
from optospice.ngspice.judge import RunFailedError, own_words
from optospice.ngspice.observation import Answer, Observer, Table, values_of
from optospice.ngspice.steps import Steps
from optospice.stimulus import FloatArray

__all__ = ["SCRIPTS", "PoisonedError", "RunResult", "Session", "Table"]

_char_p, _int, _double, _void_p = ctypes.c_char_p, ctypes.c_int, ctypes.c_double, ctypes.c_void_p


class _VectorInfo(ctypes.Structure):
    _fields_ = (
        ("name", _char_p),
        ("type", _int),
        ("flags", ctypes.c_short),
        ("real", ctypes.POINTER(_double)),
        ("complex", ctypes.POINTER(_double)),
        ("length", _int),
    )


_SendChar = ctypes.CFUNCTYPE(_int, _void_p, _int, _void_p)
_SendStat = ctypes.CFUNCTYPE(_int, _void_p, _int, _void_p)
_ControlledExit = ctypes.CFUNCTYPE(_int, _int, ctypes.c_bool, ctypes.c_bool, _int, _void_p)
_SendData = ctypes.CFUNCTYPE(_int, _void_p, _int, _int, _void_p)
_SendInitData = ctypes.CFUNCTYPE(_int, _void_p, _int, _void_p)
_BGThreadRunning = ctypes.CFUNCTYPE(_int, ctypes.c_bool, _int, _void_p)
_GetSourceData = ctypes.CFUNCTYPE(_int, _void_p, _double, _char_p, _int, _void_p)
_GetSyncData = ctypes.CFUNCTYPE(_int, _double, _void_p, _double, _int, _int, _int, _void_p)

#: Commands that make every run cheaper: no reference values (20 % per point) and, from
#: ngspice 46 on, no look at the machine's memory at every point. Noise in V^2/Hz.
_SETTINGS = (
    "set ngbehavior=",
    "set norefvalue",
    "set noinit",
    "set sqrnoise",
    "set no_mem_check",
    "unset interactive",
)
_FLUSH_EVERY = 200
#: Where ngspice asks for a step: before it is taken, breakpoints already considered. It asks
#: again after one was judged.
_BEFORE_STEP = 0
#: Where no operating point is found, ngspice lets a transient of this duration settle [s]
#: (its ``optran``, with the default that it has).
_SETTLING = 1e-5
#: A transient has ended within 100 floating-point numbers of its stop time [1], beyond which
#: no step may lead: ngspice would shorten it and stop just before.
_ENDED = 1 - 2e-15
#: From some version on, ngspice halves a step that would all but reach the next breakpoint. One
#: that would have passed the end comes to it as one that all but does: it need not be halved [1].
_HALVED = 1e-6
_STOP_TIME = re.compile(r"^\.tran \S+ (\S+)", re.MULTILINE | re.IGNORECASE)
#: A run of two steps, to see how this ngspice ends one.
_TWO_STEPS = "two steps\nV1 a 0 PWL(0 0 1 1)\nR1 a 0 1\n.save v(a)\n.tran 0.5 1.0 0 1.0\n.end\n"
_SETTLES, _HAS_SETTLED = "Transient op started", "Transient op finished"
#: Start-up files of our own: the system's load code models that every time point pays for.
SCRIPTS = Path(__file__).parent / "scripts"


def _any_step() -> Any:
    """Give a C function that agrees with every step, at no cost.

    Once a callback for steps was given, ngspice always calls one. What agrees must return 0
    and touch nothing: POSIX lets a thread attribute without resources be destroyed so.
    """
    return ctypes.cast(ctypes.CDLL(None).pthread_mutexattr_destroy, _GetSyncData)


class PoisonedError(RuntimeError):
    """The library asked for a controlled exit: this process must not use it again."""


@dataclass(frozen=True)
class RunResult:
    """What one run gave.

    Parameters
    ----------
    vectors : mapping of str to ndarray
        Real vectors by name, copied out of ngspice, ``time`` included.
    log : list of str
        What ngspice printed.
    """

    vectors: Mapping[str, FloatArray]
    log: list[str]


class Session:
    """One libngspice, loaded once per process.

    A second initialisation crashes the library, so a process makes one session and keeps
    it. After `PoisonedError` the process has to go.

    Parameters
    ----------
    installation : Installation
        Which ngspice.
    observed : bool
        Whether an observer may follow runs, which costs a call at every point.
    """

    def __init__(self, installation: Installation, observed: bool = False) -> None:
        self.installation, self.observed = installation, observed
        os.environ["SPICE_SCRIPTS"] = str(SCRIPTS)
        self._log: list[str] = []
        self._poisoned = ""
        self._answers: dict[
            bytes, tuple[Callable[[float], float], Callable[[], Iterable[float]] | None]
        ] = {}
        self._cells: dict[int, ctypes.c_double] = {}
        self._steps: Steps | None = None
        self._settling = False
        self._end, self._wanted = math.inf, 0.0
        self._creeps = False
        self._proposed: dict[int, ctypes.c_double] = {}
        self._observer: Observer | None = None
        self._take_point: Callable[[], None] | None = None
        self._runs = 0
        self._library = ctypes.CDLL(str(installation.library))
        self._declare()
        # Callbacks must outlive every call into the library.
        self._callbacks = (
            _SendChar(self._on_text),
            _SendStat(lambda *_: 0),
            _ControlledExit(self._on_exit),
            _SendData(self._on_point) if observed else _SendData(),
            _SendInitData(lambda *_: 0) if observed else _SendInitData(),
            _BGThreadRunning(lambda *_: 0),
        )
        self._library.ngSpice_Init(*self._callbacks, None)
        self._answer = _GetSourceData(self._on_source)
        self._step = _GetSyncData(self._on_step)
        self._any_step = _any_step()
        self._ask_for_steps(None)
        for setting in _SETTINGS:
            self.command(setting)
        self.version = self._ask_version()
        # from some version on, a run whose steps are asked for creeps towards its end
        time = self.run(_TWO_STEPS, ["a"]).vectors["time"]
        self._creeps = bool(time[-1] - time[-2] < 1e-6)
        self._ask_for_steps(None)

    def _declare(self) -> None:
        library = self._library
        library.ngSpice_Command.argtypes = [_char_p]
        library.ngSpice_Circ.argtypes = [ctypes.POINTER(_char_p)]
        library.ngSpice_CurPlot.restype = _char_p
        library.ngGet_Vec_Info.argtypes = [_char_p]
        library.ngGet_Vec_Info.restype = ctypes.POINTER(_VectorInfo)
        library.ngSpice_SetBkpt.argtypes = [_double]
        library.ngSpice_AllVecs.argtypes = [_char_p]
        library.ngSpice_AllVecs.restype = ctypes.POINTER(_char_p)

    def _on_text(self, text: int, _ident: int, _user: int) -> int:
        line = ctypes.string_at(text).decode("utf-8", "replace")
        self._log.append(line)
        if _SETTLES in line or _HAS_SETTLED in line:
            self._ask_for_steps(self._steps, settling=_SETTLES in line)
        return 0

    def _on_exit(self, status: int, _now: bool, _quit: bool, _ident: int, _user: int) -> int:
        self._poisoned = f"ngspice asked to exit with status {status}"
        return 0

    def _on_source(
        self, address: int, time: float, name: bytes, _ident: int, _user: int | None
    ) -> int:
        value_at, next_corners = self._answers[name]
        cell = self._cells.get(address)
        if cell is None:  # one place on ngspice's stack for each kind of source
            cell = self._cells[address] = _double.from_address(address)
        cell.value = value_at(time)
        if next_corners is not None:
            for corner in next_corners():
                if corner > time:
                    self._library.ngSpice_SetBkpt(corner)
        return 0

    def _ask_for_steps(self, steps: Steps | None, settling: bool = False) -> None:
        """Have ngspice ask for every step, or go its own way.

        Once it asks anybody, it takes care not to step beyond the end of a transient, and
        so never quite gets to the end of one that settles: there it is always asked.
        """
        self._steps, self._proposed, self._settling = steps, {}, settling
        is_asked = steps is not None or settling or self._creeps
        on_step = self._step if is_asked else self._any_step
        self._library.ngSpice_Init_Sync(
            self._answer, self._answer, on_step, ctypes.byref(_int(0)), None
        )

    def _on_step(
        self,
        time: float,
        address: int,
        _old: float,
        _redo: int,
        _ident: int,
        place: int,
        _user: int,
    ) -> int:
        cell = self._proposed.get(address)
        if cell is None:  # one place in ngspice's circuit
            cell = self._proposed[address] = _double.from_address(address)
        remaining = _ENDED * (_SETTLING if self._settling else self._end) - time
        if place != _BEFORE_STEP:
            self._wanted = cell.value
        else:
            halved = abs(2 * cell.value - remaining) < _HALVED * remaining
            if halved and self._wanted >= remaining:
                cell.value = remaining
            if self._steps is not None and not self._settling:
                cell.value = self._steps.step(time, cell.value)
        if 0 < remaining < cell.value:
            cell.value = remaining
        return 0

    def _on_point(self, point: int, _count: int, _ident: int, _user: int | None) -> int:
        if self._take_point is not None:
            self._take_point()
        elif self._observer is not None:  # the first point of a run
            self._observer.begin(values_of(point), self._library.ngSpice_SetBkpt)
            self._take_point = self._observer.point
            self._take_point()
        return 0

    def _ask_version(self) -> str:
        self._log.clear()
        self.command("version -s")
        words = " ".join(self._log).split()
        self._log.clear()
        found = (w.removeprefix("ngspice-") for w in words if w.startswith("ngspice-"))
        return next(found, "unknown")

    def command(self, text: str) -> int:
        """Send one command; only text of our own, never of a netlist.

        Raises
        ------
        PoisonedError
            When the library asked for a controlled exit.
        """
        status = int(self._library.ngSpice_Command(text.encode()))
        self._check_alive()
        return status

    def _check_alive(self) -> None:
        if self._poisoned:
            raise PoisonedError(f"{self._poisoned}; ngspice: {own_words(self._log)}")

    def load(self, netlist: str) -> None:
        """Load a circuit that has passed the guard.

        Raises
        ------
        RunFailedError
            When ngspice does not accept it.
        PoisonedError
            When it took the library down.
        """
        self._log.clear()
        title, *rest = netlist.split("\n")
        lines = [title.encode()]
        lines += [line.encode() for line in rest if line and not line.startswith("*")]
        array = (_char_p * (len(lines) + 1))(*lines, None)
        status = self._library.ngSpice_Circ(array)
        self._check_alive()
        if status or any(line.startswith("stderr Error") for line in self._log):
            raise RunFailedError(f"ngspice does not accept the netlist: {own_words(self._log)}")

    def run(
        self,
        netlist: str,
        wanted: Iterable[str],
        tables: Mapping[str, Answer] | None = None,
        observer: Observer | None = None,
        steps: Steps | None = None,
    ) -> RunResult:
        """Load a circuit, run its analysis and read vectors back.

        Parameters
        ----------
        netlist : str
            A netlist that has passed the guard, with one analysis card.
        wanted : iterable of str
            Vectors to read; ``time`` comes along. A missing one is left out: `judge` says so.
        tables : mapping of str to Answer, optional
            Answers for the netlist's ``EXTERNAL`` sources, by lower-case name.
        observer : Observer, optional
            Follows the run; the session must be an observed one.
        steps : Steps, optional
            Asked before every step; the solver chooses alone where none is given.

        Raises
        ------
        RunFailedError, PoisonedError
            As `load`.
        """
        self._answers = {
            name.encode(): (table.value, table.next_corners if table.announces else None)
            for name, table in (tables or {}).items()
        }
        self._cells.clear()
        self._observer, self._take_point = observer, None
        stop = _STOP_TIME.search(netlist)
        self._end = (stop and spice_number(stop[1])) or math.inf
        if steps is not None:
            self._ask_for_steps(steps)
        try:
            self.load(netlist)
            self.command("run")
            log = list(self._log)
            return RunResult(self.read(["time", *wanted]), log)
        finally:
            self._observer = self._take_point = None
            if steps is not None or self._settling:  # what settles may fail
                self._ask_for_steps(None)
            if not self._poisoned:
                self.clear()

    @contextmanager
    def loaded(self, netlist: str) -> Iterator[None]:
        """Have a circuit loaded for several analyses, and forget it and its results then.

        Raises
        ------
        RunFailedError, PoisonedError
            As `load`.
        """
        self._answers = {}
        self._end = math.inf
        try:
            self.load(netlist)
            yield
        finally:
            if not self._poisoned:
                self.clear()

    @property
    def log(self) -> list[str]:
        """What ngspice has printed since the circuit was loaded."""
        return list(self._log)

    def read(self, names: Iterable[str]) -> dict[str, FloatArray]:
        """Copy vectors of the current plot; names without data are left out.

        Those of an AC analysis are complex.
        """
        vectors: dict[str, Any] = {}
        for name in names:
            pointer = self._library.ngGet_Vec_Info(name.encode())
            if not pointer:
                continue
            info = pointer.contents
            if info.length > 0 and info.real:
                vectors[name] = np.ctypeslib.as_array(info.real, (info.length,)).copy()
            elif info.length > 0 and info.complex:
                parts = np.ctypeslib.as_array(info.complex, (info.length, 2)).copy()
                vectors[name] = parts.view(np.complex128)[:, 0]
        return vectors

    def clear(self) -> None:
        """Forget the circuit and its results; memory stays level over any number of runs."""
        self.command("destroy all")
        self.command("remcirc")
        self._runs += 1
        if self._runs % _FLUSH_EVERY == 0:
            self._library.ngSpice_Command(None)
