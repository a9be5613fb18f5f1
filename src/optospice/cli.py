"""The command line: `optospice run`, `list`, `show`, `doctor`.

Only what a command needs is imported, so that ``optospice --help`` stays quick.
"""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from optospice import __version__
from optospice.errors import InputError, SimulationError
from optospice.texts import printable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.console import Console

    from optospice.scenario.load import LoadedScenario
    from optospice.scenario.runs import Run
    from optospice.sweep.record import RunRecord, ScenarioResult

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Circuit-level co-simulation of optoelectronic synaptic devices with ngspice.",
)

_KINDS = ("devices", "scenarios", "protocols", "metrics", "controllers")
#: Progress is shown for anything longer than this [s].
_PROGRESS_AFTER = 1.0
#: Columns of a pipe or a file when COLUMNS does not say [1].
_PIPE_WIDTH = 120
_NARROWEST = 40


def main() -> None:
    """Run the command line; bad input ends with 2, a failed simulation with 1."""
    _open_standard_streams()
    _replace_what_cannot_be_written()
    try:
        app()
    except InputError as error:
        print(f"optospice: {printable(error)}", file=sys.stderr)
        raise SystemExit(2) from None
    except SimulationError as error:
        print(f"optospice: {printable(error)}", file=sys.stderr)
        raise SystemExit(1) from None
    except KeyboardInterrupt:
        print("optospice: stopped", file=sys.stderr)
        raise SystemExit(130) from None
    except BrokenPipeError:
        sys.stderr.close()
        raise SystemExit(141) from None
    except (OSError, MemoryError) as error:
        print(f"optospice: the system refuses: {error or 'out of memory'}", file=sys.stderr)
        raise SystemExit(1) from None


def _open_standard_streams() -> None:
    """Put the null device in the place of standard streams that are closed."""
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        try:
            os.fstat(number)
        except OSError:  # else the next file that is opened would take what is printed
            os.open(os.devnull, os.O_RDWR)
        if getattr(sys, name) is None:
            stream = open(number, "w" if number else "r", closefd=False)  # noqa: SIM115
            setattr(sys, name, stream)


def _replace_what_cannot_be_written() -> None:
    """Write a question mark for what the terminal's encoding does not know, as ± in ASCII."""
    if isinstance(sys.stdout, io.TextIOWrapper):  # standard error never refuses a character
        sys.stdout.reconfigure(errors="replace")


def _version(wanted: bool) -> None:
    if wanted:
        print(f"optospice {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Circuit-level co-simulation of optoelectronic synaptic devices with ngspice."""


@app.command()
def run(
    scenarios: Annotated[
        list[str], typer.Argument(metavar="SCENARIO", help="Names or TOML files.")
    ],
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help='Change a value, e.g. parameters.r3="30 Mohm".'
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(metavar="DIR", help="Folder for the results.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document only.")] = False,
    run_id: Annotated[
        str | None, typer.Option("--run", metavar="ID", help="Only this run, e.g. 0003.")
    ] = None,
    workers: Annotated[
        int, typer.Option(min=0, help="Simulator processes; 0: one per processor.")
    ] = 0,
) -> None:
    """Run scenarios and hold them against their published targets."""
    from contextlib import ExitStack

    from optospice.files import claimed
    from optospice.ngspice.pool import Pool
    from optospice.report.folder import prepare_folder
    from optospice.scenario.expand import expand, only_run
    from optospice.scenario.load import load_scenario

    with Pool(workers=workers, preload="optospice.sweep.task") as pool, ExitStack() as claims:
        # everything that can be wrong is found before anything is written
        loaded = [load_scenario(name, settings or []) for name in scenarios]
        expanded: list[Sequence[Run]] = [expand(one) for one in loaded]
        if run_id is not None:
            pairs = zip(loaded, expanded, strict=True)
            chosen = [only_run(one, runs, run_id) for one, runs in pairs]
            loaded, expanded = [one for one, _ in chosen], [[run] for _, run in chosen]
        folders = [_result_folder(one, out, len(loaded), run_id) for one in loaded]
        for index, folder in enumerate(folders):
            if folder in folders[:index]:
                raise InputError(
                    f"{scenarios[index]!r} would write into {folder} as another scenario does; "
                    "accepted: each scenario once, or runs of their own with --out"
                )
        for folder in folders:
            claims.enter_context(claimed(folder))
            prepare_folder(folder)
        codes, documents = [], []
        for one, runs, folder in zip(loaded, expanded, folders, strict=True):
            result = _simulate(one, runs, pool, quiet=json)
            _write(result, folder)
            codes.append(result.exit_code)
            if json:
                from optospice.report.tables import result_json

                documents.append(result_json(result))
            else:
                _print(result, folder)
            if result.interrupted:
                break
    if json:
        import json as json_module

        document = documents[0] if len(documents) == 1 else documents
        print(json_module.dumps(document, indent=2, allow_nan=False))
    raise typer.Exit(max(codes, default=0))


def _result_folder(
    loaded: LoadedScenario, out: Path | None, count: int, run_id: str | None
) -> Path:
    if out is None:
        # one run of a sweep does not replace the results of the whole
        return Path("results") / (loaded.name if run_id is None else f"{loaded.name}-{run_id}")
    return out if count == 1 else out / loaded.name


def _simulate(
    loaded: LoadedScenario, runs: Sequence[Run], pool: object, quiet: bool
) -> ScenarioResult:
    from optospice.ngspice.pool import Pool
    from optospice.report.progress import Progress
    from optospice.sweep.local import run_scenario

    assert isinstance(pool, Pool)
    with Progress(loaded.name, len(runs), after=_PROGRESS_AFTER) as progress:

        def advance(record: RunRecord) -> None:
            progress.advance(failed=record.status == "failed")

        return run_scenario(loaded, runs, pool, on_record=advance)


def _write(result: ScenarioResult, folder: Path) -> None:
    from optospice.report.folder import write_results

    write_results(result, folder, sys.argv, is_claimed=True)


def _print(result: ScenarioResult, folder: Path) -> None:
    from optospice.report.tables import print_result

    print_result(_console(), result, folder)


def _console() -> Console:
    from rich.console import Console

    console = Console()
    if console.is_terminal:
        return console
    # a pipe or a file has no width of its own: COLUMNS tells it, as it tells a terminal's
    told = os.environ.get("COLUMNS", "")
    width = int(told) if told.isdecimal() else _PIPE_WIDTH
    return Console(width=max(width, _NARROWEST), no_color=True)


@app.command(name="list")
def list_(
    kind: Annotated[
        str, typer.Argument(metavar="[devices|scenarios|protocols|metrics|controllers]")
    ] = "",
) -> None:
    """List what there is."""
    from optospice.errors import close_matches
    from optospice.report.listing import listing

    if kind and kind not in _KINDS:
        raise InputError(f"list {kind!r}: {close_matches(kind, _KINDS)}")
    console = _console()
    for name in [kind] if kind else _KINDS:
        console.print(listing(name))


@app.command()
def show(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A device or a scenario.")],
) -> None:
    """Show a device (terminals, parameters, sources) or a scenario (targets)."""
    from optospice.report.listing import show as render

    console = _console()
    for part in render(name):
        console.print(part)


@app.command()
def doctor() -> None:
    """Say which ngspice is used, where it was found and what is missing."""
    from optospice.report.doctor import examine

    findings, sound = examine()
    console = _console()
    for line in findings:
        console.print(line, highlight=False, soft_wrap=True)
    raise typer.Exit(0 if sound else 1)


@app.command()
def check(
    devices: Annotated[
        list[str] | None, typer.Argument(metavar="DEVICE", help="Names of devices.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Every device that is found.")] = False,
    voltage: Annotated[
        str, typer.Option(help="Amplitude of the bias, both signs; hard drive is three times it.")
    ] = "1 V",
    irradiance: Annotated[
        str, typer.Option(help="Amplitude of the light; the device's own reference by default.")
    ] = "",
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document only.")] = False,
    workers: Annotated[
        int, typer.Option(min=0, help="Simulator processes; 0: one per processor.")
    ] = 0,
) -> None:
    """Run the conformance suite on devices, yours or the packaged ones."""
    from optospice.conformance.command import check_devices

    text, is_sound = check_devices(devices or [], every, voltage, irradiance, json, workers)
    print(text)
    raise typer.Exit(0 if is_sound else 1)


_new = typer.Typer(no_args_is_help=True, help="Write a working starting point of your own.")
app.add_typer(_new, name="new")


@_new.command()
def device(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the new device.")],
) -> None:
    """Write a subcircuit, its card, a first scenario and a test."""
    from optospice.authoring.new import new_device

    print("\n".join(new_device(name)))


@_new.command()
def scenario(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Name of the new scenario.")],
    device: Annotated[str, typer.Option(help="Device that it runs on.")],
    protocol: Annotated[str, typer.Option(help="Experiment, see `optospice list protocols`.")],
) -> None:
    """Write a scenario of a device under a protocol."""
    from optospice.authoring.new import new_scenario

    print("\n".join(new_scenario(name, device, protocol)))


@_new.command()
def project(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Folder to make.")],
) -> None:
    """Write a project folder with a device, a scenario and CI workflows."""
    from optospice.authoring.new import new_project

    print("\n".join(new_project(folder)))


@app.command()
def adopt(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="Third-party SPICE library.")],
    subcircuit: Annotated[str, typer.Argument(metavar="SUBCKT", help="Its subcircuit.")],
    name: Annotated[str, typer.Option(metavar="N", help="Name here; else its own.")] = "",
) -> None:
    """Take a third-party subcircuit: copy it, write its card, say what in it will hurt."""
    from optospice.authoring.adopt import adopt_subcircuit

    print("\n".join(adopt_subcircuit(file, subcircuit, name)))


@app.command()
def calibrate(
    scenarios: Annotated[
        list[str], typer.Argument(metavar="SCENARIO", help="Names or TOML files.")
    ],
    free: Annotated[
        list[str],
        typer.Option(metavar="PARAM", help="A parameter to fit; offset, drift of a record."),
    ],
    data: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE.csv", help="A measured current to fit, in place of targets."),
    ] = None,
    mapping: Annotated[
        list[str] | None,
        typer.Option("--map", metavar="KEY=VALUE", help='How to read it, e.g. current_unit="nA".'),
    ] = None,
    start: Annotated[
        list[str] | None, typer.Option(metavar="PARAM=VALUE", help='First value, e.g. r3="9 Mohm".')
    ] = None,
    multistart: Annotated[int, typer.Option(min=1, help="Number of starts.")] = 1,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the starts.")] = 0,
    spread: Annotated[
        float, typer.Option(min=1.001, help="Factor around the first start that the others cover.")
    ] = 3.0,
    out: Annotated[
        Path | None, typer.Option(metavar="DIR", help="New folder for the files.")
    ] = None,
    device: Annotated[
        str | None, typer.Option(metavar="NAME", help="Device in place of the scenarios' own.")
    ] = None,
    workers: Annotated[
        int, typer.Option(min=0, help="Simulator processes; 0: one per processor.")
    ] = 0,
) -> None:
    """Fit parameters of a device to published targets or measured currents."""
    from optospice.calibration.command import run as fit_and_write
    from optospice.calibration.report import print_report

    fit, statistics, folder = fit_and_write(
        scenarios, free, data or [], mapping or [], start or [], multistart, seed, spread, out,
        device, workers, say=lambda text: print(f"calibrate: {text}", file=sys.stderr, flush=True),
    )  # fmt: skip
    console = _console()
    print_report(console, fit, statistics)
    console.print(f"results: {printable(folder)}", soft_wrap=True, markup=False)
    raise typer.Exit(0 if fit.converged else 1)


@app.command()
def reproduce(
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for reproduction.md and .csv.")
    ] = Path("results/reproduction"),
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document only.")] = False,
    check: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A reproduction.md to compare with.")
    ] = None,
    workers: Annotated[
        int, typer.Option(min=0, help="Simulator processes; 0: one per processor.")
    ] = 0,
) -> None:
    """Run every packaged scenario and write the table paper vs simulation."""
    from optospice.reproduce import reproduce as run_all

    raise typer.Exit(run_all(out, json, check, workers))


@app.command()
def regress(
    scenarios: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[SCENARIO]...", help="Names or TOML files; the project's own by default."
        ),
    ] = None,
    update: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Rewrite the golden of this one; may be repeated."),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write JUnit XML for CI.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print one JSON document only.")] = False,
    markdown: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write Markdown for a pull request.")
    ] = None,
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for the figures of what moved.")
    ] = Path("results/regress"),
    strict: Annotated[
        bool, typer.Option("--strict", help="A scenario without a golden is a failure.")
    ] = False,
    packaged: Annotated[
        bool, typer.Option("--packaged", help="The packaged scenarios besides the project's own.")
    ] = False,
    workers: Annotated[
        int, typer.Option(min=0, help="Simulator processes; 0: one per processor.")
    ] = 0,
) -> None:
    """Hold scenarios against their targets and what they gave before; say what moved."""
    from optospice.regression.command import Request
    from optospice.regression.command import regress as run_all

    request = Request(
        scenarios or [], update or [], out, junit, markdown, json, strict, workers, packaged
    )  # fmt: skip
    raise typer.Exit(run_all(request))


@app.command()
def reference(
    out: Annotated[
        Path, typer.Option(metavar="DIR", help="Folder for reference.md and schema/.")
    ] = Path("docs"),
) -> None:
    """Write the reference of every key, protocol and metric, and JSON Schemas for editors."""
    from optospice.schema_reference import write_reference

    for file in write_reference(out):
        print(file)
