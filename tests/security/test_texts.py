"""Texts of a stranger: text they stay, on a terminal, in a table, a report and a figure."""

from __future__ import annotations

import csv
import io
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree

import pytest
from cli_project import SCENARIO, Project, edit, make_project
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from matplotlib import cbook

from optospice.drawing import style
from optospice.regression.judge import Outcome
from optospice.regression.report import junit, markdown
from optospice.report.frames import csv_bytes
from optospice.texts import csv_cell, has_controls, markdown_text, one_line, printable, xml_text

ESCAPES = ["\\u001b]0;OWNED\\u0007\\u001b[2J", "\\u009b2J", "\\u202ec", "\\u2066", "\\u0000",
           "\\u007f", "\\u200f"]  # fmt: skip
COMMAND = [sys.executable, "-c", "from optospice.cli import main; main()"]


@pytest.fixture
def project(tmp_path, monkeypatch, capsys) -> Project:
    return make_project(tmp_path / "project", monkeypatch, capsys)


@pytest.fixture
def no_figures(monkeypatch) -> None:
    monkeypatch.setattr("optospice.report.figures.save_figures", lambda *_: [])


@pytest.mark.parametrize("escape", ESCAPES)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('title = "Pulse pairs"', 'title = "@"'),
        ('title = "Pulse pairs"', 'title = "x"\ndescription = "@"'),
        ('title = "Pulse pairs"', 'title = "x"\ncitation = "@"'),
        ('id = "T1"', 'id = "@"'),
        ('source = "Fig. 1"', 'source = "@"'),
        ('source = "Fig. 1"', 'source = "x"\nnote = "@"'),
        ('reason = "it meets both"', 'reason = "@"'),
        ('title = "Pulse pairs (Fig. 1)"', 'title = "@"'),
        ('of = "paired_pulse_index"', 'of = "paired_pulse_index"\nname = "@"'),
        ('r = "2 Mohm"', '"@" = "2 Mohm"'),
        ('index = "ratio"', 'index = "@"'),
        ('name = "paired_pulse"', '"@" = 1\nname = "paired_pulse"'),
    ],
)
def test_a_scenario_holds_no_control_characters(project, old, new, escape):
    edit(project.scenario, old, new.replace("@", escape))
    for command in (["run", "own/pairs"], ["show", "own/pairs"]):
        ended = project(*command)
        assert ended.code == 2
        assert "control character U+" in ended.err
        assert ended.err.count("\n") == 1
        assert not has_controls(ended.out + ended.err)
    assert not (project.folder / "results").exists()
    listed = project("list", "scenarios")
    assert "own/pairs" in listed.out
    assert not has_controls(listed.out)


@pytest.mark.parametrize("escape", ESCAPES)
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('title = "A photoconductor with a trap"', 'title = "@"'),
        ('meaning = "dark resistance"', 'meaning = "@"'),
        ('source = "a test"', 'source = "@"'),
        ("[parameters.r]", '["@"]'),
    ],
)
def test_a_card_holds_no_control_characters(project, old, new, escape):
    edit(project.card, old, new.replace("@", escape))
    ended = project("show", "synapse")
    assert ended.code == 2
    assert not has_controls(ended.out + ended.err)
    assert not has_controls(project("list", "devices").out)


def test_what_is_said_of_a_path_holds_none(project):
    ended = project("run", "\x1b[2J.toml")
    assert "\\x1b[2J.toml" in ended.err
    assert not has_controls(ended.err)
    ended = project("run", "own/pairs", "--out", "o\x1b[2J\x9b")
    assert "results: o\\x1b[2J\\x9b" in ended.out
    assert not has_controls(ended.out)


def test_markup_of_the_tables_is_text(project):
    edit(project.card, "A photoconductor with a trap", "[bold]a[/bold] [/] [link=x]y[/link]")
    ended = project("list", "devices")
    assert ended.code == 0
    assert "[link=x]" in "".join(ended.out.split())


@given(st.text())
def test_printable_is_that_and_changes_nothing_else(text):
    assert not has_controls(printable(text))
    assert "\n" not in one_line(text)
    if not has_controls(text):
        assert printable(text) == text


def test_cells_of_a_table_are_no_formulas(project, no_figures):
    edit(project.scenario, 'id = "T1"', """id = '=HYPERLINK("http://x")'""")
    edit(project.scenario, 'source = "Fig. 1"', """source = '=1+1'""")
    edit(
        project.scenario,
        "source = '=1+1'",
        """source = '=1+1'
note = "@SUM(1+1)*cmd|' /C calc'!A0" """,
    )
    assert project("run", "own/pairs").code == 0
    for name in ("targets.csv", "runs.csv"):
        text = (project.folder / "results/own/pairs" / name).read_text()
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        assert not [c for c in cells if c[:1] in tuple("=@\t") or c[:2] in ("+c", "-c")]
    assert "'=1+1" in (project.folder / "results/own/pairs/targets.csv").read_text()


@pytest.mark.parametrize("text", ["-1 V", "+2", "-.5e-3 mW/cm^2", "-1e5", "plain", "", "1=1"])
def test_numbers_and_quantities_stay(text):
    assert csv_cell(text) == text
    assert csv_bytes({"a": [-1.5, text, None, -3]}).startswith(b"a\n-1.5\n")


@pytest.mark.parametrize(
    "text", ["=1", "@x", "\tx", "+1+1", "-1 +cmd|'x'!A", "-1 V(1)", "-a", "+cmd|x!A", "-"]
)
def test_formulas_do_not(text):
    assert csv_cell(text) == f"'{text}"
    ((cell,),) = csv.reader(io.StringIO(csv_bytes({text: []}).decode()))
    assert cell == f"'{text}"


HOSTILE = ["a\0b\x1b[2J", "<img src=x onerror=alert(1)>", "| x | y |", "[c](javascript:x)",
           "@everyone", "![i](http://x/y.png)", "<!-- x", "`a` **b** ~~c~~", "http://x.y/z",
           "<http://x.y>", "&lt;b&gt;", "a\n\n# b", "\\|x", "$x^2$",
           "\ud800", "\ufffe"]  # fmt: skip
TEXTS = st.one_of(
    st.sampled_from(HOSTILE), st.text(), st.lists(st.sampled_from(HOSTILE)).map("".join)
)


def outcomes(text: str) -> dict[tuple[str, str], list[Outcome]]:
    return {(text, text): [Outcome(text, text, "target", text, "failed", text + "!")]}


@given(TEXTS)
def test_the_report_of_ci_parses(text):
    (suite,) = ElementTree.fromstring(junit(outcomes(text), {}))
    (case,) = suite
    # a parser reads white space of an attribute as blanks
    assert case.get("name").split() == f"target[{xml_text(text)}]".split()
    assert not has_controls(case.get("name"))


@given(TEXTS)
def test_the_page_of_a_pull_request_holds_text_only(text):
    """Rendered by a parser of somebody else: one row of five cells without tags in them."""
    page = markdown(outcomes(text), "39", {})
    parser = MarkdownIt("gfm-like", {"linkify": False}).enable("table")
    tokens = parser.parse(page)
    assert [t.type for t in tokens].count("td_open") == 5
    assert [t.type for t in tokens].count("tr_open") == 2
    (table,) = [t for t in tokens if t.type == "table_open"]
    assert table.level == 0
    inner = [child for t in tokens if t.children for child in t.children]
    assert {child.type for child in inner} <= {"text", "text_special", "softbreak"}
    shown = "".join(child.content for child in inner)
    assert "@e" not in shown
    assert "://" not in shown


@given(st.text())
def test_markdown_shows_the_text(text):
    """Nothing is lost but what has no width."""
    parser = MarkdownIt("gfm-like", {"linkify": False})
    html = [t for t in parser.parse("x" + markdown_text(text)) if t.children]
    shown = "".join(child.content for t in html for child in t.children)
    wanted = "x" + printable(" ".join(text.split()))
    assert shown.replace("\u200b", "").rstrip() == wanted.replace("\u200b", "").rstrip()


@given(st.text())
def test_a_dollar_begins_no_formula(text):
    plain = style.plain(text)
    assert plain.count("$") == plain.count(r"\$")
    assert plain.replace(r"\$", "$") == printable(text)
    assert not cbook.is_math_text(plain)


@pytest.mark.parametrize("title", [r"$\\frac{1}{$", "$" + r"\\sqrt{" * 400 + "x" + "}" * 400 + "$"])
def test_a_title_is_no_formula(project, title):
    edit(project.scenario, 'title = "Pulse pairs (Fig. 1)"', f'title = "{title}"')
    assert project("run", "own/pairs").code == 0
    folder = project.folder / "results/own/pairs"
    assert (folder / "figures" / "waveforms.png").read_bytes().startswith(b"\x89PNG")


def test_the_log_does_not_wait_for_the_figures(project, monkeypatch):
    def broken(*_: object) -> None:
        raise RuntimeError("no font")

    monkeypatch.setattr("optospice.report.figures.save_figures", broken)
    with pytest.raises(RuntimeError, match="no font"):
        project("run", "own/pairs")
    assert "runs      3: 3 ok" in (project.folder / "results/own/pairs/log.txt").read_text()


@pytest.mark.parametrize("kind", ["usetex", "pipe", "no text", "style"])
def test_settings_of_the_folder_are_not_read(tmp_path, kind):
    """A figure is drawn as elsewhere, whatever stands in the folder's `matplotlibrc`."""
    script = (
        "import os\n"
        "from optospice.drawing import style\n"
        "with style.house_style():\n"
        "    figure, ax = style.new_figure(40, 30)\n"
        "    ax.plot([0, 1], [0, 1])\n"
        "    figure.suptitle('a')\n"
        "    figure.savefig('o.png', metadata={'Software': None})\n"
    )
    pictures = []
    for name in ("clean", "hostile"):
        folder = tmp_path / name
        folder.mkdir()
        file = folder / "matplotlibrc"
        if name == "hostile" and kind == "pipe":
            os.mkfifo(file)
        elif name == "hostile":
            texts = {
                "usetex": b"text.usetex: True\n",
                "no text": b"\xff\xfe\0",
                "style": b"lines.solid_capstyle: round\nxtick.top: True\nfigure.dpi: 17\n"
                b"savefig.transparent: True\naxes.prop_cycle: cycler('color', 'r')\n",
            }
            file.write_bytes(texts[kind])
        ended = subprocess.run(
            [sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, timeout=60,
            check=False,
        )  # fmt: skip
        assert ended.returncode == 0, ended.stderr
        pictures.append((folder / "o.png").read_bytes())
    assert pictures[0] == pictures[1]


def test_a_run_in_a_hostile_folder_draws_its_figures(project):
    (project.folder / "matplotlibrc").write_text("text.usetex: True\n")
    ended = subprocess.run(
        [*COMMAND, "run", "own/pairs"], cwd=project.folder, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    assert (project.folder / "results/own/pairs/figures/waveforms.png").is_file()


def test_collected_names_of_pytest_steer_no_terminal(project):
    """Neither the file's name nor what is wrong with it."""
    (project.folder / "scenarios" / "a\x1b]0;OWNED\x07.toml").write_text(
        SCENARIO.replace('"Pulse pairs"', '"\\u001b[2J"')
    )
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--color=no", "scenarios"],
        cwd=project.folder, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert "is no name for a scenario" in ended.stdout
    assert "\x1b" not in ended.stdout + ended.stderr
