"""Run netlists without any guard in libngspice, each in a forked process of its own.

Called as ``python raw_library.py folder…``; every folder holds ``run.cir`` and becomes the
working folder. For the tests that show which payloads are live.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path

from optospice.ngspice.installation import find_installation
from optospice.ngspice.session import Session

SECONDS = 10


def main() -> None:
    """Run the netlist of every folder that is named on the command line."""
    installation = find_installation()
    for folder in sys.argv[1:]:
        child = os.fork()
        if child == 0:
            signal.alarm(SECONDS)
            os.chdir(folder)
            with contextlib.suppress(Exception):
                Session(installation).run(Path("run.cir").read_bytes().decode(), ["p"])
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()
