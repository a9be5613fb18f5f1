"""A measured record is bounded before anything is made of its lines."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from optospice.calibration.columns import read_columns
from optospice.errors import InputError


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("t,i\n" + "1,2\n" * 2_000_000, "2000001 lines; accepted: up to 2000000"),
        ("\n" * 50_000_000, "50000000 lines; accepted: up to 2000000"),
        ("\r\n" * 2_000_001, "2000001 lines; accepted: up to 2000000"),
        (("1," * 1000 + "1\n") * 2, "too many columns; accepted: up to 1000"),
        ("t," + "i" * 201 + "\n0,1\n1,2\n", "201 characters; accepted: up to 200"),
    ],
    ids=["rows", "empty_lines", "line_ends", "columns", "name"],
)
def test_a_record_beyond_its_limits_is_refused(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "r.csv").write_bytes(text.encode())
    with pytest.raises(InputError, match=words):
        read_columns(tmp_path / "r.csv")


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_record_at_its_limits_is_read(end: str, tmp_path: Path) -> None:
    names = [f"{number:0200d}x"[-200:] for number in range(1000)]
    rows = [",".join(names), *(",".join(["1", "2"] * 500) for _ in range(2))]
    (tmp_path / "r.csv").write_bytes((end.join(rows) + end * 1_999_998).encode())
    found, numbers = read_columns(tmp_path / "r.csv")
    assert found == names
    assert numbers.shape == (2, 1000)


def test_a_record_is_a_regular_file_of_up_to_400_megabytes(tmp_path: Path) -> None:
    file = tmp_path / "r.csv"
    file.touch()
    os.truncate(file, 400_000_001)
    with pytest.raises(InputError, match="400000001 bytes; accepted: up to 400000000"):
        read_columns(file)
    (tmp_path / "pipe.csv").symlink_to("/dev/zero")
    with pytest.raises(InputError, match="accepted: a regular file"):
        read_columns(tmp_path / "pipe.csv")
