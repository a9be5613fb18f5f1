"""One way to run a cell: its library, some lines of SPICE, and the engine."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from optospice.accuracy import PROFILES
from optospice.netlist import expand_includes
from optospice.ngspice.simulate import Job
from optospice.ngspice.worker import Finished
from probe_device import RUN_JOB

NETLISTS = Path(__file__).parents[2] / "netlists"


@pytest.fixture(scope="session")
def run_cells(pool, tmp_path_factory):
    """Run a transient of some cells at the standard accuracy and give its vectors by name."""
    folder = tmp_path_factory.mktemp("cells")

    def run(cells, lines, wanted, stop, temperature=27.0, largest_step=None):
        library = folder / "cells.lib"
        library.write_text(
            "".join(
                f".include {os.path.relpath(NETLISTS / 'cells', folder)}/{c}.lib\n" for c in cells
            )
        )
        step = stop if largest_step is None else largest_step
        saved = " ".join(
            f"i({name.removesuffix('#branch')})" if name.endswith("#branch") else f"v({name})"
            for name in wanted
        )
        text = [
            "* cells",
            expand_includes(library, [folder, NETLISTS]).rstrip(),
            *lines,
            f".temp {temperature!r}",
            PROFILES["standard"].options,
            f".save {saved}",
            f".tran {min(step, stop / 1000)!r} {stop!r} 0 {step!r}",
            ".end\n",
        ]
        [(_, outcome)] = pool.map(RUN_JOB, [Job("\n".join(text), tuple(wanted), stop)])
        assert isinstance(outcome, Finished), outcome.message
        return outcome.result

    return run
