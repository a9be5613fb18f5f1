"""A device: a SPICE subcircuit with the card that says what SPICE cannot say.

Of a device that brings its own ``.lib`` the defaults live there; terminals, units, bounds and
the origin of every value live in the card (TOML) beside it, and both must agree. Of a device
of a family all values live in its parameter set, and the card is put together from both.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from optospice import netlist, units
from optospice.device.card import Card, Parameter, Terminal
from optospice.errors import InputError, close_matches, echo


@dataclass(frozen=True)
class Device:
    """A subcircuit with its card.

    Parameters
    ----------
    name : str
        Name of the device: of its files and of its ``.subckt``.
    file : Path
        The ``.lib``: its own or that of its family.
    text : str
        What ngspice reads: the library with its includes expanded, as the netlist guard
        wrote it.
    subcircuit : Subcircuit
        Terminals and defaults, in the unit that the card names.
    card : Card
        What the TOML beside it says, or family and parameter set together.
    family : str
        Name of the family; empty for a device with a ``.lib`` of its own.
    set_file : Path or None
        The parameter set, where it is one.
    """

    name: str
    file: Path
    text: str
    subcircuit: netlist.Subcircuit
    card: Card
    family: str = ""
    set_file: Path | None = None

    def __repr__(self) -> str:
        """Say in one line what it is: the netlist's text alone has thousands of characters."""
        terminals = " ".join(terminal.name for terminal in self.card.terminals)
        return f"<Device {self.name}: {self.card.title}; terminals {terminals}>"

    @property
    def card_file(self) -> Path:
        """The TOML file beside the ``.lib``, or the parameter set."""
        return self.set_file or self.file.with_suffix(".toml")

    @property
    def defaults(self) -> Mapping[str, float]:
        """Default of each parameter, in the unit that the card names."""
        return self.subcircuit.parameters

    def terminals(self, kind: str) -> list[Terminal]:
        """Terminals of one kind, in order."""
        return [terminal for terminal in self.card.terminals if terminal.kind == kind]

    @property
    def outputs(self) -> list[Terminal]:
        """Terminals that the device drives: observed voltages and emitted light, in order."""
        return [terminal for terminal in self.card.terminals if terminal.is_output]

    @property
    def drive_terminal(self) -> Terminal:
        """The electrical terminal that a read-out bias is applied to."""
        return next(terminal for terminal in self.card.terminals if terminal.role == "drive")

    def optical_terminal(self, wavelength: float) -> Terminal:
        """Terminal that takes light of a wavelength [m].

        Raises
        ------
        InputError
            When the device takes no light, or not of this colour.
        """
        optical = [terminal for terminal in self.terminals("optical") if not terminal.is_output]
        for terminal in optical:
            fixed = terminal.wavelength
            if fixed == "any" or (fixed is not None and abs(float(fixed) - wavelength) < 5e-10):
                return terminal
        if not optical:
            raise InputError(f"device {self.name!r}: has no optical terminal")
        accepted = ", ".join(f"{float(t.wavelength or 0) * 1e9:g} nm" for t in optical)
        raise InputError(
            f"device {self.name!r}: wavelength {wavelength * 1e9:g} nm is not covered by its "
            f"spectral responsivity; accepted: {accepted}"
        )

    def resolve(self, overrides: Mapping[str, object], where: str = "") -> dict[str, float]:
        """Give every parameter a value, within its bounds.

        Parameters
        ----------
        overrides : mapping
            Text with unit, or a number in the card's own unit.
        where : str
            File and key, for messages.

        Returns
        -------
        dict of str to float
            All parameters, in the card's units.

        Raises
        ------
        InputError
            For an unknown name, a wrong unit or a value out of bounds.
        """
        values = dict(self.defaults)
        prefix = f"{where}: " if where else f"device {self.name!r}: "
        for key, given in overrides.items():
            parameter = self.card.parameters.get(key)
            if parameter is None:
                raise InputError(
                    f"{prefix}parameters.{key}: device {self.name!r} has no such parameter; "
                    + close_matches(key, self.card.parameters)
                )
            try:
                number = (
                    float(given)
                    if isinstance(given, (int, float)) and not isinstance(given, bool)
                    else units.parse(given, parameter.unit)
                )
            except OverflowError:  # an integer of more than 308 digits
                number = math.inf
            except units.UnitsError as error:
                raise InputError(f"{prefix}parameters.{key}: {error}") from None
            low, high = parameter.limits
            if not low <= number <= high:
                raise InputError(
                    f"{prefix}parameters.{key} = {echo(given)} is out of bounds; accepted: "
                    f"{_bound(parameter, 0)} to {_bound(parameter, 1)}"
                )
            values[key] = number
        return values


def _bound(parameter: Parameter, index: int) -> str:
    bound = parameter.bounds[index]
    return bound if isinstance(bound, str) else f"{bound:g}"
