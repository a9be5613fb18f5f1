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


def test_a_failure_is_told_in_ngspices_words_and_the_users_names():
    """Two sources of different voltages in parallel have no solution."""
    text = "loop\nV1 a 0 1\nV2 a 0 2\nR1 a 0 1\n"
    with pytest.raises(SimulationError, match="singular matrix") as failure:
        optospice.simulate_circuit(text, duration="1 s", signals=["i(v1)", "i(r1)"])
    assert "i(v1)" in str(failure.value)
    assert "branch" not in str(failure.value)
    assert "probe" not in str(failure.value)


def test_the_bound_is_the_profiles():
    for name, bound in (("fast", 1e-2), ("standard", 1e-3), ("reference", 1e-4)):
        waves = optospice.simulate_circuit(
            low_pass(), duration="20 ms", signals=["v(out)"], accuracy=name
        )
        assert waves.error_bound == bound
        # no interpolation crosses a corner of the circuit's own source
        assert np.allclose(waves.breakpoints, [1e-3, 1.001e-3, 6.001e-3, 6.002e-3])


@pytest.mark.parametrize(
    ("source", "exact"),
    [
        pytest.param("SIN(0 1 1k)", lambda t: np.sin(2e3 * np.pi * t)),
        pytest.param(
            "EXP(0 1 1m 0.2m 10m 1m)",
            lambda t: np.where(t < 1e-3, 0, 1 - np.exp((1e-3 - t) / 2e-4)),
        ),
        ("PWL(0 -1 8m 1)", lambda t: t / 4e-3 - 1),
    ],
)
def test_sources_in_the_text_set_their_own_points(source, exact):
    """A part without charge follows them between the points, too."""
    text = f"sinh\nV1 a 0 {source}\nB1 a 0 I=sinh(3*V(a))\n"
    waves = optospice.simulate_circuit(text, duration="8 ms", signals=["v(a)", "i(b1)"])
    times = np.linspace(0, 8e-3, 20_001)
    truth = np.sinh(3 * exact(times))
    wrong = np.abs(waves.at("i(b1)", times) - truth).max() / np.abs(truth).max()
    assert wrong < waves.error_bound


# Analysis cards

DIVIDER = "divider\nV1 a 0 2\nR1 a b 1k\nR2 b 0 1k\n"


def divider(card="", **given):
    return optospice.simulate_circuit(f"{DIVIDER}{card}\n", signals=["v(b)"], **given)


@pytest.mark.parametrize(
    "card",
    [".tran 1m 2", ".param end=2\n.tran {end/1000} {end} 0 {end/4}", ".TRAN 1m 2s 0 0.5 UIC"],
)
def test_a_tran_card_gives_the_duration(card):
    assert divider(card).time[-1] == pytest.approx(2.0)
    assert divider(card, duration="2 s").time[-1] == pytest.approx(2.0)
    with pytest.raises(InputError, match=r"duration 3 s and \.tran to 2 s"):
        divider(card, duration="3 s")


def test_a_tran_card_may_give_the_largest_step():
    assert np.diff(divider(".tran 1m 2 0 10m").time).max() <= 10e-3 * (1 + 1e-9)


def test_initial_conditions_stay():
    text = "discharge\nR1 a 0 1k\nC1 a 0 1u\n.ic v(a)=1\n"
    waves = optospice.simulate_circuit(text, duration="3 ms", signals=["v(a)"])
    assert np.allclose(waves["v(a)"], np.exp(-waves.time / 1e-3), atol=1e-3)
    text = "discharge\nR1 a 0 1k\nC1 a 0 1u ic=1\n.tran 1u 3m uic\n"
    waves = optospice.simulate_circuit(text, signals=["v(a)"])
    assert np.allclose(waves.at("v(a)", [1e-3]), np.exp(-1), atol=1e-3)


@pytest.mark.parametrize(
    ("card", "message"),
    [
        (".ac dec 10 1 1meg", r"circuit:5: \.ac: .*gives transients.*SmallSignal"),
        (".dc V1 0 3 0.1", r"\.dc: .*gives transients.*DCSweep"),
        (".OP", r"\.op: .*gives transients"),
        (".noise v(b) V1 dec 10 1 1k", r"\.noise: .*gives transients"),
        (".tf v(b) V1", r"\.tf: .*gives transients"),
        (".meas tran top\n+ max v(b)", r"\.meas: is not evaluated"),
        (".tran 1m 2\n.tran 1m 2", "stands twice"),
        (".tran 1m", "accepted: .tran step stop"),
        (".tran", "accepted: .tran step stop"),
        (".tran 1m {later}", "accepted: .tran step stop"),
        (".tran 1m -2", "accepted: .tran step stop"),
        (".tran 1m 2 1", "starts at 1 s"),
        (".options reltol = 1e-3", "option reltol: the accuracy profile sets it"),
        (".option METHOD=gear", "option method: the accuracy profile sets it"),
        (".options gmin=1e-13\n+ trtol=1", "option trtol: the accuracy profile sets it"),
        (".options temp=50", "argument temperature"),
        (".temp 50", r"temperature 300.15 K and \.temp 50 degC"),
        (".temp 50 60", "one temperature"),
    ],
)
def test_cards_that_cannot_be_followed_are_refused(card, message):
    with pytest.raises(InputError, match=message):
        divider(card, duration="2 s" if "tran" not in card else None, temperature="27 degC")


def test_a_missing_duration_is_named():
    with pytest.raises(InputError, match="duration: is missing"):
        divider()


@pytest.mark.parametrize(
    "card",
    [".save v(a)", ".print tran v(a)\n+ v(b)", ".plot tran v(a)", ".probe all",
     ".options gmin=1e-13", ".nodeset v(b)=1"],
)  # fmt: skip
def test_cards_that_do_no_harm_are_taken(card):
    assert divider(card, duration="2 s")["v(b)"] == pytest.approx(1.0)


def test_a_temp_card_gives_the_temperature():
    text = "warm\nI1 0 a 1m\nD1 a 0 dd\n.model dd d\n"

    def voltage(card="", **given):
        waves = optospice.simulate_circuit(text + card, duration="1 s", signals=["v(a)"], **given)
        return waves["v(a)"][-1]

    cold, warm = voltage(), voltage(".temp 77\n")
    same = voltage(".temp 77\n", temperature="77 degC")
    assert cold - warm > 0.05  # about 2 mV/K
    assert warm == same


# Packaged devices by name


@pytest.mark.parametrize("folder", ["", "devices/", "netlists/devices/", "./netlists/devices/"])
@pytest.mark.parametrize("quote", ["", '"', "'"])
def test_packaged_devices_are_included_by_name(tmp_path, monkeypatch, folder, quote):
    monkeypatch.chdir(tmp_path)
    name = f"{quote}{folder}pbs_rc.lib{quote}"
    text = f"synapse\n.include {name}\nV1 p 0 1\nX1 p 0 0 pbs_rc\n"
    waves = optospice.simulate_circuit(text, duration="1 s", signals=["i(x1.p)"])
    assert waves["i(x1.p)"] == pytest.approx(1 / 37e6, rel=1e-3)


def test_pyspice_includes_by_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    circuit = Circuit("one synapse")
    circuit.include("pbs_rc.lib")
    circuit.V("p", "p", circuit.gnd, 1)
    circuit.X("synapse", "pbs_rc", "p", circuit.gnd, circuit.gnd)
    waves = optospice.simulate_circuit(circuit, duration="1 s", signals=["i(xsynapse.p)"])
    assert waves["i(xsynapse.p)"] == pytest.approx(1 / 37e6, rel=1e-3)


def test_a_library_of_ones_own_includes_a_packaged_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    devices = tmp_path / "netlists" / "devices"
    devices.mkdir(parents=True)
    (devices / "mine.lib").write_text(
        ".include pbs_rc.lib\n.subckt twins p n light\nX1 p m light pbs_rc\n"
        "X2 m n light pbs_rc\n.ends\n"
    )
    text = "twins\n.include mine.lib\n.include mose2.lib\n.include pbs_trap.lib\n"
    text += "V1 p 0 2\nX1 p 0 0 twins\n"
    waves = optospice.simulate_circuit(text, duration="1 s", signals=["i(x1.x2.p)", "v(x1.m)"])
    assert waves["i(x1.x2.p)"] == pytest.approx(1 / 37e6, rel=1e-3)
    assert waves["v(x1.m)"] == pytest.approx(1.0, rel=1e-3)


@pytest.mark.parametrize(
    "name", ["../secret.lib", "netlists/../secret.lib", "leak.lib", "x" * 5000]
)
def test_nothing_outside_is_included_by_name(tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    devices = tmp_path / "netlists" / "devices"
    devices.mkdir(parents=True)
    (tmp_path / "secret.lib").write_text("R9 p 0 1\n")
    (devices / "leak.lib").symlink_to(tmp_path / "secret.lib")
    (devices / "mine.lib").write_text(f".include {name}\n")
    for included in (name, "mine.lib"):
        with pytest.raises(InputError, match=r"outside|no such file"):
            optospice.simulate_circuit(
                f"leak\n.include {included}\nV1 p 0 1\n", duration="1 s", signals=["i(v1)"]
            )


# Currents inside

NESTED = """nested
.subckt inner a b
R1 a m 1k
C1 m b 1n
R2 m b 3k
.ends
.subckt outer p q params: r=1k
X1 p k inner
R1 k q {r}
V1 f 0 1
R3 f 0 2k
.ends
V1 in 0 8
X1 in 0 outer
X2 in out outer r=4k
R1 out 0 8k
D1 dk 0 dd
RD in dk 1k
Q1 in b1 0 qq
RB in b1 1meg
.model dd d(is=1e-30)
.model qq npn(bf=100 is=1e-20)
"""
#: By Ohm's law: 8 V over 1k + 3k + 1k, and over 1k + 3k + 4k + 8k.
FIRST, SECOND = 8 / 5e3, 8 / 16e3


@pytest.mark.parametrize(
    ("signal", "value"),
    [
        ("i(x1.p)", FIRST), ("i(x1.q)", -FIRST), ("i(x2.p)", SECOND), ("i(X2.Q)", -SECOND),
        ("i(x1.x1.a)", FIRST), ("i(x2.x1.a)", SECOND), ("i(x2.x1.b)", -SECOND),
        ("i(x1.r1)", FIRST), ("i(x2.r1)", SECOND), ("i(x2.x1.r2)", SECOND), ("i(x2.x1.c1)", 0.0),
        ("i(r1)", SECOND), ("i(x1.v1)", -1 / 2e3), ("i(x2.r3)", 1 / 2e3),
        ("v(x1.x1.m)", 8 - FIRST * 1e3), ("v(x2.x1.b)", 8 - SECOND * 4e3), ("v(x1.p)", 8.0),
        ("v(x2.q)", SECOND * 8e3), ("v(out)", SECOND * 8e3),
    ],
)  # fmt: skip
def test_currents_and_nodes_inside(signal, value):
    waves = optospice.simulate_circuit(NESTED, duration="1 s", signals=[signal, "v(in)"])
    assert waves[signal][-1] == pytest.approx(value, rel=1e-6, abs=1e-12)


def test_probes_change_nothing_and_currents_sum_to_zero():
    """Kirchhoff's laws on the transistor and on the node, with all probes at once."""
    signals = [
        "i(v1)",
        "i(x1.p)",
        "i(x2.p)",
        "i(d1)",
        "i(rd)",
        "i(q1.c)",
        "i(q1.b)",
        "i(q1.e)",
        "i(rb)",
    ]
    waves = optospice.simulate_circuit(NESTED, duration="1 s", signals=signals)
    alone = optospice.simulate_circuit(NESTED, duration="1 s", signals=["i(v1)"])
    assert waves["i(v1)"][-1] == pytest.approx(alone["i(v1)"][-1], rel=1e-9)
    total = sum(waves[name][-1] for name in signals if name not in ("i(d1)", "i(q1.b)", "i(q1.e)"))
    assert waves["i(d1)"][-1] == pytest.approx(waves["i(rd)"][-1], rel=1e-9)
    assert total == pytest.approx(0.0, abs=1e-9)
    pins = sum(waves[f"i(q1.{pin})"][-1] for pin in "cbe")
    assert pins == pytest.approx(0.0, abs=1e-9)
    assert waves["i(q1.c)"][-1] == pytest.approx(100 * waves["i(q1.b)"][-1], rel=1e-3)


@pytest.mark.parametrize(
    ("signal", "message"),
    [
        ("v(ou)", "no node 'ou'; did you mean 'out'"),
        ("v(x1.x1.n)", "no node 'x1.x1.n'; did you mean 'x1.x1.m'"),
        ("i(v2)", "no current 'v2'; accepted: d1, q1, r1"),
        ("i(x3.p)", "no current 'x3.p'; did you mean 'x2.p'"),
        ("i(x1.pp)", "no current 'x1.pp'; did you mean"),
        ("i(x1)", r"accepted: i\(x1\.p\), i\(x1\.q\)"),
        ("i(q1.g)", "no current 'q1.g'"),
        ("v(0)", "is ground"),
        ("v(x1.q)", "is ground"),
        ("v(in,out)", r"accepted: 'v\(node\)'"),
        ("@r1[i]", r"accepted: 'v\(node\)'"),
    ],
)
def test_a_wrong_name_is_answered_with_those_that_exist(signal, message, monkeypatch):
    monkeypatch.setattr("optospice.api.circuits.default_pool", None)  # before anything is simulated
    with pytest.raises(InputError, match=message):
        optospice.simulate_circuit(NESTED, duration="1 s", signals=["v(in)", signal])


def test_a_list_of_names_stays_readable():
    text = "ladder\nV1 n0 0 1\n" + "".join(f"R{k} n{k} n{k + 1} 1\n" for k in range(500))
    with pytest.raises(InputError, match=r"and \d+ more") as refusal:
        optospice.simulate_circuit(text + "RE n500 0 1\n", duration="1 s", signals=["v(zzz)"])
    assert len(str(refusal.value)) < 400
