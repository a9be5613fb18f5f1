"""Where the limit is: ngspice's own time per point, and what the engine adds to it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from benchmarks import bare, cases
from benchmarks.harness import Options, Row, child, in_turn, times
from optospice.ngspice.pool import Pool
from optospice.sweep.local import run_scenario
from optospice.testbench import Testbench


def measure(options: Options) -> list[Row]:
    """Time ngspice's ``run`` alone, the engine on the same netlists, and both per point."""
    count = options.of(320, 128)
    seen: dict[str, Any] = {}
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as name,
        Pool(workers=1, preload="optospice.sweep.task") as pool,
        child(bare.make) as loop,
    ):
        loaded, runs = cases.load_sweep(Path(name), count)
        job = cases.job(runs[0].testbench())
        batch = runs[0].testbench().batch_netlist([run.parameters for run in runs[:32]])

        def engine(size: int) -> float:
            result = run_scenario(loaded, runs, pool, keep_waveforms=False, largest_block=size)
            if size == 1:
                amplitudes = cases.measured_amplitudes(result)
                seen["error"] = cases.amplitude_error(runs, amplitudes)
            return result.seconds / count

        def ngspice(netlist: str, vectors: tuple[str, ...], repeat: int) -> float:
            answer = loop.ask(netlist, vectors, repeat)
            seen["points"] = answer["vectors"]["time"].size
            return float(answer["running"]) / repeat

        many = _with_small_steps(runs[0].testbench())
        per_point = ngspice(many, job.wanted, 3) / seen["points"]
        per_point = min(per_point, ngspice(many, job.wanted, options.of(20, 5)) / seen["points"])
        rounds = options.of(5, 2)
        single = in_turn(rounds, lambda: engine(1), lambda: ngspice(job.netlist, job.wanted, count))
        points = seen["points"]
        first = runs[0].testbench().batch_vectors(1)[0]
        batched = in_turn(
            rounds, lambda: engine(32), lambda: ngspice(batch, (first,), count // 32) / 32
        )
    engine_single, run_single = single.medians
    engine_batch, run_batch = batched.medians
    return [
        Row(
            "the limit: ngspice's own run of the paired pulse, one device per transient",
            f"{engine_single / points * 1e6:.2f} µs/point",
            f"{run_single / points * 1e6:.2f} µs/point",
            times(single.ratio),
            error_ours=seen["error"],
            notes=(
                "optospice: netlist, load, run, judgement, metrics and the way to the parent; "
                f"alternative: the command `run` alone, {points} points of which a few follow "
                f"each edge; {per_point * 1e6:.2f} µs/point in a long run with equal steps",
            ),
        ),
        Row(
            "the limit: the same with 32 devices per transient",
            f"{engine_batch * 1e3:.3f} ms/device",
            f"{run_batch * 1e3:.3f} ms/device",
            times(batched.ratio),
            notes=(f"rounds {batched.spread}",),
        ),
    ]


def _with_small_steps(bench: Testbench) -> str:
    """Give the same circuit with equal steps of 10 ms: time points and little else."""
    kept = [line for line in bench.engine_netlist().splitlines() if not line.startswith(".tran")]
    kept.insert(-1, f".tran 1e-2 {bench.duration!r} 0 1e-2")
    return "\n".join(kept)
