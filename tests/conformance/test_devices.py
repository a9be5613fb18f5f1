"""Every packaged device passes the suite."""

from __future__ import annotations

import pytest

from optospice.conformance import check_device
from optospice.device import list_devices
from probe_device import write_device

#: Time for one device [s]: those of many parameters are checked as far as it goes.
BUDGET = 20.0


@pytest.mark.parametrize("name", list_devices())
def test_a_packaged_device(pool, name):
    findings = check_device(name, pool, budget=BUDGET)
    assert not [finding for finding in findings if finding.severity == "error"]


def test_a_device_without_memory_is_sound(pool, tmp_path, monkeypatch):
    """Nothing in it holds the solver's steps, neither here nor under plain ngspice."""
    library = """* sinh
.subckt sinh_element p n
B1 p n I=1e-9*sinh(min(max(V(p,n)/0.3,-80),80))
.ends
"""
    card = """
title = "sinh"
terminals = [
  { name = "p", kind = "electrical", role = "drive" },
  { name = "n", kind = "electrical", role = "ground" },
]
"""
    monkeypatch.chdir(tmp_path)
    write_device(tmp_path, "sinh_element", library, card)
    findings = check_device("sinh_element", pool)
    assert not [finding for finding in findings if finding.severity == "error"]
