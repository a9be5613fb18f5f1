"""The metrics of a block of runs are those of its runs, whatever the runs hold."""

from __future__ import annotations

import inspect
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rc_circuit import DARK, PULSE, TAU
from small_devices import make

from optospice.device import find_device
from optospice.errors import InputError
from optospice.metrics import METRICS
from optospice.metrics.registry import in_blocks
from optospice.ngspice.pool import Finished
from optospice.protocols.timeline.protocol import Timeline
from optospice.testbench import Testbench
from optospice.waveform_block import WaveformBlock
from optospice.waveforms import Waveforms
from probe_device import RUN_COPIES

DEVICE = find_device("pbs_rc")
TRAIN = {"count": 4, "period": "3 s"}
PROTOCOLS = [
    make("single_pulse", width="2 s", tail="6 s", **PULSE),
    make(
        "single_pulse",
        width="2 s",
        tail="6 s",
        definitions={"amplitude": "baseline", "energy": "net", "recovery_end": "4 s"},
        **PULSE,
    ),
    make("single_pulse", width="2 s", definitions={"energy": "integral"}, **PULSE),
    make("paired_pulse", width="2 s", interval="1 s", **PULSE),
    make(
        "paired_pulse",
        width="2 s",
        interval="1 s",
        definitions={"amplitude": "baseline", "index": "relative"},
        **PULSE,
    ),
    make("pulse_train", width="1 s", definitions={"energy_of": "mean"}, **TRAIN, **PULSE),
    make("pulse_train", width="1 s", definitions={"amplitude": "step"}, **TRAIN, **PULSE),
    make("retention", width="1 s", read_time="4 s", **PULSE),
    make(
        "retention",
        width="1 s",
        read_time="4 s",
        times=["1 s", "2 s"],
        definitions={"decay": "stretched_exponential", "baseline": "fitted"},
        **PULSE,
    ),
    make("dark_recovery", width="1 s", tail="20 s", **PULSE),
    make(
        "learning_forgetting", width="1 s", count=3, interval="1 s", cycles=2, pause="4 s", **PULSE
    ),
    Timeline.model_validate(
        {
            "readout": "1 V",
            "response": "v(p)",
            "steps": [
                {"do": "pause", "duration": "1 s"},
                {"do": "light", "name": "pulses", "irradiance": "1 mW/cm^2", "wavelength": "740 nm",
                 "width": "1 s", "count": 3, "interval": "1 s"},
                {"do": "pause", "name": "tail", "duration": "5 s"},
            ],
            "metrics": {
                "amplitude": {"metric": "postsynaptic_current_amplitude", "window": "pulses",
                              "pulse": "mean", "response": "i(p)"},
                "largest": {"metric": "largest_amplitude", "window": "pulses",
                            "response": "i(p)"},
                "tau": {"metric": "decay_time_constant", "window": "tail", "response": "i(p)",
                        "baseline": "fitted", "definition": "stretched_exponential_mean"},
                "paired_pulse_index": {"window": "pulses", "amplitude": "step",
                                       "response": "i(p)"},
                "voltage": {"metric": "level_after_pause", "window": "tail"},
            },
        }
    ),
]  # fmt: skip


def waveforms(protocol, seed: int, kinds: list[str]) -> WaveformBlock:
    """Runs of a protocol that no simulator gave: what they hold is drawn."""
    bench = Testbench(DEVICE, protocol.stimuli(DEVICE), protocol.duration)
    breaks = bench.breakpoints[bench.breakpoints <= bench.duration]
    rng = np.random.default_rng(seed)
    inside = rng.random(150) * bench.duration
    time = np.unique(np.concatenate([[0.0, bench.duration], breaks, inside]))
    light = np.interp(time, *bench.driven["light"].points)
    found = [_current(rng, kind, time, light) for kind in kinds]
    volts = np.ones_like(time)
    runs = [
        Waveforms(
            time, {"i(p)": current, "v(p)": volts, "e(light)": light}, {}, breaks, 10.0**-place
        )
        for place, current in enumerate(found, 2)
    ]
    return WaveformBlock.of(runs)


def _current(rng, kind, time, light):
    if kind == "constant":
        return np.full(time.size, 1e-8)
    if kind == "zero":
        return np.zeros(time.size)
    if kind == "noise":
        return 1e-9 * rng.normal(size=time.size)
    tau, current, row = TAU * 2.0 ** rng.uniform(-2, 2), 0.0, []
    for step, level in zip(np.diff(time, prepend=0.0), light, strict=True):
        current = level + (current - level) * math.exp(-step / tau)
        row.append(current)
    values = 1e-8 * (1.0 + (light - 0.7 * np.array(row)) * rng.uniform(0.01, 2))
    if kind == "not a number":
        values[rng.integers(time.size)] = math.nan
    if kind == "noisy":
        values += 1e-10 * rng.normal(size=time.size)
    return values


KINDS = ("relaxing", "noisy", "noise", "constant", "zero", "not a number")


def assert_equal(found, expected):
    assert found.unit == expected.unit
    assert found.definition == expected.definition
    assert found.note == expected.note
    assert found.value == pytest.approx(expected.value, rel=1e-9, abs=0.0, nan_ok=True)
    if expected.standard_error is None or math.isnan(expected.standard_error):
        assert found.standard_error is None
    else:
        assert found.standard_error == pytest.approx(expected.standard_error, rel=1e-6)


@pytest.mark.parametrize("protocol", PROTOCOLS, ids=lambda one: one.name)
@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**32), kinds=st.lists(st.sampled_from(KINDS), min_size=1, max_size=5))
def test_a_block_has_the_metrics_of_its_runs(protocol, seed, kinds):
    block = waveforms(protocol, seed, kinds)
    single = [protocol.measure(one, DEVICE) for one in block]
    found = protocol.measure_block(block, DEVICE)
    assert list(found) == list(single[0])
    for name, column in found.items():
        assert len(column) == len(block)
        for value, one in zip(column, single, strict=True):
            assert_equal(value, one[name])


def test_runs_that_are_no_block_are_taken_one_by_one():
    protocol = PROTOCOLS[0]
    block = waveforms(protocol, 1, ["relaxing", "constant"])
    together = protocol.measure_block(block, DEVICE)
    for name, column in protocol.measure_block(list(block), DEVICE).items():
        for value, one in zip(column, together[name], strict=True):
            assert_equal(value, one)


@pytest.mark.parametrize("name", [name for name, one in METRICS.items() if one.block is not None])
def test_an_equal_takes_the_arguments_of_its_metric(name):
    info = METRICS[name]
    one, many = (inspect.signature(f).parameters for f in (info.function, info.block))
    assert [(p.name, p.default, p.kind) for p in many.values()] == [
        (p.name, p.default, p.kind) for p in one.values()
    ]


def test_only_a_metric_has_an_equal():
    with pytest.raises(ValueError, match="is no metric"):
        in_blocks(make)


def test_what_is_common_to_all_runs_is_one_row_and_an_unknown_signal_is_named():
    block = waveforms(PROTOCOLS[0], 3, ["relaxing"] * 3)
    assert block.trace("v(p)").runs == 1
    assert block.trace("i(p)").runs == 3
    with pytest.raises(KeyError, match=r"did you mean|accepted"):
        block.trace("i(q)")
    with pytest.raises(InputError, match="no signal"):
        PROTOCOLS[0].model_copy(update={"response": "i(q)"}).measure_block(block, DEVICE)


def test_devices_of_one_transient_have_each_its_own_time_constant(pool):
    protocol = make("single_pulse", width="5 s", tail="30 s", **PULSE)
    bench = Testbench(DEVICE, protocol.stimuli(DEVICE), protocol.duration)
    factors = np.array([0.5, 1.0, 1.5])
    sets = [{"c": factor * DEVICE.defaults["c"]} for factor in factors]
    [(_, outcome)] = pool.map(RUN_COPIES, [(bench, sets)])
    assert isinstance(outcome, Finished), outcome.message
    assert isinstance(outcome.result, WaveformBlock)
    found = protocol.measure_block(outcome.result, DEVICE)
    assert found["recovery_time_constant"].values == pytest.approx(TAU * factors, rel=2e-3)
    assert found["dark_current"].values == pytest.approx(np.full(3, DARK), rel=1e-3)
