"""`optospice list` and `optospice show`: what there is."""

from __future__ import annotations

from typing import Annotated

import typer

from optospice.cli.console import console
from optospice.errors import InputError

_KINDS = ("devices", "scenarios", "protocols", "metrics", "controllers")


def list_(
    kind: Annotated[
        str, typer.Argument(metavar="[devices|scenarios|protocols|metrics|controllers]")
    ] = "",
) -> None:
    """List what there is."""
    from optospice.errors import close_matches
    from optospice.report.listing import listing

    if kind and kind not in _KINDS:
        raise InputError(f"list {kind!r}: {close_matches(kind, _KINDS)}")
    out = console()
    for name in [kind] if kind else _KINDS:
        out.print(listing(name))


def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A device or a scenario.")],
) -> None:
    """Show a device (terminals, parameters, sources) or a scenario (targets)."""
    from optospice.report.listing import show as render

    out = console()
    for part in render(name):
        out.print(part)
