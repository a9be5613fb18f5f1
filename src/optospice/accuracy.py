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

import re
from dataclasses import dataclass, replace
from functools import lru_cache

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
    current_tolerance : float
        ngspice ``abstol`` [A].
    voltage_tolerance : float
        ngspice ``vntol`` [V].
    charge_tolerance : float
        ngspice ``chgtol`` [C]: 0.1 mV on a state's 1 nF.
    largest_step : float
        Largest time step as a fraction of the duration [1]. ngspice gives up below 1e-11 of
        it, so a shorter one lets it follow faster edges.
    eased : str
        What was eased for a circuit that does not converge otherwise; empty: nothing.
    """

    name: str
    bound: float
    relative_tolerance: float
    truncation_factor: float = 7.0
    current_tolerance: float = 1e-18
    voltage_tolerance: float = 1e-9
    charge_tolerance: float = 1e-13
    largest_step: float = 1.0
    eased: str = ""

    @property
    def options(self) -> str:
        """The ``.options`` line.

        ``abstol`` is far below any current of interest (the default of 1 pA costs 0.2 %
        at 5 nA), ``vntol`` below any state in 0 … 1; both are free. Charges are exact to
        ``reltol`` down to ``chgtol``.
        """
        return (
            f".options method=trap reltol={self.relative_tolerance:g} "
            f"abstol={self.current_tolerance:g} vntol={self.voltage_tolerance:g} "
            f"chgtol={self.charge_tolerance:g} trtol={self.truncation_factor:g} "
            "itl1=500 itl2=200 itl4=50"
        )

    def down_to(self, capacitance: float) -> Profile:
        """Give the same profile for a circuit with small capacitors.

        At ngspice's own ``chgtol`` a state of 1 V on 2 fF holds less charge than what counts
        as none, and its steps are as long as they like.

        Parameters
        ----------
        capacitance : float
            Smallest capacitance of the circuit [F], see `optospice.capacitances`.
        """
        charge = _SHARE_OF_A_VOLT * capacitance
        return self if charge >= self.charge_tolerance else replace(self, charge_tolerance=charge)

    def scaled(self, factor: float) -> Profile:
        """Give the same profile with another tolerance, to see how far its error moves.

        Parameters
        ----------
        factor : float
            Of the relative tolerance and of that of currents [1].
        """
        return replace(
            self,
            relative_tolerance=self.relative_tolerance * factor,
            current_tolerance=max(self.current_tolerance * factor, 1e-18),
        )

    def suited_to(self, netlist: str) -> Profile:
        """Give the profile to begin with for a circuit.

        Where junctions carry milliamperes, no sum of currents is known to 1e-18 A: some
        circuits then do not fail, they creep. Those with semiconductors begin with the first
        easing.

        Parameters
        ----------
        netlist : str
            The circuit's text.
        """
        return easings(self)[0] if _has_semiconductors(netlist) else self

    def kept_bound(self, peak_current: float) -> float:
        """Give the bound that is left for a current of some size.

        The error of trapezoidal steps goes with the tolerance to the power of 2/3, and
        ``abstol`` is a tolerance of its own beside ``reltol``: nothing at 1e-18 A, 1 % of
        1 nA at 1e-12 A.

        Parameters
        ----------
        peak_current : float
            Largest current of the waveform [A].

        Returns
        -------
        float
            Largest error as a fraction of the peak [1], 1 at most.
        """
        if not self.eased or peak_current <= 0:
            return self.bound
        share = float((self.current_tolerance / peak_current) ** (2 / 3))
        return min(max(self.bound, share), 1.0)


@lru_cache(maxsize=64)
def _has_semiconductors(netlist: str) -> bool:
    element = r"^[ \t]*[djmqz]\w*[ \t]+\S+[ \t]+\S+[ \t]+\S+"
    return re.search(element, netlist, re.IGNORECASE | re.MULTILINE) is not None


#: Charge that counts, as that of the smallest capacitor at 1 V [1].
_SHARE_OF_A_VOLT = 1e-4

PROFILES = {
    profile.name: profile
    for profile in (
        Profile("fast", 1e-2, 1e-6),
        Profile("standard", 1e-3, 2e-7),
        Profile("reference", 1e-4, 1e-8, 1.0),
    )
}

#: ``abstol`` [A], ``vntol`` [V] and largest step [1] in the order tried. With 1 A, or with 1 V on
#: 1 pF and steps of 1 ps, rounding alone moves currents by 1e-16 A: no Newton iteration agrees
#: with the last to 1e-18 A. The larger voltage is ngspice's own.
_EASED = (
    (1e-15, 1e-9, 1.0),
    (1e-12, 1e-9, 1.0),
    (1e-10, 1e-9, 1.0),
    (1e-12, 1e-9, 1e-3),  # late: what was no step is then a million tiny ones, now and then
    (1e-9, 1e-6, 1e-3),
)
#: Of the tolerance and of the bound, where no looser profile is left.
_LAST_TOLERANCE, _LAST_BOUND = 10.0, 5.0


@lru_cache(maxsize=64)
def easings(profile: Profile) -> tuple[Profile, ...]:
    """Give what is tried, in this order, when a circuit does not converge.

    Parameters
    ----------
    profile : Profile
        The profile that was asked for, nothing eased.

    Returns
    -------
    tuple of Profile
        Each says in `Profile.eased` what differs, and has the bound that is left for
        currents that ``abstol`` does not touch, see `Profile.kept_bound`.
    """
    steps = []
    for current, voltage, largest in _EASED:
        words = f"abstol {profile.current_tolerance:g} -> {current:g} A"
        if voltage != profile.voltage_tolerance:
            words += f", vntol {profile.voltage_tolerance:g} -> {voltage:g} V"
        if largest != profile.largest_step:
            words += f", largest step {largest:g} of the duration"
        steps.append(
            replace(
                profile,
                current_tolerance=current,
                voltage_tolerance=voltage,
                largest_step=largest,
                eased=words,
            )
        )
    looser = [other for other in PROFILES.values() if other.bound > profile.bound]
    last = min(looser, key=lambda other: other.bound) if looser else None
    tolerance = last.relative_tolerance if last else profile.relative_tolerance * _LAST_TOLERANCE
    words = f"reltol {profile.relative_tolerance:g} -> {tolerance:g}"
    if last and last.truncation_factor != profile.truncation_factor:
        words += f", trtol {profile.truncation_factor:g} -> {last.truncation_factor:g}"
    looser_steps = [
        replace(
            step,
            bound=last.bound if last else profile.bound * _LAST_BOUND,
            relative_tolerance=tolerance,
            truncation_factor=last.truncation_factor if last else profile.truncation_factor,
            eased=f"{step.eased}, {words}",
        )
        for step in steps[-2:]
    ]
    return (*steps, *looser_steps)


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
