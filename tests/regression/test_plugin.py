"""The pytest plugin, by a real pytest in a project of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src"


@pytest.fixture
def run_pytest(project):
    # the entry point is there in installed environments only: name the plugin in all of them
    own = {"PYTHONPATH": str(SOURCE), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}

    def run(*arguments: str) -> tuple[int, str]:
        ended = subprocess.run(
            [sys.executable, "-m", "pytest", "-p", "xdist", "-p", "optospice.pytest_plugin", "-p",
             "no:cacheprovider", "-W", "error", *arguments],
            cwd=project.folder, capture_output=True, text=True, timeout=120, check=False,
            env={**os.environ, **own},
        )  # fmt: skip
        return ended.returncode, ended.stdout + ended.stderr

    return run


def test_targets_goldens_and_checks_are_tests(project, run_pytest):
    project.regress("--update", "lab/pairs")
    code, told = run_pytest("scenarios", "netlists", "--collect-only", "-q")
    assert code == 0, told
    for line in (
        "scenarios/lab/pairs.toml::synapse-target-T1",
        "scenarios/lab/pairs.toml::synapse-metric-paired_pulse_index",
        "scenarios/lab/pairs.toml::synapse-waveform-0003",
        "netlists/devices/synapse.lib::check-zero_bias",
    ):
        assert line in told
    code, told = run_pytest("scenarios", "-k", "target or waveform", "-n", "2", "--dist",
                            "loadgroup")  # fmt: skip
    assert code == 0, told
    assert "3 passed" in told
    code, told = run_pytest("netlists/devices/synapse.lib", "-v")
    assert "check-terminals PASSED" in told
    assert "check-parameters PASSED" in told


def test_a_failure_is_one_clear_message(project, run_pytest):
    project.regress("--update", "lab/pairs")
    project.change('delay = "5 ms"', 'delay = "6 ms"')
    code, told = run_pytest("scenarios", "--tb=short")
    assert code == 1
    wanted = "lab/pairs on synapse: waveform 0001 moved: i(p): shifted by 1 ms"
    assert wanted in told
    assert "Traceback" not in told
    assert "pytest_plugin.py" not in told
    # both waveforms, and the setting that explains them
    assert "3 failed, 6 passed" in told


def test_without_a_golden_it_is_skipped(run_pytest):
    code, told = run_pytest("scenarios", "-rs")
    assert code == 0
    assert "2 passed, 1 skipped" in told
    assert "--update lab/pairs" in told


def test_a_broken_scenario_is_one_sentence(project, run_pytest):
    project.change('name = "paired_pulse"', 'name = "paired"\nname = "twice"')
    code, told = run_pytest("scenarios")
    assert code == 2
    assert "is not valid TOML" in told


def test_other_paths_are_left_alone(project, run_pytest):
    tests = project.folder / "tests"
    tests.mkdir()
    (tests / "test_it.py").write_text("def test_it():\n    pass\n")
    (tests / "data.toml").write_text('device = "x"\n')
    for arguments in (("tests",), ()):
        code, told = run_pytest(*arguments)
        assert code == 0, told
        assert "1 passed" in told
    (project.folder / "scenarios" / "settings.toml").write_text("colour = 1\n")
    assert "settings.toml" not in run_pytest("scenarios", "--collect-only", "-q")[1]


def test_it_costs_a_plain_run_nothing(run_pytest):
    code = (
        "import sys, optospice.pytest_plugin as _\n"
        "heavy = {'numpy', 'scipy', 'pydantic', 'optospice.regression', 'optospice.device'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(SOURCE)},
    )  # fmt: skip
    assert ended.stdout.strip() == "[]", ended.stdout
