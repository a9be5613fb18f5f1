"""Text with units to SI numbers and back."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from optospice import units
from optospice.units import UnitsError, convert, format_human, format_quantity, parse, split_unit

finite = st.floats(allow_nan=False, allow_infinity=False)


@given(finite, st.sampled_from(sorted(units.KINDS)))
def test_a_written_quantity_is_read_back_exactly(number, unit):
    assert parse(format_quantity(number, unit), unit) == number


@given(
    st.floats(1e-17, 1e14),
    st.sampled_from(["s", "V", "A", "ohm", "F", "S", "J", "Hz", "m", "eV", "K", "V/s", "m^2"]),
    st.sampled_from([1, -1]),
)
def test_a_number_for_people_is_still_a_quantity(number, unit, sign):
    text = format_human(sign * number, unit, digits=6)
    assert parse(text, unit) == pytest.approx(sign * number, rel=1e-5)


@given(
    st.integers(1, 10**6),
    st.sampled_from([("nF", "F", -9), ("Mohm", "ohm", 6), ("pA", "A", -12), ("ms", "s", -3)]),
)
def test_a_prefix_is_exact(digits, spelled):
    """``470 nF`` is the double nearest to 4.7e-7, not 470 times a rounded 1e-9."""
    unit, si, power = spelled
    assert parse(f"{digits} {unit}", si) == float(f"{digits}e{power}")


@given(
    st.floats(-1e6, 1e6),
    st.sampled_from(
        [("degC", "K"), ("degF", "K"), ("mW/cm^2", "W/m^2"), ("eV", "J"), ("%", "1"), ("min", "s")]
    ),
)
def test_conversion_there_and_back(number, pair):
    unit, wanted = pair
    offset = 500.0 if wanted == "K" else 0.0
    there = convert(number, unit, wanted)
    if unit == "%":  # per cent is read, and pint's own name for it goes back
        assert there == pytest.approx(number / 100)
    else:
        assert convert(there, wanted, unit) == pytest.approx(
            number, rel=1e-12, abs=1e-9 + 1e-12 * offset
        )


@pytest.mark.parametrize(
    ("text", "unit", "expected"),
    [
        ("1.22 mW/cm^2", "W/m^2", 12.2),
        ("1.22mW/cm²", "W/m^2", 12.2),
        ("1.22 mW/cm**2", "W/m^2", 12.2),
        ("100 µm²", "m^2", 1e-10),
        ("5 µs", "s", 5e-6),  # U+00B5, the micro sign
        ("5 μs", "s", 5e-6),
        ("5 us", "s", 5e-6),
        ("6 MΩ", "ohm", 6e6),  # U+03A9, the Greek letter
        ("6 M\u2126", "ohm", 6e6),  # the ohm sign
        ("6 megaohm", "ohm", 6e6),
        ("27 degC", "K", 300.15),
        ("27 °C", "K", 300.15),
        ("-40 degC", "K", 233.15),
        ("80.6 degF", "K", 300.15),
        ("300.15 K", "K", 300.15),
        ("50 %", "1", 0.5),
        ("50%", "1", 0.5),
        ("50 percent", "1", 0.5),
        ("0.5", "1", 0.5),
        (0.5, "1", 0.5),
        (3, "1", 3.0),
        ("  +1.5e-3  V ", "V", 1.5e-3),
        (".5 s", "s", 0.5),
        ("5. s", "s", 5.0),
        ("0.1 1/s", "1/s", 0.1),
        ("1 Hz", "1/s", 1.0),
        ("2 min", "s", 120.0),
        ("740 nm", "m", 7.4e-7),
        ("12.2 W/m^2", "mW/cm^2", 1.22),
        ("1 uS", "S", 1e-6),
        ("-80 nA", "A", -8e-8),
    ],
)
def test_reads(text, unit, expected):
    assert parse(text, unit) == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        ("10 V", "s", "is not a time such as '10 s'"),
        ("10 %", "s", "is not a time"),
        ("10 s", "1", "is not a number such as 0.5"),
        ("10", "s", "has no unit; write a time"),
        (10, "s", "has no unit"),
        (10.0, "V", "has no unit; write a voltage"),
        ("10 sceonds", "s", "is not a time"),
        ("ten s", "s", "is not a time"),
        ("", "s", "is not a time"),
        ("s", "s", "is not a time"),
        ("1,5 s", "s", "is not a time"),
        ("10 2 s", "s", "is not a time"),
        ("nan s", "s", "is not a time"),
        ("inf s", "s", "is not a time"),
        ("1e999 s", "s", "not a finite number"),
        ("-1e999 ms", "s", "not a finite number"),
        (math.nan, "1", "not a finite number"),
        (math.inf, "1", "not a finite number"),
        (True, "1", "is not a number"),
        (None, "s", "is not a time"),
        (["1 s"], "s", "is not a time"),
        ("1 s; import os", "s", "is not a time"),
        ("5 K", "eV", "is not an energy"),
    ],
)
def test_refuses(value, unit, words):
    with pytest.raises(UnitsError) as caught:
        parse(value, unit)
    assert words in str(caught.value)
    assert repr(value) in str(caught.value)


@given(st.text(max_size=20), st.sampled_from(["s", "1", "K", "W/m^2"]))
def test_any_text_is_a_finite_number_or_a_units_error(text, unit):
    try:
        number = parse(text, unit)
    except UnitsError:
        return
    assert math.isfinite(number)


@given(st.integers(-99, 99), st.text("smVAWK/^*()0123456789 .-+%", max_size=8))
def test_any_unit_is_a_finite_number_or_a_units_error(number, unit):
    try:
        value = parse(f"{number} {unit}", "s")
    except UnitsError:
        return
    assert math.isfinite(value)


def test_splits_number_and_unit():
    assert split_unit("40 nJ") == (40.0, "nJ")
    assert split_unit("0.83") == (0.83, "1")
    with pytest.raises(UnitsError, match="not a number with a unit"):
        split_unit("nJ 40")


@pytest.mark.parametrize(
    ("number", "unit", "text"),
    [
        (6e6, "ohm", "6 MΩ"),
        (2.703e-8, "A", "27.03 nA"),
        (2e-7, "F", "200 nF"),
        (0.0, "A", "0 A"),
        (1.0, "V", "1 V"),
        (-1500.0, "Hz", "-1.5 kHz"),
        (300.15, "K", "300.1 K"),
        (12.2, "W/m^2", "12.2 W/m^2"),
        (0.25, "1", "0.25"),
        (math.nan, "A", "nan A"),
    ],
)
def test_writes_for_people(number, unit, text):
    assert format_human(number, unit) == text


class _Model(BaseModel):
    width: units.Time
    light: units.Irradiance | None = None
    share: units.Ratio = 0.5


def test_a_field_reads_text_and_writes_it_back():
    model = _Model(width="10 ms", light="1.22 mW/cm^2")
    assert model.width == 0.01
    assert model.light == pytest.approx(12.2)
    assert _Model.model_validate_json(model.model_dump_json()) == model
    assert model.model_dump()["width"] == 0.01


def test_a_field_refuses_a_bare_number():
    with pytest.raises(ValidationError, match="has no unit; write a time"):
        _Model(width=10)


@pytest.mark.parametrize(
    ("unit", "si"),
    [
        ("mW/cm^2", "W/m^2"), ("degC", "K"), ("nA", "A"), ("kHz", "Hz"), ("1/s", "1/s"),
        ("%", "1"), ("um^2", "m^2"), ("nA*V", "A*V"), ("mA/s", "A/s"), ("eV", "J"),
        ("cm^2/(V*s)", "cm^2/(V*s)"), ("m/V", "m/V"), ("nm/V", "A*s**3/kg/m"), ("food", "food"),
    ],
)  # fmt: skip
def test_si_unit_has_the_dimension_of_a_unit(unit, si):
    assert units.si_unit(unit) == si
    assert units.si_unit(si) == si
    if si not in (unit, "K"):
        assert convert(2.0, unit, si) == pytest.approx(2.0 * convert(1.0, unit, si))
