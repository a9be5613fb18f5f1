"""The report: text, JSON, Markdown for a pull request, JUnit for CI, and figures."""

from __future__ import annotations

import io
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from optospice.files import plain_name, write_in
from optospice.regression.judge import NOT_PACKED, Outcome
from optospice.texts import markdown_text, xml_text

#: Outcomes by scenario and device.
Outcomes = Mapping[tuple[str, str], Sequence[Outcome]]
_PLURAL = {"runs": "runs", "target": "targets", "golden": "golden", "metric": "metrics",
           "waveform": "waveforms", "curve": "curves"}  # fmt: skip


def everything(outcomes: Outcomes) -> list[Outcome]:
    """Give all outcomes in one list."""
    return [outcome for own in outcomes.values() for outcome in own]


def summary(outcomes: Outcomes) -> str:
    """Say in one line how many there are and how many moved."""
    found = everything(outcomes)
    wrong = sum(not outcome.ok for outcome in found)
    parts = []
    for kind in ("target", "metric", "waveform", "curve"):
        own = [outcome for outcome in found if outcome.kind == kind]
        if kind == "curve" and not own:
            continue  # they come of analyses only
        parts.append(f"{sum(o.ok for o in own)} of {len(own)} {_PLURAL[kind]}")
    absent = sum(outcome.status == "absent" for outcome in found)
    tail = f"; {absent} without a golden" if absent else ""
    verdict = "nothing moved" if not wrong else f"{wrong} moved or failed"
    return f"{verdict}: {', '.join(parts)} as expected{tail}"


def text(outcomes: Outcomes) -> str:
    """Write the report for a terminal: what moved, from where to where."""
    lines = []
    for (scenario, device), own in outcomes.items():
        told = [outcome for outcome in own if outcome.message not in ("", NOT_PACKED)]
        if told:
            lines.append(f"{scenario} on {device}")
        for outcome in told:
            word = "warning" if outcome.ok else outcome.status
            lines.append(f"  {word:8}{_title(outcome)}: {outcome.message}")
    if any(outcome.message == NOT_PACKED for outcome in everything(outcomes)):
        lines.append(NOT_PACKED)  # of all of them, once
    return "\n".join([*lines, summary(outcomes)])


def _title(outcome: Outcome) -> str:
    if outcome.kind == "waveform":
        return f"waveform of run {outcome.name}"
    if outcome.kind == "curve":
        return f"curve of run {outcome.name}"
    if outcome.kind == "golden":
        return "golden"
    return outcome.kind if outcome.kind == "runs" else f"{outcome.kind} {outcome.name}"


def document(outcomes: Outcomes, ngspice: str, figures: Mapping[Outcome, Path]) -> dict[str, Any]:
    """Give the report as plain data."""
    return {
        "ngspice": ngspice,
        "ok": all(outcome.ok for outcome in everything(outcomes)),
        "summary": summary(outcomes),
        "outcomes": [
            {
                "scenario": outcome.scenario,
                "device": outcome.device,
                "kind": outcome.kind,
                "name": outcome.name,
                "status": outcome.status,
                "message": outcome.message,
                "figure": str(figures[outcome]) if outcome in figures else None,
            }
            for outcome in everything(outcomes)
        ],
    }


def markdown(outcomes: Outcomes, ngspice: str, figures: Mapping[Outcome, Path]) -> str:
    """Write the report for a pull request."""
    told = [outcome for outcome in everything(outcomes) if outcome.message]
    lines = ["# Regression", "", f"ngspice {ngspice}: {summary(outcomes)}.", ""]
    if told:
        lines += ["| scenario | device | what | status | from where to where |",
                  "|---|---|---|---|---|"]  # fmt: skip
    for outcome in told:
        texts = (outcome.scenario, outcome.device, _title(outcome), outcome.status, outcome.message)
        cells = [markdown_text(text) for text in texts]
        if outcome in figures:
            cells[-1] += f" ([figure]({figures[outcome].name}))"
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines).rstrip() + "\n"


def junit(outcomes: Outcomes, seconds: Mapping[tuple[str, str], float]) -> bytes:
    """Write the report as JUnit XML, one suite per scenario and device."""
    root = ElementTree.Element("testsuites", name="optospice regress")
    for (scenario, device), own in outcomes.items():
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=xml_text(f"{scenario} on {device}"),
            tests=str(len(own)),
            failures=str(sum(not outcome.ok for outcome in own)),
            errors="0",
            skipped=str(sum(outcome.status == "absent" for outcome in own)),
            time=f"{seconds.get((scenario, device), 0.0):.3f}",
        )
        for outcome in own:
            case = ElementTree.SubElement(
                suite,
                "testcase",
                classname=xml_text(f"{scenario}.{device}"),
                name=xml_text(f"{outcome.kind}[{outcome.name}]"),
                time="0",
            )
            if outcome.ok and not outcome.message:
                continue
            tag = "skipped" if outcome.ok else "failure"
            ElementTree.SubElement(case, tag, message=xml_text(outcome.message))
    ElementTree.indent(root)
    written: bytes = ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)
    return written + b"\n"


def figure_file(outcome: Outcome) -> str:
    """Name the figure of a waveform or a curve."""
    name = f"{outcome.scenario.replace('/', '-')}-{outcome.device}-{outcome.name}"
    return f"{plain_name(name)}.png"


def save_figure(outcome: Outcome, folder: Path) -> Path:
    """Draw a waveform or a curve that moved over its golden.

    Parameters
    ----------
    outcome : Outcome
        It, with its overlay.
    folder : Path
        Where the PNG file goes.

    Returns
    -------
    Path
        The file.
    """
    from optospice.drawing import style

    shown = outcome.overlay
    assert shown is not None
    x, values = shown.now
    rows = [values, *(then for _, then in shown.golden)]
    low, high = min(float(row.min()) for row in rows), max(float(row.max()) for row in rows)
    margin = 0.1 * (max(high, 0.0) - min(low, 0.0) or 1.0)
    with style.house_style():
        figure, ax = style.new_figure(style.DOUBLE_COLUMN, 60)
        ax.plot(x, values, color=style.VERMILION, lw=0.9, label="now")
        for index, (places, then) in enumerate(shown.golden):
            label = "golden" if index == 0 else None
            ax.plot(places, then, color=style.INK, lw=0.8, ls=(0, (3, 1.5)), label=label)
        ax.set_xlabel(style.plain(shown.x_label))
        ax.set_ylabel(style.plain(shown.y_label))
        ax.ticklabel_format(axis="y", scilimits=(-2, 3))
        ax.set_ylim(min(0.0, low - margin) if low < 0 else 0.0, max(high, 0.0) + margin)
        ax.legend()
        if outcome.kind == "curve" and min(float(x.min()), low) > 0 and x[-1] > 100 * x[0]:
            ax.set_xscale("log")
        title = f"{outcome.scenario} on {outcome.device}, run {outcome.name}: {outcome.message}"
        figure.suptitle(style.plain(title), fontsize=6.5, wrap=True)
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=150)
    return write_in(folder, figure_file(outcome), buffer.getvalue())
