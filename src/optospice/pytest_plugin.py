"""A pytest plugin: ``pytest scenarios netlists`` runs the regression and the conformance suite.

Every scenario gives one test per target, golden metric and golden waveform on each of its
devices; every ``.lib`` with a card and every parameter set one test per conformance check. Only
folders that are named on the command line (or in ``testpaths``) are looked at: a plain
``pytest`` stays as it is.
A scenario is simulated once per process.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from optospice.texts import printable

if TYPE_CHECKING:
    from optospice.conformance import Finding
    from optospice.ngspice.pool import Pool
    from optospice.regression import Case, Outcome

_FOLDERS = ("scenarios", "netlists")


class Cache:
    """What was simulated in this process, and the pool that does it."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._pool: Pool | None = None
        self._outcomes: dict[tuple[str, str], dict[tuple[str, str], Outcome]] = {}
        self._findings: dict[str, list[Finding]] = {}

    @property
    def pool(self) -> Pool:
        """Simulator processes, started when they are first needed."""
        if self._pool is None:
            from optospice.ngspice.pool import Pool

            self._pool = Pool(workers=self._workers, preload="optospice.sweep.task")
            self._pool.start()
        return self._pool

    def outcomes(self, case: Case) -> dict[tuple[str, str], Outcome]:
        """Simulate a case once and give what came of it by kind and name."""
        from optospice.regression import judge
        from optospice.regression.cases import simulated

        key = (case.scenario, case.device)
        if key not in self._outcomes:
            ((_, result),) = simulated([case], self.pool)
            self._outcomes[key] = {outcome.key: outcome for outcome in judge(case, result)}
        return self._outcomes[key]

    def findings(self, device: str) -> list[Finding]:
        """Run the conformance suite on a device once."""
        from optospice.conformance import check_device

        if device not in self._findings:
            self._findings[device] = check_device(device, self.pool)
        return self._findings[device]

    def close(self) -> None:
        """End the simulator processes."""
        if self._pool is not None:
            self._pool.close()


_CACHE = pytest.StashKey[Cache]()


def _cache(config: pytest.Config) -> Cache:
    if _CACHE not in config.stash:
        # workers of xdist share the processors already
        config.stash[_CACHE] = Cache(1 if hasattr(config, "workerinput") else 0)
    return config.stash[_CACHE]


def pytest_unconfigure(config: pytest.Config) -> None:
    """End the simulator processes of this session."""
    if _CACHE in config.stash:
        config.stash[_CACHE].close()


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> pytest.File | None:
    """Collect scenarios and devices from project folders that were named."""
    if file_path.suffix not in (".toml", ".lib"):
        return None
    folder = _project_folder(file_path, parent.config)
    if folder is None:
        return None
    if folder.name == "scenarios" and file_path.suffix == ".toml" and _is_scenario(file_path):
        return ScenarioFile.from_parent(parent, path=file_path, nodeid=_shown(file_path, parent))
    if (
        folder.name == "netlists"
        and file_path.parent == folder / "devices"
        and _is_device(file_path)
    ):
        return DeviceFile.from_parent(parent, path=file_path, nodeid=_shown(file_path, parent))
    return None


def _is_device(file: Path) -> bool:
    """Whether a file stands for a device: a ``.lib`` with a card, or a parameter set alone."""
    if file.suffix == ".lib":
        return file.with_suffix(".toml").is_file()
    return not file.with_suffix(".lib").exists()


def _shown(file: Path, parent: pytest.Collector) -> str | None:
    """Give the name under which a file is reported where its own would steer the terminal."""
    own = printable(file)
    if own == str(file):
        return None
    return os.path.relpath(own, parent.config.rootpath)


def _project_folder(file: Path, config: pytest.Config) -> Path | None:
    """Give ``scenarios`` or ``netlists`` of the project here, when it was named in the call."""
    here = config.invocation_params.dir
    for name in _FOLDERS:
        folder = here / name
        if not file.is_relative_to(folder):
            continue
        for argument in config.args:
            named = (here / argument.partition("::")[0]).resolve()
            if named.is_relative_to(folder.resolve()) and file.resolve().is_relative_to(named):
                return folder
    return None


def _is_scenario(file: Path) -> bool:
    from optospice.device import read_toml
    from optospice.errors import InputError

    try:
        data = read_toml(file)
    except InputError:
        return True  # the test says what is wrong with it
    return "device" in data or "protocol" in data or "controller" in data


class ScenarioFile(pytest.File):
    """A scenario: one test per target and golden, on each of its devices."""

    def collect(self) -> Iterator[pytest.Item]:
        """Give the tests without simulating."""
        from optospice.errors import InputError
        from optospice.regression import planned
        from optospice.regression.judge import expected_keys

        try:
            cases = planned([str(self.path)])
        except InputError as error:
            raise self.CollectError(printable(error)) from None
        for case in cases:
            for kind, name in expected_keys(case):
                test = f"{case.device}-{kind}-{name}"
                item = ScenarioItem.from_parent(self, name=test, case=case, key=(kind, name))
                yield _grouped(item, f"{case.scenario}-{case.device}")


class DeviceFile(pytest.File):
    """A device: one test per conformance check."""

    def collect(self) -> Iterator[pytest.Item]:
        """Give the tests without simulating."""
        from optospice.conformance import CHECKS

        for check in (*CHECKS, "other"):
            item = DeviceItem.from_parent(self, name=f"check-{check}", check=check)
            yield _grouped(item, f"device-{self.path.stem}")


def _grouped(item: pytest.Item, group: str) -> pytest.Item:
    """Keep what one simulation decides together, for ``xdist --dist loadgroup``."""
    if item.config.pluginmanager.hasplugin("xdist"):
        item.add_marker(pytest.mark.xdist_group(group))
    return item


class _SaidError(Exception):
    """What a test has to say, without a traceback."""


class _Item(pytest.Item):
    def repr_failure(self, excinfo: Any, style: Any = None) -> Any:
        """Give one clear message where it is ours."""
        from optospice.errors import InputError, SimulationError

        if isinstance(excinfo.value, (_SaidError, InputError, SimulationError)):
            return printable(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Say where the test stands."""
        return self.path, None, self.name


class ScenarioItem(_Item):
    """One target, golden metric or golden waveform of a scenario on a device."""

    def __init__(self, *, case: Case, key: tuple[str, str], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._case, self._key = case, key

    def runtest(self) -> None:
        """Hold what was simulated against it."""
        outcome = _cache(self.config).outcomes(self._case)[self._key]
        if outcome.status == "absent":
            pytest.skip(outcome.message)
        if not outcome.ok:
            raise _SaidError(f"{outcome.scenario} on {outcome.device}: {outcome.kind} "
                        f"{outcome.name} {outcome.status}: {outcome.message}")  # fmt: skip


class DeviceItem(_Item):
    """One conformance check of a device."""

    def __init__(self, *, check: str, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._check = check

    def runtest(self) -> None:
        """Fail with every error that the check found."""
        from optospice.conformance import CHECKS

        found = _cache(self.config).findings(self.path.stem)
        own = [f for f in found if f.check == self._check or
               (self._check == "other" and f.check not in CHECKS)]  # fmt: skip
        told = [f"{f.seen} (at {f.where}){'; cure: ' + f.cure if f.cure else ''}" for f in own]
        errors = [t for f, t in zip(own, told, strict=True) if f.severity == "error"]
        if errors:
            raise _SaidError(f"device {self.path.stem}, {self._check}: " + "\n".join(errors))
        for text in told:
            self.add_report_section("call", "conformance warning", text)
