"""The command line: one file per command.

Only what a command needs is imported, inside it, so that ``optospice --help`` stays quick.
"""

from optospice.cli.entry import main

__all__ = ["main"]
