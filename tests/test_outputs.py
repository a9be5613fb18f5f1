"""Terminals that a device drives: a voltage that is observed, and light that it emits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from optospice.device import Device, load_device
from optospice.errors import InputError
from optospice.ngspice.pool import Pool
from optospice.stimulus import PulseTrain, Signal
from optospice.testbench import Testbench

LIBRARY = """* A resistor whose power is emitted as light, with a divider that is observed.
.subckt glow p n half light_out r=1k share=0.1
R1 p half {r/2}
R2 half n {r/2}
Bout light_out 0 V = 1e3*share*V(p,n)*V(p,n)/r
.ends
"""
CARD = """title = "Glowing divider"
[[terminals]]
name = "p"
kind = "electrical"
role = "drive"
[[terminals]]
name = "n"
kind = "electrical"
role = "ground"
[[terminals]]
name = "half"
kind = "electrical"
role = "output"
[[terminals]]
name = "light_out"
kind = "optical"
direction = "out"
wavelength = "530 nm"
[parameters.r]
unit = "ohm"
meaning = "resistance"
bounds = ["1 ohm", "1 Gohm"]
origin = "assumed"
source = "test"
[parameters.share]
unit = "1"
meaning = "share of the power that is emitted"
bounds = [0, 1]
origin = "assumed"
source = "test"
"""


@pytest.fixture
def glow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Device:
    """Give the device from the working folder."""
    folder = tmp_path / "netlists" / "devices"
    folder.mkdir(parents=True)
    (folder / "glow.lib").write_text(LIBRARY)
    (folder / "glow.toml").write_text(CARD)
    monkeypatch.chdir(tmp_path)
    return load_device(folder / "glow.lib")


def test_outputs_are_observed_alone_and_in_a_batch(glow: Device, pool: Pool) -> None:
    drive = Signal(0.0, (PulseTrain(level=2.0, width=1.0, delay=0.5),))
    benches = [
        Testbench(glow, {"p": drive}, 3.0, {"r": r, "share": share})
        for r, share in ((1e3, 0.1), (2e3, 0.5))
    ]
    single = pool.map("optospice.ngspice.simulate:run_testbench", benches)
    for bench, (_, outcome) in zip(benches, sorted(single), strict=True):
        waves = outcome.result
        applied = waves["v(p)"]
        r, share = bench.parameters["r"], bench.parameters["share"]
        assert waves["v(half)"] == pytest.approx(applied / 2, abs=1e-9)
        assert waves["p(light_out)"] == pytest.approx(share * applied**2 / r, abs=1e-12)
        assert (waves.units["v(half)"], waves.units["p(light_out)"]) == ("V", "W")
        assert np.all(waves["p(light_out)"] <= waves["i(p)"] * applied + 1e-12)


def test_an_output_cannot_take_light(glow: Device) -> None:
    with pytest.raises(InputError, match="has no optical terminal"):
        glow.optical_terminal(530e-9)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('wavelength = "530 nm"', 'wavelength = "any"'), "the wavelength of its emission"),
        (
            ('role = "output"', 'role = "output"\ndirection = "out"'),
            "no wavelength, response or direction",
        ),
    ],
)
def test_a_card_that_contradicts_itself_is_refused(
    glow: Device, change: tuple[str, str], words: str
) -> None:
    glow.card_file.write_text(CARD.replace(*change))
    with pytest.raises(InputError, match=words):
        load_device(glow.file)
