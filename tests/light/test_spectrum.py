"""Spectra against published integrals, closed forms and pvlib."""

from __future__ import annotations

import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optospice.errors import InputError
from optospice.light.spectrum import (
    ELEMENTARY_CHARGE,
    LIGHT_SPEED,
    PHOTON,
    PLANCK,
    Spectrum,
    led_line,
    reference_spectrum,
)

NM = 1e-9
SUN = reference_spectrum("AM1.5G")


def test_the_table_is_that_of_astm_g173() -> None:
    assert SUN.wavelength.size == 2002
    assert SUN.wavelength[[0, -1]] == pytest.approx([280 * NM, 4000 * NM])
    # pvlib prints it for 500 nm: 1.5451 W/m^2/nm
    assert SUN.at(np.array([500 * NM]))[0] == pytest.approx(1.5451e9, rel=1e-12)


@pytest.mark.parametrize(
    ("low", "irradiance"),
    [(0, 1000.37), (750, 464.4), (870, 343.4), (1100, 195.8), (1240, 146.3)],
)
def test_irradiance_above_an_edge(low: float, irradiance: float) -> None:
    assert SUN.total(low * NM) == pytest.approx(irradiance, abs=0.1)


@pytest.mark.parametrize(
    ("low", "high", "current"),  # [nm], [nm], [mA/cm^2]
    [
        (280, 600, 13.15),
        (280, 750, 23.95),
        (280, 1100, 43.52),
        (280, 1300, 50.79),
        (280, 1387, 52.06),
        (280, 4000, 68.98),
        (1100, 1300, 7.27),  # behind silicon
        (750, 1300, 26.85),  # behind a perovskite
    ],
)
def test_current_limits(low: float, high: float, current: float) -> None:
    limit = SUN.current_limit(low * NM, high * NM) / 10  # A/m^2 to mA/cm^2
    assert limit == pytest.approx(current, abs=0.01)


def test_it_is_the_table_of_pvlib() -> None:
    module = pytest.importorskip("pvlib.spectrum")
    column = module.get_reference_spectra()["global"]
    np.testing.assert_allclose(SUN.wavelength, column.index.to_numpy() * NM, rtol=1e-12)
    np.testing.assert_allclose(SUN.irradiance, column.to_numpy() * 1e9, rtol=1e-12)
    # AM0 is the extraterrestrial column, about 1348 W/m^2 up to 4 um; AM1.5D 900 W/m^2
    assert reference_spectrum("AM0").total() == pytest.approx(1348, abs=1)
    assert reference_spectrum("AM1.5D").total() == pytest.approx(900.1, abs=0.2)


def test_without_pvlib_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    reference_spectrum.cache_clear()
    monkeypatch.setitem(sys.modules, "pvlib", None)
    with pytest.raises(InputError, match=r"needs pvlib|pip install 'optospice\[spectra\]'"):
        reference_spectrum("AM0")
    assert reference_spectrum("AM1.5G").total() == pytest.approx(1000.37, abs=0.1)


def test_an_unknown_spectrum_has_close_matches() -> None:
    with pytest.raises(InputError, match=r"'AM1\.5'.*did you mean 'AM1\.5[DG]'"):
        reference_spectrum("AM1.5")


def test_photons_of_a_flat_band_in_closed_form() -> None:
    flat = Spectrum(np.array([400, 800]) * NM, np.array([2e9, 2e9]))
    low, high = 500 * NM, 600 * NM
    photons = 2e9 * (high**2 - low**2) / (2 * PLANCK * LIGHT_SPEED)
    assert flat.photon_flux(low, high) == pytest.approx(photons, rel=1e-12)
    assert flat.current_limit(low, high) == pytest.approx(ELEMENTARY_CHARGE * photons, rel=1e-12)
    assert pytest.approx(1239.84198e-9, rel=1e-8) == PHOTON


@given(
    edges=st.lists(st.floats(250, 4100), min_size=3, max_size=3).map(sorted),
    factor=st.floats(0, 1e3),
)
@settings(max_examples=50, deadline=None)
def test_bands_add_up_and_scale(edges: list[float], factor: float) -> None:
    low, middle, high = (edge * NM for edge in edges)
    parts = SUN.total(low, middle) + SUN.total(middle, high)
    assert parts == pytest.approx(SUN.total(low, high), rel=1e-9, abs=1e-9)
    flux = SUN.photon_flux(low, middle) + SUN.photon_flux(middle, high)
    assert flux == pytest.approx(SUN.photon_flux(low, high), rel=1e-9, abs=1.0)
    assert SUN.scaled(factor).total(low, high) == pytest.approx(factor * SUN.total(low, high))
    assert SUN.within(low, high).total() == pytest.approx(SUN.total(low, high), rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(("width", "in_energy"), [(30 * NM, False), (0.1, True)])
def test_a_line_has_its_power_its_peak_and_its_width(width: float, in_energy: bool) -> None:
    line = led_line(530 * NM, width, 12.2, in_energy)
    assert line.total() == pytest.approx(12.2, rel=1e-12)
    at = np.linspace(450, 620, 200_001) * NM
    density = line.at(at)
    if in_energy:  # per energy in place of per wavelength
        density = density * at**2
    upper = at[density > density.max() / 2]
    assert at[density.argmax()] == pytest.approx(530 * NM, rel=1e-3)
    x = PHOTON / upper if in_energy else upper
    assert x.max() - x.min() == pytest.approx(width, rel=2e-3)


@pytest.mark.parametrize("width", [0.0, -1e-9, 400e-9])
def test_a_line_that_would_reach_zero_is_refused(width: float) -> None:
    with pytest.raises(InputError, match="width = "):
        led_line(530 * NM, width)


@pytest.mark.parametrize(
    ("wavelength", "irradiance"),
    [([1, 2], [1]), ([2, 1], [1, 1]), ([1], [1]), ([1, 2], [1, -1]), ([0, 1], [1, 1])],
)
def test_what_is_no_spectrum_is_refused(wavelength: list[float], irradiance: list[float]) -> None:
    with pytest.raises(InputError, match="spectrum: accepted"):
        Spectrum(np.array(wavelength), np.array(irradiance))


def test_darkness_has_no_shape() -> None:
    dark = SUN.scaled(0.0)
    assert dark.extent is None
    with pytest.raises(InputError, match="is dark"):
        dark.with_total(1.0)
