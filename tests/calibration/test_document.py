"""`calibration.json`: every value in the SI unit beside it, whatever the card's unit is."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from calibration.calibration_project import fitted, write_scenario
from optospice.calibration.problem import FreeParameter, build
from optospice.calibration.report import document
from optospice.calibration.statistics import Estimate
from optospice.ngspice.pool import Pool


def test_values_are_in_si_units(tmp_path: Path, pool: Pool) -> None:
    target = ("T1", "postsynaptic_current_amplitude", "400 nA", "5 %")
    scenario = write_scenario(tmp_path / "pulse.toml", target)
    problem = build([str(scenario)], ["irradiance_ref"], ["irradiance_ref=1.5 mW/cm^2"])
    fit, statistics = fitted(pool, problem)
    told = document(fit, statistics)
    (entry,) = told["parameters"]
    (estimate,) = statistics.estimates
    assert (estimate.free.unit, estimate.free.start) == ("mW/cm^2", 1.5)
    assert (entry["unit"], entry["start"]) == ("W/m^2", pytest.approx(15.0))
    assert entry["value"] == pytest.approx(10 * estimate.value)
    assert entry["relative_uncertainty"] == pytest.approx(estimate.deviation)
    assert estimate.interval is not None
    assert entry["interval"] == pytest.approx([10 * end for end in estimate.interval])
    (way,) = told["starts"]
    assert (way["start"], way["values"]) == ([pytest.approx(15.0)], [pytest.approx(entry["value"])])

    # kelvins count from another zero, so that the relative uncertainty is another one
    celsius = FreeParameter("temperature_ref", "degC", 27.0, -73.0, 127.0, log=False)
    warm = Estimate(celsius, 30.0, (24.0, 36.0), None, 0.2, at_bound=False)
    fit = replace(fit, problem=replace(problem, free=[celsius]))
    (entry,) = document(fit, replace(statistics, estimates=[warm]))["parameters"]
    assert (entry["unit"], entry["value"]) == ("K", pytest.approx(303.15))
    assert entry["start"] == pytest.approx(300.15)
    assert entry["interval"] == pytest.approx([297.15, 309.15])
    assert entry["relative_uncertainty"] == pytest.approx(6.0 / 303.15)
