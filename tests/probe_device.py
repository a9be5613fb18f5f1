"""What several test files share: the job that runs a netlist, and a device that is a probe."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from optospice.ngspice.session import Session
from optospice.ngspice.simulate import run_copies
from optospice.testbench import Testbench
from optospice.waveforms import Waveforms

RUN_JOB = "optospice.ngspice.simulate:run_job"
RUN_TESTBENCH = "optospice.ngspice.simulate:run_testbench"
RUN_COPIES = "probe_device:copies"


def copies(
    session: Session, item: tuple[Testbench, Sequence[Mapping[str, float]]]
) -> list[Waveforms]:
    """Run several copies of a testbench's device: called in a worker."""
    return run_copies(session, *item)


PROBE_LIB = """* a wire of 1 ohm that also tells which light it sees
.subckt probe p n light params: r=1 tc1=0
Rload p n {r} tc1={tc1}
Rlight light 0 1
Eseen seen 0 light 0 1
.ends
"""

PROBE_CARD = """
title = "1 ohm, and a look at the light"

[[terminals]]
name = "p"
kind = "electrical"
role = "drive"

[[terminals]]
name = "n"
kind = "electrical"
role = "ground"

[[terminals]]
name = "light"
kind = "optical"
wavelength = "any"

[parameters.r]
unit = "ohm"
meaning = "resistance at 300.15 K"
bounds = ["1 mohm", "1 Gohm"]
origin = "assumed"
source = "a test"

[parameters.tc1]
unit = "1"
meaning = "relative change per kelvin"
bounds = [-1, 1]
origin = "assumed"
source = "a test"

[states.seen]
node = "seen"
meaning = "irradiance in mW/cm^2"
maximum = 1e6
"""


def write_device(folder: Path, name: str, library: str, card: str | None) -> Path:
    """Write a device's two files into ``netlists/devices`` of a folder and give the ``.lib``."""
    devices = folder / "netlists" / "devices"
    devices.mkdir(parents=True, exist_ok=True)
    file = devices / f"{name}.lib"
    file.write_text(library)
    if card is not None:
        file.with_suffix(".toml").write_text(card)
    return file
