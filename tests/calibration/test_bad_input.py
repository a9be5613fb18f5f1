"""Everything that cannot be used is refused in one sentence, before anything is simulated."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from calibration.calibration_project import SCENARIO, write_scenario
from optospice.calibration.command import run
from optospice.calibration.measurement import read_mapping, read_measurement
from optospice.errors import InputError

GOOD = ("dark", "dark_current", "27 nA", "1 %")
CSV = "Time (s),Current (A)\n0.1,1e-9\n0.2,2e-9\n0.3,1e-9\n"
SHAPE = """
[sweep]
"protocol.width" = ["1 s", "2 s"]

[[targets]]
id = "order"
metric = "dark_current"
shape = "constant"
over = "protocol.width"
source = "a test"
"""
DRAWS = """
[monte_carlo]
runs = 2
parameters.r3.spread = "5 %"
"""


@pytest.mark.parametrize(
    ("free", "start", "message"),
    [
        (["r33"], [], r"--free 'r33': device 'pbs_rc' has no such parameter; did you mean 'r3'"),
        ([], [], "--free: is missing"),
        (["reading"], [], r"its start 0 is a bound .*--start reading=VALUE between 0 and 1"),
        (["r3"], ["r3=1 ohm"], "r3.*is out of bounds"),
        (["r3"], ["r3=1 kohm"], "is a bound of the card"),
        (["r3"], ["r3=5 s"], "--start 'r3=5 s': .*is not a resistance"),
        (["r3"], ["c=200 nF"], "--start 'c=200 nF': accepted: PARAM=VALUE of a free parameter"),
        (["r3"], ["r3"], "--start 'r3': accepted: PARAM=VALUE"),
    ],
)
def test_parameters(tmp_path: Path, free: list[str], start: list[str], message: str) -> None:
    file = write_scenario(tmp_path / "pulse.toml", GOOD)
    with pytest.raises(InputError, match=message) as caught:
        run([str(file)], free, start=start, out=tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("added", "message"),
    [
        ("", "no numeric target for device 'pbs_rc'"),
        (SHAPE, "no numeric target"),
        (DRAWS, "monte_carlo: random draws cannot be fitted"),
        ('[sweep]\ndevice = ["pbs_rc"]\n', "a fit is of one device"),
        ('[parameters]\nr3 = "20 Mohm"\n', "sets or sweeps this parameter"),
    ],
)
def test_scenarios(tmp_path: Path, added: str, message: str) -> None:
    file = tmp_path / "pulse.toml"
    targets = "" if "no numeric" in message else write_scenario(file, GOOD).read_text()
    file.write_text((targets or SCENARIO) + added)
    with pytest.raises(InputError, match=message):
        run([str(file)], ["r3"], out=tmp_path / "out")


def test_two_devices_need_one(tmp_path: Path) -> None:
    first = write_scenario(tmp_path / "a.toml", GOOD)
    second = tmp_path / "b.toml"
    second.write_text(first.read_text().replace("pbs_rc", "pbs_trap"))
    with pytest.raises(InputError, match=r"several devices: a .pbs_rc., b .pbs_trap."):
        run([str(first), str(second)], ["r3"], out=tmp_path / "out")


@pytest.mark.parametrize(
    ("text", "mapping", "message"),
    [
        (CSV, ["current=Amps"], "no such column; accepted: 'Time .s.', 'Current .A.'"),
        (CSV, ["time=7"], "there are the columns 1 to 2"),
        (CSV, ["current_unit=nV"], "current_unit = 'nV': .*is not a unit of a current"),
        (CSV, ["sgn=-1"], "did you mean 'sign'"),
        (CSV, ["sign=2"], "sign"),
        (CSV, ["scale=-1 nA"], "must be above 0 A"),
        (CSV, ["run=0009"], "has the runs 0001 to 0001"),
        (CSV, ["scenario=other"], "scenario = 'other'"),
        (CSV, ["start=1 s"], "lie outside the"),
        ("Time (s),Current (A)\n", [], "has no data rows"),
        ("", [], "has no data rows"),
        ("Time,Current\n0,nan\n1,nan\n", [], "has no data rows"),
        ("Time,Current\n0,1\n2,1\n1,1\n", [], "1 s follows 2 s"),
        ("Time,Current 1,Current 2\n0,1,2\n1,1,2\n", [], "the current column is not clear"),
        ("Volt,Current\n0,1\n1,1\n", [], "the time column is not found"),
    ],
)
def test_records(tmp_path: Path, text: str, mapping: list[str], message: str) -> None:
    file = write_scenario(tmp_path / "pulse.toml")
    record = tmp_path / "m.csv"
    record.write_text(text)
    with pytest.raises(InputError, match=message) as caught:
        run([str(file)], ["r3"], [record], mapping, out=tmp_path / "out")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["pbs_rc.toml", "parameters.toml"])
def test_nothing_is_written_over(tmp_path: Path, name: str) -> None:
    file = write_scenario(tmp_path / "pulse.toml", GOOD)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / name).write_text("mine")
    with pytest.raises(InputError, match="never writes over"):
        run([str(file)], ["r3"], out=tmp_path / "out")
    assert (tmp_path / "out" / name).read_text() == "mine"


@pytest.mark.parametrize(
    "text",
    [
        "Keithley\nSerial,7\n\nTime (ms),Status,Current (nA)\n0,OK,-1\n500,OK,-2\n1000,OK,-3\n",
        "Time (ms);Current (nA)\n0;-1,0\n500;-2,0\n1000;-3,0\n",
        "Time (ms)\tVoltage (V)\tCurrent (nA)\n0\t1\t-1\n500\t1\t-2\n1000\t1\t-3\n",
        '\ufeff"Time [ms]","Current [nA]"\r\n"0","-1"\r\n"500","-2"\r\n"1000","-3"\r\n',
        "Time/ms Current/nA\n0 -1\n500 -2\n1000 -3\n",
        "Time (ms),I (nA)\n0,-1\n500,-2\n700,9.91e37\n1000,-3\n",
    ],
)
def test_dialects(tmp_path: Path, text: str) -> None:
    file = tmp_path / "m.csv"
    file.write_bytes(text.encode())
    record = read_measurement(file, read_mapping(file, ["sign=-1"]))
    assert record.time.tolist() == pytest.approx([0, 0.5, 1])
    assert record.current.tolist() == pytest.approx([1e-9, 2e-9, 3e-9])


def test_columns_without_names_and_a_table_beside(tmp_path: Path) -> None:
    file = tmp_path / "m.csv"
    file.write_text("5 1\n6 2\n7 4\n")
    file.with_suffix(".toml").write_text(
        '[measurement]\ntime_unit = "ms"\ncurrent_unit = "uA"\nstart = "5 ms"\nscale = "10 nA"\n'
    )
    record = read_measurement(file, read_mapping(file))
    assert record.time.tolist() == pytest.approx([0, 1e-3, 2e-3])
    assert record.current.tolist() == pytest.approx([1e-6, 2e-6, 4e-6])
    assert record.scale == pytest.approx(1e-8)
    file.with_suffix(".toml").write_text('[measurement]\ntimeunit = "ms"\n')
    with pytest.raises(InputError, match="time_unit"):
        read_mapping(file)


@pytest.mark.parametrize(
    "quoted", ['time="Relative Time"', "time='Relative Time'", "time=Relative Time"]
)
def test_map_reads_quotes_as_set_does(tmp_path: Path, quoted: str) -> None:
    file = tmp_path / "record.csv"
    file.write_text("Time,Relative Time,Reading\n10:11,0.1,1e-9\n10:12,0.2,2e-9\n10:13,0.3,3e-9\n")
    mapping = read_mapping(file, [quoted, 'current_unit="nA"', 'sign="-1"'])
    assert (mapping.time, mapping.current_unit, mapping.sign) == ("Relative Time", "nA", -1)
    np.testing.assert_allclose(read_measurement(file, mapping).time, [0.1, 0.2, 0.3])
