"""``optospice new``: what it writes runs at once, and nothing is overwritten."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from optospice.authoring.new import new_device, new_project, new_scenario
from optospice.conformance import check_device
from optospice.errors import InputError
from optospice.protocols import PROTOCOLS
from optospice.scenario.expand import expand
from optospice.scenario.load import load_scenario

ROOT = Path(__file__).parents[2]


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    new_project(Path("lab"))
    monkeypatch.chdir(tmp_path / "lab")
    return tmp_path / "lab"


def test_a_new_project_is_sound(project, pool):
    assert check_device("my_synapse", pool) == []
    assert expand(load_scenario("my_synapse/first", []))
    for file in (".github/workflows/devices.yml", ".gitlab-ci.yml"):
        text = (project / file).read_text()
        assert "apt-get install -y --no-install-recommends ngspice libngspice0" in text
        assert "optospice check my_synapse" in text
        assert "optospice regress" in text
        # an action is named by its commit, nothing of the template is left over
        assert "@" not in re.sub(r"uses: actions/[a-z-]+@[0-9a-f]{40} # v[0-9.]+\n", "", text)
    github = (project / ".github/workflows/devices.yml").read_text()
    assert github.count("uses:") == 3
    assert "\npermissions:\n  contents: read\n" in github


def test_its_own_test_passes(project):
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=project, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout


def test_a_second_device(project, pool):
    new_device("second")
    assert check_device("second", pool) == []
    assert expand(load_scenario("second/first", []))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_scenario_of_every_protocol(project, protocol):
    device = "graphene_pbs_hou2021" if protocol == "gate_transfer" else "my_synapse"
    new_scenario(f"lab/{protocol}", device, protocol)
    assert expand(load_scenario(f"lab/{protocol}", []))


def test_nothing_is_overwritten(project):
    before = {file: file.read_bytes() for file in project.rglob("*") if file.is_file()}
    new_scenario("pairs", "my_synapse", "paired_pulse")
    with pytest.raises(InputError, match="is not empty"):
        new_project(Path("."))
    with pytest.raises(InputError, match="there is one of this name"):
        new_device("my_synapse")
    with pytest.raises(InputError, match="there is one of this name"):
        new_device("pbs_rc")
    with pytest.raises(InputError, match=r"pairs\.toml: exists already"):
        new_scenario("pairs", "my_synapse", "single_pulse")
    (project / "tests" / "test_third.py").write_text("mine")
    with pytest.raises(InputError, match=r"test_third\.py: exists already; .* nothing was written"):
        new_device("third")
    assert not (project / "netlists" / "devices" / "third.lib").exists()
    assert all(file.read_bytes() == text for file, text in before.items())


@pytest.mark.parametrize("name", ["", "Upper", "a-b", "../a", "a b", "1a", "a.b", "a" * 65, "ä"])
def test_names_that_cannot_be(project, name):
    with pytest.raises(InputError, match="accepted: a small letter"):
        new_device(name)
    with pytest.raises(InputError, match="accepted: a small letter"):
        new_scenario(f"lab/{name}", "my_synapse", "single_pulse")


def test_a_scenario_of_what_is_not_there(project):
    with pytest.raises(InputError, match="did you mean 'my_synapse'"):
        new_scenario("a", "my_synapsis", "single_pulse")
    with pytest.raises(InputError, match="did you mean 'paired_pulse'"):
        new_scenario("a", "my_synapse", "paired_puls")


@pytest.mark.parametrize("workflow", [".github/workflows/devices.yml", ".gitlab-ci.yml"])
def test_the_workflow_says_what_requirements_lack(tmp_path, workflow):
    """No index has optospice yet: the project says where it comes from before CI can install it."""
    new_project(tmp_path / "bench")
    requirements = tmp_path / "bench" / "requirements.txt"
    lines = requirements.read_text().splitlines()
    assert "optospice" not in lines  # the bare name of a package that no index has
    assert any(line.startswith("#") and "FILL_IN" in line for line in lines)
    text = (tmp_path / "bench" / workflow).read_text()
    assert text.index("FILL_IN") < text.index("pip install")
    found = re.search(r"^( +)(if grep .*?\n\1fi)$", text, re.MULTILINE | re.DOTALL)
    assert found is not None

    def check() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-ec", found[2]],
            cwd=tmp_path / "bench",
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )

    told = check()
    assert told.returncode == 1
    assert "put the repository or a wheel of optospice in place of FILL_IN" in told.stdout
    filled = "optospice @ git+https://git.example.org/group/optospice@v0.1.0"
    requirements.write_text(requirements.read_text().replace("optospice @ FILL_IN", filled))
    assert check().returncode == 0
