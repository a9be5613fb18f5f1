"""The sign of life of a long sweep: how many, how fast, how many failed, how long yet."""

from __future__ import annotations

import io

import pytest

from optospice.report import progress
from optospice.report.progress import Progress, progress_line


@pytest.mark.parametrize(
    ("done", "failed", "rate", "expected"),
    [
        (500, 0, 50.0, "sweep: 500 of 2000 runs, 50 runs/s, 30 s left"),
        (500, 3, 0.5, "sweep: 500 of 2000 runs, 0.5 runs/s, 3 failed, 50 min 00 s left"),
        (1, 1, 0.2, "sweep: 1 of 2000 runs, 0.2 runs/s, 1 failed, 2 h 46 min left"),
        (1000, 0, 10.0, "sweep: 1000 of 2000 runs, 10 runs/s, 1 min 40 s left"),
        (2, 1, None, "sweep: 2 of 2000 runs, 1 failed"),
    ],
)
def test_the_line(done: int, failed: int, rate: float | None, expected: str) -> None:
    assert progress_line("sweep", done, 2000, failed, rate) == expected


def test_a_pipe_gets_whole_lines_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    # loading takes 10 s, then two runs come at once and one more each half second
    clock = iter([0.0, 10.0, 10.001, *(10.5 + 0.5 * number for number in range(38))])
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(clock))
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    with Progress("sweep", 40, after=2.0) as shown:
        for number in range(40):
            shown.advance(1, int(number == 1))
    lines = stream.getvalue().splitlines()
    assert lines[0] == "sweep: 1 of 40 runs"  # nothing is known of the rate yet
    assert lines[1] == "sweep: 12 of 40 runs, 2 runs/s, 1 failed, 14 s left"
    assert len(lines) == 4
