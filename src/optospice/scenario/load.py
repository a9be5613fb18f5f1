"""Finding, reading and changing a scenario before it runs."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from optospice.device import read_toml
from optospice.errors import InputError, close_matches
from optospice.library import is_file, is_folder, lies_in, scenario_folders
from optospice.scenario.covariance_file import with_covariance
from optospice.scenario.schema import Scenario
from optospice.texts import one_line
from optospice.toml_text import DEEPEST, TomlError, parse_toml
from optospice.validation import first_problem

#: Overrides that leave the expectation about the targets as it stands.
_NEUTRAL_OVERRIDES = ("device", "accuracy", "timeout", "extrapolate", "figure", "keep")


@dataclass(frozen=True)
class LoadedScenario:
    """A scenario with where it comes from.

    Parameters
    ----------
    name : str
        Name such as ``"pbs/paired_pulse"``.
    file : Path
        Its TOML file.
    data : mapping
        The TOML as read, overrides applied.
    scenario : Scenario
        The same, validated.
    overrides : tuple of str
        Dotted keys that were changed.
    """

    name: str
    file: Path
    data: Mapping[str, Any]
    scenario: Scenario
    overrides: tuple[str, ...] = ()

    @property
    def expectation_holds(self) -> bool:
        """Whether the expectation about the targets still applies.

        It is stated for the experiment as published: after another width or another
        resistance it says nothing.
        """
        return all(key.split(".")[0] in _NEUTRAL_OVERRIDES for key in self.overrides)


def list_scenarios() -> list[str]:
    """Names of all scenarios on the search path, the user's own first."""
    return _names_in(scenario_folders())


def own_scenarios() -> list[str] | None:
    """Names of the scenarios in ``./scenarios`` of a user's project; None where there is none."""
    own = scenario_folders()[:-1]
    return _names_in(own) if own else None


def _names_in(folders: Sequence[Path]) -> list[str]:
    names: list[str] = []
    for folder in folders:
        for file in sorted(folder.glob("**/*.toml")):
            names.append(file.relative_to(folder).as_posix().removesuffix(".toml"))
    return list(dict.fromkeys(names))


def find_scenario_file(name: str) -> tuple[str, Path]:
    """Find a scenario by name or path.

    Parameters
    ----------
    name : str
        ``"pbs/paired_pulse"``, or the path of a TOML file.

    Returns
    -------
    name : str
        Its name.
    file : Path
        Its file.

    Raises
    ------
    InputError
        When there is neither, or a link leads out of the scenario folders.
    """
    if name.endswith(".toml"):
        return _named_by_file(name)
    folders = scenario_folders()
    for folder in folders if _is_name(name) else ():
        file = folder / f"{name}.toml"
        if is_file(file) and lies_in(file, [folder]):
            return name, file
    if name:
        _refuse_other_file(name)
    known = list_scenarios()
    near = [full for full in known if full.split("/")[-1] == name]
    if is_file(Path(f"{name}.toml")):
        near = [f"{name}.toml"]
    hint = f"did you mean {near[0]!r}?" if near else close_matches(name, known)
    raise InputError(f"scenario {name!r}: there is no such scenario; {hint}")


def _refuse_other_file(name: str) -> None:
    """Say what to do with a file or a folder that is there and is no scenario."""
    path = Path(name)
    if is_folder(path):
        raise InputError(f"{name}: is a folder; accepted: a scenario's name or TOML file")
    if not is_file(path):
        return
    if path.suffix.lower() in (".csv", ".txt", ".dat", ".tsv"):
        raise InputError(
            f"{name}: is no scenario; accepted: a scenario's name or TOML file (a measured curve "
            f"is fitted by: optospice calibrate SCENARIO --free PARAM --data {name})"
        )
    if path.suffix.lower() in (".lib", ".cir", ".sp", ".spice", ".net"):
        raise InputError(
            f"{name}: is no scenario; accepted: a scenario's name or TOML file (a subcircuit "
            f"becomes a device by: optospice adopt {name} SUBCKT)"
        )
    raise InputError(f"{name}: is no scenario; accepted: a scenario's name or a .toml file")


def _named_by_file(path: str) -> tuple[str, Path]:
    """Give the name of a scenario file: below a scenario folder, or that of the file."""
    file = Path(path)
    if not is_file(file):
        problem = "is a folder" if is_folder(file) else "there is no such file"
        raise InputError(f"{one_line(path)}: {problem}; accepted: a scenario file or name")
    name = file.name.removesuffix(".toml")
    folders = scenario_folders()
    for folder in folders:
        if lies_in(file, [folder]):
            name = file.resolve().relative_to(folder.resolve()).as_posix().removesuffix(".toml")
            break
    else:
        if any(Path(os.path.abspath(file)).is_relative_to(folder) for folder in folders):
            raise InputError(
                f"{one_line(path)}: a link leads out of the scenario folders; accepted: a file in "
                + " or ".join(str(folder) for folder in folders)
            )
    if not _is_name(name):
        raise InputError(
            f"{one_line(path)}: {name!r} is no name for a scenario and its results; "
            "accepted: names other than '.' and '..' without control characters"
        )
    return name, file


def _is_name(name: str) -> bool:
    """Whether a name can be that of a folder of results below ``results``."""
    return one_line(name) == name and not {"", ".", ".."} & set(name.split("/"))


def load_scenario(name: str, settings: Sequence[str] = ()) -> LoadedScenario:
    """Read a scenario and apply ``KEY=VALUE`` settings.

    Raises
    ------
    InputError
        For anything that the schema does not accept, and for a setting that the scenario varies
        from run to run.
    """
    scenario_name, file = find_scenario_file(name)
    data = read_toml(file)
    keys = [apply_setting(data, setting) for setting in settings]
    loaded = validate(scenario_name, file, data, tuple(keys))
    for key, setting in zip(keys, settings, strict=True):
        if key in loaded.scenario.swept:
            other = f"--set 'sweep.{key}=[...]', or " if key in loaded.scenario.sweep else ""
            raise InputError(
                f"--set {setting}: {file} varies {key} from run to run, which would overrule it; "
                f"accepted: {other}a key that does not vary"
            )
    return loaded


def validate(
    name: str, file: Path, data: Mapping[str, Any], overrides: tuple[str, ...] = ()
) -> LoadedScenario:
    """Validate the content of a scenario file; a covariance that it names is read with it."""
    data = with_covariance(data, file)
    try:
        scenario = Scenario.model_validate(data)
    except ValidationError as error:
        raise InputError(first_problem(error, str(file), Scenario)) from None
    return LoadedScenario(name, file, data, scenario, overrides)


def apply_setting(data: dict[str, Any], setting: str) -> str:
    """Apply one ``KEY=VALUE`` in place and give the key.

    Parameters
    ----------
    data : dict
        Content of a scenario file.
    setting : str
        Dotted path and value, e.g. ``'parameters.r3 = "30 Mohm"'``. The value is read as
        TOML; what is no TOML value is taken as text (``parameters.r3=30 Mohm``).

    Raises
    ------
    InputError
        When there is no ``=``, or the path runs through something that is no table.
    """
    key, equals, text = setting.partition("=")
    key = key.strip()
    if not equals or not key or any(not part.strip() for part in key.split(".")):
        raise InputError(
            f'--set {setting!r}: accepted: KEY=VALUE with a dotted key: parameters.r3="30 Mohm"'
        )
    table: Any = data
    *parents, last = _parts(key)
    if len(parents) >= DEEPEST:
        raise InputError(f"--set {setting[:60]!r}…: accepted: a key of up to {DEEPEST} levels")
    for part in parents:
        if isinstance(table, list):
            table = table[_place(table, part, f"--set {setting}")]
        else:
            table = table.setdefault(part, {})
        # of lists only the steps of a timeline are changed so: claims are not for turning
        is_open = isinstance(table, dict) or (isinstance(table, list) and parents[0] == "protocol")
        if not is_open:
            raise InputError(f"--set {setting!r}: {part!r} is not a table in this scenario")
    table[_place(table, last, f"--set {setting}")] = _toml_value(text.strip())
    return key


def _parts(key: str) -> list[str]:
    parts = [part.strip() for part in key.split(".")]
    # the keys of a sweep are themselves dotted: sweep.protocol.interval
    if parts[0] == "sweep" and len(parts) > 2:
        return ["sweep", ".".join(parts[1:]).strip('"')]
    return parts


def _toml_value(text: str) -> Any:
    try:
        return parse_toml(f"value = {text}")["value"]
    except TomlError:
        return text


def set_dotted(data: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Give a copy of nested tables with dotted keys replaced.

    Parameters
    ----------
    data : mapping
        Nested tables; in a list of tables one is meant by its number from 0 on, or by its
        `name`.
    changes : mapping
        Values by dotted key: ``"protocol.width"``, ``"protocol.steps.pulses.width"``.

    Raises
    ------
    InputError
        When a list has no such table.
    """
    copy = dict(data)
    for key, value in changes.items():
        table: Any = copy
        *parents, last = key.split(".")
        for part in parents:  # only the tables on the way are copied: a sweep does this often
            place = _place(table, part, key)
            inner = table[place] if isinstance(table, list) else table.get(place)
            if isinstance(inner, list):
                table[place] = list(inner)
            else:
                table[place] = dict(inner) if isinstance(inner, Mapping) else {}
            table = table[place]
        table[_place(table, last, key)] = value
    return copy


def _place(table: Any, part: str, key: str) -> Any:
    """Where in a table, or in a list of tables, one part of a dotted key leads."""
    if not isinstance(table, list):
        return part
    if part.isdecimal() and int(part) < len(table):
        return int(part)
    names = [str(one.get("name", "")) for one in table if isinstance(one, Mapping)]
    if names.count(part) == 1:
        return next(i for i, one in enumerate(table) if one.get("name") == part)
    known = [name for name in names if name]
    raise InputError(
        f"{key!r}: {part!r}: there {'are several' if part in known else 'is none'} of this name; "
        f"accepted: 0 to {len(table) - 1}" + "".join(f", {name}" for name in dict.fromkeys(known))
    )
