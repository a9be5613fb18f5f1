"""The reference of every key as a Markdown page, from the schemas and registries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from optospice import units
from optospice.assembly.tables import CircuitTable, ElementTable, InstanceTable, LinkTable
from optospice.device import (
    Card,
    FamilyCard,
    Parameter,
    ParameterDefinition,
    ParameterSet,
    State,
    Terminal,
    Valid,
    Value,
)
from optospice.light import (
    AbsorptionEdge,
    LedLine,
    Light,
    QuantumEfficiency,
    ResponseTable,
    TransmissionTable,
)
from optospice.light.tabulated import Tabulated
from optospice.metrics import METRICS
from optospice.protocols import PROTOCOLS
from optospice.protocols.base import Experiment
from optospice.reference.schemas import (
    definitions,
    meanings,
    reachable,
    ready_controllers,
    summary,
)
from optospice.scenario import monte_carlo, variation
from optospice.scenario import schema as scenario_schema
from optospice.scenario.alternatives import Alternative
from optospice.scenario.conflicts import Conflict
from optospice.scenario.specs import Spec

SCENARIO_TABLES: tuple[type[BaseModel], ...] = (
    scenario_schema.Scenario, variation.Range, variation.Design, variation.Interval,
    variation.Corner, monte_carlo.MonteCarlo, monte_carlo.Draw, monte_carlo.Correlated,
    scenario_schema.Across, monte_carlo.Statistic, scenario_schema.Target, Alternative,
    Spec, scenario_schema.Expectation, Conflict, scenario_schema.Figure,
    CircuitTable, InstanceTable, ElementTable, LinkTable, Light, LedLine, TransmissionTable,
)  # fmt: skip
CARD_TABLES: tuple[type[BaseModel], ...] = (
    ParameterSet, Value, Valid, FamilyCard, ParameterDefinition, Card, Terminal, Parameter, State,
    ResponseTable, AbsorptionEdge, QuantumEfficiency, Tabulated,
)  # fmt: skip


def reference() -> str:
    """Write the reference as Markdown."""
    tables = {**definitions([Card, FamilyCard, ParameterSet]), **_scenario_definitions()}
    lines = [
        "# Reference",
        "",
        "Written by `optospice reference`; change the schemas, not this file. For editors: "
        "[parameter_set.schema.json](schema/parameter_set.schema.json), "
        "[family.schema.json](schema/family.schema.json), "
        "[card.schema.json](schema/card.schema.json) (a device with a `.lib` of its own), "
        "[scenario.schema.json](schema/scenario.schema.json). "
        "Quantities are text with a unit; an unknown key is an error.",
        "",
        "## Devices",
    ]
    for card_table in CARD_TABLES:
        lines += _section(card_table, tables, 3)
    lines += ["", "## Scenarios"]
    for model in SCENARIO_TABLES:
        lines += _section(model, tables, 3)
    sections: tuple[tuple[str, Mapping[str, type[Experiment]]], ...] = (
        ("Protocols", PROTOCOLS),
        ("Controllers", ready_controllers()),
    )
    for title, table in sections:
        lines += ["", f"## {title}"]
        for name, kind in table.items():
            lines += ["", f"### `{name}`", "", f"{_sentence(kind.title)}"]
            lines += ["", *_table(kind, tables), ""]
            named = ", ".join(f"`{name}`" for name in kind.measures)
            lines += [f"Metrics: {named or 'those that its table names'}."]
            for inner in reachable([kind])[1:]:
                lines += _section(inner, tables, 4)
    return "\n".join([*lines, "", *_metrics()]) + "\n"


def _scenario_definitions() -> dict[str, Any]:
    kinds = [*PROTOCOLS.values(), *ready_controllers().values()]
    return definitions([scenario_schema.Scenario, Light, *kinds])


def _section(model: type[BaseModel], tables: Mapping[str, Any], level: int) -> list[str]:
    head = f"{'#' * level} {model.__name__}"
    return ["", head, "", summary(model).replace("``", "`"), "", *_table(model, tables)]


def _table(model: type[BaseModel], tables: Mapping[str, Any]) -> list[str]:
    schema, said = tables[model.__name__], meanings(model)
    lines = ["| Key | Accepted | Default | Meaning |", "|---|---|---|---|"]
    for key, own in schema.get("properties", {}).items():
        if key == "name" and "const" in own:
            continue
        default = "required" if key in schema.get("required", ()) else _default(own)
        meaning = said.get(key, "").replace("``", "`")
        cells = (f"`{key}`", _accepted(own), default, meaning)
        lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return lines


def _default(schema: Mapping[str, Any]) -> str:
    value = schema.get("default")
    return "" if value in (None, "", [], {}) or isinstance(value, dict) else f"`{value}`"


def _accepted(schema: Mapping[str, Any]) -> str:
    if "x-unit" in schema:
        return units.kind_of(schema["x-unit"])
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    for key in ("anyOf", "oneOf", "allOf"):
        if key in schema:
            parts = [_accepted(one) for one in schema[key] if one.get("type") != "null"]
            told = dict.fromkeys(parts)
            if "number" in told:
                told.pop("count", None)
            return " or ".join(told)
    if "enum" in schema:
        return ", ".join(f"`{value}`" for value in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    if schema.get("type") == "array":
        if "prefixItems" in schema:
            return f"{len(schema['prefixItems'])} values: {_accepted(schema['prefixItems'][0])}"
        return f"list of {_accepted(schema['items'])}"
    if schema.get("type") == "object":
        inner = schema.get("additionalProperties")
        return f"table of {_accepted(inner)}" if isinstance(inner, dict) and inner else "table"
    words = {"string": "text", "boolean": "`true`, `false`", "integer": "count"}
    return words.get(schema.get("type", ""), str(schema.get("type", "anything")))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:].rstrip(".") + "."


def _metrics() -> Iterator[str]:
    yield "## Metrics"
    yield ""
    yield "Values are kept in the SI unit; the first definition is the default."
    for family in dict.fromkeys(info.family for info in METRICS.values()):
        yield from ("", f"### {family.replace('_', ' ')}", "")
        yield "| Metric | Unit | Shown in | Meaning | Definitions | Source |"
        yield "|---|---|---|---|---|---|"
        for info in METRICS.values():
            if info.family != family:
                continue
            named = "; ".join(f"`{name}`: {text}" for name, text in info.definitions.items())
            cells = (f"`{info.name}`", info.unit, info.display_unit, info.title, named, info.source)
            plain = (" ".join(cell.split()).replace("|", "\\|") for cell in cells)
            yield f"| {' | '.join(plain)} |"
