"""A closed loop against the same train open loop: one decision per pulse on the RC device."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks import cases
from benchmarks.harness import Options, Pairs, Row, child, in_turn, speed, times
from optospice.stimulus import PulseTrain, Samples, Signal
from optospice.testbench import Testbench

FLOOR_LOOPS = 600.0
FLOOR_RATIO = 1.5
PULSES = 500
_WIDTH, _PERIOD, _EDGE = 1.0, 4.0, 1e-3


def train(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Onsets and heights of a train that no two pulses of are alike."""
    heights = 12.2 * np.random.default_rng(1).uniform(0.5, 1.0, count)
    return 1.0 + _PERIOD * np.arange(count), heights


def make() -> Callable[..., Any]:
    """In the child: both sides in one process, with a library each."""
    from optospice.cosim import Circuit, Instance, Pulse, Source, run_loop
    from optospice.device import find_device
    from optospice.ngspice.installation import find_installation
    from optospice.ngspice.session import Session
    from optospice.ngspice.simulate import run_testbench

    session, device = Session(find_installation()), find_device("pbs_rc")
    onsets, heights = train(PULSES)
    corners = onsets[:, None] + np.array([0.0, _EDGE, _WIDTH, _WIDTH + _EDGE])
    levels = heights[:, None] * np.array([0.0, 1.0, 1.0, 0.0])
    light = Samples(np.append(0.0, corners.ravel()), np.append(0.0, levels.ravel()))
    duration = float(onsets[-1]) + 5.0
    bench = Testbench(device, {"p": Signal(1.0), "light": light}, duration)
    pulses = PulseTrain(12.2, _WIDTH, PULSES, period=_PERIOD, delay=1.0, rise=_EDGE, fall=_EDGE)
    regular = Testbench(device, {"p": Signal(1.0), "light": Signal(0.0, (pulses,))}, duration)
    circuit = Circuit(
        {"": Instance(device, {"p": "p", "light": "light"})},
        {"p": Source("p", base=Signal(1.0), controlled=False), "light": Source("light", "light")},
        duration=duration,
    )

    class Decide:
        """Measures, then decides on the next pulse."""

        def __init__(self, heights: np.ndarray) -> None:
            self.heights = heights

        def start(self, context: Any) -> float:
            self.number = 0
            return float(onsets[0])

        def sample(self, now: float, signals: Any) -> list[Any]:
            assert signals["i(p)"] == signals["i(p)"]
            pulse = Pulse("light", self.heights[self.number], _WIDTH, rise=_EDGE, fall=_EDGE)
            self.number += 1
            return [pulse, *(float(onset) for onset in onsets[self.number : self.number + 1])]

    def answer(what: str) -> Any:
        started = time.perf_counter()
        if what in ("closed", "closed error"):
            waves = run_loop(session, circuit, {"decide": Decide(heights)}).waveforms
        elif what == "closed regular":
            alike = np.full(PULSES, 12.2)
            waves = run_loop(session, circuit, {"decide": Decide(alike)}).waveforms
        elif what == "open regular":
            waves = run_testbench(session, regular)
        else:
            waves = run_testbench(session, bench)
        spent = (time.perf_counter() - started) / PULSES
        if what.endswith("error"):
            error = cases.rc_error(bench, waves.time, waves["i(p)"])
            return error, waves.at("i(p)", onsets), waves.time.size
        return spent

    return answer


def measure(options: Options) -> list[Row]:
    """Run both in turn, in one process."""
    with child(make) as process:
        pairs: Pairs = in_turn(
            options.of(15, 5), lambda: process.ask("open"), lambda: process.ask("closed")
        )
        against_pulse = in_turn(
            options.of(15, 5),
            lambda: process.ask("open regular"),
            lambda: process.ask("closed regular"),
        )
        open_error, open_at, _ = process.ask("open error")
        error, closed_at, points = process.ask("closed error")
    open_cost, cost = pairs.medians
    apart = float(np.abs(closed_at - open_at).max() / np.abs(open_at).max())
    notes = (
        f"{points / PULSES:.0f} time points a pulse; {pairs.spread}; both sides answer for their "
        "source in Python; load, run and read-out of both count",
        f"at the sample times the two differ by {apart:.1g} of the largest value there",
    )
    wrong = "" if apart < 1e-6 else f"the two runs differ by {apart:.2g} at the sample times"
    return [
        Row(
            "closed loop, one decision a pulse", speed(cost, "loops/s"), "", "",
            f">= {FLOOR_LOOPS:g} loops/s", 1 / cost >= FLOOR_LOOPS, error, wrong=wrong,
            notes=notes,
        ),
        Row(
            "closed loop against the same train open loop", f"{cost * 1e3:.3g} ms a pulse",
            f"{open_cost * 1e3:.3g} ms a pulse", times(pairs.ratio), f"<= {FLOOR_RATIO:g}x",
            pairs.ratio <= FLOOR_RATIO, error, open_error,
        ),
        Row(
            "closed loop against a regular train, which is one PULSE source open loop",
            f"{against_pulse.medians[1] * 1e3:.3g} ms a pulse",
            f"{against_pulse.medians[0] * 1e3:.3g} ms a pulse", times(against_pulse.ratio),
            f"<= {FLOOR_RATIO:g}x", against_pulse.ratio <= FLOOR_RATIO,
            notes=(against_pulse.spread,),
        ),
    ]  # fmt: skip
