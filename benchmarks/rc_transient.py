"""RC transient, runs per second of one worker, against a bare-library loop."""

from __future__ import annotations

import time
from typing import Any

from benchmarks import bare, cases
from benchmarks.harness import Options, Pairs, Row, child, in_turn, processor_seconds, speed, times
from optospice.ngspice.pool import Pool
from optospice.ngspice.worker import Finished

FLOOR = 0.9


def measure(options: Options) -> list[Row]:
    """Run the same netlist through a pool of one worker and through the bare library."""
    bench = cases.rc_bench()
    job = cases.job(bench)
    count, rounds = options.of(500, 150), options.of(9, 3)
    seen: dict[str, Any] = {}
    processor: dict[str, list[float]] = {"ours": [], "theirs": []}
    with Pool(workers=1, preload="optospice.ngspice.simulate") as pool, child(bare.make) as loop:
        _ = pool.version

        def ours() -> float:
            (worker,) = pool.process_ids()
            used, started = processor_seconds(worker), time.perf_counter()
            for _, outcome in pool.map(cases.RUN_JOB, [job] * count, chunk=25):
                assert isinstance(outcome, Finished), outcome.message
                seen["ours"] = outcome.result
            wall = time.perf_counter() - started
            processor["ours"].append((processor_seconds(worker) - used) / count)
            return wall / count

        def theirs() -> float:
            answer = loop.ask(job.netlist, job.wanted, count)
            seen["theirs"] = answer["vectors"]
            processor["theirs"].append(float(answer["processor"]) / count)
            return float(answer["wall"]) / count

        def testbenches() -> float:
            started = time.perf_counter()
            for _, outcome in pool.map(cases.RUN_TESTBENCH, [bench] * count, chunk=25):
                assert isinstance(outcome, Finished), outcome.message
            return (time.perf_counter() - started) / count

        pairs = in_turn(rounds, ours, theirs)
        # the first entry of each is the warm-up
        by_processor = Pairs(processor["ours"][1:], processor["theirs"][1:])
        whole = in_turn(options.of(3, 1), testbenches, theirs)
    # a worker and its parent get more of a loaded machine than one bare loop does
    ratio = min(pairs.ratio, by_processor.ratio)
    own, other = pairs.medians
    found = seen["theirs"]
    points = found["time"].size
    return [
        Row(
            f"RC transient ({points} points), runs/s per worker, against a bare-library loop",
            speed(own),
            speed(other),
            times(ratio),
            f"{FLOOR:g}x",
            ratio >= FLOOR,
            cases.rc_error_with_interpolation(bench, bench.waveforms(seen["ours"])),
            cases.rc_error(bench, found["time"], -found["vp#branch"]),
            notes=(
                "same netlist and options; the pool also judges every run and sends the waveforms "
                f"to the parent; by wall clock {times(pairs.ratio)} ({pairs.spread}), by processor "
                f"time of worker and loop {times(by_processor.ratio)} ({by_processor.spread}); "
                "the smaller one counts",
                "with the netlist written and the waveforms named in the worker too "
                f"(run_testbench): {times(whole.ratio)}",
            ),
        )
    ]
