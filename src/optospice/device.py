"""A device: a SPICE subcircuit with the card that says what SPICE cannot say.

Defaults live in the ``.lib``; terminals, units, bounds and the origin of every value
live in the card (TOML) beside it. Both must agree.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator

from optospice import netlist, units
from optospice.errors import InputError, close_matches, echo
from optospice.library import is_file, lies_in, netlist_folders
from optospice.netlist import guard
from optospice.reading import read_text
from optospice.toml_text import TomlError, parse_toml
from optospice.validation import StrictModel, first_problem

Origin = Literal["published", "fitted", "assumed"]
#: Unit in which an optical terminal of a subcircuit is driven: 1 V = 1 mW/cm^2.
IRRADIANCE_UNIT = "mW/cm^2"
#: Longest name of a device [1].
LONGEST_NAME = 100
#: A name that goes into netlists and commands as it stands.
SpiceName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.#]*$", max_length=100)]


class Terminal(StrictModel):
    """One terminal of a subcircuit.

    Parameters
    ----------
    name : str
        Node name in the ``.subckt`` line.
    kind : {"electrical", "optical"}
        Voltage [V], or irradiance with 1 V = 1 mW/cm^2.
    role : {"drive", "ground"}
        For electrical terminals: what the testbench does when nothing else is said.
    wavelength : str
        For optical terminals: the wavelength it takes (``"740 nm"``) or ``"any"``.
    description : str
        Meaning in words.
    """

    name: SpiceName
    kind: Literal["electrical", "optical"]
    role: Literal["drive", "ground"] | None = None
    wavelength: Literal["any"] | units.Length | None = None
    description: str = ""

    @model_validator(mode="after")
    def _complete(self) -> Terminal:
        if self.kind == "electrical" and (self.role is None or self.wavelength is not None):
            raise ValueError(
                "an electrical terminal has a role ('drive' or 'ground') and no wavelength"
            )
        if self.kind == "optical" and (self.wavelength is None or self.role is not None):
            raise ValueError("an optical terminal has a wavelength ('740 nm' or 'any') and no role")
        return self


class Parameter(StrictModel):
    """One parameter of a subcircuit.

    Parameters
    ----------
    unit : str
        Unit of the number in the ``.lib`` (``"1"`` for none).
    meaning : str
        What it is, in words.
    bounds : pair of str or number
        Range outside which the card refuses, with units.
    origin : {"published", "fitted", "assumed"}
        Where the default comes from.
    source : str
        Figure, equation or text; for a fitted value the targets it was fitted to; for an
        assumed one the reason.
    interval : pair of str or number, optional
        Confidence interval of a fitted value (68 %).
    scale : {"linear", "log"}
        How a fit or a random draw should move the value.
    """

    unit: str
    meaning: str
    bounds: tuple[str | float, str | float]
    origin: Origin
    source: Annotated[str, Field(min_length=1)]
    interval: tuple[str | float, str | float] | None = None
    scale: Literal["linear", "log"] = "linear"

    @model_validator(mode="after")
    def _readable(self) -> Parameter:
        low, high = self.limits
        if not low < high:
            raise ValueError(f"bounds {list(self.bounds)!r}: the first must be below the second")
        if self.interval is not None:
            for end in self.interval:
                units.parse(end, self.unit)
        return self

    @cached_property
    def limits(self) -> tuple[float, float]:
        """Bounds in the parameter's own unit."""
        low, high = (units.parse(bound, self.unit) for bound in self.bounds)
        return low, high


class State(StrictModel):
    """An internal state of a subcircuit and the range in which it must stay."""

    node: SpiceName
    meaning: str
    minimum: float = 0.0
    maximum: float = 1.0


class Card(StrictModel):
    """What a device's TOML file says. See `docs/cards.md` for every key."""

    title: Annotated[str, Field(min_length=1)]
    description: str = ""
    citations: list[str] = []
    range: str = ""
    passive: bool = False
    built_in_voltage: bool = False
    terminals: Annotated[list[Terminal], Field(min_length=1)]
    parameters: dict[str, Parameter] = {}
    states: dict[str, State] = {}


@dataclass(frozen=True)
class Device:
    """A subcircuit with its card.

    Parameters
    ----------
    name : str
        Name of the device: of its files and of its ``.subckt``.
    file : Path
        The ``.lib``.
    text : str
        What ngspice reads: the library with its includes expanded, as the netlist guard
        wrote it.
    subcircuit : Subcircuit
        Terminals and defaults as the ``.lib`` declares them.
    card : Card
        What the TOML beside it says.
    """

    name: str
    file: Path
    text: str
    subcircuit: netlist.Subcircuit
    card: Card

    def __repr__(self) -> str:
        """Say in one line what it is: the netlist's text alone has thousands of characters."""
        terminals = " ".join(terminal.name for terminal in self.card.terminals)
        return f"<Device {self.name}: {self.card.title}; terminals {terminals}>"

    @property
    def card_file(self) -> Path:
        """The TOML file beside the ``.lib``."""
        return self.file.with_suffix(".toml")

    @property
    def defaults(self) -> Mapping[str, float]:
        """Default of each parameter, in the unit that the card names."""
        return self.subcircuit.parameters

    def terminals(self, kind: str) -> list[Terminal]:
        """Terminals of one kind, in order."""
        return [terminal for terminal in self.card.terminals if terminal.kind == kind]

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
        optical = self.terminals("optical")
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


def list_devices() -> list[str]:
    """Names of all devices on the search path, the user's own first."""
    files = [f for folder in netlist_folders() for f in sorted((folder / "devices").glob("*.lib"))]
    return list(dict.fromkeys(file.stem for file in files))


def find_device(name: str, where: str = "") -> Device:
    """Load a device by name from ``./netlists/devices`` or the packaged ones.

    Raises
    ------
    InputError
        When there is no such device or its card and its ``.lib`` disagree.
    """
    prefix = f"{where}: " if where else ""
    if len(name) > LONGEST_NAME or not name.isascii():
        # ngspice reads ASCII, and Python takes a Kelvin sign for the letter k
        raise InputError(
            f"{prefix}device = {echo(name)}: accepted: up to {LONGEST_NAME} ASCII characters"
        )
    is_name = name.isprintable() and Path(name).name == name
    for folder in netlist_folders() if is_name else ():
        file = folder / "devices" / f"{name}.lib"
        if is_file(file):
            return load_device(file)
        if is_file(file.with_suffix(".toml")):
            raise InputError(f"{file}: there is no such file beside the card {name}.toml")
    raise InputError(
        f"{prefix}device = {name!r}: there is no such device; {close_matches(name, list_devices())}"
    )


def load_device(file: Path) -> Device:
    """Load a device from its ``.lib`` and the card beside it."""
    folders = tuple(netlist_folders())
    libraries = (library for folder in folders for library in sorted(folder.rglob("*.lib")))
    files = (file, file.with_suffix(".toml"), *libraries)  # any of them may be included
    stamps = tuple(f.stat().st_mtime_ns if f.is_file() else 0 for f in files)
    return _load_device(file, stamps, folders)


@lru_cache(maxsize=256)
def _load_device(file: Path, stamps: tuple[int, ...], folders: tuple[Path, ...]) -> Device:
    if not file.stem.isascii():
        raise InputError(f"{file}: accepted: a file name of ASCII characters")
    lines = netlist.expand_lines(file, folders)
    places = tuple(line.place for line in lines)
    text = guard.cleaned("".join(f"{line.text}\n" for line in lines), str(file), places)
    subcircuit = netlist.find_subcircuit(text, file.stem, file)
    card_file = file.with_suffix(".toml")
    if not lies_in(card_file, folders):
        raise InputError(
            f"{card_file}: lies outside the netlist folders; accepted: a card beside its .lib"
        )
    card = _load_card(card_file)
    device = Device(file.stem, file, text, subcircuit, card)
    _check_agreement(device)
    return device


def _load_card(file: Path) -> Card:
    data = read_toml(file)
    try:
        return Card.model_validate(data)
    except ValidationError as error:
        raise InputError(first_problem(error, str(file), Card)) from None


def read_toml(file: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises
    ------
    InputError
        When it is missing or its syntax is wrong (with the line).
    """
    text = read_text(file).replace("\r\n", "\n")
    try:
        return parse_toml(text)
    except TomlError as error:
        raise InputError(f"{file}: {error}") from None


def _check_agreement(device: Device) -> None:
    card, declared = device.card, device.subcircuit
    named = tuple(terminal.name.lower() for terminal in card.terminals)
    if named != declared.nodes:
        raise InputError(
            f"{device.card_file}: terminals {list(named)} disagree with "
            f"{device.file.name}, which declares {list(declared.nodes)} in this order"
        )
    for missing in sorted(declared.parameters.keys() - card.parameters.keys()):
        raise InputError(
            f"{device.card_file}: parameter {missing!r} of {device.file.name} is not in the card; "
            f"accepted: a table [parameters.{missing}]"
        )
    for unknown in sorted(card.parameters.keys() - declared.parameters.keys()):
        raise InputError(
            f"{device.card_file}: [parameters.{unknown}] is not a parameter of "
            f"{device.file.name}; " + close_matches(unknown, declared.parameters)
        )
    for key, parameter in card.parameters.items():
        low, high = parameter.limits
        if not low <= declared.parameters[key] <= high:
            raise InputError(
                f"{device.card_file}: [parameters.{key}] bounds {list(parameter.bounds)} exclude "
                f"the default {declared.parameters[key]:g} {parameter.unit} of {device.file.name}"
            )
    if not any(terminal.role == "drive" for terminal in card.terminals):
        raise InputError(f"{device.card_file}: terminals: one needs role = 'drive'")
