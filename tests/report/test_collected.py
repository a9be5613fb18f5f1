"""What is known of the runs by columns is what every run says of itself."""

from __future__ import annotations

import numpy as np
import pytest

from optospice.report.collected import by_columns
from optospice.report.columns import run_columns
from optospice.scenario.expand import expand
from optospice.scenario.load import load_scenario
from optospice.store.block import MeasuredBlock
from optospice.sweep.record import ScenarioResult
from optospice.sweep.records import Records


@pytest.mark.parametrize(
    "name",
    [
        "mose2/device_variation",  # draws
        "pbs/arrhenius",  # draws over temperatures
        "pbs/paired_pulse",  # two devices
        "pbs/light_rate_map",  # a grid
        "infrared/two_colours",
        "closed_loop/write_verify",
        "circuits/rc_noise",
    ],
)
def test_columns_say_what_the_runs_say(name: str) -> None:
    loaded = load_scenario(name)
    runs = expand(loaded)
    records = Records(runs)
    failing = MeasuredBlock.failed("a reason", 0.5)
    records.put(np.array([len(runs) - 1]), failing)
    leaving = MeasuredBlock(np.ones(1, bool), {}, np.ones(1), outside={0: ("too hot",)})
    records.put(np.array([0]), leaving)
    fast = by_columns(records, runs)
    one_by_one = [records[place] for place in range(len(runs))]
    slow = run_columns(ScenarioResult(loaded, one_by_one, [], {}, "39", 0.0))
    for column in ("ids", "statuses", "messages", "outside", "seconds", "temperatures", "draws"):
        assert list(getattr(fast, column)) == list(getattr(slow, column)), column
    assert (fast.devices, fast.kept) == (slow.devices, slow.kept)
    assert fast.which.tolist() == slow.which.tolist()
    assert list(fast.swept) == list(slow.swept)
    assert all(list(fast.swept[key]) == list(slow.swept[key]) for key in slow.swept)
    assert list(fast.changed) == list(slow.changed)
    for key, values in slow.changed.items():
        np.testing.assert_array_equal(fast.changed[key], values)
