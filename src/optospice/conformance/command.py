"""What ``optospice check`` does."""

from __future__ import annotations

import json
from collections.abc import Sequence

from optospice import units
from optospice.conformance.context import Drive
from optospice.conformance.finding import Finding
from optospice.conformance.report import document, lines, sound
from optospice.conformance.suite import check_device
from optospice.device import list_devices
from optospice.errors import InputError, close_matches
from optospice.ngspice.pool import Pool

#: Longest time of one run, and when no further run of a device begins [s].
_LONGEST_RUN, _BUDGET = 4.0, 14.0


def check_devices(
    names: Sequence[str],
    every: bool,
    voltage: str,
    irradiance: str,
    as_json: bool,
    workers: int = 0,
) -> tuple[str, bool]:
    """Run the suite on devices and give what is printed.

    Parameters
    ----------
    names : sequence of str
        Devices.
    every : bool
        Every device that is found, in place of names.
    voltage, irradiance : str
        How hard to drive them; an empty irradiance means each device's own.
    as_json : bool
        Whether to give one JSON document.
    workers : int
        Simulator processes; 0: one per processor.

    Returns
    -------
    text : str
        The report.
    is_sound : bool
        Whether there was nothing worse than a warning.

    Raises
    ------
    InputError
        For a device that does not exist, or a drive that is no such quantity.
    """
    known = list_devices()
    for name in names:
        if name not in known:
            raise InputError(f"check {name!r}: no such device; {close_matches(name, known)}")
    if bool(names) == every:
        raise InputError("check: accepted: names of devices, or --all")
    try:
        drive = Drive(
            units.parse(voltage, "V"), units.parse(irradiance, "W/m^2") if irradiance else None
        )
    except units.UnitsError as error:
        raise InputError(f"check: {error}") from None
    if not drive.voltage > 0 or (drive.irradiance is not None and drive.irradiance < 0):
        raise InputError("check: accepted: a voltage above 0 V and an irradiance not below 0")
    findings: dict[str, list[Finding]] = {}
    with Pool(workers=workers, timeout=_LONGEST_RUN, attempts=1) as pool:
        for name in known if every else dict.fromkeys(names):
            findings[name] = check_device(name, pool, drive, budget=_BUDGET)
    is_sound = all(sound(found) for found in findings.values())
    if as_json:
        return json.dumps(document(findings), indent=2), is_sound
    return "\n".join(
        line for name, found in findings.items() for line in lines(name, found)
    ), is_sound
