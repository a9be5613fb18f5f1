"""A parameter set: the values that make a published device out of a family."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError

from optospice import units
from optospice.device.card import (
    Card,
    Origin,
    Parameter,
    ParameterDefinition,
    Terminal,
    optical_parameters,
)
from optospice.device.family import Family
from optospice.device.valid import Valid
from optospice.errors import InputError, close_matches, echo
from optospice.validation import SpiceName, StrictModel, first_problem

#: What a set may say about an optical terminal of its family; all else belongs to the topology.
OF_A_TERMINAL = tuple(
    key for key in Terminal.model_fields if key not in ("name", "kind", "role", "direction")
)


class Value(StrictModel):
    """One value of a parameter set.

    Parameters
    ----------
    value : str or number
        The value with its unit.
    origin : {"published", "fitted", "assumed"}
        Where it comes from.
    source : str
        Figure, equation or text; for a fitted value the targets it was fitted to; for an
        assumed one the reason.
    interval : pair of str or number, optional
        Confidence interval of a fitted value (68 %).
    fitted_to : list of str
        Ids of the claims that were used to find the value.
    bounds : pair of str or number, optional
        Narrower bounds than those of the family.
    """

    value: str | float
    origin: Origin
    source: Annotated[str, Field(min_length=1)]
    interval: tuple[str | float, str | float] | None = None
    fitted_to: list[str] = []
    bounds: tuple[str | float, str | float] | None = None


class ParameterSet(StrictModel):
    """What the TOML file of a device says that is a parameter set of a family."""

    family: SpiceName
    title: Annotated[str, Field(min_length=1)]
    description: str = ""
    citations: list[str] = []
    values: dict[str, Value] = {}
    family_defaults: list[str] = []
    terminals: dict[str, dict[str, Any]] = {}
    parameters: dict[SpiceName, ParameterDefinition] = {}
    valid: Valid = Valid()


def read_set(data: Mapping[str, Any], file: Path) -> ParameterSet:
    """Validate a parameter set.

    Raises
    ------
    InputError
        Naming file, key, value and what is accepted.
    """
    try:
        return ParameterSet.model_validate(data)
    except ValidationError as error:
        raise InputError(first_problem(error, str(file), ParameterSet)) from None


def composed(own: ParameterSet, family: Family, file: Path) -> tuple[Card, dict[str, float]]:
    """Give the card of a device and its values: the family's with those of the set.

    Parameters
    ----------
    own : ParameterSet
        From `read_set`.
    family : Family
        The family that it names.
    file : Path
        The set's file, for messages.

    Returns
    -------
    card : Card
        What the device's own card would say.
    values : dict of str to float
        Every parameter in the unit of the family, in the order of the ``.subckt`` line; then
        those that only a spectral response names.

    Raises
    ------
    InputError
        When a value is missing, unknown, in a wrong unit or out of bounds.
    """
    terminals = _terminals(own, family, file)
    definitions = _definitions(own, family, terminals, file)
    _check_names(own, family, definitions, file)
    parameters, values = {}, {}
    for name in [*family.subcircuit.parameters, *_only_optical(definitions, family)]:
        values[name], parameters[name] = _parameter(own, family, name, definitions[name], file)
    try:
        card = Card(
            title=own.title,
            description=own.description,
            citations=own.citations,
            passive=family.card.passive,
            built_in_voltage=family.card.built_in_voltage,
            terminals=terminals,
            # the order of the family's file is the one that people have chosen
            parameters={name: parameters[name] for name in definitions},
            states=family.card.states,
            valid=own.valid,
        )
    except ValidationError as error:
        raise InputError(first_problem(error, str(file), Card)) from None
    return card, values


def _only_optical(definitions: Mapping[str, ParameterDefinition], family: Family) -> list[str]:
    """Give the parameters that only a spectral response names."""
    return [name for name in definitions if name not in family.subcircuit.parameters]


def _definitions(
    own: ParameterSet, family: Family, terminals: list[Terminal], file: Path
) -> dict[str, ParameterDefinition]:
    """Give what every parameter is: those of the family, and the set's own of its responses."""
    named = optical_parameters(terminals)
    for name in own.parameters:
        if name in family.card.parameters:
            raise InputError(f"{file}: parameters.{name}: is defined by family {family.name!r}")
        if name not in named:
            raise InputError(
                f"{file}: parameters.{name}: no spectral response names it; accepted: a parameter "
                "of a response"
            )
    definitions = {**family.card.parameters, **own.parameters}
    check_responses(terminals, definitions, file)
    return definitions


def _check_names(
    own: ParameterSet, family: Family, known: Mapping[str, ParameterDefinition], file: Path
) -> None:
    """Every parameter is given once: by a value, or in the list of those left at the default."""
    for table, names in (("values", list(own.values)), ("family_defaults", own.family_defaults)):
        for name in names:
            if name not in known:
                raise InputError(
                    f"{file}: {table}: {echo(name)} is no parameter of family {family.name!r}; "
                    + close_matches(name, known)
                )
            if names.count(name) > 1 or (table == "values" and name in own.family_defaults):
                raise InputError(
                    f"{file}: {name!r} is given twice; accepted: one of values.{name} and "
                    "family_defaults"
                )
    for name in known:
        if name in own.values:
            continue
        if name not in family.subcircuit.parameters:
            raise InputError(
                f"{file}: values.{name}: is missing; accepted: a table [values.{name}]"
            )
        if name not in own.family_defaults:
            raise InputError(
                f"{file}: values.{name}: is missing; accepted: a table [values.{name}], or "
                f"{name!r} in family_defaults, which keeps the family's "
                f"{units.format_human(family.subcircuit.parameters[name], known[name].unit)} "
                "as assumed"
            )


def _parameter(
    own: ParameterSet, family: Family, name: str, definition: ParameterDefinition, file: Path
) -> tuple[float, Parameter]:
    table = definition.model_dump()
    if name not in own.values:
        default = family.subcircuit.parameters[name]
        source = f"default of family {family.name}"
        return default, Parameter(**{**table, "origin": "assumed", "source": source})
    given = own.values[name]
    bounds = given.bounds or definition.bounds
    try:
        value = units.parse(given.value, definition.unit)
        parameter = Parameter(
            **{
                **table,
                "bounds": bounds,
                "origin": given.origin,
                "source": given.source,
                "interval": given.interval,
                "fitted_to": given.fitted_to,
            }
        )
    except ValidationError as error:
        raise InputError(first_problem(error, f"{file}: values.{name}", Parameter)) from None
    except units.UnitsError as error:
        raise InputError(f"{file}: values.{name}.value: {error}") from None
    hard, limits = definition.limits, parameter.limits
    if not hard[0] <= limits[0] <= limits[1] <= hard[1]:
        raise InputError(
            f"{file}: values.{name}.bounds = {list(bounds)!r} are wider than those of family "
            f"{family.name!r}; accepted: within {list(definition.bounds)!r}"
        )
    if not limits[0] <= value <= limits[1]:
        raise InputError(
            f"{file}: values.{name}.value = {echo(given.value)} is out of bounds; accepted: "
            f"{bounds[0]} to {bounds[1]}"
        )
    return value, parameter


def _terminals(own: ParameterSet, family: Family, file: Path) -> list[Terminal]:
    """Terminals of the family, the optical ones as the set says."""
    optical = [t.name for t in family.card.terminals if t.kind == "optical"]
    for name, changes in own.terminals.items():
        if name not in optical:
            raise InputError(
                f"{file}: terminals.{name}: is no optical terminal of family {family.name!r}; "
                + close_matches(name, optical)
            )
        for key in changes:
            if key not in OF_A_TERMINAL:
                raise InputError(
                    f"{file}: terminals.{name}.{key}: belongs to the family; "
                    + close_matches(key, OF_A_TERMINAL)
                )
    found = []
    for terminal in family.card.terminals:
        if terminal.name not in own.terminals:
            found.append(terminal)
            continue
        # as it was written: a quantity is text with its unit
        table = terminal.model_dump(mode="json", exclude_none=True)
        if {"response", "wavelength"} & own.terminals[terminal.name].keys():
            table = {k: v for k, v in table.items() if k not in ("response", "wavelength")}
        try:
            found.append(Terminal.model_validate({**table, **own.terminals[terminal.name]}))
        except ValidationError as error:
            where = f"{file}: terminals.{terminal.name}"
            raise InputError(first_problem(error, where, Terminal)) from None
    return found


def check_responses(
    terminals: Sequence[Terminal], parameters: Mapping[str, ParameterDefinition], file: Path
) -> None:
    """Refuse a spectral response that names no parameter, or one in another unit.

    Raises
    ------
    InputError
        Naming the parameter and what is accepted.
    """
    for name, unit in optical_parameters(terminals).items():
        if name not in parameters:
            raise InputError(
                f"{file}: terminals: response: {name!r} is no parameter; "
                + close_matches(name, parameters)
            )
        if parameters[name].unit != unit:
            raise InputError(
                f"{file}: terminals: response: {name!r} is in {parameters[name].unit!r}; "
                f"accepted: a parameter in {unit!r}"
            )
