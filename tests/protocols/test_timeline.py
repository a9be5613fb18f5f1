"""Timelines: steps on channels, the windows they leave, the metrics bound to them."""

from __future__ import annotations

import inspect
import tomllib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from small_devices import make, memristor, resistor, transistor

from optospice.accuracy import PROFILES
from optospice.device import find_device
from optospice.errors import InputError
from optospice.metrics import find_metric, metrics
from optospice.protocols.timeline import Bound, Course, LightStep, PauseStep, TrainStep
from optospice.protocols.timeline.binding import options_of, unit_of
from optospice.protocols.timeline.protocol import Timeline
from optospice.protocols.timeline.shapes import Pulses, outline, superpose
from optospice.scenario.expand import expand
from optospice.scenario.load import apply_setting, set_dotted, validate
from optospice.stimulus import PulseTrain, Signal, StimulusError
from optospice.testbench import Testbench

PAIR = """
name = "timeline"
readout = "1 V"

[[steps]]
do = "pause"
duration = "5 s"

[[steps]]
do = "light"
name = "pulses"
irradiance = "1.22 mW/cm^2"
wavelength = "740 nm"
width = "2 s"
count = 2
interval = "3 s"

[[steps]]
do = "pause"
name = "tail"
duration = "30 s"

[metrics.postsynaptic_current_amplitude]
window = "pulses"
definition = "step"

[metrics.last_amplitude]
window = "pulses"
amplitude = "step"

[metrics.paired_pulse_index]
window = "pulses"
definition = "ratio"
amplitude = "step"
"""
LOOP = """
name = "timeline"

[[steps]]
do = "pause"
duration = "0.5 s"

[[steps]]
do = "sweep"
turning_points = ["0 V", "5 V", "0 V", "-5 V", "0 V"]
rate = "20 V/s"
repeats = 2

[metrics]
hysteresis_area = { window = "sweep", repetition = "last" }
on_off_ratio = { window = "sweep", repetition = "last", read_voltage = "1 V" }
largest_jump = { window = "sweep", repetition = "last", points = 100 }
zero_bias_current = { window = "sweep", repetition = "last" }
first_peak_current = { window = "sweep" }
last_peak_current = { window = "sweep" }
first_trough_current = { window = "sweep" }
last_trough_current = { window = "sweep" }
rising_steps = { window = "sweep" }
slowing_steps = { window = "sweep" }
"""


def timeline(text):
    return Timeline.model_validate(tomllib.loads(text))


def run(simulate, device, protocol):
    bench = Testbench(
        device, protocol.stimuli(device), protocol.duration, profile=PROFILES["standard"]
    )
    return protocol.measure(simulate(bench), device)


def values(metrics):
    return {name: value.value for name, value in metrics.items()}


def test_a_timeline_in_toml_is_the_paired_pulse(simulate):
    device = find_device("pbs_trap")
    light = {"irradiance": "1.22 mW/cm^2", "wavelength": "740 nm", "readout": "1 V"}
    ready = make("paired_pulse", **light, width="2 s", interval="3 s")
    own = timeline(PAIR.replace('"30 s"', '"30.000002 s"'))  # the tail begins after the edge
    assert own.duration == pytest.approx(ready.duration, abs=1e-12)
    assert own.metric_names() == ready.metric_names()
    found, expected = run(simulate, device, own), run(simulate, device, ready)
    assert values(found) == pytest.approx(values(expected), rel=1e-12)
    for name, value in expected.items():
        assert found[name].definition == value.definition


def test_a_timeline_in_toml_is_the_voltage_sweep(simulate, tmp_path):
    device = memristor(tmp_path)
    points = ["0 V", "5 V", "0 V", "-5 V", "0 V"]
    ready = make(
        "voltage_sweep", turning_points=points, rate="20 V/s", repeats=2, delay="0.5 s",
        readout="1 V", definitions={"repetition": "last", "points": 100},
    )  # fmt: skip
    own = timeline(LOOP)
    assert own.stimuli(device)["p"].points[0] == pytest.approx(ready.signal.points[0], abs=0)
    expected = run(simulate, device, ready)
    found = values(run(simulate, device, own))
    assert found == {name: expected[name].value for name in found}  # bit for bit
    assert len(found) == 10


def test_a_new_experiment_takes_a_few_lines_of_python(simulate, tmp_path):
    protocol = Timeline(
        readout="2 V",
        steps=[
            PauseStep(duration="1 s"),
            TrainStep(name="gating", channel="gate", level="3 V", width="1 s"),
            LightStep(irradiance="1 mW/cm^2", wavelength="550 nm", width="2 s", at="1.5 s"),
            PauseStep(duration="1 s"),
        ],
        metrics={"dark_current": {"window": "light"}, "peak": {
            "metric": "postsynaptic_current_amplitude", "window": "gating", "definition": "raw",
        }},
    )  # fmt: skip
    device = transistor(tmp_path)
    assert protocol.duration == pytest.approx(1.5 + 2 + 1)
    found = run(simulate, device, protocol)
    # 10 nS per volt on the gate and per mW/cm^2, at 2 V: gate alone, then gate and light
    assert found["dark_current"].value == pytest.approx(20e-9 * 3, rel=1e-4)
    assert found["peak"].value == pytest.approx(20e-9 * 4, rel=1e-4)


def test_lights_of_two_colours_on_one_terminal_add_up(tmp_path):
    steps = [
        {"do": "light", "irradiance": "1 mW/cm^2", "wavelength": "450 nm", "name": "blue"},
        {"do": "light", "irradiance": "2 mW/cm^2", "wavelength": "650 nm", "width": "1 s",
         "at": "1 s"},
        {"do": "pause", "duration": "1 s"},
    ]  # fmt: skip
    light = make("timeline", steps=steps).stimuli(transistor(tmp_path))["light"]
    levels = np.interp([0.0, 0.9, 1.5, 2.5], *light.points)
    assert levels == pytest.approx([10.0, 10.0, 30.0, 10.0])


@pytest.mark.parametrize(
    ("response", "metric", "expected", "unit"),
    [
        ("i(p)", "postsynaptic_current_amplitude", 40e-9, "A"),
        ("v(out)", "dark_current", 1.0, "V"),
        ("x", "current_at_pulse_end", 2.0, "1"),
    ],
)
def test_metrics_read_the_signal_that_is_named(
    simulate, tmp_path, response, metric, expected, unit
):
    """Pulses on the gate, by a ready-made protocol; the current, the output or a state is read."""
    protocol = make(
        "single_pulse", voltage="2 V", terminal="gate", readout="2 V", width="1 s", delay="1 s",
        tail="1 s", response=response,
    )  # fmt: skip
    found = run(simulate, transistor(tmp_path), protocol)
    assert found[metric].value == pytest.approx(expected, rel=1e-3)
    assert found[metric].unit == unit == protocol.metric_unit(metric)
    assert tuple(found) == protocol.metric_names()
    energy = found["energy_per_event"]
    if response == "i(p)":
        assert energy.value == pytest.approx(2.0 * 40e-9 * 1.0, rel=1e-3)  # the drain's voltage
    else:
        assert f"{response} is none" in energy.note


def test_a_transfer_curve_is_the_sweep_of_a_gate(simulate, tmp_path):
    protocol = make(
        "voltage_sweep", terminal="gate", drive_voltage="0.5 V", rate="2 V/s",
        turning_points=["-1 V", "3 V", "-1 V"], response="i(p)",
    )  # fmt: skip
    device = transistor(tmp_path)
    stimuli = protocol.stimuli(device)
    assert stimuli["p"].points[1].tolist() == [0.5]
    found = run(simulate, device, protocol)
    assert found["first_peak_current"].value == pytest.approx(0.5e-8 * 3, rel=1e-4)
    assert found["first_trough_current"].value == pytest.approx(-0.5e-8, rel=1e-4)
    assert found["hysteresis_area"].value == pytest.approx(0, abs=1e-12)
    assert found["on_off_ratio"].is_missing
    assert "give protocol.readout" in found["on_off_ratio"].note


@pytest.mark.parametrize(
    ("shape", "area"),
    [
        ({"shape": "triangle"}, 0.5),
        ({"points": [["20 ms", 1.0], ["80 ms", 1.0]]}, 0.8),
        ({"points": [["10 ms", 1.0], ["50 ms", -1.0]]}, 0.05 + 0.0 - 0.25),
    ],
)
def test_the_charge_of_a_pulse_is_the_area_of_its_shape(simulate, tmp_path, shape, area):
    """On a resistor: 100 Mohm, pulses of 2 V on a rest of 1 V, so the height is 1 V."""
    protocol = make(
        "pulse_train", voltage="2 V", readout="1 V", width="0.1 s", count=3, interval="0.1 s",
        delay="1 s", tail="1 s", **shape,
    )  # fmt: skip
    device = resistor(tmp_path)
    bench = Testbench(device, protocol.stimuli(device), protocol.duration)
    charge = simulate(bench).trace("i(p)").shifted(-1e-8).integral()
    assert charge == pytest.approx(3 * 1e-8 * 0.1 * area, rel=2e-3)


def test_pulses_of_a_shape_keep_it_at_another_width():
    """The noxious pulse is ten times as wide: its corners lie ten times as far."""
    protocol = make(
        "nociceptor", voltage="1 V", readout="0 V", width="0.1 s", interval="0.1 s", count=1,
        delay="1 s", tail="1 s", threshold="1 nA", points=[["20 ms", 1.0]],
        noxious_voltage="5 V", noxious_width="1 s", pause="0.5 s",
    )  # fmt: skip
    drive = protocol.course.stimulus("drive")
    assert np.interp([1.2, 1.6, 2.52], *drive.points) == pytest.approx([5.0, 2.5, 1.0])


@given(
    st.lists(st.floats(0.01, 10), min_size=1, max_size=5),
    st.floats(0.01, 1),
    st.integers(1, 4),
)
def test_steps_follow_each_other(pauses, width, count):
    """Whatever the steps, each begins where all before it have ended, and nothing is lost."""
    course, clock = Course(), 0.0
    for number, pause in enumerate(pauses):
        course.pause("pause", pause, course.begin())
        train = PulseTrain(1.0, width, count, interval=width)
        course.train(f"train {number}", "drive", train, course.begin())
        clock += pause
        window = course.window(f"train {number}")
        assert window.start == pytest.approx(clock)
        clock += (2 * count - 1) * width
        assert window.end == pytest.approx(clock)
    assert course.duration == pytest.approx(clock, rel=1e-3)
    found = course.stimulus("drive")
    assert found.onsets.size == count * len(pauses)
    assert np.all(np.diff(found.onsets) > 0)


def test_repeated_steps_leave_one_window_of_pulses_and_numbered_pauses():
    protocol = make("timeline", metrics={
        "first": {"metric": "recovery_time_constant", "window": "gap[1]"},
        "all": {"metric": "last_amplitude", "window": "pulses"},
        "third": {"metric": "dark_current", "window": "pulses[3]"},
    }, steps=[
        {"do": "repeat", "count": 3, "steps": [
            {"do": "pause", "duration": "1 s", "name": "gap"},
            {"do": "train", "name": "pulses", "level": "1 V", "width": "0.1 s", "count": 2,
             "interval": "0.1 s"},
            {"do": "read", "name": "readings", "delay": "50 ms"},
        ]},
        {"do": "read", "name": "late", "times": ["1 s", "10 s"]},
    ])  # fmt: skip
    course = protocol.course
    onsets = np.array([1.0, 1.2, 2.3, 2.5, 3.6, 3.8])
    assert course.window("pulses").onsets == pytest.approx(onsets)
    assert course.window("pulses[3]").onsets == pytest.approx(onsets[4:])
    assert course.window("readings").instants == pytest.approx(onsets + 0.15)
    assert course.window("late").instants == pytest.approx([4.9, 13.9])
    assert protocol.duration == pytest.approx(13.9)
    with pytest.raises(ValidationError, match=r"metrics.recovery_time_constant.window = 'gap': "
                       r"stands for 3 steps; accepted: gap\[1\] to \[3\]"):  # fmt: skip
        make("timeline", **{
            **protocol.model_dump(mode="json", exclude={"name", "metrics"}),
            "metrics": {"recovery_time_constant": {"window": "gap"}},
        })  # fmt: skip


def test_holds_and_pulses_on_one_channel():
    """A hold without an end moves the level that later pulses stand on."""
    protocol = make("timeline", steps=[
        {"do": "hold", "channel": "gate", "level": "-5 V", "name": "off"},
        {"do": "pause", "duration": "1 s"},
        {"do": "hold", "channel": "gate", "level": "2 V", "duration": "1 s", "name": "on"},
        {"do": "pause", "duration": "1 s"},
        {"do": "hold", "channel": "gate", "level": "0 V", "name": "end"},
        {"do": "pause", "duration": "1 s"},
        {"do": "train", "channel": "gate", "level": "1 V", "width": "1 s"},
        {"do": "pause", "duration": "1 s"},
    ])  # fmt: skip
    gate = protocol.course.stimulus("gate")
    at = [0.0, 0.99, 1.5, 2.5, 3.5, 4.5, 5.5]
    assert np.interp(at, *gate.points) == pytest.approx([-5, -5, 2, -5, 0, 1, 0])


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ({"metric": "level_after_pause", "window": "late"}, 1e-8),
        ({"metric": "retained_fraction", "window": "kept"}, 0.0),
        ({"metric": "maximum_conductance", "window": "after"}, 1e-8),
        ({"metric": "rising_steps", "window": "after"}, 0.0),
        ({"metric": "energy_per_event", "window": "pulses", "pulse": "mean"}, 4e-8 * 0.1),
        ({"metric": "current_at_pulse_end", "window": "pulses", "pulse": "last"}, 2e-8),
        ({"metric": "incubation_time", "window": "pulses", "threshold": "15 nA"}, 5e-7),
        ({"metric": "level_after_pause", "window": "drive held"}, -1e-8),
    ],
)
def test_every_kind_of_window_holds_its_metrics(simulate, tmp_path, metric, expected):
    """A resistor of 100 Mohm at 1 V with pulses of 2 V."""
    protocol = make("timeline", readout="1 V", metrics={"found": metric}, steps=[
        {"do": "pause", "duration": "1 s"},
        {"do": "train", "name": "pulses", "level": "2 V", "width": "0.1 s", "count": 3,
         "interval": "0.1 s"},
        {"do": "read", "name": "after", "delay": "50 ms"},
        {"do": "read", "name": "kept", "times": ["1 ms", "1 s"]},
        {"do": "pause", "duration": "0.5 s"},
        {"do": "read", "name": "late"},
        {"do": "hold", "name": "drive held", "level": "-1 V", "duration": "1 s"},
    ])  # fmt: skip
    value = run(simulate, resistor(tmp_path), protocol)["found"]
    if metric["metric"] == "retained_fraction":
        assert "changed nothing" in value.note  # a resistor forgets nothing: it learns nothing
    else:
        assert value.value == pytest.approx(expected, rel=1e-3, abs=1e-12)
    assert value.unit == protocol.metric_unit("found")


STEPS = [
    {"do": "pause", "duration": "1 s"},
    {"do": "train", "name": "pulses", "level": "2 V", "width": "1 s"},
    {"do": "pause", "name": "tail", "duration": "1 s"},
]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"steps": [{"do": "pulse"}]}, r"steps\[0\].do = 'pulse': .*'pause'"),
        ({"steps": [{"duration": "1 s"}]}, r"steps\[0\].do: is missing; accepted: train"),
        ({"steps": [{"do": "pause", "durtion": "1 s"}]},
         r"steps\[0\].durtion: unknown key; did you mean 'duration'"),
        ({"steps": [{"do": "pause", "duration": "1 V"}]},
         r"steps\[0\].duration: '1 V' is not a time"),
        ({"steps": [{"do": "hold", "level": "1 V"}]}, "steps: take no time"),
        ({"steps": [{"do": "train", "level": "1 V", "width": "1 s", "count": 2}]},
         r"steps\[0\] \(train\): frequency, period and interval: give one of the three"),
        ({"steps": [STEPS[1], {**STEPS[1], "together": True}]},
         "steps on channel 'drive': pulse trains overlap"),
        ({"steps": [{"do": "read", "delay": "1 s"}]},
         r"steps\[0\] \(read\): reads after pulses, and none come before"),
        ({"steps": [STEPS[1], {"do": "read", "after": "other", "delay": "1 s"}]},
         "after = 'other': no train of this name"),
        ({"steps": [{**STEPS[1], "at": "1 s", "together": True}]},
         r"steps\[0\]: at and together: give one of the two"),
        ({"readout": "1 V", "steps": [{"do": "sweep", "turning_points": ["0 V", "1 V"],
                                       "rate": "1 V/s"}]},
         "steps on channel 'drive': begins at 0, where the channel rests at 1"),
        ({"steps": [{"do": "light", "irradiance": "1 W/m^2"}]}, "wavelength and channel"),
        ({"metrics": {"dark_current": {"window": "pulse"}}},
         "metrics.dark_current.window = 'pulse': there is no step of this name; did you mean"),
        ({"metrics": {"dark": {"window": "pulses"}}}, "metrics.dark.metric = 'dark': "),
        ({"metrics": {"undershoot": {"metric": "dark_current", "window": "pulses"}}},
         "'undershoot' is the name of another metric"),
        ({"metrics": {"hysteresis_area": {"window": "pulses"}}},
         "window = 'pulses': metric 'hysteresis_area' needs voltage, current, which no window of "
         "pulses holds; accepted: a window of sweep"),
        ({"steps": [{"do": "sweep", "turning_points": ["0 V", "1 V"], "rate": "1 V/s"}],
          "metrics": {"on_off_ratio": {"window": "sweep"}}},
         "metrics.on_off_ratio.read_voltage: is missing; accepted: a voltage"),
        ({"metrics": {"allodynia": {"window": "pulses"}}},
         "metric 'allodynia' needs stimuli, before, after, .*another metric"),
        ({"metrics": {"recovery_rate": {"window": "tail", "uper": 0.1}}},
         "metrics.recovery_rate.uper: metric 'recovery_rate' has no such option; .*'upper'"),
        ({"metrics": {"recovery_rate": {"window": "tail", "upper": "1 s"}}},
         "metrics.recovery_rate.upper = '1 s': '1 s' is not a number"),
        ({"metrics": {"incubation_time": {"window": "pulses"}}},
         "metrics.incubation_time.threshold: is missing; accepted: a current such as"),
        ({"metrics": {"undershoot": {"window": "pulses"}}},
         "window = 'pulses': metric 'undershoot' needs end, .* accepted: a window of pause"),
        ({"metrics": {"last_amplitude": {"window": "pulses", "definition": "raw"}}},
         "metrics.last_amplitude.definition: metric 'last_amplitude' has only one"),
        ({"metrics": {"energy_per_event": {"window": "pulses", "response": "v(out)"}}},
         "response = 'v\\(out\\)': metric 'energy_per_event' is taken of a current"),
        ({"metrics": {"dark_current": {"window": "pulses", "pulse": 2}}},
         "pulse = 2: accepted: 1 to 1, first, last, mean"),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence_that_names_the_key(change, message):
    data = {"title": "t", "device": "pbs_rc"}
    table = {"name": "timeline", "steps": STEPS, **change}
    with pytest.raises(InputError, match=message) as raised:
        expand(validate("t", Path("t.toml"), {**data, "protocol": table}))
    assert str(raised.value).startswith("t.toml: protocol.")
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("timeline", {"steps": [{**STEPS[1], "channel": "gat"}, STEPS[0]]},
         r"protocol.steps\[0\].channel = 'gat': device 'transistor' has no such terminal; did you"),
        ("timeline", {"steps": [{**STEPS[1], "channel": "out"}, STEPS[0]]}, "is driven by device"),
        ("timeline", {"steps": STEPS, "response": "i(d)"},
         "protocol.response = 'i\\(d\\)': device 'transistor' has no such signal"),
        ("timeline", {"steps": STEPS, "metrics": {
            "dark_current": {"window": "pulses", "response": "y"}}},
         "protocol.metrics.dark_current.response = 'y'"),
        ("single_pulse", {"voltage": "1 V", "width": "1 s", "terminal": "light"},
         "protocol.terminal = 'light': device 'transistor' has no such electrical terminal"),
        ("voltage_sweep", {"turning_points": ["0 V", "1 V"], "rate": "1 V/s", "terminal": "n"},
         "protocol.terminal = 'n': .* did you mean|protocol.terminal = 'n': .*accepted"),
    ],
)  # fmt: skip
def test_terminals_and_signals_are_those_of_the_device(tmp_path, name, change, message):
    protocol = make(name, **change)
    with pytest.raises(InputError, match=message):
        protocol.stimuli(transistor(tmp_path))


def test_steps_are_swept_by_name_or_number():
    data = {"title": "t", "device": "pbs_rc", "extrapolate": True,
            "protocol": {"name": "timeline", "steps": STEPS}}  # fmt: skip
    for key in ("protocol.steps.pulses.width", "protocol.steps.1.width"):
        loaded = validate("t", Path("t.toml"), {**data, "sweep": {key: ["1 s", "3 s"]}})
        assert [run.protocol.duration for run in expand(loaded)] == pytest.approx([3.0, 5.0])
    wrong = {**data, "sweep": {"protocol.steps.pulse.width": ["1 s"]}}
    with pytest.raises(InputError, match=r"t.toml: sweep: .*'pulse': there is none of this name; "
                       "accepted: 0 to 2, pulses, tail"):  # fmt: skip
        expand(validate("t", Path("t.toml"), wrong))
    own = {"protocol": {"steps": [dict(step) for step in STEPS]}}
    assert apply_setting(own, 'protocol.steps.pulses.width="2 s"') == "protocol.steps.pulses.width"
    assert own["protocol"]["steps"][1]["width"] == "2 s"
    assert set_dotted({"a": [{"b": 1}, {"b": 2}]}, {"a.1.b": 3}) == {"a": [{"b": 1}, {"b": 3}]}


def test_a_target_on_another_response_has_its_unit(tmp_path, monkeypatch):
    transistor(tmp_path)
    monkeypatch.chdir(tmp_path)
    table = {"name": "timeline", "steps": STEPS, "response": "v(out)",
             "metrics": {"rest": {"metric": "dark_current", "window": "pulses"}}}  # fmt: skip
    target = {"id": "t", "metric": "rest", "at_least": "1 V", "source": "s"}
    data = {"title": "t", "device": "transistor", "protocol": table, "targets": [target]}
    assert expand(validate("t", Path("t.toml"), data))
    wrong = {**data, "targets": [{**target, "at_least": "1 nA"}]}
    with pytest.raises(InputError, match=r"targets\[0\].at_least = '1 nA': .* is not a voltage"):
        expand(validate("t", Path("t.toml"), wrong))


def test_superposed_stimuli_are_the_sum_everywhere():
    one = Signal(1.0, (PulseTrain(3.0, 1.0, 2, interval=1.0, delay=1.0),))
    other = Signal(0.0, (PulseTrain(5.0, 2.5, delay=0.4, rise=0.2, fall=0.1),))
    total = superpose([one, other], [1.0, -1.0])
    times = np.linspace(0, 6, 7001)
    difference = np.interp(times, *one.points) - np.interp(times, *other.points)
    assert np.interp(times, *total.points) == pytest.approx(difference, abs=1e-9)
    assert superpose([one]) is one


def test_shapes_that_contradict_themselves_are_refused():
    for points in ([(0.0, 1.0)], [(1.0, 1.0)], [(0.5, 1.0), (0.2, 1.0)]):
        with pytest.raises(StimulusError, match="points: their times must rise between 0 s and"):
            outline("rectangle", points, 1.0)
    with pytest.raises(StimulusError, match="points and shape = 'triangle': give one of the two"):
        outline("triangle", [(0.5, 1.0)], 1.0)
    pulses = Pulses(PulseTrain(2.0, 1.0, delay=1.0), outline("triangle", (), 1.0))
    assert pulses.end == 2.0


def test_a_threshold_is_in_the_unit_of_the_response():
    table = {"metric": "incubation_time", "window": "pulses", "response": "v(out)"}
    given = {"steps": STEPS, "metrics": {"late": {**table, "threshold": "80 nA"}}}
    with pytest.raises(ValidationError, match=r"late.threshold = '80 nA': .* is not a volt"):
        make("timeline", **given)
    given["metrics"]["late"]["threshold"] = "0.5 V"
    assert make("timeline", **given).bound()["late"].options == {"threshold": 0.5}


OF_WINDOWS = [
    name
    for name, info in metrics().items()
    if info.family not in ("noise", "frequency_response", "sensitivity")
    and name != "current_at_rest"
]


@pytest.mark.parametrize("name", OF_WINDOWS)
def test_every_option_of_a_metric_has_a_unit_or_is_a_word_or_a_count(name):
    """A number whose docstring states no unit would be taken as text."""
    parameters = inspect.signature(find_metric(name).function).parameters
    for option, unit in options_of(name).items():
        default = parameters[option].default
        if not isinstance(default, (str, int)) or isinstance(default, bool):
            assert unit, option


def test_a_bound_metric_knows_its_unit():
    assert unit_of(Bound("hysteresis_area", "w"), "i(p)") == "A*V"
    assert unit_of(Bound("hysteresis_area", "w"), "v(out)") == "V*V"
    assert unit_of(Bound("dark_current", "w"), "p(light_out)") == "W"
    assert unit_of(Bound("maximum_conductance", "w"), "x") is None
