"""What metrics cost beside the simulation that they are taken of, for blocks of 32 runs."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from benchmarks import cases
from benchmarks.harness import Options, Row, child, times
from optospice.ngspice.installation import find_installation

BLOCK = 32
#: Largest share of its simulation that the metrics of a block should cost [1].
LARGEST_SHARE = 0.2
#: Least gain of a block over the loop over its runs.
FLOOR = 10.0
#: Runs that the loop is timed with: each of them costs the same.
LOOPED = 4
#: A run that takes longer is simulated in as small a block [s of processor time].
SLOW = 0.3


def make_block() -> Callable[[str, int], dict[str, float] | None]:
    """Load the simulator; give the costs of one block of a scenario, in a process of its own.

    Returns
    -------
    callable
        ``costs(scenario, rounds)``: processor time per run [s] of the simulation
        (``simulation``), of the metrics by the loop over the runs (``loop``) and of those of
        the block (``block``), medians over the rounds; None where a scenario runs closed loops.
    """
    from optospice.ngspice.session import Session
    from optospice.ngspice.simulate import analyse_copies, run_copies
    from optospice.protocols.analyses.base import AnalysisExperiment
    from optospice.scenario.expand import expand
    from optospice.scenario.load import load_scenario

    session = Session(find_installation())

    def costs(name: str, rounds: int) -> dict[str, float] | None:
        runs = expand(load_scenario(name))
        first = runs[0]
        if first.protocol.kind == "closed loop":
            return None
        kinds = runs.kinds()[:BLOCK]
        drawn = len(kinds) == BLOCK and bool((kinds == kinds[0]).all())
        chosen = [runs[place] if drawn else first for place in range(BLOCK)]
        bench, sets = first.testbench(), [run.parameters for run in chosen]
        protocol, device = first.protocol, first.device

        def simulate(count: int) -> Sequence[Any]:
            if isinstance(protocol, AnalysisExperiment):
                analysis = protocol.analysis(bench.device)
                return analyse_copies(session, bench, sets[:count], analysis)
            return run_copies(session, bench, sets[:count])

        started = time.process_time()
        simulate(1)
        is_slow = time.process_time() - started > SLOW
        size, repeats = (LOOPED, 1) if is_slow else (BLOCK, rounds)
        spent: dict[str, list[float]] = {"simulation": [], "loop": [], "block": []}
        for _ in range(repeats + 1):
            marks = [time.process_time()]
            found = simulate(size)
            marks.append(time.process_time())
            for one in range(LOOPED):
                protocol.measure(found[one], device)
            marks.append(time.process_time())
            protocol.measure_block(found, device)
            marks.append(time.process_time())
            counts = (size, LOOPED, size)
            for part, count, start, end in zip(spent, counts, marks, marks[1:], strict=False):
                spent[part].append((end - start) / count)
        return {part: statistics.median(values[1:]) for part, values in spent.items()}

    return costs


def measure(options: Options) -> list[Row]:
    """Time simulation and metrics of a single pulse, and of the packaged scenarios."""
    from optospice.scenario.load import list_scenarios

    rounds = options.of(7, 2)
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name:
        file = Path(name) / "single_pulse.toml"
        file.write_text(cases.single_pulse_text(BLOCK))
        with child(make_block) as process:
            single = process.ask(str(file), rounds)
    shares, loops = {}, []
    with child(make_block) as process:
        for scenario in [n for n in list_scenarios() if not Path(n).suffix]:
            found = process.ask(scenario, options.of(3, 1))
            if found is None:
                loops.append(scenario)
            else:
                shares[scenario] = found["block"] / found["simulation"]
    return [_single(single), _suite(shares, loops)]


def _single(costs: dict[str, float]) -> Row:
    ratio = costs["loop"] / costs["block"]
    return Row(
        f"metrics of a single pulse, {BLOCK} runs at once against a loop over them",
        f"{costs['block'] * 1e3:.3f} ms per run",
        f"{costs['loop'] * 1e3:.3f} ms per run",
        times(ratio),
        f"{FLOOR:g}x",
        ratio >= FLOOR,
        notes=(
            f"the simulation takes {costs['simulation'] * 1e3:.3f} ms per run: the metrics are "
            f"{costs['block'] / costs['simulation']:.0%} of it, by the loop "
            f"{costs['loop'] / costs['simulation']:.0%}",
        ),
    )


def _suite(shares: dict[str, float], loops: list[str]) -> Row:
    above = {name: share for name, share in shares.items() if share > LARGEST_SHARE}
    named = ", ".join(f"{name} {share:.0%}" for name, share in sorted(above.items()))
    middle = statistics.median(shares.values())
    return Row(
        f"metrics of the packaged scenarios, share of their simulation in a block of {BLOCK}",
        f"{len(shares) - len(above)} of {len(shares)} up to {LARGEST_SHARE:.0%}",
        "",
        f"median {middle:.1%}",
        f"all up to {LARGEST_SHARE:.0%}",
        not above,
        notes=(
            f"above: {named or 'none'}; the first run of each, {BLOCK} copies, {LOOPED} of those "
            f"that take more than {SLOW:g} s; processor time; closed loops are left out, each run "
            f"of them is its own: {', '.join(loops) or 'none'}",
        ),
    )
