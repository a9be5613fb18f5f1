"""docs/circuits.md does what it says: every example prints what stands below it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[1] / "docs" / "circuits.md").read_text()
EXAMPLES = re.findall(
    r"^## (.+?)$(?:(?!^## ).)*?^```python\n(.*?)^```\n\n```text\n(.*?)^```$",
    PAGE,
    re.MULTILINE | re.DOTALL,
)


def test_there_are_seven_examples():
    assert len(EXAMPLES) == PAGE.count("```python") == 7


@pytest.mark.parametrize(
    ("code", "printed"), [e[1:] for e in EXAMPLES], ids=[e[0] for e in EXAMPLES]
)
def test_an_example_prints_what_the_page_shows(tmp_path, code, printed):
    ended = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    number = re.compile(r"-?\d+\.\d+")
    assert number.sub("#", " ".join(ended.stdout.split())) == number.sub(
        "#", " ".join(printed.split())
    )
    for found, shown in zip(number.findall(ended.stdout), number.findall(printed), strict=True):
        # the profile's bound of 0.1 % for each of the two, and the last digit
        last_digit = 10.0 ** -len(shown.partition(".")[2])
        assert float(found) == pytest.approx(float(shown), rel=2e-3, abs=1.01 * last_digit)
