"""Functions that the tests have run in worker processes."""

from __future__ import annotations

import os

from optospice.device import Device
from optospice.errors import InputError
from optospice.netlist.guard import check_library
from optospice.ngspice.session import Session
from optospice.sweep.task import Measured, Task, perform


def is_refused(_session: Session, device: Device) -> bool:
    """Whether the guard refuses a device's text."""
    try:
        check_library(device.text, str(device.file))
    except InputError:
        return True
    return False


def perform_or_die(session: Session, task: Task) -> list[Measured]:
    """Perform a task; one with a negative resistance takes its process along."""
    if any(run.parameters["r"] < 0 for run in task.runs):
        os._exit(1)
    return perform(session, task)
