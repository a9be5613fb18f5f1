"""What is lost with a change of one parameter, known from i = v/r + k (v - 2.5 V)."""

from __future__ import annotations

from optospice.calibration.scores import computed
from optospice.device import Device
from optospice.evidence.claims import Experiment
from optospice.evidence.scores import claims_of, fragility
from optospice.evidence.tables import fragility_table, lost_by_any, worst
from optospice.ngspice.pool import Pool


def test_each_change_loses_what_the_closed_form_says(
    tiny: tuple[Device, list[Experiment]], pool: Pool
) -> None:
    record = computed(*tiny, pool, ["fragility"])
    assert record.fragility is not None
    rows = {row.name: row for row in record.fragility.rows}
    assert list(rows) == ["r", "k", "spare"]  # fitted ones first; zero has no share of itself
    lost = {
        name: {step: record.lost(row, step) for step in row.tried} for name, row in rows.items()
    }
    # -10 % of r: 1.11 of 1, 2.22 of 2.06, 8.33 of 8 uA; +10 %: 0.91, 1.82, 7.73 uA
    assert lost["r"] == {-0.01: [], 0.01: [], -0.1: ["one"], 0.1: ["one", "two"]}
    assert lost["k"] == {-0.01: [], 0.01: [], -0.1: ["three"], 0.1: ["three"]}
    assert lost["spare"] == {-0.01: [], 0.01: [], -0.1: []}  # +10 % is beyond the bounds
    assert record.lost(rows["r"], 0.1, printed=False) == []
    assert lost_by_any(record, 0.01) == "0 of 2"
    assert lost_by_any(record, 0.1) == "2 of 2"
    assert worst(record, 0.1) == ("r", 2)
    head, table = fragility_table(record)
    assert head[3:] == ["−1 %", "+1 %", "−10 %", "+10 %"]
    assert table[2][3:] == ["–", "–", "–", "out of bounds"]


def test_what_is_missed_cannot_be_lost(tiny: tuple[Device, list[Experiment]], pool: Pool) -> None:
    from optospice.evidence.scores import claims_of, fragility

    claims, _ = claims_of(*tiny, pool, lambda text: None)
    missed = [row.model_copy(update={"met": False}) for row in claims]
    found = fragility(*tiny, pool, missed, steps=(0.1,))
    assert not any(row.lost for row in found.rows)


def test_only_fitted_parameters_can_be_asked_for(
    tiny: tuple[Device, list[Experiment]], pool: Pool
) -> None:
    device, experiments = tiny
    claims, _ = claims_of(device, experiments, pool, lambda text: None)
    every = fragility(device, experiments, pool, claims)
    fitted = fragility(device, experiments, pool, claims, only_fitted=True)
    assert {row.origin for row in fitted.rows} == {"fitted"}
    assert [row for row in every.rows if row.origin == "fitted"] == fitted.rows
    assert len(every.rows) > len(fitted.rows)
