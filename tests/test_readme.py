"""The README and the pages in docs/ do what they say, as written."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from pydantic import BaseModel, TypeAdapter

from optospice.assembly.tables import CircuitTable, ElementTable, InstanceTable, LinkTable
from optospice.device import (
    Card,
    FamilyCard,
    Parameter,
    ParameterSet,
    State,
    Terminal,
    Valid,
    Value,
    find_device,
)
from optospice.light import (
    AbsorptionEdge,
    LedLine,
    Light,
    QuantumEfficiency,
    Response,
    ResponseTable,
    TransmissionTable,
)
from optospice.metrics import METRICS
from optospice.protocols import PROTOCOLS
from optospice.protocols.timeline.protocol import TimelineMetric
from optospice.protocols.timeline.steps import STEPS
from optospice.protocols.timeline.view import ARGUMENTS
from optospice.scenario import monte_carlo, schema, variation
from optospice.scenario.expand import expand
from optospice.scenario.load import validate
from optospice.scenario.specs import Spec
from probe_device import write_device
from protocols.small_devices import transistor

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
CARDS = (ROOT / "docs" / "cards.md").read_text()
SCENARIOS = (ROOT / "docs" / "scenarios.md").read_text()
LIGHT_PAGE = (ROOT / "docs" / "light.md").read_text()
PROTOCOL_PAGE = (ROOT / "docs" / "protocols.md").read_text()


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks of one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def section(text: str, heading: str) -> str:
    """What stands under a heading."""
    return re.split(r"^## ", text, flags=re.MULTILINE)[
        [part.split("\n")[0] for part in re.split(r"^## ", text, flags=re.MULTILINE)].index(heading)
    ]


@pytest.fixture
def shell(tmp_path):
    """Run a shell line in an empty folder, where `optospice` is this one."""
    programs = tmp_path / "bin"
    programs.mkdir()
    script = programs / "optospice"
    script.write_text(f"#!{sys.executable}\nfrom optospice.cli import main\n\nmain()\n")
    script.chmod(0o755)
    folder = tmp_path / "work"
    folder.mkdir()
    environment = {
        **os.environ,
        "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        "MPLBACKEND": "agg",
        "COLUMNS": "120",  # as in a pipe; workers of tests have one of their own
    }

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    run.folder = folder
    return run


def test_the_python_example(shell):
    (code,) = blocks(section(README, "From Python"), "python")
    ended = shell(sys.executable, "-W", "error", "-c", code)
    assert ended.returncode == 0, ended.stderr
    assert "0.65" in ended.stdout  # the index that the README tells, 65.5 %
    assert (shell.folder / "pulse_pair.png").read_bytes().startswith(b"\x89PNG")


NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?")
PRINTED = [text for text in blocks(README, "text") if "claims met" in text]


def values(text: str) -> list[list[float]]:
    """The numbers of every line that holds nothing of the solver's own noise."""
    kept = [line for line in text.splitlines() if not re.search("±|error|run|offset", line)]
    return [[float(number) for number in NUMBER.findall(line)] for line in kept]


@pytest.mark.parametrize("printed", PRINTED, ids=lambda text: text.split(":")[0])
def test_a_run_prints_what_the_readme_shows(shell, printed):
    ended = shell("optospice", "run", printed.split(":")[0])
    assert ended.returncode == 0, ended.stderr
    shown, found = (
        re.sub("─+", "─", " ".join(NUMBER.sub("#", text).split()))
        for text in (printed, ended.stdout)
    )
    assert shown == found
    for one, other in zip(values(printed), values(ended.stdout), strict=True):
        assert one == pytest.approx(other, rel=2e-3, abs=1e-3)


def test_the_circuit_of_the_readme_is_the_packaged_one():
    (circuit,) = blocks(README, "toml")
    packaged = (ROOT / "scenarios" / "circuits" / "light_drives_synapse.toml").read_text()
    assert circuit in packaged


def test_every_picture_exists_and_is_used():
    pictures = {file.name for file in (ROOT / "docs" / "images").iterdir()}
    used = set(re.findall(r"!\[[^\]]+\]\(docs/images/([^)]+)\)", README))
    for page in (ROOT / "docs").glob("*.md"):
        used |= set(re.findall(r"!\[[^\]]+\]\(images/([^)]+)\)", page.read_text()))
    assert used == pictures


SHELL_LINES = [
    line
    for block in blocks(section(README, "From the shell"), "sh")
    for line in block.splitlines()
    if line.strip()
]


def test_there_are_shell_lines():
    assert len(SHELL_LINES) >= 5


@pytest.mark.parametrize("line", SHELL_LINES)
def test_the_shell_lines(shell, line):
    ended = shell("sh", "-c", line)
    assert ended.returncode == 0, (ended.stdout, ended.stderr)
    assert ended.stdout


def test_the_two_shell_lines_of_set(shell):
    lines = blocks(section(SCENARIOS, "`--set KEY=VALUE`"), "sh")[0].splitlines()
    told = [shell("sh", "-c", f"{line} --json") for line in lines]
    assert len(told) == 2
    assert told[0].returncode == 0, told[0].stderr
    assert told[0].stdout == told[1].stdout


@pytest.mark.parametrize("marker", ["run-command", "test-command"])
def test_the_commands_are_targets_of_the_makefile(marker):
    """The block after a marker is what `.ci/run` and a newcomer run."""
    found = re.search(rf"<!-- {marker} -->\n```sh\nmake ([a-z-]+)\n```", README)
    assert found is not None
    makefile = (ROOT / "Makefile").read_text()
    assert re.search(rf"^{found[1]}:", makefile, re.MULTILINE)


PAGES = ["README.md", *(f"docs/{page.name}" for page in sorted((ROOT / "docs").glob("*.md")))]


def anchors(text: str) -> set[str]:
    """What the headings of a page are called in a link."""
    without_code = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", without_code, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES)
def test_links_lead_somewhere(page):
    file = ROOT / page
    for target in re.findall(r"\]\(([^)\s]+)\)", file.read_text()):
        if not target.startswith("http"):
            path, _, heading = target.partition("#")
            linked = file.parent / path if path else file
            assert linked.exists(), target
            assert not heading or heading in anchors(linked.read_text()), target


def test_every_page_is_linked_in_the_readme():
    for page in PAGES[1:]:
        assert f"]({page})" in README, page


# docs/cards.md


@pytest.fixture
def documented_device(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (library,) = blocks(CARDS, "spice")
    (card,) = (text for text in blocks(CARDS, "toml") if "[[terminals]]" in text)
    write_device(tmp_path, "my_synapse", library, card)
    return find_device("my_synapse")


def test_the_documented_device_loads_and_simulates(documented_device):
    import optospice

    light = optospice.pulse("1 mW/cm^2", width="1 s")
    waveforms = optospice.simulate(documented_device, p="1 V", light=light, duration="10 s")
    assert waveforms.current.max() == pytest.approx(1 / 2e9 + 4e-9, rel=1e-3)


def test_the_other_examples_of_cards():
    own, *others = (tomllib.loads(text) for text in blocks(CARDS, "toml"))
    assert own["family"]
    (card,) = (example for example in others if isinstance(example.get("terminals"), list))
    for example in others:
        if isinstance(example.get("terminals"), dict):  # keys of the terminal before it
            light = {key: v for key, v in card["terminals"][-1].items() if key != "wavelength"}
            Terminal.model_validate({**light, **example["terminals"]})
        else:
            Card.model_validate({**card, **example})


def test_the_documented_set_loads_and_simulates(tmp_path, monkeypatch):
    import optospice

    monkeypatch.chdir(tmp_path)
    (tmp_path / "netlists" / "devices").mkdir(parents=True)
    (tmp_path / "netlists" / "devices" / "film.toml").write_text(blocks(CARDS, "toml")[0])
    waveforms = optospice.simulate(find_device("film"), p="1 V", duration="1 s")
    assert waveforms.current[-1] == pytest.approx(1 / 37e6, rel=1e-4)


@pytest.mark.parametrize(
    "model",
    [Card, Terminal, Parameter, State, ParameterSet, Value, Valid, FamilyCard],
    ids=lambda m: m.__name__,
)
def test_every_key_of_a_card_is_documented(model):
    assert_documented(model, CARDS)


# docs/light.md


def test_the_scenario_and_the_response_of_light():
    scenario, response = (tomllib.loads(text) for text in blocks(LIGHT_PAGE, "toml"))
    runs = expand(validate("example", Path("example.toml"), scenario))
    assert len(runs) == 2
    (terminal,) = (t for t in response["terminals"].values())
    written = TypeAdapter(Response).validate_python(terminal["response"])
    assert written.weight(1100e-9, {}) == pytest.approx(2.0)  # as the page's Python prints


@pytest.mark.parametrize(
    "model",
    [Light, LedLine, TransmissionTable, ResponseTable, AbsorptionEdge, QuantumEfficiency],
    ids=lambda model: model.__name__,
)
def test_every_key_of_a_light_and_a_response_is_documented(model):
    assert_documented(model, SCENARIOS + CARDS + LIGHT_PAGE)


# docs/scenarios.md

SCENARIO_EXAMPLES = [tomllib.loads(text) for text in blocks(SCENARIOS, "toml")]


@pytest.mark.parametrize("example", SCENARIO_EXAMPLES, ids=lambda example: "+".join(example))
def test_the_examples_of_scenarios(example):
    whole = SCENARIO_EXAMPLES[0]
    if "name" in example.get("protocol", {}) and "title" not in example:
        whole = {key: whole[key] for key in ("title", "device")}  # the sweep is of another protocol
    if "circuit" in example:  # in the place of the device; its light input has another name
        protocol = {**whole["protocol"], "voltage": "1 V"}
        protocol = {k: v for k, v in protocol.items() if k not in ("irradiance", "wavelength")}
        whole = {"title": whole["title"], "protocol": protocol}
    loaded = validate("example", Path("example.toml"), {**whole, **example})
    assert expand(loaded)


@pytest.mark.parametrize(
    "model",
    [
        schema.Scenario, variation.Range, variation.Design, variation.Interval, variation.Corner,
        Spec, monte_carlo.Draw, monte_carlo.MonteCarlo, monte_carlo.Correlated,
        monte_carlo.Statistic, schema.Across,
        schema.Target, schema.Expectation, schema.Figure, *PROTOCOLS.values(),
        CircuitTable, InstanceTable, ElementTable, LinkTable,
        *(protocol.model_fields["definitions"].annotation for protocol in PROTOCOLS.values()
          if "definitions" in protocol.model_fields),
    ],
    ids=lambda model: model.__name__,
)  # fmt: skip
def test_every_key_of_a_scenario_is_documented(model):
    assert_documented(model, SCENARIOS + PROTOCOL_PAGE)


def test_the_timelines_of_the_page_are_as_written(tmp_path, monkeypatch):
    transistor(tmp_path)
    device = tmp_path / "netlists" / "devices" / "transistor.lib"
    for suffix in (".lib", ".toml"):
        text = device.with_suffix(suffix).read_text()
        file = device.with_name(f"phototransistor{suffix}")
        file.write_text(text.replace("transistor", "phototransistor"))
    monkeypatch.chdir(tmp_path)
    page = section(PROTOCOL_PAGE, "timeline")
    (example,) = blocks(page, "toml")
    runs = expand(validate("example", Path("example.toml"), tomllib.loads(example)))
    assert [run.protocol.steps[2].steps[0].level for run in runs] == [2.0, 3.0]
    protocol = runs[0].protocol
    assert protocol.course.window("after").instants.size == 10
    assert protocol.duration == pytest.approx(1 + 2 * (5 * 0.01 + 4 * 0.02 + 2))
    (code,) = blocks(page, "python")
    names: dict[str, object] = {}
    exec(code, names)
    assert names["flash_and_gate"].duration == pytest.approx(4.0)
    for kind, held in ARGUMENTS.items():
        assert f"| {kind} | {', '.join(f'`{name}`' for name in held)} |" in page


@pytest.mark.parametrize("model", [*STEPS, TimelineMetric], ids=lambda model: model.__name__)
def test_every_key_of_a_timeline_is_documented(model):
    assert_documented(model, section(PROTOCOL_PAGE, "timeline"))


def test_every_protocol_is_documented():
    for name in PROTOCOLS:
        assert f"\n## {name}\n" in PROTOCOL_PAGE


def test_named_metrics_exist():
    for example in SCENARIO_EXAMPLES:
        taken = {statistic["name"] for statistic in example.get("statistics", [])}
        for table in (*example.get("targets", []), *example.get("across", [])):
            assert table["metric"] in METRICS.keys() | taken


def assert_documented(model: type[BaseModel], page: str) -> None:
    for name, field in model.model_fields.items():
        key = field.alias or name
        if key != "definitions":
            assert f"`{key}`" in page, key
    assert "definitions" in page or model not in PROTOCOLS.values()
