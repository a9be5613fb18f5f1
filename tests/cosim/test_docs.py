"""The examples of `docs/closed_loop.md` run."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "closed_loop.md"


def test_the_examples_run():
    blocks = re.findall(r"```python\n(.*?)```", PAGE.read_text(), re.DOTALL)
    names: dict[str, object] = {}
    exec("from optospice.cosim import Level, When", names)
    for block in blocks:
        exec(block.replace("result.waveforms.plot()", ""), names)
    result = names["result"]
    assert result.samples["controller"].size > 50
    late = result.waveforms.at("v(out)", [0.05, 0.07, 0.09])
    assert ((late > 0.39) & (late < 0.61)).all()
