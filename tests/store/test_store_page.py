"""What docs/store.md shows runs as it stands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from optospice.sweep.record import ScenarioResult

PAGE = (Path(__file__).parents[2] / "docs/store.md").read_text()


def test_the_python_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = re.findall(r"^```python\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)
    monkeypatch.chdir(tmp_path)
    results = []
    for _ in range(2):
        names: dict[str, object] = {}
        exec(code.replace("pbs/paired_pulse", "pbs/single_pulse"), names)
        result = names["result"]
        assert isinstance(result, ScenarioResult)
        results.append(result)
    assert [result.from_store for result in results] == [0, 1]
    first, second = (result.records[0].metrics for result in results)
    assert dict(first) == dict(second)


def test_the_numbers_of_the_page_are_those_of_the_code() -> None:
    from optospice.store import store
    from optospice.sweep import blocks, collecting, keeping

    assert f"no more than {blocks.LARGEST_BLOCK} keys" in " ".join(PAGE.split())
    sizes = {size for _, size in blocks._SMALLER_BLOCKS}
    assert sizes == {4, 8, 32}
    assert collecting.STORED_BYTES == 1_000_000_000
    assert "up to 1 GB for each command and 10 GB in all" in PAGE
    assert store.LARGEST == 10_000_000_000
    assert keeping.KEPT_WAVEFORMS == 200
    assert "those of up to 200 runs" in PAGE
