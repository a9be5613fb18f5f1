"""The suite's findings as text for people and as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from optospice.conformance.finding import Finding
from optospice.conformance.suite import CHECKS

_WIDTH = 110


def document(findings: Mapping[str, Sequence[Finding]]) -> list[dict[str, Any]]:
    """Give one entry per device for ``--json``."""
    return [
        {"device": name, "sound": sound(found), "findings": [asdict(one) for one in found]}
        for name, found in findings.items()
    ]


def sound(found: Sequence[Finding]) -> bool:
    """Whether nothing worse than a warning was found."""
    return all(finding.severity != "error" for finding in found)


def lines(name: str, found: Sequence[Finding]) -> list[str]:
    """Give what is printed about one device."""
    errors = sum(finding.severity == "error" for finding in found)
    warnings = len(found) - errors
    told = [f"{name}: {_verdict(errors, warnings)}"]
    for finding in found:
        told.append(f"  {finding.severity:7} {finding.check}")
        told += _wrapped(finding.seen)
        told += _wrapped(f"at {finding.where}")
        if finding.cure:
            told += _wrapped(f"cure: {finding.cure}")
    return told


def _verdict(errors: int, warnings: int) -> str:
    if not errors and not warnings:
        return f"sound ({len(CHECKS)} checks)"
    parts = [
        f"{n} {word}{'s' * (n != 1)}" for n, word in ((errors, "error"), (warnings, "warning"))
    ]
    return ("sound, " if not errors else "") + ", ".join(
        part for part in parts if not part.startswith("0 ")
    )


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH, initial_indent=" " * 10, subsequent_indent=" " * 12, break_long_words=False
    )
