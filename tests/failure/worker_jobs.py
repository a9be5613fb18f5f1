"""Functions that the tests have run in worker processes."""

from __future__ import annotations

import os
import signal

from optospice.device import Device
from optospice.errors import InputError
from optospice.netlist.guard import check_library
from optospice.ngspice.session import Session
from optospice.sweep.task import Outcome, Task, perform


def is_refused(_session: Session, device: Device) -> bool:
    """Whether the guard refuses a device's text."""
    try:
        check_library(device.text, str(device.file))
    except InputError:
        return True
    return False


def perform_or_die(session: Session, task: Task) -> Outcome:
    """Perform a task; one with a negative resistance takes its process along."""
    if any(parameters["r"] < 0 for parameters in task.parameter_sets()):
        os._exit(1)
    return perform(session, task)


def end_the_parent(_session: Session, item: str) -> str:
    """Give an item back; a guilty one kills the process that keeps this one."""
    if item == "guilty":
        os.kill(os.getppid(), signal.SIGKILL)
    return item
