"""Colours and lights as TOML says them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pydantic import BaseModel, ValidationError

from optospice.errors import InputError
from optospice.light import Beam, Illumination, Light, LightColour, Spectrum, superposed
from optospice.stimulus import PulseTrain, Samples, Signal, constant
from optospice.validation import first_problem

NM = 1e-9


def problem(model: type[BaseModel], keys: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as caught:
        model.model_validate(keys)
    return first_problem(caught.value, "light.toml", model)


def test_a_wavelength_is_a_colour() -> None:
    colour = LightColour.model_validate({"wavelength": "640 nm"})
    assert colour.colour == pytest.approx(640 * NM)
    assert colour.transmitted == 1.0


def test_a_spectrum_behind_filters() -> None:
    colour = LightColour.model_validate(
        {"spectrum": "AM1.5G", "filter": ["longpass 750 nm", "longpass 1100 nm"]}
    )
    assert isinstance(colour.colour, Spectrum)
    assert colour.colour.total() == pytest.approx(195.8, abs=0.1)
    assert colour.transmitted == pytest.approx(0.1957, abs=1e-4)


def test_a_line_of_wavelength_or_of_energy() -> None:
    for width in ("30 nm", "100 meV"):
        colour = LightColour.model_validate({"spectrum": {"led": "530 nm", "width": width}})
        assert isinstance(colour.colour, Spectrum)
        assert colour.colour.total() == pytest.approx(1.0)
        assert colour.transmitted == 1.0


def test_a_measured_filter() -> None:
    measured = {"wavelengths": ["500 nm", "700 nm"], "transmission": [0.2, 0.6]}
    colour = LightColour.model_validate({"wavelength": "600 nm", "filter": measured})
    assert colour.transmitted == pytest.approx(0.4)
    banded = {"spectrum": "AM1.5G", "filter": [measured, "band 550 nm to 650 nm"]}
    assert 0 < LightColour.model_validate(banded).transmitted < 0.6


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({}, "wavelength and spectrum: give one of the two"),
        ({"wavelength": "1 um", "spectrum": "AM1.5G"}, "give one of the two"),
        ({"wavelength": "0 nm"}, "above 0 nm"),
        ({"wavelength": "640"}, "'640' has no unit"),
        ({"spectrum": "AM15G"}, "spectrum = 'AM15G': there is no such reference spectrum; did"),
        ({"spectrum": {"led": "530 nm"}}, "spectrum.width: is missing"),
        ({"spectrum": {"led": "530 nm", "width": "3 V"}}, "width = '3 V': accepted"),
        ({"spectrum": {"led": "530 nm", "width": "2 eV"}}, "width = 2 eV: accepted"),
        ({"spectrum": {"led": "530 nm", "fwhm": "1 nm"}}, "spectrum.fwhm: unknown key"),
        ({"wavelength": "1 um", "filter": "long 1 um"}, "did you mean 'longpass'?"),
        ({"wavelength": "1 um", "filter": "longpass"}, "accepted: 'longpass 1100 nm'"),
        ({"wavelength": "1 um", "filter": "band 500 nm"}, "accepted: 'longpass 1100 nm'"),
        ({"wavelength": "1 um", "filter": "longpass 1 s"}, "'1 s' is not a length"),
        ({"wavelength": "1 um", "filter": "longpass -5 nm"}, "edges above 0 nm"),
        ({"wavelength": "1 um", "filter": "band 2 um to 1 um"}, "first must be below"),
        (
            {"wavelength": "1 um", "filter": {"wavelengths": ["1 um"], "transmission": [1]}},
            "at least two",
        ),
        (
            {
                "spectrum": "AM1.5G",
                "filter": {"wavelengths": ["1 um", "2 um"], "transmission": [1, 1]},
            },
            "outside the tabulated transmission; accepted: 1000 nm to 2000 nm",
        ),
        ({"wavelenght": "1 um"}, "wavelenght: unknown key; did you mean 'wavelength'"),
    ],
)
def test_what_is_no_colour_is_said_in_one_sentence(keys: dict[str, Any], sentence: str) -> None:
    said = problem(LightColour, keys)
    assert sentence in said
    assert not any(tag in said for tag in ("[table]", "[text]"))


def test_a_light_without_a_width_is_constant() -> None:
    light = Light.model_validate({"wavelength": "740 nm", "irradiance": "1.22 mW/cm^2"})
    assert light.stimulus(10.0) == constant(12.2)


def test_the_sun_behind_a_filter_needs_no_irradiance() -> None:
    sun = {"spectrum": "AM1.5G", "scale": 1, "filter": "longpass 1100 nm"}
    assert Light.model_validate(sun).level == pytest.approx(195.8, abs=0.1)
    half = Light.model_validate({**sun, "scale": 0.5}).level
    assert half == pytest.approx(195.8 / 2, abs=0.1)
    by_irradiance = {"spectrum": "AM1.5G", "irradiance": "1000.37 W/m^2"}
    filtered = Light.model_validate({**by_irradiance, "filter": "longpass 1100 nm"}).level
    assert filtered == pytest.approx(195.8, abs=0.1)


def test_a_light_pulses() -> None:
    light = Light.model_validate(
        {
            "wavelength": "740 nm",
            "irradiance": "10 W/m^2",
            "width": "100 ms",
            "delay": "1 s",
            "count": 3,
            "interval": "400 ms",
        }
    )
    stimulus = light.stimulus(10.0)
    assert isinstance(stimulus, Signal)
    np.testing.assert_allclose(stimulus.onsets, [1.0, 1.5, 2.0])
    np.testing.assert_allclose(stimulus.offsets, [1.1, 1.6, 2.1])
    with pytest.raises(InputError, match="delay = 1 s: the light begins after"):
        light.stimulus(0.5)


LIGHT = {"wavelength": "1 um", "irradiance": "1 W/m^2"}


@pytest.mark.parametrize(
    ("keys", "sentence"),
    [
        ({"wavelength": "1 um"}, "irradiance and scale: give one of the two"),
        ({**LIGHT, "scale": 1}, "irradiance and scale: give one of the two"),
        ({"wavelength": "1 um", "scale": 1}, "scale: needs a reference spectrum"),
        ({"wavelength": "1 um", "irradiance": "-1 W/m^2"}, "irradiance = -1: must not be below"),
        ({**LIGHT, "delay": "1 s"}, "delay: needs a width"),
        ({**LIGHT, "width": "1 s", "count": 2}, "period and interval: give one"),
        ({**LIGHT, "width": "1 s", "count": 2, "period": "1 s"}, "the pulses overlap"),
        ({**LIGHT, "width": "1 s", "count": 0}, "greater than or equal to 1"),
        ({**LIGHT, "duty": 1}, "duty: unknown key"),
    ],
)
def test_what_is_no_light_is_said_in_one_sentence(keys: dict[str, Any], sentence: str) -> None:
    assert sentence in problem(Light, keys)


def test_lights_add_up_at_their_corners() -> None:
    one = Signal(1.0, (PulseTrain(3.0, 0.5, delay=1.0, rise=0.1, fall=0.1),))
    two = Samples(np.array([0.0, 2.0]), np.array([0.0, 4.0]))
    both = Illumination((Beam(one, 740 * NM), Beam(two, 450 * NM), Beam(constant(5.0), 1e-6)))
    at = np.linspace(0, 3, 301)
    expected = sum(np.interp(at, *beam.course.points) for beam in both.beams)
    np.testing.assert_allclose(np.interp(at, *both.points), expected)
    assert both.onsets == pytest.approx([1.0])
    assert both.offsets == pytest.approx([1.5])


def test_a_constant_light_keeps_a_train_a_train() -> None:
    """A train costs one PULSE source however long it is; a table of its corners does not."""
    train = Signal(0.0, (PulseTrain(2.0, 0.5, 1000, period=1.0),))
    summed = superposed([(3.0, train), (2.0, constant(1.0))])
    assert isinstance(summed, Signal)
    assert (summed.base, summed.trains[0].level, summed.trains[0].count) == (2.0, 8.0, 1000)
    assert superposed([(2.0, constant(1.0)), (1.0, constant(0.5))]) == constant(2.5)
