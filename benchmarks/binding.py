"""The binding: optospice's session in this process's place against PySpice's NgSpiceShared."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from benchmarks import cases, pyspice_loop
from benchmarks.harness import Options, Row, child, in_turn, speed, times
from optospice.ngspice.installation import find_installation


def make_session() -> Callable[[str, tuple[str, ...], int], dict[str, Any]]:
    """Load optospice's binding and give a loop over it; for a process of its own."""
    from optospice.ngspice.session import Session

    session = Session(find_installation())

    def loop(netlist: str, vectors: tuple[str, ...], count: int) -> dict[str, Any]:
        started = time.perf_counter()
        for _ in range(count):
            result = session.run(netlist, vectors)
        return {"wall": time.perf_counter() - started, "vectors": dict(result.vectors)}

    return loop


def measure(options: Options) -> list[Row]:
    """Run the RC netlist through both bindings, without any pool."""
    bench = cases.rc_bench()
    job = cases.job(bench)
    count = options.of(400, 100)
    seen: dict[str, Any] = {}
    with child(make_session) as thin, child(pyspice_loop.make_shared) as shared:

        def through(process: Any, name: str, scale: int) -> float:
            answer = process.ask(job.netlist, job.wanted, scale)
            seen[name] = answer["vectors"]
            return float(answer["wall"]) / scale

        pairs = in_turn(
            options.of(7, 2),
            lambda: through(thin, "ours", count),
            lambda: through(shared, "theirs", count),
        )
    own, other = pairs.medians
    found = seen["theirs"]
    return [
        Row(
            "the binding: optospice's session against PySpice's NgSpiceShared, same netlist",
            speed(own),
            speed(other),
            times(pairs.ratio),
            error_ours=cases.rc_error_with_interpolation(bench, bench.waveforms(seen["ours"])),
            error_theirs=cases.rc_error(bench, found["time"], -found["vp#branch"]),
            notes=(f"no pool on either side, same settings; ratio {pairs.spread}",),
        )
    ]
