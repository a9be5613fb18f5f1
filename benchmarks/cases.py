"""The circuits and experiments that several benchmarks share."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks.references import percent_of_peak, rc_current
from optospice.device import find_device
from optospice.light import total_of
from optospice.ngspice.simulate import Job
from optospice.scenario.expand import expand
from optospice.scenario.load import LoadedScenario, load_scenario
from optospice.scenario.runs import Run
from optospice.stimulus import FloatArray, PulseTrain, Signal, voltage_sweep
from optospice.sweep.record import ScenarioResult
from optospice.testbench import Testbench
from optospice.waveforms import Waveforms

RUN_JOB = "optospice.ngspice.simulate:run_job"
RUN_TESTBENCH = "optospice.ngspice.simulate:run_testbench"

#: Parameter sets of the paired-pulse sweep: every one of them another device.
_SWEEP = """
title = "Paired pulses on devices that differ"
device = "pbs_rc"
accuracy = "standard"

[protocol]
name = "paired_pulse"
readout = "1 V"
wavelength = "740 nm"
irradiance = "1.22 mW/cm^2"
width = "10 s"
interval = "2 s"
delay = "5 s"
tail = "30 s"

[protocol.definitions]
amplitude = "raw"

[monte_carlo]
runs = {runs}
seed = 1

[monte_carlo.parameters]
r1 = {{ spread = 0.2 }}
r2 = {{ spread = 0.2 }}
r3 = {{ spread = 0.2 }}
c = {{ spread = 0.2 }}
v_ac = {{ spread = 0.1 }}
"""

#: A single pulse with the metrics that it has by default, on devices that differ.
_SINGLE_PULSE = """
title = "One pulse on devices that differ"
device = "pbs_rc"
accuracy = "standard"

[protocol]
name = "single_pulse"
readout = "1 V"
wavelength = "740 nm"
irradiance = "1.22 mW/cm^2"
width = "10 s"
delay = "5 s"
tail = "35 s"

[monte_carlo]
runs = {runs}
seed = 1

[monte_carlo.parameters]
r1 = {{ spread = 0.2 }}
r2 = {{ spread = 0.2 }}
r3 = {{ spread = 0.2 }}
c = {{ spread = 0.2 }}
"""


#: Twenty cycles of 25 pulses up and down, on devices that differ: each run takes its time.
_ENDURANCE = """
title = "Cycles on devices that differ"
device = "mose2"
accuracy = "standard"

[protocol]
name = "potentiation_depression"
initial = "rest"
readout = "0.5 V"
voltage = "3 V"
width = "50 ms"
interval = "50 ms"
count = 25
cycles = 20
read_delay = "10 ms"
delay = "0.1 s"

[monte_carlo]
runs = {runs}
seed = 1

[monte_carlo.parameters]
i0 = {{ spread = 0.1 }}
"""


def rc_bench() -> Testbench:
    """Give the RC transient: one 10 s light pulse in 50 s."""
    return Testbench(
        find_device("pbs_rc"),
        {"p": Signal(1.0), "light": Signal(0.0, (PulseTrain(12.2, 10.0, delay=5.0),))},
        50.0,
    )


def job(bench: Testbench) -> Job:
    """Give the netlist of a testbench as it stands, for the pool and for the bare library."""
    return Job(bench.engine_netlist(), bench.vectors, bench.duration)


def rc_error(bench: Testbench, time: FloatArray, current: FloatArray) -> float:
    """Error of a current into the RC device at the points given [% of the peak]."""
    parameters = {**bench.device.defaults, **bench.parameters}
    light = total_of(bench.stimuli["light"])
    return percent_of_peak(current, rc_current(parameters, 1.0, light, time))


def rc_error_with_interpolation(bench: Testbench, waves: Waveforms) -> float:
    """Error of optospice's waveforms at the points and between them [% of the peak]."""
    grid = np.linspace(0.0, bench.duration, 20_001)
    return max(
        rc_error(bench, waves.time, waves.current),
        rc_error(bench, grid, waves.at(waves.current_name, grid)),
    )


def memristor_bench() -> Testbench:
    """Give the memristor under 15 pulses of 3 V on a read-out of 0.5 V."""
    with contextlib.chdir(Path(__file__).parent):
        device = find_device("trap_memristor")
    pulses = PulseTrain(3.0, 0.5, 15, period=1.5, delay=2.0, rise=1e-3, fall=1e-3)
    return Testbench(device, {"p": Signal(0.5, (pulses,))}, 125.0)


def sinh_bench() -> Testbench:
    """Give the element that stores nothing under a sweep 0, 3, 0 V at 0.3 V/s."""
    with contextlib.chdir(Path(__file__).parent):
        device = find_device("sinh_element")
    sweep = voltage_sweep((0.0, 3.0, 0.0), 0.3)
    return Testbench(device, {"p": sweep}, sweep.end)


def sweep_text(runs: int) -> str:
    """Give the paired-pulse sweep as the text of a scenario file."""
    return _SWEEP.format(runs=runs)


def single_pulse_text(runs: int) -> str:
    """Give the Monte Carlo runs of a single pulse as the text of a scenario file."""
    return _SINGLE_PULSE.format(runs=runs)


def endurance_text(runs: int) -> str:
    """Give cycles of potentiation and depression as the text of a scenario file."""
    return _ENDURANCE.format(runs=runs)


def load_text(folder: Path, name: str, text: str) -> tuple[LoadedScenario, Sequence[Run]]:
    """Write a scenario to a file, load and expand it."""
    file = folder / f"{name}.toml"
    file.write_text(text)
    loaded = load_scenario(str(file))
    return loaded, expand(loaded)


def load_sweep(folder: Path, runs: int) -> tuple[LoadedScenario, Sequence[Run]]:
    """Write the paired-pulse sweep to a file and expand it."""
    return load_text(folder, f"sweep_{runs}", sweep_text(runs))


def exact_amplitudes(run: Run) -> tuple[float, float]:
    """Give the raw peak of both pulses [A]: the current falls as soon as the edge is over."""
    bench = run.testbench()
    light = total_of(bench.stimuli["light"])
    assert isinstance(light, Signal)
    train = light.trains[0]
    parameters = {**run.device.defaults, **run.parameters}
    first, second = rc_current(parameters, 1.0, light, train.onsets + train.rise_time)
    return float(first), float(second)


def amplitude_error(runs: Sequence[Run], amplitudes: list[tuple[float, float]]) -> float:
    """Largest error of both amplitudes over the runs [% of the peak]."""
    exact = [exact_amplitudes(run) for run in runs]
    return max(
        100.0 * abs(found - true) / max(pair)
        for pair, both in zip(exact, amplitudes, strict=True)
        for found, true in zip(both, pair, strict=True)
    )


def measured_amplitudes(result: ScenarioResult) -> list[tuple[float, float]]:
    """Give both amplitudes of every run of the paired-pulse sweep [A]."""
    return [
        (
            record.metrics["postsynaptic_current_amplitude"].value,
            record.metrics["last_amplitude"].value,
        )
        for record in result.records
    ]


def peak_in(time: FloatArray, current: FloatArray, start: float, stop: float) -> float:
    """Give the largest current in a window [A], as a script takes it."""
    return float(current[(time >= start) & (time <= stop)].max())
