"""Tables and the JSON document say what the result holds, in the paper's units."""

from __future__ import annotations

import io
import json
import math
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from report_scenarios import PAIR, PULSE
from rich.console import Console, RenderableType

from optospice.report.tables import print_result, result_json, runs_table, targets_table
from optospice.sweep.record import ScenarioResult

Make = Callable[..., ScenarioResult]
RISING = [0.551, 0.601, 0.7, 0.8, 0.9, 0.95]


def printed(part: RenderableType, width: int = 100, colour: bool = False) -> str:
    stream = io.StringIO()
    Console(file=stream, width=width, _environ={"TERM": "xterm"}, force_terminal=colour).print(part)
    return stream.getvalue()


def test_published_tolerance_and_simulated_stand_in_the_unit_of_the_paper(hand_made: Make) -> None:
    text = printed(
        targets_table(hand_made(PULSE, "postsynaptic_current_amplitude", [5.27e-7], "A"))
    )
    assert "526.7 nA ± 0.1 %" in text
    assert "527.0 nA" in text
    assert "+0.057 %" in text
    assert "definition (1): as defined [here]" in text  # brackets are no markup


def test_an_error_stands_in_the_unit_of_its_tolerance(hand_made: Make) -> None:
    text = printed(targets_table(hand_made(PAIR, "paired_pulse_index", RISING[::-1])), 120)
    assert "± 1 point" in text
    assert "+40 points" in text


@pytest.mark.parametrize("width", [80, 100])
def test_no_line_of_the_targets_is_wider_than_the_terminal(hand_made: Make, width: int) -> None:
    result = hand_made(PAIR, "paired_pulse_index", RISING[::-1])
    lines = printed(targets_table(result), width).splitlines()
    assert max(map(len, lines)) <= width
    words = " ".join(lines).split()
    assert {"postsynaptic", "expected", "interval", "MISSED"} - set(words) <= {"postsynaptic"}


def test_verdicts_are_coloured_only_on_a_terminal(hand_made: Make) -> None:
    result = hand_made(PAIR, "paired_pulse_index", RISING[::-1])
    coloured = printed(targets_table(result), colour=True)
    assert "\x1b[33mmissed" in coloured  # yellow: known
    assert "\x1b[1;31mMISSED" in coloured
    assert "\x1b[" not in printed(targets_table(result))
    met = printed(targets_table(hand_made(PAIR, "paired_pulse_index", RISING)), colour=True)
    assert "\x1b[32mmet" in met


def test_changed_scenarios_say_that_the_expectation_does_not_hold(hand_made: Make) -> None:
    changed = hand_made(
        PULSE, "postsynaptic_current_amplitude", [5e-7], "A", settings=['protocol.width="3 s"']
    )
    assert "changed here: protocol.width" in " ".join(printed(targets_table(changed)).split())


def test_runs_show_swept_values_failures_and_missing_numbers(hand_made: Make) -> None:
    values = [math.nan, *RISING[1:]]
    result = hand_made(PAIR, "paired_pulse_index", values, failed=["0003"])
    text = printed(runs_table(result))
    rows = {line.split()[0]: line.split() for line in text.splitlines() if line[:2] == "00"}
    assert rows["0001"] == ["0001", "1", "ok", "–"]
    assert rows["0002"] == ["0002", "2", "ok", "60.10"]
    assert rows["0003"] == ["0003", "5", "failed", "–"]
    assert "(s)" in text
    assert "(%)" in text


def test_a_failure_stands_on_one_unfolded_line_of_its_own(hand_made: Make) -> None:
    result = hand_made(PAIR, "paired_pulse_index", RISING, failed=["0003", "0004", "0005", "0006"])
    reason = "ngspice: i(p) was clamped at 1e+87, timestep too small, trouble with node x " * 3
    records = [
        replace(record, message=reason) if record.status == "failed" else record
        for record in result.records
    ]
    stream = io.StringIO()
    failing = replace(result, records=records)
    print_result(Console(file=stream, width=40), failing, Path("results/example"))
    lines = stream.getvalue().splitlines()
    for run in ("0003", "0004", "0005"):
        assert f"run {run}: {reason}".rstrip() in [line.rstrip() for line in lines]
    assert "… and 1 more failed runs, in log.txt" in lines
    assert "to repeat one: optospice run example --run 0003" in lines


DRAWN = """
[monte_carlo]
runs = 6
[monte_carlo.parameters.r3]
spread = 0.1
"""


def test_a_part_of_the_draws_meets_nothing_and_says_how_many_there_are(hand_made: Make) -> None:
    peak = [5.267e-7] * 6
    whole = hand_made(PULSE + DRAWN, "postsynaptic_current_amplitude", peak, "A")
    assert whole.verdicts[0].word == ("met; 100 % of 6 draws meet it (95 % interval 61 to 100 %)")
    cut = hand_made(
        PULSE + DRAWN, "postsynaptic_current_amplitude", peak, "A", failed=["0002", "0005"]
    )
    (verdict,) = cut.verdicts
    assert (verdict.word, verdict.met) == ("open: from 4 of 6 runs", False)
    assert cut.unexpected == [verdict]
    records = [
        replace(record, status="not run") if record.status == "failed" else record
        for record in cut.records
    ]
    stream = io.StringIO()
    interrupted = replace(cut, records=records)
    print_result(Console(file=stream, width=120), interrupted, Path("results/example"))
    text = stream.getvalue()
    assert "open: from 4 of 6 runs" in text
    assert "; 1 open, as runs are missing" in text
    assert "claims met" not in text
    assert not re.search(r" met *$", text, re.MULTILINE)
    (target,) = result_json(interrupted)["targets"]
    assert (target["met"], target["runs"]) == (False, {"done": 4, "planned": 6})


@pytest.mark.parametrize(
    ("claim", "kind", "number"),
    [
        ('published = "526.7 nA"\ntolerance = "0.1 %"', "published", 526.7e-9),
        ('at_least = "0.5 uA"', "at_least", 0.5e-6),
        ('at_most = "600 nA"', "at_most", 600e-9),
    ],
)
def test_json_gives_claims_in_si_units(
    hand_made: Make, claim: str, kind: str, number: float
) -> None:
    text = PULSE.replace('published = "526.7 nA"\ntolerance = "0.1 %"', claim)
    result = hand_made(text, "postsynaptic_current_amplitude", [5.27e-7], "A")
    (target,) = result_json(result)["targets"]
    assert (target["claim"], target["unit"], target["met"]) == (kind, "A", True)
    assert target["published"] == pytest.approx(number)
    assert target["simulated"] == pytest.approx(5.27e-7)


def test_a_long_sweep_is_cut_and_says_so(hand_made: Make) -> None:
    text = printed(runs_table(hand_made(PAIR, "paired_pulse_index", RISING), limit=2))
    assert "0003" not in text
    assert "4 more runs" in text


def test_metrics_that_do_not_fit_are_named_and_those_asked_for_stay(simulated: Make) -> None:
    swept = PULSE + '[sweep]\n"protocol.width" = ["1 s", "2 s"]\n'
    result = simulated(swept)
    narrow = printed(runs_table(result, width=60), 80)
    assert "amplitude" in narrow
    assert "the same in all runs: dark current 27.03 nA" in narrow
    assert "also in runs.csv" in narrow
    wide = printed(runs_table(result, width=200), 200)
    assert "also in" not in wide


def test_a_single_run_is_shown_metric_by_metric(simulated: Make) -> None:
    text = printed(runs_table(simulated(PULSE)), 120)
    assert "27.03 nA" in text
    assert "peak current as measured" in text


def test_the_whole_print_ends_with_the_count_and_the_folder(hand_made: Make) -> None:
    stream = io.StringIO()
    result = hand_made(PAIR, "paired_pulse_index", RISING)
    print_result(Console(file=stream, width=100), result, Path("results/example"))
    *_, summary, folder = stream.getvalue().splitlines()
    assert summary.startswith("6 runs in 1.5 s; claims met: 2 of 2 printed, held out")
    assert folder == "results: results/example"


def test_json_is_valid_and_has_exactly_the_promised_keys(hand_made: Make) -> None:
    values = [math.nan, *RISING[1:]]
    result = hand_made(PAIR, "paired_pulse_index", values, failed=["0003"])
    document = json.loads(json.dumps(result_json(result), allow_nan=False))
    expected = ["scenario", "device", "ngspice", "from_store", "runs", "targets"]
    assert list(document) == expected
    assert document["device"] == "pbs_rc"
    first, second, third = document["runs"][:3]
    assert first["parameters"] == {"protocol.interval": "1 s"}
    assert first["metrics"]["paired_pulse_index"]["value"] is None
    assert first["metrics"]["paired_pulse_index"]["note"] == "nothing to see"
    index = second["metrics"]["paired_pulse_index"]
    assert index["unit"] == "1"
    assert index["value"] == pytest.approx(0.601)
    assert index["standard_error"] == pytest.approx(0.0601)
    assert "message" not in second
    assert third["message"] == "ngspice: timestep too small"
    assert third["metrics"] == {}
    expected = (
        "id metric where claim kind category published simulated unit error_percent "
        "tolerance_percent met expected_miss runs source"
    )
    assert list(document["targets"][0]) == expected.split()
    assert document["targets"][0]["simulated"] is None
    assert document["targets"][0]["published"] == pytest.approx(0.551)
    assert document["targets"][0]["unit"] == "1"


def test_json_names_changed_parameters_with_their_unit(hand_made: Make) -> None:
    result = hand_made(
        PULSE,
        "postsynaptic_current_amplitude",
        [5e-7],
        "A",
        settings=['parameters.r3="30 Mohm"', "parameters.reading=1"],
    )
    parameters = result_json(result)["runs"][0]["parameters"]
    assert parameters == {"parameters.r3": "30000000.0 ohm", "parameters.reading": 1.0}
