"""The suite: every check in order, and how a device goes through it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator

from optospice.conformance import dynamics, operating, static
from optospice.conformance.context import Context, Drive, OutOfTimeError
from optospice.conformance.finding import Finding
from optospice.conformance.parameters import check_parameters
from optospice.conformance.photovoltage import check_photovoltage
from optospice.conformance.reference import Reference, check_reference, find_reference
from optospice.device import find_device
from optospice.errors import InputError
from optospice.ngspice.pool import Pool

Check = Callable[[Context], Iterator[Finding]]

_STATIC: tuple[Check, ...] = (static.check_terminals, static.check_shared, static.check_pitfalls)
_RUNS: dict[str, Check] = {
    "zero_bias": operating.check_zero_bias,
    "photovoltage": check_photovoltage,
    "dc, ac": operating.check_analyses,
    "transient": dynamics.check_transient,
    "equilibrium": dynamics.check_equilibrium,
    "states": dynamics.check_states,
    "tolerance": dynamics.check_tolerance,
    "passive": dynamics.check_passive,
    "instances": dynamics.check_instances,
    "plain_ngspice": dynamics.check_plain_ngspice,
    "parameters": check_parameters,
}
#: What the suite asks of a device, in words, by the name of the check.
CHECKS = {
    "card": "card and .lib agree",
    "terminals": "every terminal is used",
    "operating_point": "an operating point exists and is determined",
    "temperature": "it exists from -40 to 125 degC",
    "zero_bias": "no current without bias and light, unless built_in_voltage",
    "dc": "a DC sweep runs",
    "ac": "an AC analysis runs",
    "transient": "pulses of both signs run, within 1 us, 10 ms and 100 s",
    "equilibrium": "nothing moves under constant bias and light",
    "states": "states stay within their declared range, also under hard drive",
    "tolerance": "half the tolerance changes nothing beyond the accuracy profile",
    "passive": "what is declared passive absorbs energy over a cycle",
    "photovoltage": "no current flows against a bias above the energy of the photons that drive it",
    "instances": "a second instance does not disturb the first",
    "plain_ngspice": "the netlist gives the same under ngspice -b",
    "parameters": "every declared parameter changes some output",
    "reference": "it agrees with its independent reference, where it has one",
}


def check_device(
    name: str,
    pool: Pool,
    drive: Drive | None = None,
    reference: Reference | None = None,
    budget: float = math.inf,
) -> list[Finding]:
    """Run the conformance suite on one device.

    Parameters
    ----------
    name : str
        Device, as in ``./netlists/devices`` or packaged.
    pool : Pool
        Simulator processes.
    drive : Drive, optional
        How hard to drive it: ±1 V and its own reference irradiance by default.
    reference : callable, optional
        Independent reference; default: the installed one, if any.
    budget : float
        Time after which no further run begins [s]; a finding says what was not checked.

    Returns
    -------
    list of Finding
        Errors first; empty when there is nothing to say.

    Raises
    ------
    InputError
        When there is no such device.
    """
    try:
        device = find_device(name)
    except InputError as error:
        if "there is no such device" in str(error):
            raise
        return [Finding("card", "error", str(error), str(error).split(": ", 1)[0])]
    deadline = time.monotonic() + budget
    context = Context(device, pool, drive or Drive(), deadline=deadline)
    found = [finding for check in _STATIC for finding in check(context)]
    left_out: list[str] = []
    try:
        found += operating.check_operating_point(context)
    except OutOfTimeError:
        left_out.append("operating_point")
    if any("no operating point without bias" in finding.seen for finding in found):
        # every other run would say the same again
        return _ordered(found)
    for name, check in _RUNS.items():
        try:
            found += check(context)
        except OutOfTimeError:
            left_out.append(name)
    if not left_out:
        found += check_reference(context, reference or find_reference(device.name))
    else:
        found.append(
            context.finding(
                "budget",
                f"not checked to the end: {', '.join(left_out)}; the runs so far took {budget:g} s",
                severity="warning",
                cure="run the checks that matter by hand, or simplify what makes steps short",
            )
        )
    return _ordered(found)


def _ordered(found: list[Finding]) -> list[Finding]:
    return sorted(dict.fromkeys(found), key=lambda finding: finding.severity != "error")
