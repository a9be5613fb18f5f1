"""Libraries in one circuit never meet, whatever they call what they bring."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import optospice
from optospice.cosim import Circuit, Instance, Source
from optospice.device import find_device, load_device
from optospice.errors import InputError
from optospice.netlist.guard import check_library, cleaned
from optospice.ngspice.simulate import Job
from optospice.ngspice.worker import Finished
from optospice.separation import definitions, separated
from optospice.stimulus import Samples
from probe_device import RUN_JOB, write_device

THIRD_PARTY = Path(__file__).parent / "third_party"
CARD = """title = "{name}"
[[terminals]]
name = "p"
kind = "electrical"
role = "drive"
[[terminals]]
name = "n"
kind = "electrical"
role = "ground"
"""
#: Devices that call everything alike and mean something else by it: current [A] at 1 V.
ALIKE = {
    "leaky": (
        ".subckt leak a b params: r=1meg\nRa a b {r}\n.ends\n"
        ".subckt leaky p n\nX1 p n leak\n.ends\n",
        1e-6,
    ),
    "tight": (
        ".subckt leak a b\nRa a b 5meg\n.ends\n.subckt tight p n\nX1 p n leak\n.ends\n",
        2e-7,
    ),
    "leak": (".subckt leak p n\nR1 p n 2meg\n.ends\n", 5e-7),
    "forward": (
        ".model d1 d(is=1e-9 n=20)\n.subckt forward p n\nD1 p n d1\n.ends\n",
        1e-9 * np.expm1(1 / (20 * 0.02586492)) + 1e-12,
    ),
    "own_model": (
        ".subckt own_model p n\nD1 p n d1\n.model d1 d(is=2e-9 n=20)\n.ends\n",
        2e-9 * np.expm1(1 / (20 * 0.02586492)) + 1e-12,
    ),
    "square": (
        ".func f(x) 2e-6*x*x\n.param k=3\n.subckt square p n\nB1 p n I=f(V(p,n))*k\n.ends\n",
        6e-6,
    ),
    "linear": (
        ".param k=0.5\n.func f(k) k*1e-6\n.subckt linear p n\nB1 p n I=f(V(p,n))*{k}\n.ends\n",
        5e-7,
    ),
    "hiding": (
        ".param k=7\n.subckt leak p n params: k=4\nR1 p k 1meg\nV1 k n 0\n"
        "B1 p n I={k}*1e-6*V(p,k)\n.ends\n.subckt hiding p n\nX1 p n leak\n.ends\n",
        5e-6,
    ),
    "passing": (
        ".param k=2\n.subckt passing p n\nX1 p n leak r={k*1meg}\n.ends\n"
        ".subckt leak a b params: r=1\nRa a b {r}\n.ends\n",
        5e-7,
    ),
}


@pytest.fixture(scope="module")
def devices(tmp_path_factory):
    """Devices that call everything alike, by name."""
    folder = tmp_path_factory.mktemp("alike")
    found = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for name, (library, _) in ALIKE.items():
            text = f"* {name}\n{library}"
            found[name] = load_device(write_device(folder, name, text, CARD.format(name=name)))
    return found


def currents(pool, chosen):
    """The current of each device at 1 V, all in one circuit."""
    circuit = Circuit(
        devices={f"d{k}": Instance(device, {"p": f"a{k}"}) for k, device in enumerate(chosen)},
        sources={
            f"s{k}": Source(f"a{k}", base=Samples(np.array([0.0, 1.0]), np.array([1.0, 1.0])))
            for k in range(len(chosen))
        },
        duration=1.0,
    )
    wanted = [f"i(d{k}.p)" for k in range(len(chosen))]
    vectors = [circuit.vectors[name][0] for name in wanted]
    job = Job(circuit.netlist(external=False), tuple(vectors), 1.0)
    [(_, outcome)] = pool.map(RUN_JOB, [job])
    assert isinstance(outcome, Finished), outcome
    return [float(outcome.result[vector][-1]) for vector in vectors]


@pytest.mark.parametrize("name", ALIKE)
def test_each_alone(pool, devices, name):
    """The closed forms are those of the devices."""
    assert currents(pool, [devices[name]]) == pytest.approx([ALIKE[name][1]], rel=1e-4)


@settings(max_examples=40)
@given(chosen=st.lists(st.sampled_from(sorted(ALIKE)), min_size=2, max_size=5))
def test_each_gives_what_it_gives_alone(pool, devices, chosen):
    """1.0 uA came out where 0.2 uA is right: the second `.subckt leak` was ignored."""
    found = currents(pool, [devices[name] for name in chosen])
    assert found == pytest.approx([ALIKE[name][1] for name in chosen], rel=1e-4)


def test_two_texts_of_one_name(pool, tmp_path, monkeypatch):
    both = []
    for number, resistance in enumerate(("1meg", "4meg")):
        folder = tmp_path / str(number)
        folder.mkdir()
        monkeypatch.chdir(folder)
        library = f"* same name\n.subckt same p n\nR1 p n {resistance}\n.ends\n"
        both.append(load_device(write_device(folder, "same", library, CARD.format(name="same"))))
    assert currents(pool, both) == pytest.approx([1e-6, 2.5e-7])


def published() -> dict[str, str]:
    """Packaged and third-party libraries as the guard writes them."""
    found = {name: find_device(name).text for name in ("pbs_rc", "pbs_trap", "mose2")}
    for file in sorted(THIRD_PARTY.glob("*.lib")):
        lines = [line for line in file.read_text().splitlines() if line[:3].lower() != ".ic"]
        found[file.stem] = cleaned("\n".join(lines), file.name)
    return found


@pytest.mark.parametrize("pair", [*itertools.combinations(sorted(published()), 2)], ids="-".join)
def test_published_libraries_do_not_meet(pair):
    texts = published()
    both = separated([(name, texts[name]) for name in pair])
    names = [
        {(kind, name) for kind, names in definitions(one.text).kinds for name in names}
        for one in both
    ]
    assert not names[0] & names[1]
    for one in both:
        check_library(one.text, "separated")
    # what is called is defined: every subcircuit that a library names is its own
    for one, name in zip(both, pair, strict=True):
        before, after = definitions(texts[name]), definitions(one.text)
        assert len(before.subcircuits) == len(after.subcircuits)
        calls = re.findall(r"^x.*", one.text, re.MULTILINE | re.IGNORECASE)
        for call in calls:
            plain = [word for word in call.lower().split() if "=" not in word]
            assert set(plain) & after.subcircuits, call


def test_the_same_text_comes_once(devices):
    one, other = separated([("leaky", devices["leaky"].text)] * 2)
    assert one is other
    assert one.text == devices["leaky"].text


def test_the_order_does_not_matter(devices):
    libraries = [(name, devices[name].text) for name in ("leaky", "tight", "forward")]
    there = separated(libraries)
    assert separated(libraries[::-1]) == there[::-1]


def test_included_libraries_do_not_meet(devices, tmp_path, monkeypatch):
    (tmp_path / "netlists" / "devices").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    for name in ("leaky", "tight"):
        Path("netlists/devices", f"{name}.lib").write_text(f"* {name}\n{ALIKE[name][0]}")
    text = "two\n.include leaky.lib\n.include tight.lib\nV1 a 0 1\nV2 b 0 1\n{}"
    waves = optospice.simulate_circuit(
        text.format("X1 a 0 leaky\nX2 b 0 tight\n"), duration="1 s", signals=["i(v1)", "i(v2)"]
    )
    assert waves["i(v1)"][-1] == pytest.approx(-1e-6)
    assert waves["i(v2)"][-1] == pytest.approx(-2e-7)
    with pytest.raises(InputError, match=r"'leak' is defined by leaky and by tight, and used here"):
        optospice.simulate_circuit(
            text.format("X1 a 0 leak\n"), duration="1 s", signals=["i(v1)", "i(v2)"]
        )
