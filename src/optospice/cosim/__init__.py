"""Closed loops: Python controllers in step with ngspice. See `docs/closed_loop.md`."""

from optospice.circuit import Circuit, Instance, PassiveElement, Source
from optospice.cosim.actions import Crossing, Every, Level, Pulse, RequestError, Stop, Wake, When
from optospice.cosim.controller import Context, Controller, Sampled, Signals
from optospice.cosim.local import simulate
from optospice.cosim.run import LoopResult, replay, run_loop

__all__ = [
    "Circuit",
    "Context",
    "Controller",
    "Crossing",
    "Every",
    "Instance",
    "Level",
    "LoopResult",
    "PassiveElement",
    "Pulse",
    "RequestError",
    "Sampled",
    "Signals",
    "Source",
    "Stop",
    "Wake",
    "When",
    "replay",
    "run_loop",
    "simulate",
]
