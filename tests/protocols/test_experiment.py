"""What open loops, closed loops and analyses have in common."""

from __future__ import annotations

from pathlib import Path

import pytest

from optospice.cosim.protocol import ControllerProtocol
from optospice.cosim.registry import controllers
from optospice.errors import InputError
from optospice.protocols import Experiment, Protocol, protocols
from optospice.scenario.expand import expand
from optospice.scenario.experiments import build_experiment
from optospice.scenario.load import load_scenario, validate


def test_open_and_closed_loops_are_two_kinds_of_one_thing():
    for kind in protocols().values():
        assert issubclass(kind, Protocol)
        assert kind.kind == "open loop"
    for kind in controllers().values():
        assert issubclass(kind, ControllerProtocol)
        assert not issubclass(kind, Protocol)
        assert kind.kind == "closed loop"
    assert issubclass(Protocol, Experiment)
    assert issubclass(ControllerProtocol, Experiment)


def test_a_closed_loop_has_no_bias_that_it_does_not_apply():
    """`readout` was a key of every controller, also of those that never looked at it."""
    with pytest.raises(InputError, match=r"a.toml: controller.readout: unknown key"):
        build_experiment("controller", {"name": "spike_pairs", "readout": "1 V"}, {}, "a.toml")


def test_a_scenario_keeps_its_controller_apart_from_a_protocol():
    loop = load_scenario("closed_loop/write_verify").scenario
    assert (loop.experiment_table, loop.protocol) == ("controller", {})
    assert loop.experiment["name"] == "write_verify"
    pulses = load_scenario("pbs/paired_pulse").scenario
    assert (pulses.experiment_table, pulses.controller) == ("protocol", {})


def test_a_scenario_without_an_experiment_is_refused():
    data = {"title": "t", "device": "pbs_trap"}
    with pytest.raises(InputError, match=r"t.toml: protocol: is missing"):
        validate("t", Path("t.toml"), data)
    with pytest.raises(InputError, match=r"t.toml: protocol.name: is missing; accepted: single"):
        expand(validate("t", Path("t.toml"), {**data, "protocol": {"width": "1 s"}}))
