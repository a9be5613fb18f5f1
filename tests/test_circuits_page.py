"""docs/circuits.md and docs/light.md: every example prints what stands below it."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[1] / "docs"
PAGES = {name: (DOCS / f"{name}.md").read_text(encoding="utf-8") for name in ("circuits", "light")}
EXAMPLES = [
    (name, *example)
    for name, page in PAGES.items()
    for example in re.findall(
        r"^## (.+?)$(?:(?!^## ).)*?^```python\n(.*?)^```\n\n```text\n(.*?)^```$",
        page,
        re.MULTILINE | re.DOTALL,
    )
]


@pytest.mark.parametrize(("name", "count"), [("circuits", 9), ("light", 3)])
def test_every_python_block_is_an_example(name, count):
    assert len([one for one in EXAMPLES if one[0] == name]) == count
    assert PAGES[name].count("```python") == count


@pytest.mark.parametrize(
    ("code", "printed"), [e[2:] for e in EXAMPLES], ids=[f"{e[0]}: {e[1]}" for e in EXAMPLES]
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
