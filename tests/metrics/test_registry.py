"""Every metric says what it is, and the package costs only numpy to import."""

import inspect
import subprocess
import sys

import pytest

from optospice.metrics import METRICS, MetricValue, metric, metric_info

SI_UNITS = {
    "1",
    "1/s",
    "A",
    "s",
    "J",
    "V",
    "S",
    "W",
    "A*V",
    "Hz",
    "K",
    "eV",
    "rad",
    "A*m^2/W",
    "V/Hz^0.5",
    "A/Hz^0.5",
    "W/m^2/Hz^0.5",
}


@pytest.mark.parametrize("name", METRICS)
def test_metric_is_described(name):
    info = METRICS[name]
    assert info.name == info.function.__name__ == name
    assert info.function.__module__ == f"optospice.metrics.{info.family}"
    assert info.unit in SI_UNITS
    assert info.title
    assert info.source
    assert info.display_unit
    text = inspect.getdoc(info.function) or ""
    for section in ("Parameters", "Returns"):
        assert section in text, f"{name} lacks {section}"


@pytest.mark.parametrize("name", METRICS)
def test_default_definition_comes_first(name):
    argument = inspect.signature(METRICS[name].function).parameters.get("definition")
    names = tuple(metric_info(name).definitions)
    if argument is None or argument.default is inspect.Parameter.empty:  # none, or passed through
        assert names == ()
    else:
        assert argument.default == names[0]


def test_unknown_metric_is_refused_with_close_matches():
    with pytest.raises(ValueError, match="did you mean 'energy_per_event'"):
        metric_info("energy_per_evnt")
    with pytest.raises(ValueError, match="unknown metric"):
        metric_info("zzz")


def test_name_is_declared_once():
    def energy_per_event() -> MetricValue:
        raise NotImplementedError

    with pytest.raises(ValueError, match="exists already"):
        metric(title="t", unit="J", source="s")(energy_per_event)


def test_registry_cannot_be_edited():
    with pytest.raises(TypeError):
        METRICS["x"] = METRICS["energy_per_event"]


def test_value_converts_to_float():
    assert float(MetricValue(2.5, "s", "any")) == 2.5
    assert not MetricValue(2.5, "s", "any").is_missing


def test_import_costs_only_numpy():
    code = (
        "import sys, optospice.metrics as m; "
        "sys.exit(bool({'scipy', 'pandas', 'lmfit', 'matplotlib'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
