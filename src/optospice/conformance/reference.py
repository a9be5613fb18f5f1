"""Independent references: what a device's author computed without SPICE.

A reference is a Python function ``reference(bench, times)``: the testbench says which
device, stimuli, parameters and temperature; the answer holds signals by name (``"i(p)"``
[A], states by their names) at the times asked for. It is passed to `check_device`, or
found under the device's name in the entry-point group ``optospice.references`` of an
installed package. Nothing that lies beside a netlist is ever executed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib.metadata import entry_points

import numpy as np

from optospice.conformance.context import WINDOWS, Context
from optospice.conformance.finding import Finding
from optospice.ngspice.worker import Failed
from optospice.stimulus import FloatArray
from optospice.testbench import Testbench

Reference = Callable[[Testbench, FloatArray], Mapping[str, FloatArray]]
GROUP = "optospice.references"


def find_reference(device: str) -> Reference | None:
    """Give the installed reference of a device, None when there is none."""
    for entry in entry_points(group=GROUP, name=device):
        loaded: Reference = entry.load()
        return loaded
    return None


def check_reference(context: Context, reference: Reference | None) -> Iterator[Finding]:
    """The device agrees with its independent reference within the accuracy profile."""
    if reference is None:
        return
    for duration in WINDOWS:
        waves = context.baseline(duration)
        if isinstance(waves, Failed):
            continue
        expected = reference(context.rich(duration), waves.time)
        for name, values in expected.items():
            peak = max(float(np.abs(values).max()), 1e-15)
            distance = float(np.abs(waves[name] - values).max()) / peak
            if distance > context.profile.bound:
                yield context.finding(
                    "reference",
                    f"{name} differs by {distance:.2%} of its peak from the independent reference "
                    f"within {duration:g} s",
                    cure="one of the two does not solve the published equations",
                )
                return
