"""`optospice adopt`: a third-party subcircuit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def adopt(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Third-party SPICE library.")],
    subcircuit: Annotated[str, typer.Argument(metavar="SUBCKT", help="Its subcircuit.")],
    name: Annotated[str, typer.Option(metavar="N", help="Name here; else its own.")] = "",
) -> None:
    """Take a third-party subcircuit: copy it, write its card, say what in it will hurt."""
    from optospice.authoring.adopt import adopt_subcircuit

    print("\n".join(adopt_subcircuit(file, subcircuit, name)))
