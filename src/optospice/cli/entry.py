"""The entry point of the command line: streams, exit codes, one sentence for an error."""

from __future__ import annotations

import io
import os
import sys

from optospice.cli.app import app
from optospice.errors import InputError, SimulationError
from optospice.texts import printable


def main() -> None:
    """Run the command line; bad input ends with 2, a failed simulation with 1."""
    _open_standard_streams()
    _replace_what_cannot_be_written()
    try:
        app()
    except InputError as error:
        print(f"optospice: {printable(error)}", file=sys.stderr)
        raise SystemExit(2) from None
    except SimulationError as error:
        print(f"optospice: {printable(error)}", file=sys.stderr)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        print("optospice: stopped", file=sys.stderr)
        raise SystemExit(130) from None
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(141) from None
    except (OSError, MemoryError) as error:
        print(f"optospice: the system refuses: {error or 'out of memory'}", file=sys.stderr)
        raise SystemExit(1) from None


def _open_standard_streams() -> None:
    """Put the null device in the place of standard streams that are closed."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:  # else the next file that is opened would take what is printed
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            stream = open(number, "w" if number else "r", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


def _replace_what_cannot_be_written() -> None:
    """Write a question mark for what the terminal's encoding does not know, as ± in ASCII."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # standard error never refuses a character
        sys.stdout.reconfigure(errors="replace")
