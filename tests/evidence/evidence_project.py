"""A device with a closed form, and claims about it: i = v/r, and k (v - 2.5 V) beyond 2.5 V."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

LIBRARY = """* a resistor, and a second conductance beyond 2.5 V
.subckt tiny p n params: r=1meg k=10u spare=3 none=0
R1 p n {r}
Bk p n I={k}*max(V(p,n)-2.5,0)+1e300*max({spare}-3.2,0)*1e300+{none}
.ends tiny
"""

CARD = """title = "a resistor"

[[terminals]]
name = "p"
kind = "electrical"
role = "drive"

[[terminals]]
name = "n"
kind = "electrical"
role = "ground"

[parameters.r]
unit = "ohm"
meaning = "resistance"
bounds = {bounds}
scale = "log"
origin = "fitted"
fitted_to = ["one", "two"]
source = "a test"

[parameters.k]
unit = "S"
meaning = "conductance beyond 2.5 V"
bounds = ["0 S", "1 S"]
origin = "fitted"
fitted_to = ["three"]
source = "a test"

[parameters.spare]
unit = "1"
meaning = "changes nothing"
bounds = [0, 3.1]
origin = "assumed"
source = "a test"

[parameters.none]
unit = "1"
meaning = "zero has no share of itself"
bounds = [-1, 1]
origin = "assumed"
source = "a test"
"""

SCENARIO = """title = "Currents of a resistor"
device = "tiny"

[protocol]
name = "operating_point"
readout = "1 V"

[sweep]
"protocol.readout" = ["1 V", "2 V", "3 V"]
"""

TARGET = """
[[targets]]
id = "{id}"
metric = "current_at_rest"
kind = "{kind}"
source = "a test"
{claim}
"""


def at(volts: int) -> str:
    """Write which run a claim is about."""
    return f'where = {{ "protocol.readout" = "{volts} V" }}\n'


#: At the card's values 1 uA, 2 uA and 8 uA are simulated.
CLAIMS: Mapping[str, tuple[str, str]] = {
    "one": ("printed", at(1) + 'published = "1 uA"\ntolerance = "5 %"'),
    "two": ("printed", at(2) + 'published = "2.06 uA"\ntolerance = "10 %"'),
    "three": ("printed", at(3) + 'published = "8 uA"\ntolerance = "5 %"'),
    "some": ("reading", at(1) + 'at_least = "0.3 uA"'),
    "rising": ("reading", 'shape = "increasing"\nover = "protocol.readout"'),
}


def write_project(
    folder: Path,
    claims: Mapping[str, tuple[str, str]] = CLAIMS,
    bounds: str = '["1 ohm", "1 Tohm"]',
) -> None:
    """Write the device and a scenario with its claims into a user's project."""
    devices, scenarios = folder / "netlists" / "devices", folder / "scenarios"
    devices.mkdir(parents=True, exist_ok=True)
    scenarios.mkdir(exist_ok=True)
    (devices / "tiny.lib").write_text(LIBRARY)
    (devices / "tiny.toml").write_text(CARD.replace("{bounds}", bounds))
    targets = [TARGET.format(id=i, kind=kind, claim=text) for i, (kind, text) in claims.items()]
    (scenarios / "currents.toml").write_text(SCENARIO + "".join(targets))
