"""Characteristics of packaged devices at rest, and what their closed forms share."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

import optospice
from optospice.analysis import DCSweep, Sweep
from optospice.analysis.results import Curve
from optospice.device import find_device
from optospice.sources import number

#: Charge of an electron [C], h c/q [V nm], Boltzmann's constant over it [V/K]: CODATA 2018.
CHARGE, PHOTON, BOLTZMANN = 1.602176634e-19, 1239.841984, 8.617333262e-5
#: Thermal voltage at 27 degC [V].
THERMAL = BOLTZMANN * 300.15


def characteristic(
    name: str,
    swept: str,
    values: tuple[float, float, int],
    levels: Mapping[str, float] | None = None,
    parameters: Mapping[str, float] | None = None,
    signals: tuple[str, ...] = (),
    temperature: str | None = None,
) -> Curve:
    """Sweep one terminal of a device while sources hold the others.

    Parameters
    ----------
    name : str
        Device.
    swept : str
        Terminal.
    values : tuple of float, float and int
        First and last level and number of points [V; light 1 V = 1 mW/cm^2].
    levels : mapping of str to float
        Levels of other terminals; 0 for those that are not named.
    parameters : mapping of str to float
        Parameters that differ.
    signals : tuple of str
        ``i(x.TERMINAL)``, ``v(x.STATE)``, ``v(TERMINAL)``.
    temperature : str, optional
        ``"60 degC"``.
    """
    terminals = find_device(name).card.terminals
    given = levels or {}
    lines = [f"sweep of {name}", f".include {name}.lib"]
    lines += [
        f"v_{t.name} {t.name} 0 {number(given.get(t.name, 0.0))}"
        for t in terminals
        if not t.is_output
    ]
    spelled = " ".join(f"{key}={number(value)}" for key, value in (parameters or {}).items())
    lines.append(f"X {' '.join(t.name for t in terminals)} {name} {spelled}")
    return optospice.analyse_circuit(
        "\n".join(lines) + "\n",
        DCSweep(Sweep(f"v_{swept}", *values)),
        signals=list(signals),
        accuracy="reference",
        temperature=temperature,
    )


def ln_one_plus_exp(z: np.ndarray) -> np.ndarray:
    """ln(1 + exp(z)), without overflow."""
    return np.logaddexp(0.0, z)
