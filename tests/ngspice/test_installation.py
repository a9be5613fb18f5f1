"""Finding ngspice on this machine."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from optospice.errors import InputError
from optospice.ngspice.installation import VARIABLE, find_installation, program_version


@pytest.fixture
def system(monkeypatch):
    monkeypatch.delenv(VARIABLE, raising=False)
    return find_installation()


def test_the_systems_own(system):
    assert system.library.is_file()
    assert system.library.name.startswith("libngspice")
    assert (system.program is None) == (shutil.which("ngspice") is None)


def test_a_library_file_may_be_named(system, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(system.library))
    found = find_installation()
    assert found.library == system.library.resolve()
    if system.program is not None:
        assert found.program is not None
        assert found.program.samefile(system.program)


def test_a_prefix_may_be_named(system, monkeypatch, tmp_path):
    folder = tmp_path / "lib" / "x86_64-linux-gnu"
    folder.mkdir(parents=True)
    (folder / "libngspice.so.0").symlink_to(system.library)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "ngspice").write_text(
        "#!/bin/sh\necho '** ngspice-99 : Circuit simulator'\n"
    )
    (tmp_path / "bin" / "ngspice").chmod(0o755)
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    found = find_installation()
    assert found.library == system.library.resolve()
    assert found.program == tmp_path / "bin" / "ngspice"
    assert program_version(found.program) == "99"


@pytest.mark.parametrize("what", ["nowhere", "empty", "file.txt", "libngspice.txt/x"])
def test_a_choice_that_holds_no_library(monkeypatch, tmp_path, what):
    (tmp_path / "empty").mkdir()
    (tmp_path / "file.txt").write_text("")
    monkeypatch.setenv(VARIABLE, str(tmp_path / what))
    with pytest.raises(InputError, match=rf"{VARIABLE} = .*{what}.*holds no libngspice; accepted"):
        find_installation()


def test_the_version_is_what_the_program_says(system):
    if system.program is None:
        pytest.skip("the program ngspice is not installed")
    says = subprocess.run(
        [system.program, "--version"], capture_output=True, text=True, timeout=20, check=True
    ).stdout
    assert f"ngspice-{program_version(system.program)}" in says


def test_a_program_that_says_nothing(tmp_path):
    silent = tmp_path / "ngspice"
    silent.write_text("#!/bin/sh\n")
    silent.chmod(0o755)
    assert program_version(silent) == "unknown"
