"""The console that commands print to."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console

#: Columns of a pipe or a file when COLUMNS does not say [1].
_PIPE_WIDTH = 120
_NARROWEST = 40


def console() -> Console:
    """Give a console as wide as the terminal, or as COLUMNS says for a pipe or a file."""
    from rich.console import Console

    terminal = Console()
    if terminal.is_terminal:
        return terminal
    # a pipe or a file has no width of its own: COLUMNS tells it, as it tells a terminal's
    told = os.environ.get("COLUMNS", "")
    width = int(told) if told.isdecimal() else _PIPE_WIDTH
    return Console(width=max(width, _NARROWEST), no_color=True)
