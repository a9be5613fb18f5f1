"""Fixtures that several test files share: one pool of real simulators, small devices."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings

from optospice.device import Device, load_device
from optospice.ngspice.pool import Pool
from optospice.ngspice.worker import Finished
from optospice.testbench import Testbench
from optospice.waveforms import Waveforms
from probe_device import PROBE_CARD, PROBE_LIB, RUN_TESTBENCH, write_device

# A simulator's time is not ours to promise; in CI every run tries the same examples.
settings.register_profile(
    "optospice", deadline=None, derandomize="CI" in os.environ, print_blob=True
)
settings.load_profile("optospice")

# What a test simulates, it simulates: no user's store takes part, unless a test brings its own.
os.environ["OPTOSPICE_CACHE"] = "off"


@pytest.fixture(scope="session")
def pool() -> Iterator[Pool]:
    """Two simulator processes, shared by every test of the session."""
    with Pool(workers=2) as shared:
        yield shared


@pytest.fixture(scope="session")
def simulate(pool: Pool) -> Callable[[Testbench], Waveforms]:
    """Run one testbench in the shared pool."""

    def run(bench: Testbench) -> Waveforms:
        [(_, outcome)] = pool.map(RUN_TESTBENCH, [bench])
        assert isinstance(outcome, Finished), outcome.message
        return outcome.result

    return run


@pytest.fixture(scope="session")
def probe(tmp_path_factory: pytest.TempPathFactory) -> Device:
    """A device whose current and state are its stimuli themselves."""
    folder = tmp_path_factory.mktemp("probe")
    file = write_device(folder, "probe", PROBE_LIB, PROBE_CARD)
    with contextlib.chdir(folder):
        return load_device(file)
