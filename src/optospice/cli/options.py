"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

Scenarios = Annotated[list[str], typer.Argument(metavar="SCENARIO", help="Names or TOML files.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document only.")]
Workers = Annotated[int, typer.Option(min=0, help="Simulator processes; 0: one per processor.")]
