"""Every key of cards and scenarios, from the schemas themselves.

What is written follows from the pydantic models, their docstrings and the registries, so
that it cannot say anything else than what the program accepts.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema

from optospice import units
from optospice.device import Card, FamilyCard, ParameterSet, State
from optospice.protocols import PROTOCOLS
from optospice.protocols.base import Experiment
from optospice.scenario import schema as scenario_schema

_REF = "#/$defs/{model}"
#: What the keys at the top of a file mean; those of the tables stand in their docstrings.
MEANINGS: Mapping[type[BaseModel], Mapping[str, str]] = {
    Card: {
        "title": "One line.",
        "description": "What it is and what it is not.",
        "citations": "Keys of `netlists/references.bib`.",
        "range": "In words, the range in which the device holds.",
        "passive": "Whether it can only absorb energy; the conformance suite proves it.",
        "built_in_voltage": "Whether current may flow without bias.",
        "terminals": "Terminals, in the order of the `.subckt` line.",
        "parameters": "Parameters by the name they have in the `.lib`.",
        "states": "Internal states and the range in which each must stay.",
        "valid": "The range in which the device holds; a run outside it is refused.",
    },
    FamilyCard: {
        "title": "One line.",
        "description": "The mechanism, and what it leaves out.",
        "passive": "Whether every device of it can only absorb energy.",
        "built_in_voltage": "Whether current may flow without bias.",
        "terminals": "Terminals, in the order of the `.subckt` line.",
        "parameters": "Parameters by the name they have in the `.lib`.",
        "states": "Internal states and the range in which each must stay.",
    },
    ParameterSet: {
        "family": "Name of the family; or of a device with a `.lib` of its own.",
        "title": "One line.",
        "description": "What it is and what it is not.",
        "citations": "Keys of `netlists/references.bib`.",
        "values": "Values by the name of the parameter: all of the family.",
        "parameters": "Parameters that only a spectral response names, described as in a card.",
        "family_defaults": "Parameters that keep the default of the family's `.lib`, as assumed.",
        "terminals": "What differs at an optical terminal: wavelength, response, description.",
        "valid": "The range in which the device holds; a run outside it is refused.",
    },
    State: {
        "node": "Node of the subcircuit that holds the state.",
        "meaning": "What it is, in words.",
        "minimum": "Least value [1].",
        "maximum": "Greatest value [1].",
        "initial": "Value that a run starts from [1].",
    },
    scenario_schema.Scenario: {
        "title": "One line.",
        "description": "More lines.",
        "citation": "A key of `netlists/references.bib`.",
        "device": "Name of the device; or a `circuit`.",
        "circuit": "Devices, elements and links in place of a device.",
        "bias": "Constant voltage of terminals that the experiment does not drive.",
        "load": "Resistance between a terminal and its source.",
        "initial": "Value of declared states at the start.",
        "lights": "Lights besides those of the experiment.",
        "parameters": "Parameters that differ from the device's defaults, with units.",
        "temperature": "Device temperature.",
        "accuracy": "Accuracy profile: `fast`, `standard` or `reference`.",
        "timeout": "Longest time for one run.",
        "extrapolate": "Whether runs outside the device's valid range are made, and marked.",
        "protocol": "The experiment: `name`, and what it needs; or a `controller`.",
        "controller": "A closed loop in place of a protocol.",
        "sweep": "Values that vary from run to run, by dotted key.",
        "zip": "Groups of keys whose values move together.",
        "corners": "Least, typical and greatest values: all combinations of extremes.",
        "design": "Points spread over several keys at once.",
        "keep": "Whose waveforms stay: `none`, `failed`, `every 100th` or `all`.",
        "monte_carlo": "Random variation of parameters.",
        "across": "Metrics taken across the runs.",
        "statistics": "Numbers taken over the draws of each point.",
        "targets": "Claims that the runs are held against: published ones, and own checks.",
        "spec": "Limits that every corner and every draw has to keep.",
        "expectations": "What is known in advance, by device.",
        "claims_of": "The device whose verdicts count; the scenario's own by default.",
        "conflicts": "Where a paper disagrees with itself, with the arithmetic.",
        "figure": "The main picture.",
    },
}


class _Generator(GenerateJsonSchema):
    """Quantities are text with a unit, as people write them."""

    def function_before_schema(self, schema: Any) -> JsonSchemaValue:
        read = schema["function"]["function"]
        if getattr(read, "__module__", "") != units.__name__:
            return super().function_before_schema(schema)
        unit = inspect.getclosurevars(read).nonlocals["unit"]
        kind = ["string", "number"] if unit == "1" else "string"
        return {"type": kind, "title": units.kind_of(unit).capitalize(), "x-unit": unit}


def meanings(model: type[BaseModel]) -> dict[str, str]:
    """Say what each key of a table means, from its docstring and those it inherits."""
    found: dict[str, str] = {}
    for kind in reversed(model.__mro__):
        text = inspect.cleandoc(kind.__dict__.get("__doc__") or "")
        _, _, body = text.partition("Parameters\n----------\n")
        body = re.split(r"\n\n\S[^\n]*\n-{3,}\n", body)[0]
        for match in re.finditer(r"^(\w[\w, ]*?) : [^\n]*\n((?:[ ]+[^\n]*\n?|\n)*)", body, re.M):
            for name in match.group(1).split(", "):
                found[name] = " ".join(match.group(2).split())
    for key in model.model_fields:
        if key == "definitions":
            found.setdefault(key, "How the numbers are taken.")
        elif model.__name__.endswith("Definitions"):
            found.setdefault(key, "How the metric of this name is taken.")
    written = {field.alias: name for name, field in model.model_fields.items() if field.alias}
    found |= {key: found[name] for key, name in written.items() if name in found}
    return {**found, **MEANINGS.get(model, {})}


def ready_controllers() -> dict[str, type[Experiment]]:
    """Give the controllers of this package, without those that others installed."""
    from optospice.cosim.registry import controllers

    found = controllers().items()
    return {name: kind for name, kind in found if kind.__module__.startswith("optospice.")}


def card_schema() -> dict[str, Any]:
    """Give the JSON Schema of a device's card."""
    return _document(Card, definitions([Card]), "optospice card")


def family_schema() -> dict[str, Any]:
    """Give the JSON Schema of a family."""
    return _document(FamilyCard, definitions([FamilyCard]), "optospice family")


def parameter_set_schema() -> dict[str, Any]:
    """Give the JSON Schema of a parameter set."""
    return _document(ParameterSet, definitions([ParameterSet]), "optospice parameter set")


def scenario_json_schema() -> dict[str, Any]:
    """Give the JSON Schema of a scenario, with every protocol and controller."""
    protocols, loops = dict(PROTOCOLS), ready_controllers()
    kinds = [*protocols.values(), *loops.values()]
    tables = definitions([scenario_schema.Scenario, *kinds])
    for kind in kinds:
        # what is missing here may come from the sweep
        tables[kind.__name__]["required"] = ["name"]
    scenario = tables["Scenario"]
    for key, table in (("protocol", protocols), ("controller", loops)):
        refs = [{"$ref": _REF.format(model=kind.__name__)} for kind in table.values()]
        text = scenario["properties"][key]["description"]
        scenario["properties"][key] = {"anyOf": refs, "description": text}
    scenario["allOf"] = [
        {"anyOf": [{"required": [first]}, {"required": [second]}]}
        for first, second in (("protocol", "controller"), ("device", "circuit"))
    ]
    return _document(scenario_schema.Scenario, tables, "optospice scenario")


def definitions(models: Sequence[type[BaseModel]]) -> dict[str, Any]:
    """Give the schema of every table that the models reach, by name."""
    wanted: list[Any] = [(model, "validation") for model in models]
    _, document = models_json_schema(
        wanted, schema_generator=_Generator, ref_template="#/$defs/{model}"
    )
    tables: dict[str, Any] = document["$defs"]
    for model in reachable(models):
        own, said = tables.get(model.__name__, {}), meanings(model)
        own["description"] = summary(model)
        for key, schema in own.get("properties", {}).items():
            if said.get(key):
                schema["description"] = said[key]
            default = schema.get("default")
            if isinstance(default, float) and schema.get("x-unit", "1") != "1":
                schema["default"] = f"{default:g} {schema['x-unit']}"
    return tables


def _document(model: type[BaseModel], tables: dict[str, Any], title: str) -> dict[str, Any]:
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": title,
        "$ref": f"#/$defs/{model.__name__}",
        "$defs": tables,
    }


def reachable(models: Sequence[type[BaseModel]]) -> list[type[BaseModel]]:
    """Give models and those that they hold."""
    found: dict[type[BaseModel], None] = {}
    todo: list[Any] = list(models)
    while todo:
        one = todo.pop()
        if isinstance(one, type) and issubclass(one, BaseModel):
            if one not in found:
                found[one] = None
                todo += [field.annotation for field in one.model_fields.values()]
        else:
            todo += list(getattr(one, "__args__", ())) + list(getattr(one, "__metadata__", ()))
    return list(found)


def summary(model: type[BaseModel]) -> str:
    """First sentence of a model's docstring."""
    return inspect.cleandoc(model.__doc__ or "").partition("\n\n")[0].replace("\n", " ")
