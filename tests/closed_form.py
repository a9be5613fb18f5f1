"""Exact solutions that the tests hold the simulator against."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from optospice.stimulus import FloatArray, Stimulus


def rc_current(
    parameters: Mapping[str, float],
    read_out: float,
    light: Stimulus,
    times: FloatArray,
) -> FloatArray:
    """Current [A] of the `pbs_rc` circuit for piecewise-linear light [W/m^2], exactly.

    Between two corners the drive is u(t) = u0 + s t, and
    V_C(t) = k (u0 + s (t - tau)) + (V_C0 - k (u0 - s tau)) exp(-t/tau)
    with k = r3/(r1 + r2 + r3) and tau = c r3 (r1 + r2)/(r1 + r2 + r3).
    """
    series = parameters["r1"] + parameters["r2"]
    total = series + parameters["r3"]
    gain = parameters["r3"] / total
    tau = parameters["c"] * parameters["r3"] * series / total
    per_irradiance = (parameters["v_ac"] - parameters["reading"] * read_out) / (
        10 * parameters["irradiance_ref"]
    )
    corner_times, levels = light.points
    corner_times = np.append(corner_times, max(times.max(), corner_times[-1]) + 1.0)
    drives = read_out + per_irradiance * np.append(levels, levels[-1])
    current = np.empty_like(times)
    charge = gain * drives[0]
    for index in range(corner_times.size - 1):
        start, stop = corner_times[index], corner_times[index + 1]
        slope = (drives[index + 1] - drives[index]) / (stop - start)

        def voltage(elapsed, base=drives[index], slope=slope, first=charge):
            forced = gain * (base + slope * (elapsed - tau))
            return forced + (first - gain * (base - slope * tau)) * np.exp(-elapsed / tau)

        inside = (times >= start) & (times <= stop)
        elapsed = times[inside] - start
        current[inside] = (drives[index] + slope * elapsed - voltage(elapsed)) / series
        charge = voltage(stop - start)
    return current
