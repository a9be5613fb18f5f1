"""An element that stores nothing under ramps: the points handed over, and what they cost."""

from __future__ import annotations

import time
from dataclasses import replace
from itertools import count
from typing import Any
from unittest.mock import patch

import numpy as np

from benchmarks import bare, cases
from benchmarks.harness import Child, Options, Row, child, in_turn, times
from benchmarks.references import fewest_points, percent_of_peak, sinh_current
from optospice.accuracy import PROFILES, Profile
from optospice.ngspice.pool import Pool
from optospice.ngspice.session import Session
from optospice.ngspice.simulate import run_testbench
from optospice.ngspice.worker import Finished
from optospice.stimulus import FloatArray
from optospice.testbench import Testbench
from optospice.waveforms import Waveforms

#: How many times the fewest points may be handed over [1].
MOST_POINTS = 1.3
COUNT_LOOKS = "benchmarks.static_ramp:count_looks"


def measure(options: Options) -> list[Row]:
    """Sweep the element up and down at every profile, ours and the bare library in turn."""
    with Pool(workers=1, preload="optospice.ngspice.simulate") as pool, child(bare.make) as loop:
        return [row for profile in PROFILES.values() for row in _rows(profile, pool, loop, options)]


def count_looks(session: Session, bench: Testbench) -> int:
    """Run a testbench and tell how often the circuit was simulated: called in a worker."""
    with patch.object(session, "run", wraps=session.run) as run:
        run_testbench(session, bench)
    return run.call_count


def _rows(profile: Profile, pool: Pool, loop: Child, options: Options) -> list[Row]:
    bench = replace(cases.sinh_bench(), profile=profile)
    runs = options.of(40, 10)
    seen: dict[str, Any] = {}

    def ours() -> float:
        started = time.perf_counter()
        for _ in range(runs):
            seen["ours"] = _one(pool, cases.RUN_TESTBENCH, bench)
        return (time.perf_counter() - started) / runs

    steps, error_theirs, points_theirs = find_steps(loop, bench)
    netlist = with_equal_steps(bench, steps)

    def theirs() -> float:
        return float(loop.ask(netlist, bench.vectors, runs)["wall"]) / runs

    pairs = in_turn(options.of(7, 2), ours, theirs)
    own, other = pairs.medians
    waves: Waveforms = seen["ours"]
    error = error_between_points(bench, waves)
    bound = 100.0 * profile.bound
    turn = float(bench.stimuli["p"].points[1].max())
    fewest = fewest_points(sinh_current, 0.0, turn, profile.bound)
    ratio = waves.time.size / fewest
    looks = _one(pool, COUNT_LOOKS, bench)
    return [
        Row(
            f"static ramps, profile {profile.name}: points handed over against the fewest that "
            f"keep {bound:g} %",
            f"{waves.time.size} points",
            f"{fewest} points",
            times(ratio),
            f"<= {MOST_POINTS:g}x",
            ratio <= MOST_POINTS,
            error,
            bound=bound,
            notes=(
                f"memoryless sinh from 0 to {turn:g} V and back; the largest error between the "
                f"points is {error / bound:.2f} of the bound; the fewest by a search over meshes "
                "in closed form, without a simulation",
            ),
        ),
        Row(
            f"static ramps, profile {profile.name}: time at {bound:g} %, against the bare library "
            "with the largest equal step that keeps it",
            f"{own * 1e3:.2f} ms ({looks} looks, {waves.time.size} points)",
            f"{other * 1e3:.2f} ms ({points_theirs} points)",
            times(pairs.ratio),
            error_ours=error,
            error_theirs=error_theirs,
            bound=bound,
            notes=(
                f"largest step 1/{steps} of the duration, known beforehand and found by a search "
                "that does not count, read between the points as optospice does; optospice: "
                "netlist, every look, judgement and the way to the parent; "
                f"ratio {pairs.spread}",
            ),
        ),
    ]


def _one(pool: Pool, job: str, bench: Testbench) -> Any:
    (only,) = pool.map(job, [bench])
    assert isinstance(only[1], Finished), only[1].message
    return only[1].result


def error_between_points(bench: Testbench, waves: Waveforms) -> float:
    """Largest error of the current at the points and between them [% of the peak]."""
    instants: FloatArray = np.union1d(np.linspace(0.0, bench.duration, 40_001), waves.time)
    exact = sinh_current(np.interp(instants, *bench.stimuli["p"].points))
    return percent_of_peak(waves.at(waves.current_name, instants), exact)


def with_equal_steps(bench: Testbench, steps: int) -> str:
    """Give the same circuit with a largest step, as a fraction 1/steps of the duration."""
    kept = [line for line in bench.engine_netlist().splitlines() if not line.startswith(".tran")]
    step = bench.duration / steps
    kept.insert(-1, f".tran {step!r} {bench.duration!r} 0 {step!r}")
    return "\n".join(kept)


def find_steps(loop: Child, bench: Testbench) -> tuple[int, float, int]:
    """Find the largest equal step of the bare library that keeps the profile's bound.

    Returns
    -------
    steps : int
        Number of equal steps in the duration [1].
    error : float
        At the points and between them [% of the peak].
    points : int
        Of the run [1].
    """

    def tried(steps: int) -> tuple[float, int]:
        answer = loop.ask(with_equal_steps(bench, steps), bench.vectors, 1)["vectors"]
        return error_between_points(bench, bench.waveforms(answer)), answer["time"].size

    # one after the other: the error depends on where the steps fall, and not evenly on their number
    for steps in count(2):
        error, points = tried(steps)
        if error <= 100.0 * bench.profile.bound:
            return steps, error, points
