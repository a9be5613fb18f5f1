"""Other values of a device's parameters: random ones, and one parameter at a time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from optospice import units
from optospice.device import Device
from optospice.errors import InputError
from optospice.scenario.draws import uniform_deviates
from optospice.scenario.evidence import fitted_parameters

#: Largest factor and number of draws that are accepted [1].
LARGEST_FACTOR = 1e6
MOST_DRAWS = 100_000
#: Relative changes of the fragility [1].
STEPS = (-0.01, 0.01, -0.1, 0.1)


@dataclass(frozen=True)
class Shift:
    """A parameter changed by a share of itself.

    Parameters
    ----------
    name : str
        Which parameter.
    step : float
        Relative change [1].
    value : float
        New value, in the card's unit.
    """

    name: str
    step: float
    value: float


def check_draws(draws: int, factor: float) -> None:
    """Refuse a number of draws or a factor without meaning.

    Raises
    ------
    InputError
        Naming the option and what is accepted.
    """
    if not 1 <= draws <= MOST_DRAWS:
        raise InputError(f"--draws {draws}: accepted: 1 to {MOST_DRAWS}")
    if not 1 < factor <= LARGEST_FACTOR:
        raise InputError(
            f"--factor {factor:g}: accepted: above 1 to {LARGEST_FACTOR:g}; parameters are drawn "
            "between their values divided by it and multiplied by it"
        )


def random_sets(device: Device, factor: float, draws: int, seed: int) -> list[dict[str, float]]:
    """Draw parameter sets: every fitted parameter times a log-uniform factor of its own.

    A draw outside the card's bounds counts as drawn again: what is drawn is log-uniform over the
    part of value/factor ... value*factor that lies within the bounds; nothing is clipped to them.
    A parameter that is zero stays zero. Draw n depends on the seed, n and the parameter's name
    alone (Philox), as in a Monte Carlo block.

    Parameters
    ----------
    device : Device
        Whose parameters.
    factor : float
        Largest factor to both sides [1].
    draws : int
        Number of sets [1].
    seed : int
        Seed [1].

    Returns
    -------
    list of dict of str to float
        Fitted parameters by name, in the card's units.
    """
    columns = {}
    for name in fitted_parameters(device.card.parameters):
        value, card = device.defaults[name], device.card.parameters[name]
        shares = uniform_deviates(seed, name, "null", np.arange(draws))
        if value == 0:
            columns[name] = np.zeros(draws)
            continue
        size, sign = abs(value), math.copysign(1.0, value)
        ends = sorted(sign * end for end in card.limits)
        low, high = max(size / factor, ends[0]), min(size * factor, ends[1])
        columns[name] = sign * low * (high / low) ** shares
    rows = np.column_stack([*columns.values()]) if columns else np.empty((draws, 0))
    return [dict(zip(columns, row, strict=True)) for row in rows.tolist()]


def shifts(
    device: Device, steps: Sequence[float] = STEPS, only_fitted: bool = False
) -> list[Shift]:
    """Give every parameter changed by each step, those within the card's bounds.

    Of a temperature in degrees Celsius the share is one of the kelvins. A parameter that is zero
    has no share of itself.
    """
    found = []
    for name, card in device.card.parameters.items():
        value, si = device.defaults[name], units.si_unit(card.unit)
        absolute = units.convert(value, card.unit, si)
        if absolute == 0 or (only_fitted and card.origin != "fitted"):
            continue
        for step in steps:
            moved = units.convert(absolute * (1 + step), si, card.unit)
            if card.limits[0] <= moved <= card.limits[1]:
                found.append(Shift(name, step, moved))
    return found
