"""Functions that the tests have run in worker processes."""

from __future__ import annotations

from optospice.device import Device
from optospice.errors import InputError
from optospice.netlist.guard import check_library
from optospice.ngspice.session import Session


def is_refused(_session: Session, device: Device) -> bool:
    """Whether the guard refuses a device's text."""
    try:
        check_library(device.text, str(device.file))
    except InputError:
        return True
    return False
