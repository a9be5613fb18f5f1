"""The small project, and its device's claims."""

from __future__ import annotations

from pathlib import Path

import pytest

from evidence.evidence_project import write_project
from optospice.calibration.scores import prepared
from optospice.device import Device
from optospice.evidence.claims import Experiment


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder with the device and its claims."""
    monkeypatch.chdir(tmp_path)
    write_project(tmp_path)
    return tmp_path


@pytest.fixture
def tiny(project: Path) -> tuple[Device, list[Experiment]]:
    """The device and what is claimed of it."""
    return prepared("tiny")
