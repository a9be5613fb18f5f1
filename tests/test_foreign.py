"""PySpice circuits and netlists from elsewhere, simulated as they stand."""

from __future__ import annotations

import numpy as np
import pytest
from PySpice.Spice.Netlist import Circuit

import optospice
from optospice.errors import InputError, SimulationError
from optospice.library import packaged_folder


def low_pass() -> Circuit:
    circuit = Circuit("RC low pass")
    circuit.V("in", "in", circuit.gnd, "PULSE(0 1 1e-3 1e-6 1e-6 5e-3 1 1)")
    circuit.R(1, "in", "out", 1e3)
    circuit.C(1, "out", circuit.gnd, 1e-6)
    return circuit


@pytest.mark.parametrize("form", [lambda circuit: circuit, str, lambda c: f"{c}.end\n"])
def test_a_circuit_is_simulated_as_it_stands(form):
    waves = optospice.simulate_circuit(
        form(low_pass()), duration="20 ms", signals=["v(out)", "i(vin)"]
    )
    rise, fall = 1e-3 + 1e-6, 6.001e-3 + 1e-6
    charged = 1 - np.exp(-(6.001e-3 - rise) / 1e-3)
    exact = np.where(
        waves.time < rise,
        0.0,
        np.where(
            waves.time < fall,
            1 - np.exp(-(waves.time - rise) / 1e-3),
            charged * np.exp(-(waves.time - fall) / 1e-3),
        ),
    )
    assert np.abs(waves["v(out)"] - exact).max() < 2e-3  # 1e-3 and the 1 µs edges
    drop = np.where((waves.time > rise) & (waves.time < fall - 1e-6), 1 - waves["v(out)"], 0)
    inside = drop > 0
    assert np.allclose(-waves["i(vin)"][inside] * 1e3, drop[inside], atol=1e-3)


def test_it_may_include_a_packaged_device():
    circuit = Circuit("one synapse")
    circuit.include(str(packaged_folder() / "netlists" / "devices" / "pbs_rc.lib"))
    circuit.V("p", "p", circuit.gnd, 1)
    circuit.X("synapse", "pbs_rc", "p", circuit.gnd, circuit.gnd)
    waves = optospice.simulate_circuit(circuit, duration="1 s", signals=["i(vp)"])
    assert waves["i(vp)"][-1] == pytest.approx(-1 / 37e6, rel=1e-3)


def test_it_may_not_include_anything_else(tmp_path):
    (tmp_path / "other.lib").write_text("* nothing\n")
    circuit = low_pass()
    circuit.include(str(tmp_path / "other.lib"))
    with pytest.raises(InputError, match="outside the netlist folders"):
        optospice.simulate_circuit(circuit, duration="1 s", signals=["v(out)"])


def test_a_control_block_does_not_pass(tmp_path):
    circuit = low_pass()
    circuit.raw_spice += f".control\nshell touch {tmp_path}/canary\n.endc\n"
    with pytest.raises(InputError, match=r"\.control"):
        optospice.simulate_circuit(circuit, duration="1 s", signals=["v(out)"])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"signals": ["out"]}, "accepted: 'v\\(node\\)'"),
        ({"signals": []}, "at least one"),
        ({"duration": "1 V"}, "a time"),
        ({"duration": "0 s"}, "above 0"),
        ({"accuracy": "perfect"}, "no such profile"),
    ],
)
def test_what_cannot_be_used(change, message):
    given = {"duration": "1 s", "signals": ["v(out)"], **change}
    with pytest.raises(InputError, match=message):
        optospice.simulate_circuit(low_pass(), **given)


def test_a_failure_is_told_in_ngspices_words():
    with pytest.raises(SimulationError, match="nowhere"):
        optospice.simulate_circuit(low_pass(), duration="1 s", signals=["v(nowhere)"])
