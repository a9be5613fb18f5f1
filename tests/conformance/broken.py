"""Small devices that each break one rule, and how their files are written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from probe_device import write_device

RATE = "Cx x 0 1e-9\nBx 0 x I=1e-9*(({rate})*V(p,n)*V(p,n)*(1-V(x))-V(x))"
CHANNEL = "Bm p n I=V(p,n)*1e-6*(1+V(x))"


@dataclass(frozen=True)
class Broken:
    """A device's body and card, and the finding that it must raise."""

    check: str
    words: str
    body: str = f"{CHANNEL}\n{RATE}"
    nodes: str = "p n"
    parameters: Mapping[str, float] = field(default_factory=lambda: {"rate": 1.0})
    card: str = ""
    state: str = "x"
    severity: str = "error"


BROKEN = {
    "unused_parameter": Broken(
        "parameters", "parameter 'idle' changes no current", parameters={"rate": 1, "idle": 2}
    ),
    "unused_terminal": Broken("terminals", "terminal 'gate' is used by no", nodes="p n gate"),
    "unused_inner_terminal": Broken(
        "terminals",
        "terminal 'gate' is used by no",
        f"{CHANNEL}\n{RATE}\nXc p gate cell\n.subckt cell a b\nR1 a 0 1e9\n.ends",
        nodes="p n gate",
    ),
    "state_leaves_its_range": Broken(
        "states",
        "state 'x' runs from",
        f"{CHANNEL}\nCx x 0 1e-9\nBx 0 x I=1e-9*(({{rate}})*V(p,n)-0.3*V(x))",
    ),
    "state_only_under_hard_drive": Broken(
        "states",
        "under ±3 V",
        f"{CHANNEL}\nCx x 0 1e-9\nBx 0 x I=1e-9*(({{rate}})*0.1*V(p,n)*V(p,n)-0.5*V(x))",
    ),
    "current_at_zero_bias": Broken(
        "zero_bias", "flows without bias and light", f"{CHANNEL}\n{RATE}\nIl n p 1e-8"
    ),
    "active_at_dc": Broken(
        "passive",
        "W at",
        f"Bm p n I=V(p,n)*1e-6*(V(x)-0.2)\n{RATE}",
        card="passive = true",
    ),
    "active_over_a_cycle": Broken(
        "passive",
        "has given off",
        "Bm p n I=1e-6*(1.2*V(d)-V(p,n)+0.01*V(x)*V(p,n))\n"
        f"Gd 0 d p n 1e-9\nRd d 0 1e9\nCd d 0 1e-9\n{RATE}",
        card="passive = true",
    ),
    "global_node": Broken(
        "instances",
        "moves by",
        "Rs p shared 1e6\nRt shared n 1e6\nBm p n I=V(p,n)*1e-6*(1+V(x)+({rate})*0.1)\n"
        "Cx x 0 1e-9\nBx 0 x I=1e-9*(V(shared)*V(shared)/9.1-V(x))\n.ends\n.global shared\n"
        ".subckt unused a\nRu a 0 1",
    ),
    "time_source": Broken(
        "equilibrium",
        "moves by",
        f"Bm p n I=V(p,n)*1e-6*(1+V(x))*(1+0.1*sin(6*time))\n{RATE}",
    ),
    "time_in_the_text": Broken(
        "time_source",
        "made of `time`",
        f"Bm p n I=V(p,n)*1e-6*(1+V(x))*(1+0.1*sin(6*time))\n{RATE}",
        severity="warning",
    ),
    "integrator": Broken(
        "operating_point",
        "undetermined",
        f"{CHANNEL}\nCx x 0 1e-9\nBx 0 x I=1e-9*({{rate}})*V(p,n)",
    ),
    "no_operating_point": Broken(
        "operating_point",
        "no operating point",
        f"{CHANNEL}\n{RATE}\nBl q 0 V=sqrt(-1-V(p,n)*V(p,n)*({{rate}}))\nRq q 0 1",
    ),
    "fails_when_cold": Broken(
        "temperature",
        "at -40 degC",
        f"{CHANNEL}\n{RATE}\nBl q 0 V=sqrt(temper+20)\nRq q 0 1",
    ),
    "exponent_under_pulses": Broken(
        "transient",
        "do not simulate",
        f"{CHANNEL}\n{RATE}\nCd d 0 1e-9\nGd 0 d p n 1e-9\nRd d 0 1e9\n"
        "Bl q 0 V=sinh(900*V(d)*(V(p,n)-V(d))*4)\nRq q 0 1",
    ),
    "hard_drive": Broken(
        "hard_drive",
        "does not simulate",
        f"{CHANNEL}\n{RATE}\nBl q 0 V=sqrt(4-V(p,n)*V(p,n))\nRq q 0 1",
        severity="warning",
    ),
    "bounds": Broken(
        "bounds",
        "within the bounds of 'rate'",
        f"{CHANNEL}\n{RATE}\nBl q 0 V=sqrt(1.2-({{rate}}))\nRq q 0 1",
        severity="warning",
    ),
    "tolerance": Broken(
        "tolerance",
        "when the tolerance is halved",
        "Bm p n I=V(p,n)*1e-6*(1+V(x))\nCx x 0 1e-9\nBx 0 x I=1e-9*(({rate})*(u(V(y))-V(x)))\n"
        "Cy y 0 1e-9\nBy 0 y I=1e-9*(40*V(z)-0.001*V(y))\nCz z 0 1e-9\n"
        "Bz 0 z I=1e-9*(V(p,n)-40*V(y)-0.001*V(z))",
    ),
    "dc": Broken(
        "dc",
        "a DC sweep",
        f"{CHANNEL}\n{RATE}\nBl q 0 V=sqrt((V(p,n)-0.75)*(V(p,n)-0.75)-0.03)\nRq q 0 1",
    ),
    "state_that_is_not_there": Broken("operating_point", "gave no data for xdevice.y", state="y"),
}


def write_broken(folder: Path, name: str, broken: Broken) -> None:
    """Write a broken device into the project folder."""
    nodes = broken.nodes.split()
    defaults = " ".join(f"{key}={value:g}" for key, value in broken.parameters.items())
    library = f".subckt {name} {broken.nodes} params: {defaults}\n{broken.body}\n.ends\n"
    card = f'title = "broken"\n{broken.card}\n'
    for index, node in enumerate(nodes):
        role = "ground" if index == 1 else "drive"
        card += f'[[terminals]]\nname = "{node}"\nkind = "electrical"\nrole = "{role}"\n'
    card += f'[states.x]\nnode = "{broken.state}"\nmeaning = "a state"\n'
    for key in broken.parameters:
        card += (
            f'[parameters.{key}]\nunit = "1"\nmeaning = "a number"\nbounds = [0, 10]\n'
            'origin = "assumed"\nsource = "a test"\n'
        )
    write_device(folder, name, library, card)
