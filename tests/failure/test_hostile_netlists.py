"""The netlist guard, judged by effects: no file appears and no process starts."""

from __future__ import annotations

import contextlib
import os
import random
import re
import shutil
import string
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import psutil
import pytest
from hostile import ALL, LIBRARIES, SUBCIRCUIT, Hostile
from hypothesis import given
from hypothesis import strategies as st

from optospice import cli
from optospice.accuracy import find_profile
from optospice.api import simulate as api_simulate
from optospice.device import find_device, load_device
from optospice.errors import InputError
from optospice.netlist.guard import (
    ANALYSIS_CARDS,
    CARDS,
    ELEMENTS,
    check_library,
    cleaned,
    cleaned_netlist,
    safe_title,
)
from optospice.ngspice.batch import BatchSession
from optospice.ngspice.installation import find_installation
from optospice.ngspice.pool import Pool
from optospice.ngspice.simulate import Job
from optospice.ngspice.worker import Failed, Finished
from optospice.stimulus import constant
from optospice.testbench import Testbench

RUN_JOB = "optospice.ngspice.simulate:run_job"
CARD = """
title = "a resistor with intentions"

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
bounds = ["1 ohm", "1 Gohm"]
origin = "assumed"
source = "a test"
"""
BARE_CARD = CARD.partition("[parameters.r]")[0]
SCENARIO = """
title = "a device from somewhere"
device = "hostile"

[protocol]
name = "single_pulse"
readout = "1 V"
wavelength = "740 nm"
irradiance = "1 mW/cm^2"
width = "1 s"
"""
needs_program = pytest.mark.skipif(
    find_installation().program is None, reason="the program ngspice is not installed"
)


@dataclass
class Scene:
    """Folders in which a payload may leave traces, and what was there before."""

    root: Path
    sleep: str

    def __post_init__(self) -> None:
        self.project, self.home, self.loot = (self.root / n for n in ("project", "home", "loot"))
        for folder in (self.project, self.home, self.loot):
            folder.mkdir()
        self.canary = self.loot / "canary"
        self.outside = self.root / "outside.cir"
        self.outside.write_text(f".control\nshell touch {self.canary}\n.endc\n")
        self.outside.chmod(0o755)

    def library(self, hostile: Hostile) -> str:
        return hostile.library(self.canary, self.outside, self.sleep)

    def netlist(self, hostile: Hostile) -> str:
        return hostile.netlist(self.canary, self.outside, self.sleep)

    def write(self, library: str, card: str | None = None) -> Path:
        own = BARE_CARD if "params:" not in library else CARD
        (self.project / "scenarios").mkdir(exist_ok=True)
        (self.project / "scenarios" / "attack.toml").write_text(SCENARIO)
        devices = self.project / "netlists" / "devices"
        devices.mkdir(parents=True, exist_ok=True)
        file = devices / "hostile.lib"
        file.with_suffix(".toml").write_text(card or own)
        file.write_bytes(library.encode())
        return file

    def traces(self) -> list[str]:
        """What a payload left behind: files and processes (which are ended)."""
        found = [str(file) for file in self.loot.iterdir()]
        found += [str(file) for file in self.home.iterdir()]
        known = {"netlists", "scenarios", "run.cir", "results"}
        found += [str(file) for file in self.project.iterdir() if file.name not in known]
        for process in psutil.process_iter(["cmdline"]):
            if process.info["cmdline"] == ["sleep", self.sleep]:
                found.append(f"process {process.pid}")
                process.kill()
        return found


@pytest.fixture
def scene(monkeypatch) -> Iterator[Scene]:
    # ngspice folds the case of file names: a folder without capitals
    root = Path(tempfile.mkdtemp(prefix="optospice-hostile-"))
    made = Scene(root, f"{300 + uuid.uuid4().int % 10**9 / 1e9:.9f}")
    monkeypatch.chdir(made.project)
    monkeypatch.setenv("HOME", str(made.home))
    yield made
    made.traces()
    shutil.rmtree(root)


def run_raw_in_program(netlist: str, scene: Scene) -> None:
    """Plain ``ngspice -b``, as a user would run a netlist, with the system's start-up files."""
    program = find_installation().program
    assert program is not None
    (scene.project / "run.cir").write_bytes(netlist.encode())
    subprocess.run(
        [str(program), "-b", "run.cir"],
        cwd=scene.project,
        env={**os.environ, "HOME": str(scene.home)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=30,
        check=False,
    )


def run_everywhere(netlist: str, scene: Scene, pool: Pool) -> None:
    """Run what the guard has written: in a worker, in our batch session, in plain ngspice."""
    list(pool.map(RUN_JOB, [Job(netlist, ("p",), None)]))
    if find_installation().program is not None:
        run_raw_in_program(netlist, scene)


def one_sentence(message: str) -> bool:
    return (
        "\n" not in message
        and len(message) < 900
        and ("accepted" in message or "did you" in message)
    )


def test_there_are_enough():
    names = [hostile.name for hostile in ALL]
    assert len(set(names)) == len(names) >= 50


@needs_program
def test_the_payloads_are_live(scene):
    """Without the guard most of them do what they say: the tests below can fail."""
    fired: dict[str, set[str]] = {hostile.name: set() for hostile in ALL}
    scenes = {}
    for hostile in ALL:
        if hostile.fires not in ("both", "batch"):
            continue
        folder = scene.root / f"batch-{len(scenes)}"
        folder.mkdir()
        own = scenes[hostile.name] = Scene(folder, scene.sleep)
        run_raw_in_program(own.netlist(hostile), own)
        if own.traces():
            fired[hostile.name].add("batch")
    scenes = {}
    for hostile in ALL:
        if hostile.fires in ("both", "library"):
            folder = scene.root / f"library-{len(scenes)}"
            folder.mkdir()
            own = scenes[hostile.name] = Scene(folder, scene.sleep)
            (own.project / "run.cir").write_bytes(own.netlist(hostile).encode())
    subprocess.run(
        [sys.executable, str(Path(__file__).with_name("raw_library.py"))]
        + [str(own.project) for own in scenes.values()],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        timeout=300,
        check=True,
    )
    for name, own in scenes.items():
        if own.traces():
            fired[name].add("library")
    expected = {
        hostile.name: {"both": {"batch", "library"}, "": set()}.get(hostile.fires, {hostile.fires})
        for hostile in ALL
    }
    # a newer ngspice may have closed a door, and the session itself splits lines at LF only;
    # what is claimed is that most are open
    closed = {name for name in fired if fired[name] != expected[name]}
    assert len(closed) <= 8, {name: fired[name] for name in closed}
    assert sum("batch" in where for where in fired.values()) >= 40
    assert sum("library" in where for where in fired.values()) >= 40


@pytest.mark.parametrize("hostile", LIBRARIES, ids=lambda hostile: hostile.name)
def test_a_hostile_device(hostile, scene, pool, capsys, monkeypatch):
    """From the command line, from Python, and in the engine itself."""
    library = scene.library(hostile)
    file = scene.write(library)
    if hostile.dropped:
        device = find_device("hostile")
        assert "#" not in device.text
        bench = Testbench(device=device, stimuli={"p": constant(1.0)}, duration=1.0)
        run_everywhere(bench.netlist(), scene, pool)
    else:
        monkeypatch.setattr(sys, "argv", ["optospice", "run", "attack", "--workers", "1"])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        said = capsys.readouterr()
        assert ended.value.code == 2, said
        assert said.out == ""
        assert said.err.startswith("optospice: ")
        assert one_sentence(said.err.removesuffix("\n")), said.err
        assert not list(scene.project.glob("results/**/*.cir"))
        with pytest.raises(InputError) as refused:
            find_device("hostile")
        assert str(file.parent) in str(refused.value)
    with pytest.raises(InputError):
        check_library(library, "a library that no guard has seen")
    assert scene.traces() == []


@pytest.mark.parametrize("hostile", ALL, ids=lambda hostile: hostile.name)
def test_a_hostile_netlist(hostile, scene, pool):
    """A whole netlist from outside, e.g. the text of a PySpice circuit."""
    netlist = scene.netlist(hostile).replace(".print tran v(p)\n", "")
    if hostile.dropped:
        run_everywhere(cleaned_netlist(netlist, "netlist.cir"), scene, pool)
    else:
        with pytest.raises(InputError, match=r"^netlist\.cir:\d+: ") as refused:
            cleaned_netlist(netlist, "netlist.cir")
        assert one_sentence(str(refused.value)), str(refused.value)
    assert scene.traces() == []


@pytest.mark.parametrize(
    "name", ["shell", "mixed_case", "star_hash_indented", "star_by_3d", "crlf"]
)
def test_a_device_that_never_saw_the_guard_is_refused_by_the_worker(name, scene, pool):
    """Even a `Device` built by hand does not reach ngspice: the worker checks its text."""
    scene.write(SUBCIRCUIT)
    hostile = next(one for one in LIBRARIES if one.name == name)
    device = replace(find_device("hostile"), text=scene.library(hostile))
    with pytest.raises(InputError, match=r"guard|accepted"):
        api_simulate(device, p="1 V", duration="1 s")
    [(_, outcome)] = pool.map("worker_jobs:is_refused", [device])
    assert outcome == Finished(True)
    assert scene.traces() == []


def test_comments_full_of_commands(scene, pool):
    """Random circuits with commands in every kind of comment: read, written anew, run."""
    command = f"#shell touch {scene.canary}"
    whole = [
        f"*{command}",
        f"  *{command}",
        f"${command}",
        f";{command}",
        f"//{command}",
        "* .control",
    ]
    behind = ["", f" ;{command}", f" ${command}", f"//{command}", " $ .control", "; *ng_script"]
    elements = ["R1 p 0\n+ 1k", "C1 p 0 1u", "B1 q 0 V=2*V(p)", "R2 q 0 1", ".param x=1", "+ ic=0"]
    chance = random.Random(1)
    written = []
    for _ in range(60):
        lines = ["V1 p 0 1"]
        for element in elements:
            lines += chance.choices(whole, k=chance.randrange(3))
            lines.append(element + chance.choice(behind))
            if element.startswith("C1"):
                lines += ["\n", chance.choice(whole), elements[-1]]
        lines = [line for line in lines if line != elements[-1] or chance.random() < 0.5]
        text = "\n".join(["title", *lines, ".tran 1m 1m 0 1m", f".end {chance.choice(behind)}"])
        with contextlib.suppress(InputError):
            written.append(cleaned_netlist(text, "it"))
    assert len(written) >= 10
    list(pool.map(RUN_JOB, [Job(text, ("p",), None) for text in written]))
    if find_installation().program is not None:
        for text in written[:10]:
            run_raw_in_program(text, scene)
    assert scene.traces() == []


# --- includes ------------------------------------------------------------------------------


def _spelled_includes() -> dict[str, str]:
    return {
        "absolute": ".include OUTSIDE",
        "absolute_quoted": '.include "OUTSIDE"',
        "absolute_lib": ".lib 'OUTSIDE'",
        "climbing": ".include ../../../outside.cir",
        "climbing_back": ".include ../devices/../../../outside.cir",
        "mixed_case": ".InClUdE ../../../outside.cir",
        "short": ".inc ../../../outside.cir",
        "continued": ".include\n+ ../../../outside.cir",
        "indented": "   .include ../../../outside.cir",
        "link": ".include link.cir",
        "linked_folder": ".include folder/outside.cir",
        "home": ".include ~/outside.cir",
        "variable": ".include $HOME/outside.cir",
        "nul": ".include a\0b",
        "comment_behind": ".include ../../../outside.cir ; harmless",
        "pipe": ".include pipe.cir",
        "device_file": ".include /dev/zero",
        "large": ".include large.cir",
        "inside_hostile": ".include inside.cir",
        "folder_itself": ".include .",
        "nothing": ".include",
    }


@pytest.mark.parametrize("how", _spelled_includes())
def test_an_include_that_leads_out(how, scene, pool, capsys, monkeypatch):
    text = _spelled_includes()[how].replace("OUTSIDE", str(scene.outside))
    devices = scene.write(f"{SUBCIRCUIT}{text}\n").parent
    (devices / "link.cir").symlink_to(scene.outside)
    (devices / "folder").symlink_to(scene.root)
    (devices / "inside.cir").write_text(scene.outside.read_text())
    (scene.home / "outside.cir").symlink_to(scene.outside)
    os.mkfifo(devices / "pipe.cir")
    with (devices / "large.cir").open("wb") as large:
        large.truncate(1 << 40)  # a hole: takes no room
    monkeypatch.setattr(sys, "argv", ["optospice", "run", "attack", "--workers", "1"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert one_sentence(capsys.readouterr().err.removesuffix("\n"))
    (scene.home / "outside.cir").unlink()
    assert scene.traces() == []


def test_the_message_names_the_file_and_line_of_an_include(scene):
    file = scene.write(f"* first\n.include inside.cir\n{SUBCIRCUIT}")
    file.with_name("inside.cir").write_text("* one\n\nR1 a 0 1\n.CONTROL\n")
    with pytest.raises(InputError, match=r"devices/inside\.cir:4: '\.CONTROL': .*accepted: "):
        load_device(file)


def test_includes_that_go_on_and_on_end(scene):
    file = scene.write(f"{SUBCIRCUIT}.include c0.cir\n")
    for index in range(200):
        text = f".include c{index + 1}.cir\n"
        file.with_name(f"c{index}.cir").write_text(text)
    with pytest.raises(InputError, match="accepted: up to"):
        load_device(file)


# --- cards and names -----------------------------------------------------------------------

INJECTED = "p)\\n.control\\nshell touch CANARY\\n.endc\\n.save v(p"


@pytest.mark.parametrize(
    "card",
    [
        f'{CARD}\n[states.x]\nnode = "{INJECTED}"\nmeaning = "an injection"\n',
        f'{CARD}\n[states.x]\nnode = "p v(q)"\nmeaning = "two nodes"\n',
        f'{CARD}\n[states.x]\nnode = "`touch CANARY`"\nmeaning = "a command"\n',
        CARD.replace('name = "p"', 'name = "p 0\\n.control\\nshell touch CANARY\\n.endc"'),
        CARD.replace('name = "p"', 'name = "p\\n"'),
        CARD.replace(
            "parameters.r]", 'parameters."r=1\\n.control\\nshell touch CANARY\\n.endc\\n"]'
        ),
    ],
    ids=["state", "two_nodes", "backticks", "terminal", "line_end", "parameter"],
)
def test_names_on_a_card_go_no_further(card, scene, capsys, monkeypatch):
    scene.write(SUBCIRCUIT, card.replace("CANARY", str(scene.canary)))
    monkeypatch.setattr(sys, "argv", ["optospice", "run", "attack", "--workers", "1"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 2
    assert capsys.readouterr().err.startswith("optospice: ")
    assert scene.traces() == []


def test_a_letter_that_only_looks_like_k(scene):
    """The Kelvin sign is a k in lower case."""
    library = SUBCIRCUIT.replace(" p n ", " k n ").replace("R1 p", "R1 k")
    file = scene.write(library, CARD.replace('name = "p"', 'name = "\u212a"'))
    with pytest.raises(InputError):
        load_device(file)


@pytest.mark.parametrize(
    "title",
    [
        "*ng_script",
        ".control",
        "a\n.control\nshell touch x",
        "`x`",
        "\\",
        "=#shell",
        "é" * 9,
        "",
        "t" * 9000,
    ],
)
def test_a_title_is_plain(title):
    safe = safe_title(title)
    assert re.fullmatch(r"[A-Za-z0-9][\x20-\x7e]{0,199}", safe)
    assert not set(safe) & set('\\`"$;')
    assert safe_title(safe) == safe


# --- what never ends -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "cards",
    [
        ".param a={b} b={a}\nR9 p 0 {a}",
        ".param a={a+1}\nR9 p 0 {a}",
        "R9 p 0 {undefined}",
        "X9 p missing",
        "B9 p 0 V=1/0*exp(1e9)",
        f".param a={'(' * 5000}1{')' * 5000}\nR9 p 0 {{a}}",
        "R9 p 0 {" + "{" * 200 + "1" + "}" * 200 + "}",
    ],
    ids=["circle", "self", "undefined", "missing", "overflow", "brackets", "braces"],
)
def test_text_that_passes_and_fails_does_so_cleanly(cards, scene, pool):
    netlist = f"title\nV1 q 0 1\nR1 q p 1\n{cards}\n.tran 1 1 0 1\n.end\n"
    [(_, outcome)] = pool.map(RUN_JOB, [Job(cleaned_netlist(netlist, "it"), ("p",), 1.0)])
    assert isinstance(outcome, (Failed, Finished))
    good = Job(cleaned_netlist("title\nV1 p 0 1\nR1 p 0 1\n.tran 1 1 0 1\n.end", "it"), ("p",), 1.0)
    [(_, outcome)] = pool.map(RUN_JOB, [good])
    assert isinstance(outcome, Finished)
    assert scene.traces() == []


# --- what is harmless stays as it was ------------------------------------------------------

BENIGN = """A title that says µ, * and "more"
* a comment with µ, Ω and a backslash \\
.PARAM rr = {2*1k} cc='1u'   ; two parameters
.func tau(a, b) {a*b}
.subckt Cell a b params: r = 1k   $ default
Rcell a mid {r}
Ccell mid b {cc}
* between
+ ic=0
.ends Cell
.model Dmod D (IS=1e-12 N=1.5)
.model sw1 SW(vt=0.5 ron=1 roff=1e6)
V1 in 0 PULSE(0 1 0.1m 1u 1u
+ 0.5m 2m)
Xcell in out Cell params: r={rr}
D1 out 0 Dmod
S1 out 0 in 0 sw1
E1 e 0 in 0 2
Bx b 0 V = V(in) > 0.5 ? sin(V(e)) : -V(in)^2  // a comment
Lload b l 1m
Rload l 0 {tau(rr, 0.5)}
G1 0 out b 0 1e-4
.options reltol=1e-4 Method = gear abstol=1e-14
.temp 27
.ic V(out)=0
.save V(out) v( b ) i(V1) all
.tran 1u 3m 0 10u
.END
"""


def test_a_benign_netlist_gives_the_same_waveforms(pool):
    """Raw against re-emitted text, sample by sample."""
    written = cleaned_netlist(BENIGN, "benign.cir")
    wanted = ("out", "b", "v1#branch")
    jobs = [
        Job(BENIGN.replace("µ", "u").replace(" \\\n", "\n"), wanted, 3e-3),
        Job(written, wanted, 3e-3),
    ]
    outcomes = [outcome for _, outcome in sorted(pool.map(RUN_JOB, jobs), key=lambda pair: pair[0])]
    raw, ours = (outcome.result for outcome in outcomes)
    assert set(raw) == set(ours)
    for name in raw:
        assert (raw[name] == ours[name]).all()
    assert cleaned_netlist(written, "benign.cir") == written
    assert written.startswith("* A title that says , * and more\n")


@needs_program
def test_a_benign_netlist_in_the_program():
    batch = BatchSession(find_installation())
    wanted = ["out", "b", "v1#branch"]
    raw = batch.run(BENIGN.replace(" \\\n", "\n"), wanted).vectors
    ours = batch.run(cleaned_netlist(BENIGN, "benign.cir"), wanted).vectors
    for name in wanted:
        assert (raw[name] == ours[name]).all()


LIBRARY_FILES = sorted((Path(__file__).parents[2] / "netlists").glob("*/*.lib"))


@pytest.mark.parametrize("file", LIBRARY_FILES, ids=lambda file: file.stem)
def test_packaged_libraries_pass(file):
    from optospice.netlist import expand_includes

    text = expand_includes(file, [Path(__file__).parents[2] / "netlists"])
    written = cleaned(text, str(file))
    assert cleaned(written, "again") == written
    check_library(written, "again")


@pytest.mark.parametrize("name", ["pbs_rc", "probe"])
def test_a_device_gives_the_same_waveforms(name, probe, pool):
    from optospice.device import library_lines
    from optospice.netlist import expand_lines

    device = probe if name == "probe" else find_device(name)
    lines = (
        library_lines(device)
        if device.family
        else expand_lines(device.file, [device.file.parents[1]])
    )
    raw_text = "".join(f"{line.text}\n" for line in lines)
    outcomes = []
    for text in (device.text, raw_text):
        bench = Testbench(
            device=replace(device, text=text),
            stimuli={"p": constant(1.0), "light": constant(10.0)},
            duration=1.0,
            profile=find_profile("fast"),
        )
        [(_, outcome)] = pool.map(RUN_JOB, [Job(bench.netlist(), bench.vectors, 1.0)])
        outcomes.append(outcome.result)
    for vector in outcomes[0]:
        assert (outcomes[0][vector] == outcomes[1][vector]).all()


def test_a_pyspice_circuit_passes(pool):
    from PySpice.Spice.Netlist import Circuit

    circuit = Circuit("a PySpice circuit")
    circuit.V("in", "a", circuit.gnd, 1)
    circuit.R(1, "a", "b", "1k")
    circuit.C(1, "b", circuit.gnd, "1u")
    circuit.model("dmod", "D", IS=4e-9)
    circuit.D(1, "b", circuit.gnd, model="dmod")
    text = cleaned_netlist(f"{circuit}.tran 1e-5 1e-2 0 1e-4\n.end\n", "circuit")
    [(_, outcome)] = pool.map(RUN_JOB, [Job(text, ("b",), 1e-2)])
    assert isinstance(outcome, Finished), outcome


def test_the_guard_costs_nothing_the_second_time():
    text = cleaned("".join(f"R{i} a b {i + 1}\n" for i in range(2000)), "a")
    check_library(text, "a")
    before = cleaned.cache_info().hits
    check_library(text, "a")
    assert cleaned.cache_info().hits == before + 1


# --- random mixtures -----------------------------------------------------------------------

_WORDS = [
    ".control", ".endc", ".include x", ".lib x", ".csparam a=1", ".print v(a)", ".title *ng_script",
    ".end", ".if (1)", ".endif", "shell touch x", "*#shell touch x", "*ng_script", "R1 a b 1",
    ".param x=1", ".model d D(is=1)", "B1 a 0 V=V(b)", ".subckt s a", ".ends", "X1 a s", "V1 a 0 1",
    "=#", "@", "#", "echo > x", "A1 a b m", "set", "N1 a b m", ".tran 1 1", ".options ngdebug",
    ".save v(a)", "'", "{", "}", '"', "`x`", "(", ")",
]  # fmt: skip
_GLUE = [
    " ", "\t", "\n", "\n+", "\n + ", "\r\n", "\r", "\v", "\f", ";", "$ ", " $", "//", "*", "\n*",
    "\\\n", "\\\\\n", "\n\n", "\n;", "\n$", "\0", "\u2028", "\x85", "\xa0", "",
]  # fmt: skip


def _case(text: str, upper: int) -> str:
    return "".join(c.upper() if upper >> (i % 16) & 1 else c for i, c in enumerate(text))


fragments = st.lists(
    st.tuples(st.sampled_from(_GLUE), st.sampled_from(_WORDS), st.integers(0, 2**16 - 1)).map(
        lambda parts: parts[0] + _case(parts[1], parts[2])
    )
    | st.text(string.printable, max_size=6),
    max_size=12,
).map("".join)
tame = st.lists(
    st.sampled_from([w + "\n" for w in _WORDS] + ["* c\n", "+ 1\n", "; c\n"]), max_size=8
)


def _oracle(text: str, allowed: frozenset[str]) -> None:
    """Read the emitted text as literally as can be: a line is a line, a word is a word."""
    assert text.isascii()
    assert not re.search(r"[^\n\x20-\x7e]", text)
    for line in text.split("\n")[:-1]:
        assert re.match(r"[A-Za-z.]", line), line
        word = line.split(" ")[0].lower()
        assert word in allowed if word[0] == "." else word[0] in ELEMENTS, line
        assert not set(line) & set('`\\"$;'), line


@given(text=fragments | tame.map("".join))
def test_no_forbidden_card_slips_through_a_library(text):
    try:
        written = cleaned(text, "it")
    except InputError:
        return
    _oracle(written, CARDS)
    assert cleaned(written, "it") == written


@given(text=fragments | tame.map("".join))
def test_no_forbidden_card_slips_through_a_netlist(text):
    try:
        written = cleaned_netlist(text, "it")
    except InputError:
        return
    title, *rest = written.split("\n")
    assert re.fullmatch(r"\* [A-Za-z0-9][\x20-\x7e]*", title)
    assert rest[-2:] == [".end", ""]
    _oracle("\n".join([*rest[:-2], ""]), CARDS | ANALYSIS_CARDS)
    assert cleaned_netlist(written, "it") == written


@given(
    lines=st.lists(
        st.sampled_from(["R1 a b 1", "C1 b 0 1u ic=0", ".param x = 1", "D1 a 0 d"]), max_size=6
    ),
    noise=st.lists(
        st.sampled_from(["", "* c\n", "\n", "  ; c\n", "\t\n", "$ c\n"]), min_size=6, max_size=6
    ),
    split=st.booleans(),
    end=st.sampled_from(["\n", "\r\n"]),
    behind=st.sampled_from(["", "  ", " ; c", " $ c", " // c", "\t"]),
)
def test_harmless_lines_come_out_whatever_surrounds_them(
    lines: list[str], noise: list[str], split: bool, end: str, behind: str
):
    spelled = [line.replace(" ", "\n + ", 1) if split else line for line in lines]
    text = "".join(f"{space}{line}{behind}\n" for space, line in zip(noise, spelled, strict=False))
    assert cleaned(text.replace("\n", end), "it") == "".join(f"{line}\n" for line in lines)
