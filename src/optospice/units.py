"""Text with units to SI numbers and back, at the boundary only.

Inside optospice every number is in SI units. Text such as ``"1.22 mW/cm^2"`` is
read here with pint and nowhere else; a bare number is accepted only where the
quantity has no dimension.
"""

from __future__ import annotations

import math
import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, PlainSerializer

from optospice.errors import echo

if TYPE_CHECKING:
    import pint

#: What a quantity of each SI unit is called, with an example, for messages.
KINDS = {
    "s": "a time such as '10 s'",
    "V": "a voltage such as '1 V'",
    "A": "a current such as '80 nA'",
    "ohm": "a resistance such as '6 Mohm'",
    "F": "a capacitance such as '200 nF'",
    "H": "an inductance such as '1 mH'",
    "W": "a power such as '1 uW'",
    "S": "a conductance such as '1 uS'",
    "J": "an energy such as '40 nJ'",
    "eV": "an energy such as '0.3 eV'",
    "Hz": "a frequency such as '1 Hz'",
    "m": "a length such as '740 nm'",
    "m^2": "an area such as '100 um^2'",
    "W/m^2": "an irradiance such as '1.22 mW/cm^2'",
    "mW/cm^2": "an irradiance such as '1.22 mW/cm^2'",
    "K": "a temperature such as '27 degC'",
    "V/s": "a sweep rate such as '1 V/s'",
    "1/s": "a rate such as '0.1 1/s'",
    "1": "a number such as 0.5 or '50 %'",
}

#: SI units in which numbers are kept, by their dimension.
SI_UNITS = (
    "s", "Hz", "V", "m", "K", "W/m^2", "ohm", "F", "H", "1", "A", "J", "S", "V/s", "A*V", "m^2",
    "1/s", "A/s",
)  # fmt: skip
#: Longest text of a quantity, and of its unit [1].
LONGEST_QUANTITY = 100
LONGEST_UNIT = 60
_QUANTITY = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)\s*(.*)")
# What pint is given: it evaluates powers of numbers, so that "s^9^9^9" would never end. A unit
# is a product of names with one small exponent each.
_FACTOR = r"(?:[A-Za-zµμΩ\u2126°]+(?:(?:\^|\*\*)[+-]?\d{1,2}(?:\.\d{1,3})?|²)?|%|1)"
_UNIT = re.compile(rf"{_FACTOR}(?: ?[*/·] ?{_FACTOR})*")
_PREFIXES = dict(
    zip(range(-18, 13, 3), ("a", "f", "p", "n", "µ", "m", "", "k", "M", "G", "T"), strict=True)
)
_PERCENT = {"%": 0.01, "percent": 0.01}


#: Conversions of every day, so that most processes never build the registry of pint, which
#: takes a fifth of a second; a test holds them against it.
_POWERS = {"f": -15, "p": -12, "n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12}
_WITH_POWERS = [
    (unit, prefix + unit, power)
    for unit in ("s", "V", "A", "ohm", "F", "S", "J", "Hz", "m")
    for prefix, power in _POWERS.items()
]
_COMMON = {
    **{(scaled, unit): (float(f"1e{power}"), 0.0) for unit, scaled, power in _WITH_POWERS},
    **{(unit, scaled): (1 / float(f"1e{power}"), 0.0) for unit, scaled, power in _WITH_POWERS},
} | {
    ("1", "%"): (100.0, 0.0),
    ("mW/cm^2", "W/m^2"): (10.0, 0.0),
    ("W/m^2", "mW/cm^2"): (0.1, 0.0),
    ("K", "degC"): (1.0, -273.15),
    ("degC", "K"): (1.0, 273.15),
}


class UnitsError(ValueError):
    """A text is not a quantity of the wanted dimension."""


@cache
def registry() -> pint.UnitRegistry[float]:
    """Give the one pint registry (made when it is first needed)."""
    import pint

    return pint.UnitRegistry(cache_folder=None)


@lru_cache(maxsize=1024)
def _conversion(unit: str, wanted: str) -> tuple[float, float]:
    """Factor and offset that turn a number in *unit* into one in *wanted*.

    Raises
    ------
    UnitsError
        When there is no such unit or it has another dimension.
    """
    if unit in _PERCENT and wanted == "1":
        return _PERCENT[unit], 0.0
    if unit == wanted:
        return 1.0, 0.0
    if (unit, wanted) in _COMMON:
        return _COMMON[unit, wanted]
    for text in (unit, wanted):
        if len(text) > LONGEST_UNIT or _UNIT.fullmatch(text) is None:
            raise UnitsError(f"{echo(text)} is not a unit")
    ureg = registry()
    spelled = unit.replace("Ω", "ohm").replace("\u2126", "ohm").replace("µ", "u")
    spelled = spelled.replace("μ", "u").replace("·", "*")
    spelled = spelled.replace("²", "^2").replace("°C", "degC")
    target = "dimensionless" if wanted == "1" else wanted
    try:
        zero = ureg.Quantity(0.0, spelled).to(target).magnitude
        one = ureg.Quantity(1.0, spelled).to(target).magnitude
    except Exception as error:  # pint raises many kinds, all of them mean this
        raise UnitsError(f"{unit!r} is not a unit of {kind_of(wanted)}") from error
    factor, offset = float(one - zero), float(zero)
    if not (0 < factor < math.inf and math.isfinite(offset)):
        raise UnitsError(f"{unit!r} is not a unit of {kind_of(wanted)}")
    return factor, offset


def _match(text: str) -> re.Match[str] | None:
    """Split a text into number and unit; None for one that is no quantity, or a long one."""
    return _QUANTITY.fullmatch(text.strip()) if len(text) <= LONGEST_QUANTITY else None


def _scale(digits: str, factor: float) -> float:
    """Multiply without rounding twice where the factor is a power of ten."""
    power = math.log10(factor)
    if abs(power - round(power)) < 1e-12:
        mantissa, _, exponent = digits.lower().partition("e")
        return float(f"{mantissa}e{int(exponent or 0) + round(power)}")
    return float(digits) * factor


#: An expression of quantities: a power belongs to a unit and has one digit, so that pint, which
#: evaluates powers of numbers, always ends.
_EXPRESSION = re.compile(
    r"(?:[0-9.]+(?:[eE][+-]?[0-9]+)?|[A-Za-zµμΩ]+(?:(?:\^|\*\*)-?[0-9](?![0-9.]))?"
    r"|%|[ ()+\-/]|\*(?!\*))+"
)


@lru_cache(maxsize=256)
def evaluate(expression: str, unit: str) -> float:
    """Work out an expression of quantities.

    Parameters
    ----------
    expression : str
        Numbers with units, ``+ - * /`` and brackets: ``"1 V / (37 Mohm) + 6 V / (12 Mohm)"``.
    unit : str
        Unit of the result.

    Returns
    -------
    float
        The value in `unit`.

    Raises
    ------
    UnitsError
        When it cannot be read, or is no quantity in `unit`.
    """
    if len(expression) > LONGEST_QUANTITY or _EXPRESSION.fullmatch(expression) is None:
        raise UnitsError("accepted: numbers with units, + - * / and brackets")
    wanted = "dimensionless" if unit == "1" else unit
    if wanted != "dimensionless" and (len(unit) > LONGEST_UNIT or _UNIT.fullmatch(unit) is None):
        raise UnitsError(f"{echo(unit)} is not a unit")
    ureg = registry()
    spelled = re.sub(r"[Ω\u2126]", "ohm", re.sub("[µμ]", "u", expression)).replace("%", " percent")
    try:
        result = float(ureg.Quantity(ureg.parse_expression(spelled)).to(wanted).magnitude)
    except Exception as error:  # pint raises many kinds, all of them mean this
        raise UnitsError(f"is no expression of {kind_of(unit)}") from error
    if not math.isfinite(result):
        raise UnitsError("has no finite value")
    return result


def kind_of(unit: str) -> str:
    """Say in words what a quantity in *unit* is, with an example."""
    return KINDS.get(unit, f"a quantity in {unit[:LONGEST_UNIT]}")


def parse(value: object, unit: str) -> float:
    """Read a quantity.

    Parameters
    ----------
    value : str, int or float
        Text with a unit; a bare number only when `unit` is ``"1"``.
    unit : str
        The unit of the result, normally SI.

    Returns
    -------
    float
        The number in `unit`.

    Raises
    ------
    UnitsError
        When the text is no quantity or has another dimension.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise UnitsError(f"{echo(value)} is not {kind_of(unit)}")
    if isinstance(value, (int, float)):
        if unit != "1":
            raise UnitsError(f"{echo(value)} has no unit; write {kind_of(unit)}")
        try:
            number = float(value)
        except OverflowError:  # an integer of more than 308 digits
            number = math.inf
    else:
        match = _match(value)
        if match is None:
            raise UnitsError(f"{echo(value)} is not {kind_of(unit)}")
        written = match.group(2)
        if not written and unit != "1":
            raise UnitsError(f"{value!r} has no unit; write {kind_of(unit)}")
        try:
            factor, offset = _conversion(written or "1", unit)
        except UnitsError:
            raise UnitsError(f"{value!r} is not {kind_of(unit)}") from None
        number = _scale(match.group(1), factor) + offset
    if not math.isfinite(number):
        raise UnitsError(f"{echo(value)} is not a finite number")
    return number


def convert(number: float, unit: str, wanted: str) -> float:
    """Convert a number from one unit to another, e.g. ``convert(5e-7, "A", "nA")``."""
    factor, offset = _conversion(unit, wanted)
    return number * factor + offset


@lru_cache(maxsize=256)
def si_unit(unit: str) -> str:
    """SI unit of the same dimension, e.g. ``"W/m^2"`` of ``"mW/cm^2"``.

    Parameters
    ----------
    unit : str
        Any unit that `parse` reads.

    Returns
    -------
    str
        One of `SI_UNITS`; where none has the dimension, a product of base units, or the unit
        itself when it is such a product already or unknown.
    """
    if unit in SI_UNITS:
        return unit
    for base in SI_UNITS:
        if (unit, base) in _COMMON:
            return base
    for base in SI_UNITS:
        try:
            _conversion(unit, base)
        except UnitsError:
            continue
        return base
    return _base_units(unit)


def _base_units(unit: str) -> str:
    """Spell the SI base units of a unit that no unit of `SI_UNITS` measures."""
    try:
        spelled = f"{registry().Quantity(1.0, unit).to_base_units().units:~C}"
        factor, offset = _conversion(unit, spelled)
    except Exception:  # pint raises many kinds, all of them mean that it does not know the unit
        return unit
    is_coherent = math.isclose(factor, 1.0, rel_tol=1e-12) and not offset
    return unit if is_coherent else spelled


def split_unit(text: str) -> tuple[float, str]:
    """Split ``"40 nJ"`` into 40.0 and ``"nJ"`` (unit ``"1"`` when there is none)."""
    match = _match(text)
    if match is None:
        raise UnitsError(f"{echo(text)} is not a number with a unit")
    return float(match.group(1)), match.group(2) or "1"


def format_quantity(number: float, unit: str) -> str:
    """Write a number with its unit so that `parse` gives it back exactly."""
    plain = repr(float(number))
    return plain if unit == "1" else f"{plain} {unit}"


def format_human(number: float, unit: str, digits: int = 4) -> str:
    """Write a number with an engineering prefix for people, e.g. ``"6 MΩ"``."""
    if unit in ("1", "") or not math.isfinite(number):
        return f"{number:.{digits}g}" + ("" if unit in ("1", "") else f" {unit}")
    simple = "Ω" if unit == "ohm" else unit
    if number == 0 or not _takes_prefix(simple):
        return f"{number:.{digits}g} {simple}"
    power, prefix = engineering_prefix(number)
    return f"{number / 10**power:.{digits}g} {prefix}{simple}"


@cache
def _takes_prefix(unit: str) -> bool:
    return re.fullmatch(r"[A-Za-zΩ]+", unit) is not None and unit not in ("K", "degC", "eV")


def engineering_prefix(number: float, highest: int = 12) -> tuple[int, str]:
    """Choose the engineering prefix of a number.

    Parameters
    ----------
    number : float
        A number that is not zero, in a unit without a prefix.
    highest : int
        Largest power of ten [1].

    Returns
    -------
    power : int
        Power of ten, a multiple of three [1].
    prefix : str
        Its prefix, from ``"a"`` to ``"T"``.
    """
    power = math.floor(math.log10(abs(number)) / 3 + 1e-12) * 3
    power = min(max(power, min(_PREFIXES)), highest)
    return power, _PREFIXES[power]


def short_number(number: float, digits: int = 4) -> str:
    """Write a number with so many digits, a count without a point; ``"–"`` for nan."""
    if math.isnan(number):
        return "–"
    if 10**digits <= abs(number) < 1e6 or (number.is_integer() and abs(number) < 1e6):
        return f"{number:.0f}"
    return f"{number:#.{digits}g}".rstrip(".")


def _field(unit: str) -> tuple[BeforeValidator, PlainSerializer]:
    def read(value: Any) -> float:
        return parse(value, unit)

    def write(number: float) -> str | float:
        return number if unit == "1" else format_quantity(number, unit)

    return BeforeValidator(read), PlainSerializer(write, when_used="json-unless-none")


Time = Annotated[float, *_field("s")]
Voltage = Annotated[float, *_field("V")]
Current = Annotated[float, *_field("A")]
Irradiance = Annotated[float, *_field("W/m^2")]
Length = Annotated[float, *_field("m")]
Area = Annotated[float, *_field("m^2")]
Frequency = Annotated[float, *_field("Hz")]
Temperature = Annotated[float, *_field("K")]
Ratio = Annotated[float, *_field("1")]
SweepRate = Annotated[float, *_field("V/s")]
