"""What a target claims: its number, its unit, its tolerance."""

from __future__ import annotations

from optospice import units
from optospice.errors import InputError
from optospice.scenario.schema import Target

#: What stands before the number of a bound.
BOUND_SIGNS = {"at_least": "≥ ", "at_most": "≤ "}


def si_of_claim(target: Target) -> str:
    """Give the SI unit of a claim about a metric that only its protocol knows."""
    _, written = units.split_unit(str(target.claimed))
    return units.si_unit(written)


def shape_text(target: Target) -> str:
    """Write the shape that a target claims: ``"increasing with width"``."""
    order = f" ({', '.join(map(str, target.order))})" if target.order else ""
    return f"{target.shape} with {str(target.over).rpartition('.')[2]}{order}"


def check_claim(target: Target, unit: str | None) -> None:
    """Refuse a claim or a tolerance that does not fit its metric.

    Parameters
    ----------
    target : Target
        The published claim.
    unit : str or None
        SI unit of its metric; None where only a run shows it.

    Raises
    ------
    InputError
        Naming key, value and what is accepted.
    """
    if target.claim == "shape":
        return
    try:
        claimed, written = read_claim(target, si_of_claim(target) if unit is None else unit)
    except units.UnitsError as error:
        raise InputError(f"{target.claim} = {target.claimed!r}: {error}") from None
    if target.tolerance is not None:
        allowed_error(target, claimed, written)


def read_claim(target: Target, unit: str) -> tuple[float, str]:
    """Give the number and the unit of a claim as written; it has to fit `unit`."""
    number, written = units.split_unit(str(target.claimed))
    units.parse(target.claimed, unit)
    return number, written


def excess(target: Target, simulated: float, claimed: float, unit: str) -> float:
    """Say by how much a number misses a claim.

    Parameters
    ----------
    target : Target
        The claim: a number with its tolerance, or a bound.
    simulated, claimed : float
        The number and what is claimed of it, in `unit`.
    unit : str
        Unit of the claim.

    Returns
    -------
    float
        At most 0 where the claim is met; nan where there is no number [`unit`].
    """
    if target.claim == "published":
        # rounding of the ends of the tolerance is no miss
        return abs(simulated - claimed) - allowed_error(target, claimed, unit) * (1 + 1e-12)
    return claimed - simulated if target.claim == "at_least" else simulated - claimed


def allowed_error(target: Target, claimed: float, unit: str) -> float:
    """Give the tolerance as an amount in the unit of the claim."""
    spelled = f"tolerance = {target.tolerance!r}"
    try:
        number, written = units.split_unit(str(target.tolerance))
    except units.UnitsError as error:
        raise InputError(f"{spelled}: {error}") from None
    if number < 0:
        raise InputError(f"{spelled}: must not be below 0")
    if written in ("point", "points"):
        if unit != "%":
            raise InputError(f"{spelled}: points are for values in %, not in {unit!r}")
        return number
    if written == "%":
        return abs(claimed) * number / 100
    try:
        return units.convert(number, written, unit)
    except units.UnitsError:
        raise InputError(
            f"{spelled}: does not fit a value in {unit!r}; accepted: per cent, points (of a value "
            "in %), or an amount in that unit"
        ) from None
