"""Cost against the number of pulses: 20,000 against 1,000."""

from __future__ import annotations

import statistics
import time

import numpy as np

from benchmarks import cases
from benchmarks.harness import Options, Row, processor_seconds, times
from optospice.device import find_device
from optospice.ngspice.pool import Pool
from optospice.ngspice.worker import Finished
from optospice.stimulus import PulseTrain, Samples, Signal, Stimulus
from optospice.testbench import Testbench

FLOOR = 22.0
FEW, MANY = 1_000, 20_000
_WIDTH, _PERIOD, _EDGE, _LEVEL = 0.05, 0.2, 1e-3, 12.2


def regular(count: int) -> Stimulus:
    """Give equal pulses at equal distances."""
    train = PulseTrain(_LEVEL, _WIDTH, count, period=_PERIOD, delay=1.0, rise=_EDGE, fall=_EDGE)
    return Signal(0.0, (train,))


def irregular(count: int) -> Stimulus:
    """Give pulses at random distances and of random height."""
    generator = np.random.default_rng(1)
    onsets = 1.0 + np.cumsum(generator.uniform(0.6 * _PERIOD, 1.4 * _PERIOD, count))
    corners = onsets[:, None] + np.array([0.0, _EDGE, _WIDTH, _WIDTH + _EDGE])
    heights = _LEVEL * generator.uniform(0.5, 1.0, count)
    levels = heights[:, None] * np.array([0.0, 1.0, 1.0, 0.0])
    return Samples(np.append(0.0, corners.ravel()), np.append(0.0, levels.ravel()))


def measure(options: Options) -> list[Row]:
    """Run both trains at both lengths; the cost is processor time of worker and parent."""
    rows = []
    for name, make, source in (
        ("regular", regular, "PULSE"),
        ("irregular", irregular, "a table that the engine answers for"),
    ):
        errors: list[float] = []
        with Pool(workers=1, timeout=300.0, preload="optospice.ngspice.simulate") as pool:
            cost(pool, make(FEW), errors)  # warm
            few, many = [], []
            for _ in range(options.of(2, 1)):
                few.append(statistics.median(cost(pool, make(FEW), errors) for _ in range(3)))
                many.append(cost(pool, make(MANY), errors))
        ratio = statistics.median(b / a for a, b in zip(few, many, strict=True))
        small, large = statistics.median(few), statistics.median(many)
        rows.append(
            Row(
                f"{MANY:,} {name} pulses against {FEW:,}",
                f"{large:.2f} s",
                f"{small:.3f} s",
                times(ratio),
                f"<= {FLOOR:g}x",
                ratio <= FLOOR,
                max(errors),
                notes=(
                    f"optospice on both sides ({source}); processor time of worker and parent, "
                    "stimulus to waveforms",
                ),
            )
        )
    return rows


def cost(pool: Pool, light: Stimulus, errors: list[float]) -> float:
    """Simulate a train on the RC device and give the processor time it took [s]."""
    _ = pool.version
    (worker,) = pool.process_ids()
    used = processor_seconds(worker) + time.process_time()
    bench = Testbench(find_device("pbs_rc"), {"p": Signal(1.0), "light": light}, light.end + 5.0)
    ((_, outcome),) = pool.map(cases.RUN_TESTBENCH, [bench])
    assert isinstance(outcome, Finished), outcome.message
    waves = outcome.result
    spent = processor_seconds(worker) + time.process_time() - used
    errors.append(cases.rc_error(bench, waves.time, waves.current))
    return spent
