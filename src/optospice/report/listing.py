"""What there is, and what one thing is: for `optospice list` and `optospice show`."""

from __future__ import annotations

import re
from collections.abc import Callable

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from optospice import evidence, units
from optospice.device import Device, find_device, list_devices
from optospice.errors import InputError, close_matches
from optospice.files import is_regular
from optospice.library import lies_in, netlist_folders
from optospice.reading import read_text
from optospice.report.numbers import claim_text
from optospice.scenario.expand import expand
from optospice.scenario.load import list_scenarios, load_scenario
from optospice.texts import one_line, printable


def _table(*columns: str, title: str = "") -> Table:
    table = Table(title=title or None, title_justify="left", box=None, pad_edge=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def _add_row(table: Table, *cells: str) -> None:
    table.add_row(*map(_text, cells))


def _text(content: str, style: str = "") -> Text:
    """Give a text as it stands: what is in brackets is no markup."""
    return Text(printable(content), style=style)


def listing(kind: str) -> RenderableType:
    """Give a table of all devices, scenarios, protocols, metrics or controllers."""
    tables: dict[str, Callable[[], Table]] = {
        "devices": _devices,
        "scenarios": _scenarios,
        "protocols": _protocols,
        "metrics": _metrics,
        "controllers": _controllers,
    }
    return Group(tables[kind](), Text(""))


def _problem(error: InputError) -> str:
    return f"cannot be read: {error}"


def _devices() -> Table:
    table = _table("device", "family", "title", "terminals")
    for name in list_devices():
        try:
            device = find_device(name)
            terminals = " ".join(t.name for t in device.card.terminals)
            _add_row(table, name, device.family or "–", device.card.title, terminals)
        except InputError as error:
            _add_row(table, one_line(name), "", _problem(error), "")
    return table


def _scenarios() -> Table:
    table = _table("scenario", "title", "device")
    for name in list_scenarios():
        try:
            scenario = load_scenario(name).scenario
            _add_row(table, one_line(name), scenario.title, scenario.device)
        except InputError as error:
            _add_row(table, one_line(name), _problem(error), "")
    return table


def _protocols() -> Table:
    from optospice.protocols import protocols

    table = _table("protocol", "what it does", "metrics")
    for name, protocol in protocols().items():
        _add_row(table, name, protocol.title, ", ".join(protocol.measures))
    return table


def _controllers() -> Table:
    from optospice.cosim.registry import controllers

    table = _table("controller", "what it does", "metrics")
    for name, controller in controllers().items():
        _add_row(table, name, controller.title, ", ".join(controller.measures))
    return table


def _metrics() -> Table:
    from optospice.metrics import metrics

    table = _table("metric", "unit", "what it is", "definitions")
    for name, info in metrics().items():
        _add_row(table, name, info.display_unit, info.title, ", ".join(info.definitions))
    return table


def show(name: str) -> list[RenderableType]:
    """Describe one device or one scenario.

    Raises
    ------
    InputError
        When there is neither of this name.
    """
    if name in list_devices():
        return _show_device(find_device(name))
    scenarios = list_scenarios()
    if name in scenarios or name.endswith(".toml"):
        return _show_scenario(name)
    known = [*list_devices(), *scenarios]
    short = [full for full in scenarios if full.split("/")[-1] == name]
    hint = f"did you mean {short[0]!r}?" if short else close_matches(name, known)
    raise InputError(f"show {name!r}: there is no device or scenario of this name; {hint}")


def _show_device(device: Device) -> list[RenderableType]:
    card = device.card
    terminals = _table("terminal", "kind", "unit", "meaning", title="Terminals, in order")
    for terminal in card.terminals:
        optical = terminal.kind == "optical"
        kind: str = terminal.kind
        if optical:
            colour = terminal.wavelength
            if terminal.response is not None:
                kind += f", {terminal.response.accepted}"
            else:
                kind += (
                    f", {'any colour' if colour == 'any' else f'{float(colour or 0) * 1e9:g} nm'}"
                )
        unit = "mW/cm², 1 V = 1 mW/cm²" if optical else "V"
        _add_row(terminals, terminal.name, kind, unit, terminal.description)
    parameters = _table(
        "parameter", "default", "bounds", "origin", "meaning", "source", title="Parameters"
    )
    for name, parameter in card.parameters.items():
        low, high = (units.format_human(limit, parameter.unit) for limit in parameter.limits)
        default = units.format_human(device.defaults[name], parameter.unit)
        _add_row(
            parameters,
            name,
            default,
            f"{low} … {high}",
            parameter.origin,
            parameter.meaning,
            parameter.source,
        )
    parts: list[RenderableType] = [
        _text(f"{device.name}: {card.title}", style="bold"),
        _text(card.description.strip()),
    ]
    if device.family:
        parts.append(_text(f"Family: {device.family}"))
    valid = "; ".join([*([card.range] if card.range else []), *card.valid.lines()])
    if valid:
        parts.append(_text(f"Valid range: {valid}"))
    parts += [Text(""), terminals, Text(""), parameters, Text("")]
    parts += [_text(line) for line in _evidence_lines(device.name)]
    parts += [_text(f"Source: {citation(key)}") for key in card.citations]
    parts.append(_text(f"Files: {device.file} and {device.card_file}"))
    return parts


def _evidence_lines(name: str) -> list[str]:
    """Say what the claims of a device are worth, or how to find out; nothing without claims."""
    try:
        record = evidence.load(name)
    except InputError as error:
        return [f"Evidence: {error}", ""]
    command = f"optospice evidence {name} --update"
    if record is None:
        known = evidence.experiments_of(find_device(name))
        return [f"Evidence: not computed yet; {command}", ""] if known else []
    stale = evidence.is_stale(record)
    lines = [f"Evidence: out of date, of other values or claims; {command}"] if stale else []
    return [*lines, *evidence.summary(record), ""]


def _show_scenario(name: str) -> list[RenderableType]:
    loaded = load_scenario(name)
    scenario = loaded.scenario
    runs = expand(loaded)
    targets = _table("target", "kind", "metric", "where", "claim", "source", title="Claims")
    for target in scenario.targets:
        where = ", ".join(f"{key} = {value}" for key, value in target.where.items())
        cells = (target.id, target.kind, target.metric, where, claim_text(target), target.source)
        _add_row(targets, *cells)
    parts: list[RenderableType] = [
        _text(f"{loaded.name}: {scenario.title}", style="bold"),
        _text(scenario.description.strip()),
        _text(
            f"Device: {scenario.device}; protocol: {scenario.experiment['name']}; runs: {len(runs)}"
        ),
    ]
    for key, values in scenario.sweep.items():
        shown = ", ".join(map(str, values)) if isinstance(values, list) else str(values)
        parts.append(_text(f"Sweep: {key} = {shown}"))
    for group in scenario.zip:
        parts.append(_text(f"Sweep: {' and '.join(group)} together"))
    if scenario.corners:
        parts.append(_text(f"Corners: {', '.join(scenario.corners)}"))
    if scenario.design is not None:
        parts.append(
            _text(f"Design: {scenario.design.kind} of {', '.join(scenario.design.ranges)}")
        )
    parts += [Text(""), targets, Text("")]
    readings = dict.fromkeys(a.reading for t in scenario.targets for a in t.alternatives)
    if readings:
        parts.append(
            _text(f"Other readings (optospice run {name} --alternatives): {', '.join(readings)}")
        )
    for conflict in scenario.conflicts:
        text = " ".join(conflict.text.split()).rstrip(".")
        numbers = f": {conflict.arithmetic}" if conflict.values else ""
        parts.append(_text(f"Conflict {conflict.id} ({conflict.source}): {text}{numbers}."))
    for device, expectation in scenario.expectations.items():
        missed = ", ".join(expectation.misses) or "nothing"
        parts.append(_text(f"{device} is known to miss {missed}: {expectation.reason.strip()}"))
    if scenario.citation:
        parts.append(_text(f"Source: {citation(scenario.citation)}"))
    parts.append(_text(f"File: {loaded.file}"))
    return parts


def citation(key: str) -> str:
    """Write the entry of `references.bib` that a key names, in one line."""
    for folder in netlist_folders():
        file = folder / "references.bib"
        if not is_regular(file) or not lies_in(file, [folder]):
            continue
        entry = re.search(rf"@\w+\{{{re.escape(key)},(.*?)\n\}}", read_text(file), re.DOTALL)
        if entry is None:
            continue
        fields = re.findall(r"(\w+)\s*=\s*\{(.*?)\},?\s*(?=\n|$)", entry.group(1), re.DOTALL)
        plain = {name: " ".join(re.sub(r"[{}]", "", value).split()) for name, value in fields}
        first_author = plain.get("author", "").split(" and ")[0].split(",")[0]
        parts = [
            f"{first_author} et al.",
            plain.get("title", ""),
            " ".join(plain.get(name, "") for name in ("journal", "volume", "pages")).strip(),
            plain.get("year", ""),
            f"DOI {plain['doi']}" if "doi" in plain else "",
        ]
        return ", ".join(part for part in parts if part)
    return key
