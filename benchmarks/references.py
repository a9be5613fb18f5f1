"""Exact solutions: closed forms, the memristor by an implicit ODE solver, the fewest points."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

import numpy as np

from optospice.stimulus import FloatArray, Stimulus


def rc_current(
    parameters: Mapping[str, float], readout: float, light: Stimulus, times: FloatArray
) -> FloatArray:
    """Current [A] of ``pbs_rc`` (reading = 0) under piecewise-linear light, exactly.

    C dV/dt = (u - V)/(R1 + R2) - V/R3 with a drive u that is linear between two corners.

    Parameters
    ----------
    parameters : mapping of str to float
        Parameters of the device, in the card's units.
    readout : float
        Bias [V].
    light : Stimulus
        Irradiance [W/m^2].
    times : ndarray
        Where to take the current [s].
    """
    series = parameters["r1"] + parameters["r2"]
    share = parameters["r3"] / (series + parameters["r3"])
    tau = parameters["c"] * series * share
    corners, levels = light.points
    if corners[0] > 0:
        corners, levels = np.append(0.0, corners), np.append(levels[0], levels)
    drive = readout + parameters["v_ac"] / parameters["irradiance_ref"] * levels / 10.0
    slopes = np.append(np.diff(drive) / np.diff(corners), 0.0)
    # what is left of the past at each corner: V - share (u - s tau)
    held = share * drive[0]
    left = np.empty_like(corners)
    for index, (level, slope) in enumerate(zip(drive, slopes, strict=True)):
        left[index] = held - share * (level - slope * tau)
        if index + 1 < corners.size:
            gap = corners[index + 1] - corners[index]
            held = share * (drive[index + 1] - slope * tau) + left[index] * math.exp(-gap / tau)
    place = np.clip(np.searchsorted(corners, times, side="right") - 1, 0, None)
    elapsed = times - corners[place]
    applied = drive[place] + slopes[place] * elapsed
    voltage = share * (applied - slopes[place] * tau) + left[place] * np.exp(-elapsed / tau)
    return np.asarray((applied - voltage) / series)


#: Constants of ``netlists/devices/trap_memristor.lib``.
TRAP_TIMES = (1e-3, 0.3, 100.0)
TRAP_CONDUCTANCES = (2e-9, 5e-9, 10e-9)
TRAP_RATES = (0.02, 0.02, 0.01)
LEAKAGE, SCALE, CAPTURE, SCREENING = 1e-9, 0.8, 0.5, 0.6


def memristor_current(voltage: Stimulus, moments: FloatArray) -> FloatArray:
    """Current [A] of ``trap_memristor`` by scipy's Radau at 1e-10, restarted at every corner.

    Parameters
    ----------
    voltage : Stimulus
        Voltage on the device [V].
    moments : ndarray
        Increasing times [s].
    """
    from scipy.integrate import solve_ivp

    taus, rates = np.array(TRAP_TIMES), np.array(TRAP_RATES)
    corner_times, corner_levels = voltage.points

    def slope(time: float, states: FloatArray) -> FloatArray:
        applied = np.interp(time, corner_times, corner_levels)
        capture = rates * math.exp((applied - SCREENING * states[2]) / CAPTURE)
        return np.asarray((capture * (1.0 - states) - states) / taus)

    corners = np.unique(np.concatenate([[0.0], corner_times, moments[-1:]]))
    corners = corners[corners <= moments[-1]]
    states = _at_rest(float(corner_levels[0]))
    inside = np.searchsorted(moments, corners)
    found = np.empty((3, moments.size))
    found[:, : inside[0]] = states[:, None]
    for index in range(corners.size - 1):
        here = moments[inside[index] : inside[index + 1]]
        solved = solve_ivp(
            slope,
            (corners[index], corners[index + 1]),
            states,
            method="Radau",
            t_eval=np.append(here, corners[index + 1]),
            rtol=1e-10,
            atol=1e-13,
        )
        found[:, inside[index] : inside[index + 1]] = solved.y[:, :-1]
        states = solved.y[:, -1]
    found[:, inside[-1] :] = states[:, None]
    applied = np.interp(moments, corner_times, corner_levels)
    conductance = LEAKAGE + np.array(TRAP_CONDUCTANCES) @ found
    return np.asarray(conductance * SCALE * np.sinh(applied / SCALE))


def _at_rest(voltage: float) -> FloatArray:
    states = np.zeros(3)
    for _ in range(200):
        capture = np.array(TRAP_RATES) * math.exp((voltage - SCREENING * states[2]) / CAPTURE)
        states = capture / (1.0 + capture)
    return states


def sinh_current(voltage: FloatArray) -> FloatArray:
    """Current [A] of ``sinh_element`` at voltages [V]."""
    return np.asarray(1e-9 * np.sinh(voltage / 0.3))


def fewest_points(
    current: Callable[[FloatArray], FloatArray], low: float, high: float, bound: float
) -> int:
    """Fewest points of two ramps, up and down, by a search over meshes in closed form.

    Parameters
    ----------
    current : callable
        Current [A] at voltages [V].
    low, high : float
        Where the ramps begin and turn [V].
    bound : float
        Largest error of a monotone cubic through the points as a fraction of the peak [1].
    """
    from scipy.interpolate import PchipInterpolator

    x = np.linspace(0, 1, 8001)
    y = current(low + (high - low) * x)
    first = np.gradient(y, x)
    second = np.gradient(first, x)
    third = np.gradient(second, x)
    steep = np.maximum(np.abs(first), 1e-3 * np.abs(first).max())
    needs = [np.abs(third) / 6 + second**2 / (4 * steep), np.abs(third), np.abs(second)]
    best = 10_000
    for need in needs:
        for power in (1 / 4, 1 / 3, 1 / 2):
            for least in (1e-3, 1e-2, 0.1):
                density = (need / need.max()) ** power + least
                counted = np.concatenate([[0], np.cumsum((density[1:] + density[:-1]) / 2)])
                counted /= counted[-1]
                for count in range(3, best):
                    mesh = np.interp(np.linspace(0, 1, count + 1), counted, x)
                    read = PchipInterpolator(mesh, np.interp(mesh, x, y))(x)
                    if np.abs(read - y).max() <= bound * np.abs(y).max():
                        best = count
                        break
    return 2 * best + 1


def percent_of_peak(found: FloatArray, exact: FloatArray) -> float:
    """Largest distance in per cent of the largest exact value."""
    return float(100.0 * np.abs(found - exact).max() / np.abs(exact).max())
