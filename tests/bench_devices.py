"""Small devices with closed forms (a diode, a low-pass, a relaxing memory), and their jobs."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from unittest.mock import patch

from optospice.device import Device, load_device
from optospice.ngspice.bench_analyses import Result, analyse_model
from optospice.ngspice.session import Session
from optospice.ngspice.simulate import analyse_copies
from probe_device import write_device

LIBRARIES = {
    # exact in the constants that are given, with a resistor in series and a photocurrent
    "solar": """* diode, series resistance, photocurrent against the diode
.subckt solar p n light params: i_s=1e-12 r=10 v_t=0.025865 k=1e-3
Rs p a {r}
Bd a n I=i_s*(exp(min(max(V(a,n)/v_t,-80),80))-1)-k*V(light)
.ends solar
""",
    "junction": """* ngspice's own diode
.subckt junction p n params: is=1e-12
Dj p n jd
.model jd d(is=1e-12)
.ends junction
""",
    "lowpass": """* R from the drive to an observed node with C
.subckt lowpass p n out params: r=1k c=1u
R1 p out {r}
C1 out n {c}
.ends lowpass
""",
    # dw/dt = (u - w)/tau with u in mW/cm^2; current g w V
    "memory": """* a state that follows the light, and a conductance that follows the state
.subckt memory p n light params: tau=1 g=1u
Cw w 0 1e-9
Bw 0 w I=1e-9*(V(light)-V(w))/({tau})
Bg p n I=({g})*V(w)*V(p,n)
.ends memory
""",
    "noisy": """* a diode with the shot noise of both its currents
.include ../cells/shot.lib
.subckt noisy p n params: i_s=1e-9 v_t=0.025865
Bf f 0 V=i_s*exp(min(max(V(p,n)/v_t,-80),80))
Vr r 0 {i_s}
Bd p n I=V(f)-V(r)
Xshot p n f r shot
.ends noisy
""",
    "lamp": """* 1 mW of light for each milliampere through 1 kohm
.subckt lamp p n light_out params: r=1k
R1 p a {r}
Vsense a n 0
Hout light_out 0 Vsense 1e3
.ends lamp
""",
}
_TERMINAL = '[[terminals]]\nname = "{name}"\nkind = "{kind}"\n{rest}\n'
_PARAMETER = """[parameters.{name}]
unit = "1"
meaning = "for a test"
bounds = [0, 1e12]
origin = "assumed"
source = "a test"
"""
_ROLES = {
    "p": ("electrical", 'role = "drive"'),
    "n": ("electrical", 'role = "ground"'),
    "out": ("electrical", 'role = "output"'),
    "light_out": ("optical", 'direction = "out"\nwavelength = "530 nm"'),
    "light": ("optical", 'wavelength = "any"'),
}


def bench_device(name: str, folder: Path, states: Mapping[str, str] | None = None) -> Device:
    """Write and load one of the devices; states by name with further lines of their table."""
    library = LIBRARIES[name]
    header = next(line for line in library.splitlines() if line.startswith(".subckt"))
    words = header.split()[2:]
    terminals = [word for word in words if "=" not in word and word != "params:"]
    card = 'title = "a test"\n' + "".join(
        _TERMINAL.format(name=t, kind=_ROLES[t][0], rest=_ROLES[t][1]) for t in terminals
    )
    card += "".join(_PARAMETER.format(name=w.split("=")[0]) for w in words if "=" in w)
    for state, lines in (states or {}).items():
        card += f'[states.{state}]\nnode = "{state}"\nmeaning = "a state"\nmaximum = 10\n{lines}\n'
    file = write_device(folder, name, library, card)
    with contextlib.chdir(folder):
        return load_device(file)


def analysed(session: Session, item: tuple) -> list[Result]:
    """Run an analysis of copies of a bench's device: called in a worker."""
    return analyse_copies(session, *item)


def analysed_model(session: Session, item: tuple) -> Result:
    """Run an analysis of a circuit: called in a worker."""
    return analyse_model(session, *item)


def commands(session: Session, item: tuple) -> tuple[list[str], Result]:
    """Run an analysis and tell what ngspice was asked to do: called in a worker."""
    with patch.object(session, "command", wraps=session.command) as command:
        (result,) = analyse_copies(session, *item)
    words = [call.args[0] for call in command.call_args_list]
    return [text for text in words if not text.startswith(("destroy", "remcirc"))], result
