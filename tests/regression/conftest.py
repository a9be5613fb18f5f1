from __future__ import annotations

import pytest
from regression_project import Project, write_project


@pytest.fixture
def project(tmp_path, monkeypatch, capsys) -> Project:
    write_project(tmp_path)
    monkeypatch.chdir(tmp_path)
    return Project(tmp_path, capsys, monkeypatch)
