"""The numbers of the published RC circuit, from its equations alone."""

from __future__ import annotations

import numpy as np

R_SERIES, R_LEAK, CAPACITANCE = 12e6, 25e6, 200e-9  # Fig. 5c: R' + R'', R3, C
BIAS, PHOTOVOLTAGE = 1.0, 6.0
TAU = CAPACITANCE * R_SERIES * R_LEAK / (R_SERIES + R_LEAK)
DARK = BIAS / (R_SERIES + R_LEAK)
STEP = PHOTOVOLTAGE / R_SERIES  #: jump of the current when the light goes on
SETTLED = (BIAS + PHOTOVOLTAGE) / (R_SERIES + R_LEAK)


def after(seconds, start, end):
    """Relaxation from one current to another."""
    return end + (start - end) * np.exp(-seconds / TAU)


def peaks(width, interval, count):
    """Current at each onset, just after the (instant) edge."""
    current, found = DARK, []
    for _ in range(count):
        found.append(current + STEP)
        lit = after(width, current + STEP, SETTLED)
        current = after(interval, lit - STEP, DARK)
    return np.array(found)


PULSE = {
    "readout": "1 V",
    "irradiance": "1.22 mW/cm^2",
    "wavelength": "740 nm",
    "rise": "1 us",
    "fall": "1 us",
}
