"""Spectral responses: tables, edges, quantum efficiencies, against closed forms."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from optospice.errors import InputError
from optospice.light import (
    Response,
    SpectralResponse,
    Spectrum,
    led_line,
    long_pass,
    reference_spectrum,
)
from optospice.light.spectrum import PHOTON
from optospice.validation import StrictModel, first_problem

NM = 1e-9
SUN = reference_spectrum("AM1.5G")
ADAPTER: TypeAdapter[SpectralResponse] = TypeAdapter(Response)
TABLE = {
    "kind": "table",
    "wavelengths": ["740 nm", "550 nm", "450 nm"],
    "values": ["responsivity_740", "responsivity_550", 1.442],
}
VALUES = {"responsivity_740": 1.0, "responsivity_550": 1.294}


class Holder(StrictModel):
    response: Response


def response(**keys: Any) -> SpectralResponse:
    return ADAPTER.validate_python(keys)


def test_a_table_gives_its_values_and_straight_lines_between_them() -> None:
    table = response(**TABLE)
    assert table.weight(740 * NM, VALUES) == 1.0
    assert table.weight(450 * NM, VALUES) == 1.442
    halfway = table.weight(645 * NM, VALUES)
    assert halfway == pytest.approx((1.0 + 1.294) / 2)
    assert table.note(550 * NM) is None
    note = table.note(640 * NM)
    assert note == ("640 nm: the response is interpolated between the tabulated 550 nm and 740 nm")
    assert table.parameters == {"responsivity_740": "1", "responsivity_550": "1"}


@pytest.mark.parametrize("wavelength", [300, 1500, 449, 741])
def test_light_outside_a_table_is_refused(wavelength: float) -> None:
    with pytest.raises(InputError, match=f"{wavelength} nm is outside.*450 nm to 740 nm"):
        response(**TABLE).weight(wavelength * NM, VALUES)


def test_a_broad_spectrum_needs_to_know_what_is_outside() -> None:
    with pytest.raises(InputError, match=r"AM1\.5G \(280 nm to 4000 nm\) is outside"):
        response(**TABLE).weight(SUN, VALUES)
    open_table = response(**TABLE, outside=0)
    assert open_table.weight(1500 * NM, VALUES) == 0.0
    flat = response(kind="table", wavelengths=["450 nm", "740 nm"], values=[1, 1], outside=0)
    share = SUN.total(450 * NM, 740 * NM) / SUN.total()
    assert flat.weight(SUN, {}) == pytest.approx(share, rel=1e-9)
    assert 1.0 * share < open_table.weight(SUN, VALUES) < 1.442 * share


def test_a_narrow_line_weighs_like_its_wavelength() -> None:
    table = response(**TABLE)
    line = led_line(640 * NM, 5 * NM)
    assert table.weight(line, VALUES) == pytest.approx(table.weight(640 * NM, VALUES), rel=1e-9)
    assert "interpolated between 3 tabulated wavelengths" in (table.note(line) or "")


def test_a_null_inside_is_a_result() -> None:
    table = response(kind="table", wavelengths=["500 nm", "700 nm"], values=[1, 0])
    assert table.weight(700 * NM, {}) == 0.0


def test_a_reference_divides() -> None:
    table = response(**TABLE, reference="550 nm")
    assert table.weight(740 * NM, VALUES) == pytest.approx(1 / 1.294)
    with pytest.raises(InputError, match="zero at its reference"):
        table.weight(740 * NM, {**VALUES, "responsivity_550": 0.0})


def test_a_table_without_interpolation_takes_its_wavelengths_only() -> None:
    table = response(
        kind="table", wavelengths=["740 nm", "550 nm"], values=[1, 1], interpolate=False
    )
    assert table.weight(550 * NM, {}) == 1.0
    assert table.note(550 * NM) is None
    for colour in (640 * NM, SUN):
        with pytest.raises(InputError, match="accepted: 550 nm, 740 nm"):
            table.weight(colour, {})


def test_an_absorption_edge_has_no_corner() -> None:
    edge = response(
        kind="absorption_edge", edge="1.2 eV", urbach_energy="20 meV", reference="800 nm"
    )

    def absorbed(energy: float) -> float:  # per photon
        return edge.weight(PHOTON / energy, {}) * energy

    joint, step = 1.21, 1e-7
    below = (absorbed(joint) - absorbed(joint - step)) / step
    above = (absorbed(joint + step) - absorbed(joint)) / step
    assert below == pytest.approx(above, rel=1e-4)
    # the tail falls to 1/e per Urbach energy; far above, alpha goes with the square root
    assert absorbed(1.10) / absorbed(1.08) == pytest.approx(np.e, rel=1e-9)
    assert absorbed(2.2) / absorbed(1.45) == pytest.approx(np.sqrt(1.0 / 0.25), rel=1e-9)
    assert edge.weight(800 * NM, {}) == pytest.approx(1.0)
    assert edge.weight(4000 * NM, {}) < 1e-15
    assert edge.problem(SUN) is None


def test_an_edge_is_integrated_however_coarse_the_spectrum() -> None:
    edge = response(
        kind="absorption_edge", edge="1000 nm", urbach_energy="15 meV", reference="700 nm"
    )
    flat = Spectrum(np.array([400, 1400]) * NM, np.ones(2))
    at = np.linspace(400, 1400, 200_001) * NM
    values = np.array([edge.weight(float(w), {}) for w in at[::100]])
    fine = np.mean((values[1:] + values[:-1]) / 2)
    assert edge.weight(flat, {}) == pytest.approx(fine, rel=1e-4)


def test_an_edge_may_be_a_parameter() -> None:
    edge = response(
        kind="absorption_edge", edge="bandgap", urbach_energy="tail", reference="500 nm"
    )
    assert edge.parameters == {"bandgap": "eV", "tail": "eV"}
    near, far = ({"bandgap": gap, "tail": 0.02} for gap in (1.2, 1.6))
    assert edge.weight(900 * NM, near) > 100 * edge.weight(900 * NM, far)


def test_a_quantum_efficiency_of_one_gives_the_current_limit() -> None:
    quantum = response(kind="quantum_efficiency", efficiency=1, edge="1300 nm", reference="1000 nm")
    at_reference = 1000 * NM / PHOTON  # [A/W]
    assert quantum.weight(650 * NM, {}) == pytest.approx(0.65)
    assert quantum.weight(1300 * NM, {}) == pytest.approx(1.3)
    assert quantum.weight(1301 * NM, {}) == 0.0
    behind = long_pass(1100 * NM).passed(SUN)
    for light, current in ((SUN, 50.79), (behind, 7.27)):
        density = quantum.weight(light, {}) * light.total() * at_reference / 10
        assert density == pytest.approx(current, abs=0.01)


def test_a_tabulated_quantum_efficiency_is_refused_outside() -> None:
    table = {"wavelengths": ["400 nm", "800 nm"], "values": [0.5, "peak"]}
    quantum = response(kind="quantum_efficiency", efficiency=table, reference="400 nm")
    assert quantum.parameters == {"peak": "1"}
    assert quantum.weight(600 * NM, {"peak": 0.9}) == pytest.approx(0.7 * 600 / (0.5 * 400))
    with pytest.raises(InputError, match="quantum efficiency; accepted: 400 nm to 800 nm"):
        quantum.weight(900 * NM, {"peak": 0.9})
    open_table = response(
        kind="quantum_efficiency", efficiency=table, reference="400 nm", outside=0
    )
    assert open_table.weight(900 * NM, {"peak": 0.9}) == 0.0


KINDS = [
    response(**TABLE, outside=0),
    response(kind="absorption_edge", edge="1.3 eV", urbach_energy="30 meV", reference="600 nm"),
    response(kind="quantum_efficiency", efficiency=0.8, edge="1100 nm", reference="600 nm"),
]


@pytest.mark.parametrize("kind", KINDS, ids=["table", "edge", "efficiency"])
@given(factors=st.tuples(st.floats(0.01, 100), st.floats(0.01, 100)))
@settings(max_examples=20, deadline=None)
def test_lights_superpose(kind: SpectralResponse, factors: tuple[float, float]) -> None:
    """The sum of two spectra is answered by the sum of the answers."""
    one = SUN.within(400 * NM, 1200 * NM).scaled(factors[0])
    other = Spectrum(one.wavelength, np.linspace(0, 1e9, one.wavelength.size)).scaled(factors[1])
    both = Spectrum(one.wavelength, one.irradiance + other.irradiance)

    def answer(light: Spectrum) -> float:
        return kind.weight(light, VALUES) * light.total()

    assert answer(both) == pytest.approx(answer(one) + answer(other), rel=1e-9)


@given(
    values=st.lists(st.floats(0, 50), min_size=2, max_size=6),
    where=st.floats(0, 1),
)
@settings(max_examples=60, deadline=None)
def test_interpolation_stays_between_its_neighbours(values: list[float], where: float) -> None:
    at = np.linspace(400, 900, len(values))
    table = response(kind="table", wavelengths=[f"{w} nm" for w in at], values=values)
    wavelength = 400 + 500 * where
    after = int(np.clip(np.searchsorted(at, wavelength), 1, at.size - 1))
    low, high = sorted(values[after - 1 : after + 1])
    assert low - 1e-9 <= table.weight(wavelength * NM, {}) <= high + 1e-9


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"kind": "tabel"}, "response: kind: accepted: 'table'"),
        ({}, "response: kind: accepted: 'table'"),
        ({**TABLE, "values": [1, 2]}, "3 wavelengths and 2 values"),
        ({**TABLE, "values": [1, 2, -1]}, "values: -1: must not be below 0"),
        ({**TABLE, "values": [1, 2, "3 nm"]}, r"response\.values\[2\].*'3 nm'"),
        ({**TABLE, "wavelengths": ["740 nm", "550 nm", "0.55 um"]}, "each may stand once"),
        ({**TABLE, "wavelengths": ["740 nm", "550 nm", "0 nm"]}, "above 0 nm"),
        ({**TABLE, "reference": "800 nm"}, "reference = '800 nm': accepted: 450 nm to 740 nm"),
        ({**TABLE, "value": []}, "value: unknown key; did you mean 'values'"),
        ({**TABLE, "outside": 1}, "outside"),
        (
            {
                "kind": "absorption_edge",
                "edge": "1 V",
                "urbach_energy": "1 meV",
                "reference": "1um",
            },
            r"response\.edge: '1 V' is not a length",
        ),
        (
            {"kind": "quantum_efficiency", "efficiency": 1, "reference": "500 nm"},
            "a constant one needs an edge",
        ),
        (
            {
                "kind": "quantum_efficiency",
                "efficiency": {"wavelengths": ["1 um"], "values": [1], "unit": "A/W"},
                "reference": "500 nm",
            },
            r"response\.efficiency\.unit: unknown key",
        ),
    ],
)
def test_what_is_no_response_is_said_in_one_sentence(keys: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Holder.model_validate({"response": keys})
    said = first_problem(caught.value, "card.toml", Holder)
    assert re.search(sentence, said), said
    assert "[table]" not in said


@pytest.mark.parametrize(
    ("kind", "ranges"),
    [
        (response(**TABLE), [(450, 740)]),
        (response(**TABLE, interpolate=False), [(740, 740), (550, 550), (450, 450)]),
        (KINDS[1], [(0, np.inf)]),
        (KINDS[2], [(0, 1100)]),
    ],
)
def test_ranges_that_are_taken(kind: SpectralResponse, ranges: list[tuple[float, float]]) -> None:
    assert np.array(kind.ranges) / NM == pytest.approx(np.array(ranges))
    assert kind.problem(kind.probes[0]) is None
