"""Imports go one way: from left to right along the data flow, and never in a circle."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[1] / "src"

#: Each room may import from its own and from those above it. A room is a package or a module
#: right under `optospice`; the last one that is named holds everything that a user calls.
LAYERS = (
    # what knows nothing of circuits
    "errors", "texts", "reading", "toml_text", "files", "units", "validation", "library",
    "accuracy", "interpolation", "curve", "trace", "trace_block", "resolution",
    "fewest_points", "drawing",
    # SPICE text in, SPICE text out
    "netlist", "expressions", "circuit_text", "circuit_cards", "capacitances",
    "separation", "probes",
    # what is applied over time, and to which device
    "stimulus", "light", "sources", "waveshapes", "source_shapes", "device", "circuit",
    "assembly",
    # what is simulated, by what, and what comes back
    "waveforms", "waveform_block", "analysis", "testbench", "ngspice", "foreign",
    "foreign_analyses",
    # what is measured in it
    "metrics", "protocols", "cosim",
    # experiments, their runs and their verdicts
    "scenario", "store", "sweep", "evidence", "report",
    # studies made of many runs
    "calibration", "conformance", "regression", "reproduce", "authoring", "reference",
    # what a user calls
    "api", "pytest_plugin", "cli",
)  # fmt: skip


def modules(source: Path) -> dict[str, Path]:
    """Every module by its dotted name; a package is its ``__init__``."""
    found = {}
    for file in sorted(source.rglob("*.py")):
        parts = file.relative_to(source).with_suffix("").parts
        found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = file
    return found


def imports(text: str, known: dict[str, Path]) -> Iterator[tuple[str, int]]:
    """Modules that a text imports, at its top or in a function, each with its line.

    What only a type checker reads is left out.
    """
    waiting: list[ast.AST] = [ast.parse(text)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test).endswith("TYPE_CHECKING"):
            waiting += node.orelse
            continue
        if isinstance(node, ast.Import):
            for name in node.names:
                yield name.name, node.lineno
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            for name in node.names:
                module = f"{node.module}.{name.name}"
                yield (module if module in known else str(node.module)), node.lineno
        waiting += ast.iter_child_nodes(node)


def arrows(source: Path) -> dict[str, dict[str, int]]:
    """For every module those that it imports, with the line of the first import."""
    known = modules(source)
    found: dict[str, dict[str, int]] = {}
    for name, file in known.items():
        own = found[name] = {}
        for imported, line in imports(file.read_text(encoding="utf-8"), known):
            if imported in known and imported != name:
                own.setdefault(imported, line)
    return found


def circle(graph: dict[str, dict[str, int]]) -> list[str]:
    """Modules of one circle of imports, the first one again at the end; empty without any."""
    done: set[str] = set()
    for start in graph:
        path, rest = [start], [iter(graph[start])]
        while rest:
            following = next(rest[-1], None)
            if following is None:
                rest.pop()
                done.add(path.pop())
            elif following in path:
                return [*path[path.index(following) :], following]
            elif following not in done:
                path.append(following)
                rest.append(iter(graph[following]))
    return []


def room(module: str) -> str:
    """Name of the package or module right under the root; empty for the root itself."""
    return module.partition(".")[2].partition(".")[0]


def upward(source: Path, layers: tuple[str, ...]) -> list[str]:
    """Every import of a room that stands further down, with both files."""
    known, place = modules(source), {name: number for number, name in enumerate(layers)}
    place[""] = -1  # the root holds the version, and gives the Python interface when it is used
    return [
        f"{known[module].relative_to(source)}:{line} imports {known[imported].relative_to(source)}"
        for module, own in arrows(source).items()
        for imported, line in own.items()
        if place[room(imported)] > place[room(module)]
    ]


def test_no_module_imports_itself_through_others() -> None:
    assert not circle(arrows(SOURCE)), " -> ".join(circle(arrows(SOURCE)))


def test_every_room_has_its_place() -> None:
    assert {room(module) for module in modules(SOURCE)} - {""} == set(LAYERS)


def test_no_import_goes_upward() -> None:
    assert not upward(SOURCE, LAYERS), "\n".join(upward(SOURCE, LAYERS))


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Two rooms, where the lower one imports the upper one inside a function."""
    for room_name in ("low", "high"):
        folder = tmp_path / "house" / room_name
        folder.mkdir(parents=True)
        (folder / "__init__.py").write_text("")
    (tmp_path / "house" / "__init__.py").write_text("")
    (tmp_path / "house" / "high" / "one.py").write_text("from house.low import two\n")
    (tmp_path / "house" / "low" / "two.py").write_text(
        "def draw():\n    from house.high.one import figure\n"
    )
    return tmp_path


def test_a_circle_and_an_upward_import_are_seen(house: Path) -> None:
    found = circle(arrows(house))
    assert set(found) == {"house.high.one", "house.low.two"}
    assert found[0] == found[-1]
    assert upward(house, ("low", "high")) == ["house/low/two.py:2 imports house/high/one.py"]


def test_what_only_a_type_checker_reads_does_not_count(house: Path) -> None:
    (house / "house" / "low" / "two.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import house.high.one\n"
    )
    assert not circle(arrows(house))
    assert not upward(house, ("low", "high"))
