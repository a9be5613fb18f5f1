"""A user's own project folder, and the command line run in it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from optospice.cli import main

LIBRARY = """* a photoconductor with a slow trap: i = v/r + light*gain*v, the trap follows with r*c
.subckt synapse p n light params: r=1e6 c=1e-8 gain=1e-6
Rdark p n {r}
Bphoto p n I = V(light)*({gain})*V(p,n)
Rtrap p trap {r}
Ctrap trap n {c}
.ends synapse
"""

CARD = """title = "A photoconductor with a trap"

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
wavelength = "740 nm"

[parameters.r]
unit = "ohm"
meaning = "dark resistance"
bounds = ["1 kohm", "1 Gohm"]
origin = "assumed"
source = "a test"

[parameters.c]
unit = "F"
meaning = "trap capacitance"
bounds = ["1 pF", "1 uF"]
origin = "assumed"
source = "a test"

[parameters.gain]
unit = "1"
meaning = "photoconductance in siemens per mW/cm^2"
bounds = [0, 1]
origin = "assumed"
source = "a test"
"""

SCENARIO = """title = "Pulse pairs"
device = "synapse"
temperature = "27 degC"
accuracy = "standard"

[parameters]
r = "2 Mohm"

[protocol]
name = "paired_pulse"
readout = "1 V"
wavelength = "740 nm"
irradiance = "1 mW/cm^2"
width = "10 ms"
interval = "20 ms"
delay = "5 ms"
tail = "10 ms"

[protocol.definitions]
index = "ratio"

[sweep]
"protocol.interval" = ["20 ms", "30 ms", "40 ms"]

[[across]]
metric = "paired_pulse_relaxation_time"
of = "paired_pulse_index"
over = "protocol.interval"

[[targets]]
id = "T1"
metric = "paired_pulse_index"
where = { "protocol.interval" = "20 ms" }
published = "100 %"
tolerance = "1 point"
source = "Fig. 1"

[[targets]]
id = "T2"
metric = "paired_pulse_index"
shape = "constant"
over = "protocol.interval"
source = "Fig. 1"

[expectations.synapse]
misses = []
reason = "it meets both"

[figure]
title = "Pulse pairs (Fig. 1)"
"""


@dataclass
class Outcome:
    """How the command line ended."""

    code: int
    out: str
    err: str


@dataclass
class Project:
    """A folder with one device and one scenario of its own, and the command line in it."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]

    @property
    def library(self) -> Path:
        return self.folder / "netlists" / "devices" / "synapse.lib"

    @property
    def card(self) -> Path:
        return self.folder / "netlists" / "devices" / "synapse.toml"

    @property
    def scenario(self) -> Path:
        return self.folder / "scenarios" / "own" / "pairs.toml"

    def files(self) -> set[Path]:
        """Everything in the folder, to see whether something was written."""
        return set(self.folder.rglob("*"))

    def __call__(self, *arguments: str) -> Outcome:
        """Run ``optospice`` with these arguments in this process."""
        self.monkeypatch.setattr(sys, "argv", ["optospice", *arguments])
        self.capsys.readouterr()
        code = 0
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 0 if end.code is None else 1
        captured = self.capsys.readouterr()
        return Outcome(code, captured.out, captured.err)


def make_project(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Project:
    """Write the project and go there."""
    project = Project(folder, monkeypatch, capsys)
    for file, text in (
        (project.library, LIBRARY),
        (project.card, CARD),
        (project.scenario, SCENARIO),
    ):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "120")
    return project


def edit(file: Path, old: str, new: str) -> None:
    """Replace one passage of a file, which must be there."""
    text = file.read_text()
    assert old in text, old
    file.write_text(text.replace(old, new, 1))
