"""Which runs are simulated together depends on the runs alone, and so do the digits."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optospice.ngspice.pool import Pool
from optospice.scenario.expand import expand
from optospice.scenario.load import load_scenario
from optospice.sweep.blocks import Blocks, cut, size_for
from optospice.sweep.identity import kind_key
from optospice.sweep.local import run_scenario
from optospice.sweep.record import ScenarioResult

HEAD = """
title = "paired pulses of networks that differ"
device = "pbs_rc"
accuracy = "fast"
[protocol]
name = "paired_pulse"
readout = "1 V"
wavelength = "740 nm"
irradiance = "1.2 mW/cm^2"
width = "5 s"
interval = "2 s"
"""
AXES = {
    "parameters.r3": ["25 Mohm", "26 Mohm", "27 Mohm"],
    "parameters.c": ["150 nF", "200 nF", "250 nF", "300 nF"],
    "protocol.interval": ["2 s", "4 s"],
    "temperature": ["300 K"],
}


def sweep(order: Sequence[str]) -> str:
    lines = [f'"{key}" = {AXES[key]!r}' for key in order]
    return HEAD + "[sweep]\n" + "\n".join(lines) + "\n"


def ran(folder: Path, text: str, pool: Pool, **options: object) -> ScenarioResult:
    (folder / "s.toml").write_text(text)
    loaded = load_scenario(str(folder / "s.toml"))
    return run_scenario(loaded, expand(loaded), pool, **options)  # type: ignore[arg-type]


def digits(result: ScenarioResult) -> dict[object, object]:
    """Every metric and waveform of every run, bit by bit, by what was simulated."""
    found = {}
    for record in result.records:
        assert record.status == "ok", record.message
        assert record.waveforms is not None
        point = tuple(sorted((key, str(value)) for key, value in record.run.point.items()))
        metrics = {name: (m.value.hex(), m.standard_error) for name, m in record.metrics.items()}
        signals = {name: values.tobytes() for name, values in record.waveforms.signals.items()}
        found[point] = metrics, record.waveforms.time.tobytes(), signals
    assert len(found) == len(result.records)
    return found


@pytest.fixture(scope="module")
def expected(tmp_path_factory: pytest.TempPathFactory) -> dict[object, object]:
    with Pool(workers=1) as pool:
        return digits(ran(tmp_path_factory.mktemp("first"), sweep(list(AXES)), pool))


@pytest.mark.parametrize("workers", [1, 2, 3, 4])
def test_workers_and_the_order_of_keys_change_no_bit(
    workers: int, expected: dict[object, object], tmp_path: Path
) -> None:
    """Before, 162 of 220 metrics of one scenario differed between one and two workers."""
    orders = list(itertools.permutations(AXES))[workers::6]
    with Pool(workers=workers) as pool:
        for order in orders:
            assert digits(ran(tmp_path, sweep(order), pool)) == expected


def test_one_run_of_a_sweep_has_the_digits_that_it_has_in_the_whole(
    expected: dict[object, object], pool: Pool, tmp_path: Path
) -> None:
    for place in (0, 7, 23):
        result = ran(tmp_path, sweep(list(AXES)), pool, chosen=[place])
        ((point, found),) = digits(result).items()
        assert found == expected[point]
        assert result.records[0].run.id == f"{place + 1:04d}"


def test_equal_simulations_are_run_once(tmp_path: Path) -> None:
    """A sweep over definitions measures one waveform in several ways."""
    text = HEAD + '[sweep]\n"protocol.definitions.amplitude" = ["raw", "baseline", "step"]\n'
    (tmp_path / "s.toml").write_text(text)
    runs = expand(load_scenario(str(tmp_path / "s.toml")))
    (block,) = Blocks(runs, "39")
    assert block.devices == 1
    assert sorted(block.places.tolist()) == [0, 1, 2]
    assert len(list(block.measurements())) == 3


def test_a_sweep_over_definitions_takes_each(pool: Pool, tmp_path: Path) -> None:
    text = HEAD + '[sweep]\n"protocol.definitions.amplitude" = ["raw", "baseline", "step"]\n'
    result = ran(tmp_path, text, pool)
    told = [one.metrics["postsynaptic_current_amplitude"] for one in result.records]
    assert len({one.definition for one in told}) == 3
    alone = ran(tmp_path, text.replace('["raw", "baseline", "step"]', '["step"]'), pool)
    only = alone.records[0].metrics["postsynaptic_current_amplitude"]
    assert (only.value, only.definition) == (told[2].value, told[2].definition)


def test_what_decides_the_numbers_decides_the_key(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(HEAD)
    run = expand(load_scenario(str(tmp_path / "s.toml")))[0]
    key = kind_key(run, "39", "card")
    assert kind_key(replace(run, id="0099", parameters={"r3": 3e7}), "39", "card") == key
    others = [
        kind_key(run, "46", "card"),
        kind_key(run, "39", "another card"),
        kind_key(replace(run, temperature=310.0), "39", "card"),
        kind_key(
            replace(run, device=replace(run.device, text=run.device.text + "* x\n")), "39", "card"
        ),
    ]
    changes = {"width": '"5.001 s"', "irradiance": '"1.1 mW/cm^2"', "interval": '"2.1 s"'}
    for name, value in changes.items():
        lines = [
            f"{name} = {value}" if line.startswith(name) else line for line in HEAD.split("\n")
        ]
        (tmp_path / "t.toml").write_text("\n".join(lines))
        others.append(kind_key(expand(load_scenario(str(tmp_path / "t.toml")))[0], "39", "card"))
    (tmp_path / "t.toml").write_text(HEAD.replace('"fast"', '"standard"'))
    others.append(kind_key(expand(load_scenario(str(tmp_path / "t.toml")))[0], "39", "card"))
    assert len({key, *others}) == 1 + len(others)


heads = st.lists(st.integers(0, 2**64 - 1), unique=True, max_size=300)


@given(heads, st.integers(1, 40))
def test_blocks_are_pieces_in_order(numbers: list[int], largest: int) -> None:
    keys = np.array(sorted(numbers), dtype=np.uint64)
    pieces = list(cut(keys, largest))
    assert [stop for _, stop in pieces[:-1]] == [first for first, _ in pieces[1:]]
    assert sum(stop - first for first, stop in pieces) == keys.size
    assert all(0 < stop - first <= largest for first, stop in pieces)


@given(heads.filter(bool), st.integers(1, 40), st.data())
def test_a_run_that_is_left_out_changes_its_own_surroundings_only(
    numbers: list[int], largest: int, data: st.DataObject
) -> None:
    """Of all other blocks nothing is computed anew."""
    keys = np.array(sorted(numbers), dtype=np.uint64)
    gone = data.draw(st.integers(0, keys.size - 1))
    before = [tuple(keys[a:b]) for a, b in cut(keys, largest)]
    after = {tuple(np.delete(keys, gone)[a:b]) for a, b in cut(np.delete(keys, gone), largest)}
    lost = [piece for piece in before if keys[gone] not in piece and piece not in after]
    # at most the neighbour with which what is left fits into one block
    assert sum(len(piece) for piece in lost) <= largest


def test_few_runs_make_small_blocks() -> None:
    sizes = [size_for(count) for count in (1, 32, 33, 128, 129, 1024, 1025, 10**6)]
    assert sizes == [4, 4, 8, 8, 32, 32, 64, 64]
