"""Filters take away, never add, and follow each other in any order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from optospice.errors import InputError
from optospice.light import (
    Filter,
    Transmission,
    band_pass,
    led_line,
    long_pass,
    reference_spectrum,
    short_pass,
)

NM = 1e-9
SUN = reference_spectrum("AM1.5G")
EDGE = st.floats(200, 4500).map(lambda number: number * NM)


@st.composite
def filters(draw: st.DrawFn) -> Filter:
    kind = draw(st.sampled_from(["long", "short", "band", "table"]))
    if kind == "table":
        inner = draw(st.lists(st.floats(300, 3900), max_size=4, unique=True))
        at = [270.0, *sorted(inner), 4010.0]
        shares = draw(st.lists(st.floats(0, 1), min_size=len(at), max_size=len(at)))
        return Filter(tables=(Transmission(tuple(a * NM for a in at), tuple(shares)),))
    if kind == "band":
        low, high = sorted(draw(st.lists(EDGE, min_size=2, max_size=2, unique=True)))
        return band_pass(low, high)
    return {"long": long_pass, "short": short_pass}[kind](draw(EDGE))


def test_one_long_pass_behind_another_is_the_longer_one() -> None:
    assert long_pass(750 * NM) * long_pass(1100 * NM) == long_pass(1100 * NM)
    behind = long_pass(1100 * NM).passed(SUN)
    assert behind.total() == pytest.approx(195.8, abs=0.1)
    assert behind.current_limit(0, 1300 * NM) / 10 == pytest.approx(7.27, abs=0.01)


def test_long_and_short_pass_share_out_the_light() -> None:
    edge = 870 * NM
    parts = long_pass(edge).passed(SUN).total() + short_pass(edge).passed(SUN).total()
    assert parts == pytest.approx(SUN.total(), rel=1e-12)


def test_crossed_filters_are_dark() -> None:
    crossed = long_pass(800 * NM) * short_pass(700 * NM)
    assert crossed.share(SUN) == 0
    assert crossed.share(750 * NM) == 0


@given(one=filters(), other=filters(), wavelength=EDGE)
@settings(max_examples=80, deadline=None)
def test_a_filter_never_adds(one: Filter, other: Filter, wavelength: float) -> None:
    after = (one * other).passed(SUN)
    assert (after.irradiance <= SUN.at(after.wavelength) * (1 + 1e-9)).all()
    # straight lines between the points of a product read a little high or low
    assert 0 <= (one * other).share(SUN) <= one.share(SUN) + 2e-3
    assert (other * one).share(SUN) == pytest.approx((one * other).share(SUN), rel=1e-9, abs=1e-12)
    if 280 * NM < wavelength < 4000 * NM:
        assert 0 <= (one * other).share(wavelength) <= one.share(wavelength) <= 1


@given(share=st.floats(0, 1))
@settings(max_examples=20, deadline=None)
def test_a_grey_filter_scales(share: float) -> None:
    grey = Filter(tables=(Transmission((200 * NM, 5000 * NM), (share, share)),))
    assert grey.share(SUN) == pytest.approx(share)
    assert grey.share(640 * NM) == pytest.approx(share)


def test_light_that_a_table_does_not_know_is_refused_unless_a_band_keeps_it_off() -> None:
    table = Filter(tables=(Transmission((400 * NM, 800 * NM), (0.2, 0.6)),))
    with pytest.raises(InputError, match="400 nm to 800 nm"):
        table.passed(SUN)
    with pytest.raises(InputError, match="300 nm is outside"):
        table.share(300 * NM)
    assert table.share(500 * NM) == pytest.approx(0.3)
    assert table.share(led_line(600 * NM, 20 * NM)) == pytest.approx(0.4, rel=1e-6)
    assert (table * band_pass(450 * NM, 700 * NM)).share(SUN) > 0


@pytest.mark.parametrize(
    ("wavelengths", "shares"),
    [((1.0,), (1.0,)), ((2.0, 1.0), (0.5, 0.5)), ((1.0, 2.0), (0.5, 1.5)), ((1.0, 2.0), (0.5,))],
)
def test_what_is_no_transmission_is_refused(
    wavelengths: tuple[float, ...], shares: tuple[float, ...]
) -> None:
    with pytest.raises(InputError, match="filter: accepted"):
        Transmission(wavelengths, shares)


def test_a_band_has_its_edges_in_order() -> None:
    with pytest.raises(InputError, match="the first must be below"):
        band_pass(np.float64(800 * NM), 700 * NM)
