"""The definition that stands below a shape is that of all its runs."""

from __future__ import annotations

import pytest

from optospice.scenario.shape import joint_definition


@pytest.mark.parametrize(
    ("definitions", "expected"),
    [
        (["peak"], "peak"),
        (["A_n / A_1, n = 5", "A_n / A_1, n = 5"], "A_n / A_1, n = 5"),
        (["A_n / A_1, n = 2", "A_n / A_1, n = 40", "A_n / A_1, n = 10"],
         "A_n / A_1, n = 2 to 40"),
        (["from 0.5 s to 1e3 s", "from 0.5 s to 2e3 s"], "from 0.5 s to 1e3 to 2e3 s"),
        (["peak over 2 pulses", "mean over 3 pulses"], "peak over 2 pulses"),
    ],
)  # fmt: skip
def test_numbers_that_differ_are_a_range(definitions: list[str], expected: str) -> None:
    assert joint_definition(definitions) == expected
