"""Protocols and metrics of installed packages, as an installer leaves them on disk."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from optospice.cli import main
from optospice.errors import InputError
from optospice.metrics import registry as metric_registry
from optospice.metrics.registry import find_metric, metrics
from optospice.protocols import protocols
from optospice.scenario.expand import expand
from optospice.scenario.load import validate

CODE = '''
"""A package that brings a metric and a protocol."""

from typing import ClassVar, Literal

from optospice import units
from optospice.metrics import MetricValue, metric
from optospice.protocols.pulsed import PulseProtocol
from optospice.protocols.timeline import Bound


@metric(title="Swing of the response", unit="A", source="a test")
def {metric}(current, onset, offset, *, scale=1.0):
    """Largest minus smallest response during a pulse.

    Parameters
    ----------
    current : Trace
        Response [A].
    onset, offset : float
        Edges [s].
    scale : float
        Factor [1].
    """
    inside = current.window(onset, offset)
    return MetricValue(scale * (inside.maximum - inside.minimum), "A", "largest - smallest")


class Flash(PulseProtocol):
    """One flash.

    Parameters
    ----------
    again : float
        From the end of the flash to a second one [s].
    """

    title: ClassVar[str] = "two flashes"
    measures: ClassVar[tuple[str, ...]] = ("{metric}",)
    name: Literal["flash"] = "flash"
    again: units.Time

    def place(self, course):
        self.train(course, "flash", count=2, interval=self.again)
        self.rest(course)

    def bound(self):
        return {{"{metric}": Bound("{metric}", "flash", pulse="last")}}


nothing = 3
'''


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Install a package whose entry points are given, and forget it afterwards."""

    def installed(module: str, metric: str, points: str) -> Path:
        site = tmp_path / "site"
        info = site / f"{module}-1.0.dist-info"
        info.mkdir(parents=True)
        (site / f"{module}.py").write_text(CODE.format(metric=metric))
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {module}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(points)
        monkeypatch.syspath_prepend(str(site))
        forget()
        return site

    def forget() -> None:
        protocols.cache_clear()
        metric_registry._declare_installed.cache_clear()

    before = dict(metric_registry._METRICS)
    yield installed
    forget()
    metric_registry._METRICS.clear()
    metric_registry._METRICS.update(before)
    for name in ("flashes", "broken", "impostor"):
        sys.modules.pop(name, None)


def test_a_package_brings_a_protocol_and_a_metric(install, tmp_path, monkeypatch, capsys):
    install(
        "flashes", "response_swing",
        "[optospice.protocols]\nflash = flashes:Flash\nsingle_pulse = flashes:Flash\n\n"
        "[optospice.metrics]\nresponse_swing = flashes:response_swing\n",
    )  # fmt: skip
    assert "flashes" not in sys.modules  # nothing is loaded before it is asked for
    assert find_metric("response_swing").title == "Swing of the response"
    assert protocols()["flash"].title == "two flashes"
    assert protocols()["single_pulse"].__module__ == "optospice.protocols.single_pulse"
    monkeypatch.chdir(tmp_path)
    Path("own.toml").write_text(
        'title = "t"\ndevice = "pbs_rc"\n[protocol]\nname = "flash"\nreadout = "1 V"\n'
        'irradiance = "1.22 mW/cm^2"\nwavelength = "740 nm"\nwidth = "50 ms"\nagain = "1 s"\n'
        'delay = "1 s"\ntail = "1 s"\n[[targets]]\nid = "swing"\nmetric = "response_swing"\n'
        'at_least = "400 nA"\nsource = "the step of 500 nA"\n'
    )
    monkeypatch.setattr("sys.argv", ["optospice", "run", "own.toml", "--workers", "1"])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr()
    assert ended.value.code == 0, told.err
    assert "500.0" in told.out  # nA: the light's voltage of 6 V over 12 Mohm
    monkeypatch.setattr("sys.argv", ["optospice", "list", "protocols"])
    with pytest.raises(SystemExit):
        main()
    assert "flash" in capsys.readouterr().out


def test_a_timeline_takes_a_metric_of_a_package(install):
    install("flashes", "response_swing", "[optospice.metrics]\nresponse_swing = flashes\n")
    step = {"do": "train", "name": "pulses", "level": "1 V", "width": "1 s"}
    table = {"name": "timeline", "steps": [step],
             "metrics": {"response_swing": {"window": "pulses", "scale": 2}}}  # fmt: skip
    loaded = validate("t", Path("t.toml"), {"title": "t", "device": "pbs_rc", "protocol": table})
    (run,) = expand(loaded)
    assert run.protocol.metric_unit("response_swing") == "A"
    assert run.protocol.bound()["response_swing"].options == {"scale": 2.0}


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ("[optospice.protocols]\nflash = flashes:nothing\n",
         "entry point 'flashes:nothing' of optospice.protocols: is no class derived from"),
        ("[optospice.protocols]\nflash = flashes:absent\n",
         "entry point 'flashes:absent' of optospice.protocols: cannot be loaded: "),
        ("[optospice.protocols]\nflash = nowhere:Flash\n",
         "entry point 'nowhere:Flash' of optospice.protocols: cannot be loaded: No module"),
    ],
)  # fmt: skip
def test_a_package_that_brings_no_protocol_is_named(install, points, message):
    install("flashes", "response_swing", points)
    with pytest.raises(InputError, match=message) as raised:
        protocols()["flash"]
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("metric", "point", "message"),
    [
        ("response_swing", "swing = flashes:nothing", "declares no metric 'swing'; accepted:"),
        ("energy_per_event", "swing = flashes:Flash", "cannot be loaded: .*exists already"),
    ],
)
def test_a_package_that_brings_no_metric_is_named(install, metric, point, message):
    install("flashes", metric, f"[optospice.metrics]\n{point}\n")
    with pytest.raises(InputError, match=rf"entry point .* of optospice.metrics: {message}"):
        metrics()
