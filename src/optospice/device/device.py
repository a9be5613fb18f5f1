"""A device: a SPICE subcircuit with the card that says what SPICE cannot say.

Of a device that brings its own ``.lib`` the defaults live there; terminals, units, bounds and
the origin of every value live in the card (TOML) beside it, and both must agree. Of a device
of a family all values live in its parameter set, and the card is put together from both.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from optospice import netlist, units
from optospice.device.card import Card, Parameter, Terminal
from optospice.errors import InputError, close_matches, echo
from optospice.light import Beam, Colour, Illumination, SpectralResponse, Spectrum, said
from optospice.stimulus import Stimulus


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
    optical_values : mapping of str to float
        Defaults of the parameters that only a spectral response names, in the card's units.
    """

    name: str
    file: Path
    text: str
    subcircuit: netlist.Subcircuit
    card: Card
    family: str = ""
    set_file: Path | None = None
    optical_values: Mapping[str, float] = field(default_factory=dict)

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
        return {**self.subcircuit.parameters, **self.optical_values}

    def terminals(self, kind: str) -> list[Terminal]:
        """Terminals of one kind, in order."""
        return [terminal for terminal in self.card.terminals if terminal.kind == kind]

    @property
    def outputs(self) -> list[Terminal]:
        """Terminals that the device drives: observed voltages and emitted light, in order."""
        return [terminal for terminal in self.card.terminals if terminal.is_output]

    @property
    def light_inputs(self) -> list[Terminal]:
        """Optical terminals that take light, in order."""
        return [terminal for terminal in self.terminals("optical") if not terminal.is_output]

    @property
    def drive_terminal(self) -> Terminal:
        """The electrical terminal that a read-out bias is applied to."""
        return next(terminal for terminal in self.card.terminals if terminal.role == "drive")

    def optical_terminal(self, colour: Colour) -> Terminal:
        """Terminal that takes light of a colour.

        Parameters
        ----------
        colour : float or Spectrum
            Wavelength [m], or light of many.

        Raises
        ------
        InputError
            When the device takes no light, or not of this colour.
        """
        optical = self.light_inputs
        for terminal in optical:
            if _takes(terminal, colour):
                return terminal
        if not optical:
            raise InputError(f"device {self.name!r}: has no optical terminal")
        raise InputError(f"device {self.name!r}: {_refusal(optical, colour)}")

    def weight(self, terminal: str, colour: Colour, parameters: Mapping[str, float]) -> float:
        """How much light of a colour counts on a terminal, relative to its reference [1].

        Parameters
        ----------
        terminal : str
            Name of an optical terminal.
        colour : float or Spectrum
            Wavelength [m], or light of many.
        parameters : mapping of str to float
            Parameters that differ from the defaults, in the card's units.

        Raises
        ------
        InputError
            When its response does not cover the colour.
        """
        self.check_light(terminal, colour)
        response = self.response(terminal)
        if response is None:
            return 1.0
        try:
            return response.weight(colour, {**self.defaults, **parameters})
        except InputError as error:
            raise InputError(f"device {self.name!r}: {error}") from None

    def check_light(self, terminal: str, colour: Colour) -> None:
        """Refuse light of a colour that a terminal does not take.

        Raises
        ------
        InputError
            Naming the colour and what is accepted.
        """
        one = next(t for t in self.card.terminals if t.name == terminal)
        if one.kind != "optical" or one.is_output:
            raise InputError(f"terminal {terminal} of device {self.name!r}: takes no light")
        if not _takes(one, colour):
            raise InputError(f"device {self.name!r}: {_refusal([one], colour)}")

    def lit(
        self, stimuli: Mapping[str, Stimulus | Illumination], colour: Colour | None
    ) -> dict[str, Stimulus | Illumination]:
        """Give light without a colour of its own one, where a terminal has a spectral response.

        Parameters
        ----------
        stimuli : mapping of str to Signal, Samples or Illumination
            What each terminal sees.
        colour : float, Spectrum or None
            Wavelength [m], or light of many; None changes nothing.
        """
        found = dict(stimuli)
        for terminal in self.card.terminals:
            one = found.get(terminal.name)
            if colour is None or terminal.response is None or one is None:
                continue
            if not isinstance(one, Illumination):
                found[terminal.name] = Illumination((Beam(one, colour),))
        return found

    def with_lights(
        self, stimuli: Mapping[str, Stimulus | Illumination], beams: Iterable[Beam], on: str = ""
    ) -> dict[str, Stimulus | Illumination]:
        """Add lights, each on the terminal that takes its colour, to what terminals see.

        Parameters
        ----------
        stimuli : mapping of str to Signal, Samples or Illumination
            What each terminal sees without them.
        beams : iterable of Beam
            The lights.
        on : str
            Terminal on which they fall, where it is not for their colours to say.

        Raises
        ------
        InputError
            When no terminal takes a colour, or the one that is named does not.
        """
        found = dict(stimuli)
        for beam in beams:
            terminal = self._lit(on, beam) if on else self.optical_terminal(beam.colour)
            present = found.get(terminal.name)
            if isinstance(present, Illumination):
                found[terminal.name] = Illumination((*present.beams, beam))
            elif present is None:
                found[terminal.name] = Illumination((beam,))
            else:  # whose colour does not matter
                found[terminal.name] = Illumination((Beam(present, beam.colour), beam))
        return found

    def _lit(self, name: str, beam: Beam) -> Terminal:
        """Give a terminal by name, if it takes a light."""
        taking = {terminal.name: terminal for terminal in self.light_inputs}
        if name not in taking:
            raise InputError(
                f"device {self.name!r} has no optical terminal {name!r}; "
                + close_matches(name, taking)
            )
        self.check_light(name, beam.colour)
        return taking[name]

    def light_notes(self, terminal: str, colours: Iterable[Colour]) -> tuple[str, ...]:
        """Say what the response of a terminal assumes for colours, each in one sentence."""
        response = self.response(terminal)
        notes = (None if response is None else response.note(colour) for colour in colours)
        return tuple(dict.fromkeys(filter(None, notes)))

    def response(self, terminal: str) -> SpectralResponse | None:
        """Spectral response of a terminal; nothing where it knows no colour."""
        return next(t.response for t in self.card.terminals if t.name == terminal)

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


def _takes(terminal: Terminal, colour: Colour) -> bool:
    """Whether a terminal takes light of a colour."""
    if terminal.response is not None:
        return terminal.response.problem(colour) is None
    fixed = terminal.wavelength
    if isinstance(fixed, float) and not isinstance(colour, Spectrum):
        return abs(fixed - colour) < 5e-10
    return fixed == "any"


def _refusal(optical: Sequence[Terminal], colour: Colour) -> str:
    """Say that none of some terminals takes a colour, and what they take."""
    for terminal in optical:
        problem = None if terminal.response is None else terminal.response.problem(colour)
        if problem is not None:
            return problem
    accepted = ", ".join(f"{float(t.wavelength or 0) * 1e9:g} nm" for t in optical)
    what = said(colour) if isinstance(colour, Spectrum) else f"wavelength {said(colour)}"
    return f"{what} is not covered by its spectral responsivity; accepted: {accepted}"


def _bound(parameter: Parameter, index: int) -> str:
    bound = parameter.bounds[index]
    return bound if isinstance(bound, str) else f"{bound:g}"
