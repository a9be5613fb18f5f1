"""How exact a simulation has to be: three profiles by name.

The error of a waveform is its largest distance from the exact solution, in units of
its largest absolute value, at the solver's points and between them (interpolated as
`optospice.waveforms` does). Time steps follow from the solver's
own error estimate, never from a small fixed step. Its tolerance lies orders below the
bound, because the estimate watches charges: a current that is the difference of nearly
equal voltages is less exact than they are. The bounds are proved where these cancel to no
less than 1 %; beyond that choose the next profile.
"""

from __future__ import annotations

from dataclasses import dataclass

from optospice.errors import InputError, close_matches


@dataclass(frozen=True)
class Profile:
    """Solver settings that keep a bound on the error.

    Parameters
    ----------
    name : str
        Name in scenarios.
    bound : float
        Largest error as a fraction of the peak [1].
    relative_tolerance : float
        ngspice ``reltol`` [1].
    truncation_factor : float
        ngspice ``trtol``: how far the estimated truncation error may exceed the tolerance [1].
    """

    name: str
    bound: float
    relative_tolerance: float
    truncation_factor: float = 7.0

    @property
    def options(self) -> str:
        """The ``.options`` line.

        ``abstol`` is far below any current of interest (the default of 1 pA costs 0.2 %
        at 5 nA), ``vntol`` below any state in 0 … 1; both are free. Charges are exact to
        ``reltol`` down to ``chgtol``: 0.1 mV on a state's 1 nF.
        """
        return (
            f".options method=trap reltol={self.relative_tolerance:g} abstol=1e-18 vntol=1e-9 "
            f"chgtol=1e-13 trtol={self.truncation_factor:g} itl1=500 itl2=200 itl4=50"
        )


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("fast", 1e-2, 1e-6),
        Profile("standard", 1e-3, 2e-7),
        Profile("reference", 1e-4, 1e-8, 1.0),
    )
}


def find_profile(name: str) -> Profile:
    """Give a profile by name.

    Raises
    ------
    InputError
        When there is none of this name.
    """
    try:
        return PROFILES[name]
    except KeyError:
        raise InputError(
            f"accuracy profile {name!r}: there is no such profile; {close_matches(name, PROFILES)}"
        ) from None
