"""Finding devices on the search path and loading them, each checked against its card."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pydantic import ValidationError

from optospice import netlist, units
from optospice.device.card import (
    Card,
    Parameter,
    ParameterDefinition,
    Terminal,
    optical_parameters,
)
from optospice.device.device import Device
from optospice.device.family import Family, FamilyCard
from optospice.device.parameter_set import check_responses, composed, read_set
from optospice.errors import InputError, close_matches, echo
from optospice.library import is_file, lies_in, netlist_folders
from optospice.netlist import guard
from optospice.reading import read_text
from optospice.toml_text import TomlError, parse_toml
from optospice.validation import StrictModel, first_problem

#: Longest name of a device or a family [1].
LONGEST_NAME = 100
#: Files whose times tell whether a device has to be read again.
_SOURCES = ("**/*.lib", "families/*.toml", "devices/*.toml")

M = TypeVar("M", bound=StrictModel)


def list_devices() -> list[str]:
    """Names of all devices on the search path, the user's own first."""
    names: dict[str, None] = {}
    for folder in netlist_folders():
        files = [*(folder / "devices").glob("*.lib"), *(folder / "devices").glob("*.toml")]
        cells = {f.stem for f in files if f.suffix == ".lib"}
        names.update(
            dict.fromkeys(
                sorted(f.stem for f in files if f.suffix == ".lib" or f.stem not in cells)
            )
        )
    return list(names)


def list_families() -> list[str]:
    """Names of all families on the search path, the user's own first."""
    names: dict[str, None] = {}
    for folder in netlist_folders():
        names.update(dict.fromkeys(sorted(f.stem for f in (folder / "families").glob("*.lib"))))
    return list(names)


def find_device(name: str, where: str = "") -> Device:
    """Load a device by name from ``./netlists/devices`` or the packaged ones.

    Raises
    ------
    InputError
        When there is no such device, its card and its ``.lib`` disagree, or its values do not
        fit its family.
    """
    prefix = f"{where}: " if where else ""
    for folder in netlist_folders() if _is_name(name, f"{prefix}device") else ():
        file = folder / "devices" / f"{name}.lib"
        if is_file(file):
            return load_device(file)
        if is_file(file.with_suffix(".toml")):
            return load_device(file.with_suffix(".toml"))
    raise InputError(
        f"{prefix}device = {name!r}: there is no such device; {close_matches(name, list_devices())}"
    )


def find_family(name: str, where: str = "") -> Family:
    """Load a family by name from ``./netlists/families`` or the packaged ones.

    A device that is a ``.lib`` with a card is a family too, of one set.

    Raises
    ------
    InputError
        When there is no such family, or its two files disagree.
    """
    prefix = f"{where}: " if where else ""
    folders = tuple(netlist_folders())
    for kind in ("families", "devices") if _is_name(name, f"{prefix}family") else ():
        for folder in folders:
            file = folder / kind / f"{name}.lib"
            if is_file(file):
                return _load_family(file, kind == "families", folders)
    raise InputError(
        f"{prefix}family = {name!r}: there is no such family; "
        + close_matches(name, list_families())
    )


def load_device(file: Path) -> Device:
    """Load a device from its ``.lib`` and the card beside it, or from its parameter set."""
    folders = tuple(netlist_folders())
    sources = (one for folder in folders for kind in _SOURCES for one in sorted(folder.glob(kind)))
    files = (file, file.with_suffix(".toml"), *sources)  # any of them may be named
    stamps = tuple((str(f), f.stat().st_mtime_ns) for f in files if f.is_file())
    return _load_device(file, stamps, folders)


def included_set(name: str, taken: set[Path]) -> list[netlist.SourceLine] | None:
    """Write the library of a parameter set that an ``.include`` names like a file.

    Parameters
    ----------
    name : str
        ``pbs_rc.lib``, with or without folders before it.
    taken : set of Path
        Files that have been taken already; those that are taken now are added.

    Returns
    -------
    list of SourceLine or None
        Its lines; None where no parameter set has this name.
    """
    for folder in netlist_folders():
        inside = name.removeprefix("./").removeprefix(f"{folder.name}/").removeprefix("devices/")
        file = folder / "devices" / Path(inside).with_suffix(".toml") if inside else folder
        own = (folder / "devices").resolve()
        if not inside.endswith(".lib") or not is_file(file) or file.resolve().parent != own:
            continue
        device = load_device(file)
        family = find_family(device.family, str(file))
        # of the family's own file every set is another text
        lines = netlist.expand_lines(family.file, netlist_folders(), taken - {family.file})
        taken.update(_files_of(lines) - {family.file.resolve()})
        return _written(family, device.name, device.defaults, lines, file)
    return None


def library_lines(device: Device) -> list[netlist.SourceLine]:
    """Give the library of a device with its comments, includes in their place."""
    if not device.family:
        return netlist.expand_lines(device.file, netlist_folders(), written=included_set)
    family = find_family(device.family, str(device.card_file))
    return _written(family, device.name, device.defaults, family.lines, device.card_file)


def _is_name(name: str, key: str) -> bool:
    """Whether a name can be that of a file in a folder."""
    if len(name) > LONGEST_NAME or not name.isascii():
        # ngspice reads ASCII, and Python takes a Kelvin sign for the letter k
        raise InputError(f"{key} = {echo(name)}: accepted: up to {LONGEST_NAME} ASCII characters")
    return name.isprintable() and Path(name).name == name


def _files_of(lines: list[netlist.SourceLine]) -> set[Path]:
    return {Path(line.place.rpartition(":")[0]).resolve() for line in lines}


@lru_cache(maxsize=256)
def _load_device(
    file: Path, stamps: tuple[tuple[str, int], ...], folders: tuple[Path, ...]
) -> Device:
    if not file.stem.isascii():
        raise InputError(f"{file}: accepted: a file name of ASCII characters")
    if file.suffix == ".toml":
        return _load_set(file, folders)
    lines = netlist.expand_lines(file, folders, written=included_set)
    text, subcircuit = _read_lines(lines, file.stem, file)
    card_file = file.with_suffix(".toml")
    data = _read_card(card_file, folders)
    if "family" in data:
        raise InputError(
            f"{card_file}: family: there is a {file.name} beside it; accepted: a card without "
            "family, or a parameter set without a .lib of its name"
        )
    card = _validated(Card, data, card_file)
    _check_agreement(card_file, file, card, subcircuit)
    optical = {
        name: _optical_value(card_file, name, card.parameters[name])
        for name in card.parameters
        if name not in subcircuit.parameters
    }
    return Device(file.stem, file, text, subcircuit, card, optical_values=optical)


def _optical_value(file: Path, name: str, parameter: Parameter) -> float:
    """Give the default of a parameter that only a spectral response names."""
    if parameter.value is None:
        raise InputError(
            f"{file}: [parameters.{name}] value: is missing; accepted: its value, as the .lib has "
            "none"
        )
    value = units.parse(parameter.value, parameter.unit)
    low, high = parameter.limits
    if not low <= value <= high:
        raise InputError(
            f"{file}: [parameters.{name}] bounds {list(parameter.bounds)} exclude the value "
            f"{value:g} {parameter.unit}"
        )
    return value


def _load_set(file: Path, folders: tuple[Path, ...]) -> Device:
    """Load a device whose values stand in a parameter set."""
    data = _read_card(file, folders)
    library = file.with_suffix(".lib")
    if "family" not in data:
        raise InputError(
            f"{library}: there is no such file beside the card {file.name}; accepted: the .lib, "
            "or a parameter set, which names its family"
        )
    own = read_set(data, file)
    family = find_family(own.family, str(file))
    card, values = composed(own, family, file)
    lines = _written(family, file.stem, values, family.lines, file)
    text, subcircuit = _read_lines(lines, file.stem, file)
    optical = {k: v for k, v in values.items() if k not in family.subcircuit.parameters}
    return Device(file.stem, family.file, text, subcircuit, card, family.name, file, optical)


def _written(
    family: Family,
    name: str,
    values: Mapping[str, float],
    lines: list[netlist.SourceLine] | tuple[netlist.SourceLine, ...],
    file: Path,
) -> list[netlist.SourceLine]:
    """Give a family's library as that of one of its sets."""
    own = {key: values[key] for key in family.subcircuit.parameters}
    return netlist.renamed_with_values(lines, family.name, name, own, str(file))


def _load_family(file: Path, is_family: bool, folders: tuple[Path, ...]) -> Family:
    lines = netlist.expand_lines(file, folders)
    _, subcircuit = _read_lines(lines, file.stem, file)
    card_file = file.with_suffix(".toml")
    data = _read_card(card_file, folders)
    if is_family:
        card = _validated(FamilyCard, data, card_file)
    else:
        card = _as_family(_validated(Card, data, card_file))
    _check_agreement(card_file, file, card, subcircuit)
    return Family(file.stem, file, tuple(lines), subcircuit, card, card_file)


def _as_family(card: Card) -> FamilyCard:
    """Take from a device's own card what holds for other values too."""
    shared = {key: getattr(card, key) for key in FamilyCard.model_fields if key != "parameters"}
    definitions = {
        name: ParameterDefinition(
            **{key: getattr(one, key) for key in ParameterDefinition.model_fields}
        )
        for name, one in card.parameters.items()
    }
    return FamilyCard(**{**shared, "parameters": definitions})


def _read_lines(
    lines: list[netlist.SourceLine], name: str, file: Path
) -> tuple[str, netlist.Subcircuit]:
    """Give what ngspice reads of a library, and the head of its subcircuit."""
    places = tuple(line.place for line in lines)
    text = guard.cleaned("".join(f"{line.text}\n" for line in lines), str(file), places)
    return text, netlist.find_subcircuit(text, name, file)


def _read_card(file: Path, folders: tuple[Path, ...]) -> dict[str, Any]:
    if not lies_in(file, folders):
        raise InputError(
            f"{file}: lies outside the netlist folders; accepted: a card beside its .lib"
        )
    return read_toml(file)


def _validated(model: type[M], data: Mapping[str, Any], file: Path) -> M:
    try:
        return model.model_validate(data)
    except ValidationError as error:
        raise InputError(first_problem(error, str(file), model)) from None


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


class _Described(Protocol):
    """What cards of devices and of families have in common."""

    @property
    def terminals(self) -> list[Terminal]: ...
    @property
    def parameters(self) -> Mapping[str, ParameterDefinition]: ...


def _check_agreement(
    card_file: Path, file: Path, card: _Described, declared: netlist.Subcircuit
) -> None:
    nodes = tuple(terminal.name.lower() for terminal in card.terminals)
    if nodes != declared.nodes:
        raise InputError(
            f"{card_file}: terminals {list(nodes)} disagree with "
            f"{file.name}, which declares {list(declared.nodes)} in this order"
        )
    for missing in sorted(declared.parameters.keys() - card.parameters.keys()):
        raise InputError(
            f"{card_file}: parameter {missing!r} of {file.name} is not in the card; "
            f"accepted: a table [parameters.{missing}]"
        )
    if isinstance(card, Card):  # the parameters of a family's responses may be those of a set
        check_responses(card.terminals, card.parameters, card_file)
    named = optical_parameters(card.terminals)
    for unknown in sorted(card.parameters.keys() - declared.parameters.keys() - named.keys()):
        raise InputError(
            f"{card_file}: [parameters.{unknown}] is not a parameter of "
            f"{file.name}; " + close_matches(unknown, declared.parameters)
        )
    for key, parameter in card.parameters.items():
        if key not in declared.parameters:
            continue
        if getattr(parameter, "value", None) is not None:
            raise InputError(
                f"{card_file}: [parameters.{key}] value: stands in {file.name}; accepted: none here"
            )
        low, high = parameter.limits
        if not low <= declared.parameters[key] <= high:
            raise InputError(
                f"{card_file}: [parameters.{key}] bounds {list(parameter.bounds)} exclude "
                f"the default {declared.parameters[key]:g} {parameter.unit} of {file.name}"
            )
    if not any(terminal.role == "drive" for terminal in card.terminals):
        raise InputError(f"{card_file}: terminals: one needs role = 'drive'")
