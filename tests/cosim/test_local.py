"""Closed loops from Python, in a process of their own."""

from __future__ import annotations

import os

import numpy as np
import pytest
from loops import light_circuit

from optospice.cosim import Pulse, Sampled, simulate
from optospice.errors import InputError, SimulationError


def test_a_local_function_is_a_controller():
    height = 6.0
    result = simulate(
        light_circuit("pbs_rc", 12.0), Sampled(lambda t, s: Pulse("light", height, 0.5), 2.0, 5.0)
    )
    np.testing.assert_allclose(result.samples["controller"], [5.0, 7.0, 9.0, 11.0])
    assert result.waveforms.at("e(light)", 5.25) == height


def test_what_was_recorded_comes_back():
    def measure(context):
        signals = yield 1.0
        context.record("current", signals["i(p)"])

    result = simulate(light_circuit("pbs_rc", 2.0), {"m": measure})
    times, values = result.notes["m.current"]
    assert (times, values) == (pytest.approx([1.0]), pytest.approx([1 / 37e6]))


def test_nothing_else_is_a_controller():
    with pytest.raises(TypeError, match="is no controller; accepted"):
        simulate(light_circuit("pbs_rc", 2.0), print)


@pytest.mark.parametrize(
    ("end", "message"),
    [
        (lambda: os._exit(7), "died .exit code 7"),
        (lambda: os.kill(os.getpid(), 9), "died .exit code -9"),
        (lambda: __import__("ctypes").CDLL(None).sleep(60), "took longer than 1 s"),
        (lambda: 1 / 0, "ZeroDivisionError"),
    ],
)
def test_a_controller_takes_nothing_down(end, message):
    with pytest.raises(SimulationError, match=message):
        simulate(
            light_circuit("pbs_rc", 5.0), Sampled(lambda t, s: end(), 1.0), timeout=1.0, patience=0
        )
    assert simulate(light_circuit("pbs_rc", 1.0), {}).waveforms.time[-1] == pytest.approx(1.0)


def test_a_result_shows_itself_in_one_line():
    result = simulate(
        light_circuit("pbs_rc", 4.5), Sampled(lambda t, s: Pulse("light", 6.0, 0.5), 1.0, 1.0)
    )
    assert len(repr(result)) < 300
    assert "controller 4" in repr(result)
    assert "<table>" in result._repr_html_()
    assert len(repr(result.circuit.devices)) < 500


@pytest.mark.parametrize(
    ("duration", "period", "words"),
    [
        (
            1e6,
            1e-3,
            r"a period of 0.001 s until 1e\+06 s means 1e\+09 calls; accepted: up to 1e\+07",
        ),
        (1e12, 1e11, r"1e\+12 s with steps of at most .* steps; accepted: up to 1e\+07"),
    ],
)
def test_a_loop_without_end_is_refused(duration, period, words):
    with pytest.raises((InputError, SimulationError), match=words):
        simulate(light_circuit("pbs_rc", duration), Sampled(lambda t, s: None, period, period))
