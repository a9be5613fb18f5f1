"""The paired-pulse sweep against a straightforward PySpice loop with steps of 10 ms."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import cases, pyspice_loop, whole_sweep
from benchmarks.harness import Options, Pairs, Row, child, speed, times
from optospice.light import total_of
from optospice.stimulus import Signal

FLOOR = 25.0
STEP = 10e-3


def measure(options: Options) -> list[Row]:
    """Give the sweep to optospice and a part of it to PySpice, round by round."""
    count, part = options.of(5000, 500), options.of(40, 15)
    pairs = Pairs()
    with tempfile.TemporaryDirectory(prefix="benchmark-") as name, child(pyspice_loop.make) as loop:
        folder = Path(name)
        _, runs = cases.load_sweep(folder, count)
        bench = runs[0].testbench()
        light = total_of(bench.stimuli["light"])
        assert isinstance(light, Signal)
        train = light.trains[0]
        moments, levels = light.points
        corners = list(zip(moments.tolist(), (levels / 10).tolist(), strict=True))
        experiment = pyspice_loop.Experiment(
            library=bench.device.text,
            device=bench.device.name,
            nodes=("p", "0", "light"),
            sources={"p": [(0.0, 1.0)], "light": corners},
            parameters=[run.parameters for run in runs[:part]],
            duration=bench.duration,
            step=STEP,
            windows=[(float(onset), float(onset) + train.width) for onset in train.onsets],
        )
        for _ in range(options.of(5, 1)):
            answer: dict[str, Any] = loop.ask(experiment)
            sweep = whole_sweep.run(folder, count)
            pairs.first.append(sweep.seconds / count)
            pairs.second.append(float(answer["wall"]) / part)
        theirs = cases.amplitude_error(runs[:part], answer["metrics"])
        ours = cases.amplitude_error(runs, sweep.amplitudes)
        last = runs[part - 1].testbench()
        waveform = cases.rc_error(last, np.asarray(answer["time"]), np.asarray(answer["current"]))
    own, other = pairs.medians
    return [
        Row(
            f"the same sweep of {count:,} against a straightforward PySpice loop, tmax = 10 ms",
            f"{own * count:.2f} s ({speed(own)})",
            f"{other * count:.0f} s, scaled from {part} runs ({speed(other)})",
            times(pairs.ratio),
            f"{FLOOR:g}x, more accurate",
            pairs.ratio >= FLOOR and ours <= theirs,
            ours,
            theirs,
            notes=(
                "errors of both amplitudes; PySpice's waveform at its "
                f"{answer['time'].size} points: {waveform:.2g} %; ratio {pairs.spread}; "
                f"processor time of all processes: {sweep.processor / count * 1e3:.2f} and "
                f"{answer['processor'] / part * 1e3:.1f} ms per run",
            ),
        )
    ]
