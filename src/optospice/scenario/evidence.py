"""What a claim is evidence of: printed or ours, held out or used in a fit."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from optospice.device import Parameter
    from optospice.scenario.schema import Target

#: What a claim can be; see `Target`.
ClaimKind = Literal["printed", "digitised", "derived", "reading", "own"]


class Category(StrEnum):
    """The kinds of evidence that are counted apart, the strongest first."""

    HELD_OUT = "printed, held out"
    FITTED = "printed, used in the fit"
    READING = "bounds and readings"
    CONSISTENCY = "consistency checks"


@dataclass(frozen=True)
class Count:
    """How many claims of one category there are, and how many of them are met.

    Parameters
    ----------
    met, total : int
        Claims met, and all that could be decided [1].
    """

    met: int
    total: int

    def __str__(self) -> str:
        """Write ``"2 of 3"``."""
        return f"{self.met} of {self.total}"


def fitted_parameters(parameters: Mapping[str, Parameter]) -> tuple[str, ...]:
    """Give the names of the parameters of a card that were fitted."""
    return tuple(name for name, one in parameters.items() if one.origin == "fitted")


def used_in_fit(claim: str, parameters: Mapping[str, Parameter]) -> bool:
    """Say whether a claim was used to fit a device.

    Parameters
    ----------
    claim : str
        Id of the claim.
    parameters : mapping of str to Parameter
        Parameters of the device's card.

    Returns
    -------
    bool
        True where a parameter names it in `fitted_to`, and where a fitted parameter does not say
        what it was fitted to: what is not known to be held out is not called so.
    """
    fitted = [parameters[name] for name in fitted_parameters(parameters)]
    if any(not one.fitted_to for one in fitted):
        return True
    return any(claim in one.fitted_to for one in parameters.values())


def category_of(target: Target, parameters: Mapping[str, Parameter]) -> Category:
    """Say as what a claim is counted, held against one device.

    Parameters
    ----------
    target : Target
        The claim.
    parameters : mapping of str to Parameter
        Parameters of the device's card.
    """
    if target.kind == "reading":
        return Category.READING
    if target.kind in ("derived", "own"):
        return Category.CONSISTENCY
    return Category.FITTED if used_in_fit(target.id, parameters) else Category.HELD_OUT


def counted(judged: Iterable[tuple[Category, bool]]) -> dict[Category, Count]:
    """Count claims by what they are evidence of.

    Parameters
    ----------
    judged : iterable of Category and bool
        What each claim is, and whether it is met.

    Returns
    -------
    dict of Category to Count
        In the order of `Category`; what does not occur is left out.
    """
    pairs = list(judged)
    found = {}
    for category in Category:
        own = [met for one, met in pairs if one is category]
        if own:
            found[category] = Count(sum(own), len(own))
    return found


def counts_text(counts: Mapping[Category, Count]) -> str:
    """Write counts as ``"2 of 2 printed, used in the fit; 1 of 1 bounds and readings"``."""
    return "; ".join(f"{count} {category}" for category, count in counts.items())
