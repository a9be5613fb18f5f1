"""The loop: exact against open loops, blind to rejected steps, safe from its controllers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from loops import Count, Train, light_circuit, open_loop_bench, ramp_into, train_of

from optospice.accuracy import PROFILES
from optospice.cosim import (
    Circuit,
    Every,
    Level,
    PassiveElement,
    Pulse,
    Sampled,
    Source,
    Stop,
    When,
    replay,
    run_loop,
)
from optospice.cosim.controller import as_controller
from optospice.cosim.loop import Loop
from optospice.cosim.run import private_session
from optospice.ngspice.installation import find_installation
from optospice.ngspice.judge import RunFailedError
from optospice.ngspice.session import Session
from optospice.ngspice.simulate import run_testbench
from optospice.ngspice.worker import is_sound


@pytest.fixture(scope="module")
def session() -> Session:
    return private_session(find_installation())


@pytest.mark.parametrize("device", ["pbs_rc", "pbs_trap"])
def test_a_replayed_train_is_the_open_loop_train(session, device):
    onsets, levels = train_of(60)
    circuit = light_circuit(device, onsets[-1] + 5.0)
    closed = run_loop(session, circuit, {"train": Train(onsets, levels)})
    waves = run_testbench(session, open_loop_bench(device, onsets, levels))
    np.testing.assert_array_equal(closed.samples["train"], onsets)
    error = closed.waveforms.at("i(p)", onsets) - waves.at("i(p)", onsets)
    assert np.abs(error).max() < 1e-6 * np.abs(waves.current).max()
    np.testing.assert_allclose(closed.waveforms.at("e(light)", onsets + 0.5), levels, rtol=1e-12)


def reacting(context):
    """Decide by what is measured: pulses of random height, ended by an event."""
    signals = yield 1.0
    for _ in range(12):
        height = context.random.uniform(6.0, 12.0)
        signals = yield [
            Pulse("light", height, 5.0, rise=1e-3, fall=1e-3), signals.time + 0.2,
        ]  # fmt: skip
        signals = yield When("i(p)", 0.8 * signals["i(p)"], "falling")
        assert signals.crossings
        signals = yield [Level("light", 0.0, rise=1e-3), signals.time + 2.5]


@pytest.mark.parametrize("profile", ["fast", "standard", "reference"])
def test_a_closed_loop_is_replayed_from_its_record(session, profile):
    circuit = replace(light_circuit("pbs_trap", 120.0), profile=PROFILES[profile])
    closed = run_loop(session, circuit, {"r": as_controller(reacting)}, seed=3)
    assert closed.samples["r"].size == 37
    again = replay(session, closed)
    times = closed.samples["r"]
    peak = np.abs(closed.waveforms["i(p)"]).max()
    assert again.waveforms.time.size == closed.waveforms.time.size  # the same steps
    np.testing.assert_allclose(again.waveforms["i(p)"], closed.waveforms["i(p)"], atol=1e-6 * peak)
    error = again.waveforms.at("i(p)", times) - closed.waveforms.at("i(p)", times)
    assert np.abs(error).max() < 1e-6 * peak
    # and as a plain open loop, which knows the events ahead: within the profile
    fixed = run_loop(session, closed.open_loop(), {})
    error = fixed.waveforms.at("i(p)", times) - closed.waveforms.at("i(p)", times)
    assert np.abs(error).max() < circuit.profile.bound * peak


def test_a_clocked_loop_is_the_same_as_its_plain_open_loop(session):
    def clocked(time, signals):
        return Pulse("light", 1.0 + 1e7 * abs(signals["i(p)"]), 0.3, rise=1e-3, fall=1e-3)

    closed = run_loop(session, light_circuit("pbs_trap", 20.0), {"c": Sampled(clocked, 0.5, 1.0)})
    fixed = run_loop(session, closed.open_loop(), {})
    times = closed.samples["c"]
    error = fixed.waveforms.at("i(p)", times) - closed.waveforms.at("i(p)", times)
    assert np.abs(error).max() < 1e-6 * np.abs(closed.waveforms["i(p)"]).max()


def test_a_seed_gives_the_same_run_and_another_seed_another(session):
    circuit = light_circuit("pbs_trap", 60.0)
    runs = [
        run_loop(session, circuit, {"r": as_controller(reacting)}, seed=seed) for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(runs[0].waveforms["i(p)"], runs[1].waveforms["i(p)"])
    assert runs[0].waveforms.time.size != runs[2].waveforms.time.size


def test_rejected_steps_are_never_shown(session):
    """A stiff diode circuit: many trial times are taken back, none reaches a controller."""
    circuit = Circuit(
        {},
        {"a": Source("in", "voltage")},
        {"1": PassiveElement("R", "in", "b", 10.0), "2": PassiveElement("C", "b", "0", 1e-9)},
        measured=("b", "c"),
        duration=2e-3,
        shortest_edge=1e-9,
        elements=".model steep D(is=1e-15 n=0.5 cjo=1e-9 tt=1e-7)\nDa b c steep\n"
        "Rc c 0 1e3\nCc c 0 1e-10\nDb 0 c steep",
    )
    seen = Count(Sampled(ramp_into("a"), 1e-5, 1e-5))
    other = Count(Sampled(lambda time, signals: None, 7e-6, 0.0))
    trials = []
    loop = Loop(circuit, {"one": seen, "two": other})
    answer = loop.tracks["a"].value
    loop.tracks["a"].value = lambda time: trials.append(time) or answer(time)
    result = session.run(circuit.netlist(), ["b"], loop.answers, loop)
    assert not loop.failure
    accepted = result.vectors["time"]
    assert loop.points == accepted.size
    backwards = np.sum(np.diff(trials) < 0)
    assert backwards > 50  # the solver did take steps back
    for count, period, first in ((seen, 1e-5, 1e-5), (other, 7e-6, 0.0)):
        times = np.array(count.times)
        assert np.all(np.diff(times) > 0)  # in order and never twice
        assert np.isin(times, accepted).all()  # only what stayed
        wanted = first + period * np.arange(times.size)
        np.testing.assert_allclose(times, wanted, atol=circuit.tolerance)
        assert times[-1] + period >= circuit.duration - circuit.tolerance
    for time, value in zip(seen.times, seen.values, strict=True):
        assert value["v(b)"] == result.vectors["b"][np.searchsorted(accepted, time)]


@pytest.mark.parametrize("profile", list(PROFILES))
def test_an_event_is_located_within_the_profile(session, profile):
    seen = []

    def watch(context):
        yield 5.0
        signals = yield [Level("light", 12.2, rise=1e-6), When("i(p)", 300e-9, "falling")]
        seen.append((signals.crossings[0], signals["i(p)"]))

    circuit = replace(light_circuit("pbs_rc", 15.0), profile=PROFILES[profile])
    run_loop(session, circuit, {"w": as_controller(watch)})
    ((crossing, current),) = seen
    # pbs_rc in closed form: V_C charges from 1 V to 7 V through 12 Mohm beside 25 Mohm
    tau = 200e-9 * 25e6 * 12e6 / 37e6
    start, end, threshold = 25 / 37, 7 * 25 / 37, 7 - 300e-9 * 12e6
    exact = 5.0 + 0.5e-6 + tau * np.log((end - start) / (end - threshold))
    slope = (end - threshold) / tau / 12e6
    bound = circuit.profile.bound * 527e-9
    assert abs(crossing.time - exact) * slope < bound
    assert crossing.time <= crossing.seen
    assert 0 <= 300e-9 - current < bound  # and the controller is called hardly later


def test_events_have_a_direction_and_come_once(session):
    found = []

    def watch(context):
        signals = yield [When("v(a)", 0.5, "falling"), When("v(a)", 0.25, "either")]
        while True:
            found.append([(c.event.threshold, round(c.time, 6)) for c in signals.crossings])
            signals = yield None

    triangle = Circuit(
        {}, {"a": Source("a")}, {"1": PassiveElement("R", "a", "0", 1.0)}, ("a",), duration=4.0
    )

    def drive(context):
        yield 1.0
        yield [Level("a", 1.0, rise=1.0), 2.0]
        yield Level("a", 0.0, rise=1.0)

    run_loop(session, triangle, {"d": as_controller(drive), "w": as_controller(watch)})
    assert found == [[(0.25, 1.25)], [(0.5, 2.5)]]


def test_mixed_rates_share_their_instants(session):
    log = []

    def note(name):
        return Sampled(lambda time, signals: log.append((round(time, 9), name)), *rates[name])

    rates = {"slow": (0.5, 0.5), "fast": (0.2, 0.0)}
    run_loop(session, light_circuit("pbs_rc", 2.1), {name: note(name) for name in rates})
    assert log == sorted(log, key=lambda entry: entry[0])
    assert (1.0, "slow") in log
    assert log.index((1.0, "slow")) < log.index((1.0, "fast"))
    assert len(log) == 4 + 11


def test_the_newest_action_wins_from_its_start_on(session):
    def cut(context):
        signals = yield 1.0
        signals = yield [Pulse("light", 10.0, 5.0, rise=1e-3, fall=1e-3), 2.0]
        assert signals["e(light)"] == 10.0
        signals = yield [Level("light", 4.0, rise=1e-3), 3.0]
        assert signals["e(light)"] == 4.0

    result = run_loop(session, light_circuit("pbs_rc", 10.0), {"cut": as_controller(cut)})
    times, levels = result.corners["light"]
    np.testing.assert_allclose(times, [0.0, 1.0, 1.001, 2.0, 2.001], atol=1e-9)
    np.testing.assert_allclose(levels, [0.0, 0.0, 10.0, 10.0, 4.0])


def test_actions_add_to_what_the_source_does_by_itself(session):
    onsets, levels = train_of(3)
    bench = open_loop_bench("pbs_rc", onsets, levels)
    circuit = light_circuit("pbs_rc", bench.duration, base=bench.stimuli["light"].total)

    def more(context):
        yield 2.0 * 0.75
        yield Pulse("light", 2.0, 0.25, rise=1e-3, fall=1e-3)

    result = run_loop(session, circuit, {"more": as_controller(more)})
    assert result.waveforms.at("e(light)", 1.6) == pytest.approx(levels[0] + 2.0)
    fixed = run_loop(session, result.open_loop(), {})
    np.testing.assert_allclose(
        fixed.waveforms.at("i(p)", onsets), result.waveforms.at("i(p)", onsets), atol=5e-13
    )


def test_a_current_actuator(session):
    circuit = Circuit(
        {}, {"j": Source("a", "current")},
        {"1": PassiveElement("R", "a", "0", 1e3), "2": PassiveElement("C", "a", "0", 1e-6)},
        ("a",), 0.1,
    )  # fmt: skip
    measured = []

    def inject(context):
        yield 0.01
        signals = yield [Level("j", 1e-3), 0.011, 0.05]
        measured.append(signals["v(a)"])
        signals = yield None
        measured.append(signals["i(j)"])

    run_loop(session, circuit, {"i": as_controller(inject)})
    assert measured[0] == pytest.approx(1 - np.exp(-(1e-3 - 0.5e-6) / 1e-3), abs=1e-3)
    assert measured[1] == 1e-3


def test_an_action_may_begin_at_time_zero(session):
    def begin(context):
        yield 0.0
        yield Level("light", 4.0, rise=1e-3)

    result = run_loop(session, light_circuit("pbs_rc", 1.0), {"b": as_controller(begin)})
    assert result.waveforms.at("e(light)", 5e-4) == pytest.approx(2.0)
    assert result.waveforms["e(light)"][-1] == 4.0


def test_a_controller_may_end_the_run(session):
    def end(context):
        yield 3.0
        yield Stop()

    result = run_loop(session, light_circuit("pbs_rc", 1e4), {"e": as_controller(end)})
    assert result.stopped == 3.0
    assert result.waveforms.time[-1] == 3.0


def raises(time, signals):
    return 1 / 0


WRONG = {
    "raises": (raises, "ZeroDivisionError: division by zero .*test_loop.py:.* in raises: return 1"),
    "not_finite": (lambda t, s: Pulse("light", float("nan"), 1.0), "level = nan: must be a finite"),
    "past": (lambda t, s: Pulse("light", 1.0, 1.0, start=t - 0.5), "start = .*: lies in the past"),
    "early": (lambda t, s: t - 0.1, "wake = .*: must lie after now"),
    "now": (lambda t, s: t, "wake = .*: must lie after now"),
    "unknown": (lambda t, s: Level("lihgt", 1.0), "no actuator 'lihgt'; did you mean 'light'"),
    "signal": (lambda t, s: s["i(q)"], r"no signal 'i\(q\)'"),
    "event": (lambda t, s: When("i(q)", 1.0), r"no measured signal 'i\(q\)'"),
    "nonsense": (lambda t, s: "off", "'off' is no request"),
    "negative": (lambda t, s: Level("light", -1.0), "must not be below 0"),
    "edge": (lambda t, s: Level("light", 1.0, rise=1e-9), "this loop resolves 1e-06 s"),
    "exits": (lambda t, s: exit(3), "SystemExit: 3"),
}


@pytest.mark.parametrize("name", WRONG)
def test_what_a_controller_does_wrong_ends_its_run_only(session, name):
    function, message = WRONG[name]
    other = Count(Sampled(lambda time, signals: None, 1.0))
    with pytest.raises(RunFailedError, match=f"controller 'bad' at t = 2 s: .*{message}") as failed:
        run_loop(
            session, light_circuit("pbs_rc", 1e5), {"bad": Sampled(function, 1.0, 2.0), "o": other}
        )
    assert "cosim" not in str(failed.value)  # the user's lines only
    assert other.times in ([0.0, 1.0], [0.0, 1.0, 2.0])  # the run ended at once
    assert is_sound(session)


def test_a_controller_that_hangs_is_interrupted(session):
    def hang(time, signals):
        while True:
            pass

    with pytest.raises(RunFailedError, match=r"gave no answer within 0.2 s .*in hang"):
        run_loop(session, light_circuit("pbs_rc", 9.0), {"h": Sampled(hang, 1.0)}, patience=0.2)
    assert is_sound(session)


def test_start_may_fail_too(session):
    def start(context):
        raise ValueError("not today")
        yield

    with pytest.raises(RunFailedError, match="at t = 0 s: ValueError: not today"):
        run_loop(session, light_circuit("pbs_rc", 9.0), {"s": as_controller(start)})


def test_the_clock_may_be_changed(session):
    times = []

    def clock(context):
        signals = yield Every(1.0, 1.0)
        for _ in range(3):
            times.append(signals.time)
            signals = yield None
        signals = yield Every(0.25)
        while True:
            times.append(signals.time)
            signals = yield None

    run_loop(session, light_circuit("pbs_rc", 5.1), {"c": as_controller(clock)})
    np.testing.assert_allclose(times, [1, 2, 3, 4.25, 4.5, 4.75, 5.0])


def test_memory_stays_level(session):
    def resident():
        return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

    onsets, levels = train_of(10)
    circuit = light_circuit("pbs_rc", onsets[-1] + 5.0)
    sizes = []
    for number in range(400):
        run_loop(session, circuit, {"t": Train(onsets, levels)})
        if number % 100 == 99:
            sizes.append(resident())
    assert sizes[-1] - sizes[0] < 1 << 20
