"""A circuit that does not converge is tried again with tolerances eased in named steps."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

from optospice.accuracy import Profile, easings
from optospice.ngspice.judge import RunFailedError

Result = TypeVar("Result")

#: How long easier tolerances are tried, or twice as long as the first run took [s].
_PATIENCE = 5.0

_NOT_CONVERGED = re.compile(
    r"time ?step too small|no convergence|singular|iteration limit|gmin stepping failed"
    r"|source stepping failed",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Eased(Generic[Result]):
    """A result and the profile that it took.

    Parameters
    ----------
    result : Any
        What the run gave.
    profile : Profile
        Its `Profile.eased` is empty where nothing was eased.
    """

    result: Result
    profile: Profile

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the result should know."""
        if not self.profile.eased:
            return ()
        return (f"tolerances of {self.profile.name} eased: {self.profile.eased}",)


def eased(
    profile: Profile, run: Callable[[Profile], Result], begin: Profile | None = None
) -> Eased[Result]:
    """Run with a profile, and with its easings in turn while the run does not converge.

    Parameters
    ----------
    profile : Profile
        How exact, nothing eased.
    run : callable
        Takes a profile and gives the result.
    begin : Profile, optional
        The easing to begin with, see `Profile.suited_to`.

    Raises
    ------
    RunFailedError
        When the run fails for another reason, or still does not converge after the last
        step; the message then names what was tried.
    """
    steps = (profile, *easings(profile))
    steps = steps[steps.index(begin) if begin in steps else 0 :]
    first: RunFailedError | None = None
    begun, patience = time.monotonic(), _PATIENCE
    for step in steps:
        try:
            return Eased(run(step), step)
        except RunFailedError as error:
            if not does_not_converge(error):
                raise
            spent = time.monotonic() - begun
            if first is None:
                first, patience = error, max(_PATIENCE, 2 * spent)
            if spent > patience:
                steps = steps[: steps.index(step) + 1]
                break
    tried = [step.eased for step in steps if step.eased]
    if not tried:
        raise RunFailedError(str(first)) from None
    raise RunFailedError(
        f"{first}; tried as well with {len(tried)} easier tolerances, the last: {tried[-1]}"
    ) from None


def does_not_converge(error: RunFailedError) -> bool:
    """Whether a run failed for its tolerances, as far as ngspice's words say."""
    return _NOT_CONVERGED.search(str(error)) is not None
