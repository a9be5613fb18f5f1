"""Every packaged device passes the suite."""

from __future__ import annotations

import pytest

from optospice.conformance import check_device
from optospice.device import list_devices


@pytest.mark.parametrize("name", list_devices())
def test_a_packaged_device(pool, name):
    errors = [finding for finding in check_device(name, pool) if finding.severity == "error"]
    assert not errors
