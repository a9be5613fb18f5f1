"""A short scenario cannot ask for more runs, time or waveforms than the parent can hold."""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from watchdog import refused, run_command, run_python

from optospice.metrics.column import MetricColumn
from optospice.metrics.value import MetricValue
from optospice.store.block import MeasuredBlock
from optospice.store.encoding import decoded
from optospice.sweep.keeping import KeptResults
from optospice.sweep.records import Records
from optospice.sweep.task import answer, bytes_of
from optospice.waveforms import Waveforms

HEAD = """
title = "a stranger's"
device = "pbs_rc"
timeout = "{timeout}"
[protocol]
name = "single_pulse"
readout = "80 mV"
wavelength = "740 nm"
irradiance = "1 mW/cm^2"
width = "1 s"
"""
AXIS = '[sweep."parameters.{name}"]\nstart = "1 Mohm"\nstop = "2 Mohm"\ncount = {count}\n'
DRAWS = '[monte_carlo]\nruns = {runs}\n[monte_carlo.parameters.r3]\nspread = "5 %"\n'


def scenario(*tables: str, timeout: str = "60 s") -> str:
    return HEAD.format(timeout=timeout) + "".join(tables)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (scenario(AXIS.format(name="r3", count=10_000_001)), "sweep.parameters.r3.count"),
        (
            scenario(AXIS.format(name="r3", count=10**6), AXIS.format(name="r1", count=10**6)),
            "1e+12 runs; accepted: up to 10,000,000",
        ),
        (scenario(DRAWS.format(runs=10_000_001)), "monte_carlo.runs"),
        (
            scenario(AXIS.format(name="r3", count=1001), DRAWS.format(runs=1000)),
            "1,001,000 runs; accepted: up to 1,000,000, or up to 10,000,000 with --yes",
        ),
        (
            scenario("[sweep]\n" + "".join(
                f'"protocol.a{n}" = [{", ".join("1" * 90)}]\n' for n in range(100)
            )),
            "runs; accepted: up to 10,000,000",
        ),
        (scenario(timeout="2 day"), "must be at most 86400 s"),
        (scenario(timeout="1e300 s"), "must be at most 86400 s"),
    ],
)  # fmt: skip
def test_more_than_can_be_run_is_refused(text: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(text)
    refused(run_command("run", "s.toml", folder=tmp_path), "s.toml", words)


def test_many_draws_stay_small(tmp_path: Path) -> None:
    (tmp_path / "s.toml").write_text(scenario(DRAWS.format(runs=20_000)))
    code = """
import resource
from optospice.scenario.load import load_scenario
from optospice.scenario.expand import expand
loaded = load_scenario("s.toml")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
runs = expand(loaded)
assert all(run.draw is not None for run in runs)
assert len(runs) == loaded.scenario.run_count == 20_000
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) * 1024 / len(runs))
"""
    ended = run_python(code, tmp_path)
    assert ended.status == 0, ended.text
    assert float(ended.out) < 1000  # bytes per run: a million stays below 1 GB


MILLIONS = {
    "axis": AXIS.format(name="r3", count=10**6),
    "draws": DRAWS.format(runs=10**6),
    "product": AXIS.format(name="r3", count=1000) + AXIS.format(name="r1", count=1000),
    "protocols": AXIS.format(name="r3", count=1000).replace("parameters.r3", "protocol.width")
    .replace("Mohm", "s") + DRAWS.format(runs=1000),
}  # fmt: skip


@pytest.mark.parametrize("name", MILLIONS)
def test_a_million_runs_begin_at_once(name: str, tmp_path: Path) -> None:
    """Until the first task is sent little memory is spent, and the last one can be made too."""
    (tmp_path / "s.toml").write_text(scenario(MILLIONS[name]))
    code = """
import resource
from optospice.scenario.load import load_scenario
from optospice.scenario.expand import expand
from optospice.sweep.local import run_scenario
class Pool:
    size, timeout, version, installation = 2, 1.0, "", None
    def start(self): pass
    def close(self): pass
    def map(self, function, items, chunk=1):
        assert 0 < len(items[0].matrix) <= 64
        assert 0 < len(items[len(items) - 1].matrix) <= 64
        raise KeyboardInterrupt
        yield
runs = expand(load_scenario("s.toml"))
assert len(runs) == 1_000_000
result = run_scenario(load_scenario("s.toml"), runs, Pool())
assert result.exit_code == 130 and len(result.records) == 1_000_000
used = resource.getrusage(resource.RUSAGE_SELF)
with open("/proc/self/status") as told:  # ru_maxrss begins with that of the process before
    peak = next(int(line.split()[1]) * 1024 for line in told if line.startswith("VmHWM"))
print(peak, used.ru_utime + used.ru_stime)
"""
    ended = run_python(code, tmp_path, seconds=200)
    assert ended.status == 0, ended.text
    memory, seconds = map(float, ended.out.split())
    assert memory < 500e6  # bytes
    assert seconds < 120  # of processor time: no run is made for each


@pytest.mark.parametrize(
    ("axis", "words"),
    [
        ('"parameters.r3" = { start = "1 Mohm", stop = "1e30 ohm", count = 1000000 }', "r3"),
        ('"parameters.r3" = ["30 Mohm", "31 Mohm", "1e30 ohm"]', "parameters.r3 = 1e30 ohm"),
        ('temperature = { start = "10 K", stop = "-1 K", count = 1000000 }', "above 0 K"),
        ('"protocol.width" = ["1 s", "2 s", "1 V"]', "width"),
        ('accuracy = ["fast", "exact"]', "exact"),
        ('"protocol.width" = { start = "1 s", stop = "2 s", count = 50001 }', "up to 50,000"),
    ],
)  # fmt: skip
def test_a_bad_value_at_the_end_of_an_axis_is_refused_at_once(
    axis: str, words: str, tmp_path: Path
) -> None:
    (tmp_path / "s.toml").write_text(scenario("[sweep]\n" + axis + "\n"))
    refused(run_command("run", "s.toml", folder=tmp_path), "s.toml", words)
    assert not (tmp_path / "results").exists()


def test_records_give_back_what_arrived() -> None:
    """Numbers lie in columns; what a record shows is what was put there."""
    runs = [SimpleNamespace(id=str(n)) for n in range(20)]
    records = Records(runs)
    metrics = {
        "a": MetricValue(0.1, "A", "peak"),
        "b": MetricValue(3, "1", "count", 0.5, "a note"),
        "c": MetricValue(float("inf"), "s", "", None, "none"),
    }
    columns = {name: MetricColumn.of([value]) for name, value in metrics.items()}
    measured = MeasuredBlock(np.array([True, False]), columns, np.array([0.3, 0.1]), {1: "why"})
    records.put(np.array([7, 8]), measured)
    records.keep(7, waveforms(5))
    assert dict(records[7].metrics) == metrics
    assert [type(m.value) for m in records[7].metrics.values()] == [float, int, float]
    assert (records[7].seconds, records[7].run) == (0.3, runs[7])
    assert records[7].waveforms is not None
    records.drop(7)
    assert records[7].waveforms is None
    assert (records[8].status, records[8].message) == ("failed", "why")
    assert not records[8].metrics
    assert records[-1].status == "not run"


def waveforms(points: int) -> Waveforms:
    return Waveforms(np.arange(float(points)), {"i(p)": np.zeros(points)})


@pytest.mark.parametrize("seed", range(20))
def test_the_waveforms_of_the_first_runs_that_fit_are_kept(seed: int) -> None:
    draw = random.Random(seed)
    points = [draw.randint(1, 100) for _ in range(30)]
    records = Records([SimpleNamespace(id=f"{n:04d}") for n in range(30)])
    largest = draw.randint(0, 16 * sum(points) + 100)
    kept = KeptResults(records, largest)
    for number in draw.sample(range(30), 30):
        kept.put(number, waveforms(points[number]))
        held = [r.waveforms for r in records if r.waveforms is not None]
        assert sum(map(bytes_of, held)) <= largest
    fits = [total <= largest for total in itertools.accumulate(16 * n for n in points)]
    assert [record.waveforms is not None for record in records] == fits


def test_a_worker_sends_back_no_more_than_asked_for() -> None:
    """Beyond so many bytes the waveforms of the first devices travel, and their metrics of all."""
    results = [waveforms(100) for _ in range(3)]
    for largest, whole in ((3 * 1600, 3), (3 * 1600 - 1, 2), (1600, 1), (1599, 0)):
        task = SimpleNamespace(keep_results=True, given=None, largest=largest)
        outcome = answer(task, [], results, {})
        assert outcome.is_whole == (whole == 3)
        back = decoded(outcome.results)
        assert [one is not None for one in back] == [place < whole for place in range(3)]
    nothing = SimpleNamespace(keep_results=False, given=None, largest=10**9)
    assert answer(nothing, [], results, {}).results is None


#: Scenarios and what makes them ask for too many pulses in one run, or for just as many as may be.
PULSES = {
    "potentiation_depression": ("mose2/endurance", 100_000, 100_000, "protocol.cycles"),
    "learning_forgetting": ("", 100_000, 10_000, "protocol.cycles"),
    "pulse_train": ("pbs/low_pass", 200_001, None, ""),
    "nociceptor": ("mose2/nociceptor", 200_001, None, ""),
}
TRAIN = (HEAD.replace("single_pulse", "learning_forgetting").format(timeout="60 s")
         + 'interval = "1 s"\npause = "1000 s"\ncount = 2\n')  # fmt: skip


@pytest.mark.parametrize("name", PULSES)
def test_no_run_asks_for_more_pulses_than_fit(name: str, tmp_path: Path) -> None:
    """1e10 pulses were built one by one in the parent."""
    scenario_name, count, cycles, key = PULSES[name]
    (tmp_path / "s.toml").write_text(TRAIN)
    settings = ["--set", f"protocol.count={count}"]
    if cycles is not None:
        settings += ["--set", f"{key}={cycles}"]
    ended = run_command("run", scenario_name or "s.toml", *settings, folder=tmp_path)
    refused(ended, "protocol")
    assert "200" in ended.err


def test_a_run_of_many_corners_is_refused(tmp_path: Path) -> None:
    points = ", ".join(f'"{n % 2} V"' for n in range(1001))
    settings = ["--set", f"protocol.turning_points=[{points}]", "--set", "protocol.repeats=100000"]
    ended = run_command("run", "mose2/hysteresis", *settings, folder=tmp_path)
    refused(ended, "corners: 100100000 in a run; accepted: up to 200,000")


def test_as_many_pulses_as_may_be_are_built_in_time(tmp_path: Path) -> None:
    code = """
from optospice.scenario.expand import expand
from optospice.scenario.load import load_scenario
settings = ["protocol.count=10", "protocol.depression_count=10", "protocol.cycles=10000"]
runs = expand(load_scenario("mose2/endurance", settings))
print(len(runs[0].testbench().netlist()))
"""
    ended = run_python(code, tmp_path)
    assert ended.status == 0, ended.text[-2000:]
    assert int(ended.out) > 10_000_000
