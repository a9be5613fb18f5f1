"""Pulses and lights, from text with units."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError

from optospice import units
from optospice.errors import InputError
from optospice.light import Beam, LightColour, superposed
from optospice.stimulus import PulseTrain, Signal, Stimulus, constant
from optospice.validation import first_problem

_LEVEL_UNITS = ("W/m^2", "V")


def pulse_train(
    level: str,
    *,
    width: str,
    count: int = 1,
    interval: str | None = None,
    period: str | None = None,
    delay: str = "5 s",
    base: str | None = None,
) -> Signal:
    """Make a train of equal pulses.

    Parameters
    ----------
    level : str
        Light (``"1.22 mW/cm^2"``) or voltage (``"3 V"``) during a pulse.
    width : str
        Width of a pulse, ``"10 s"``.
    count : int
        Number of pulses [1].
    interval, period : str, optional
        From end to start, or from start to start; one of them for more than one pulse.
    delay : str
        Time before the first pulse.
    base : str, optional
        Level between the pulses, zero by default.

    Raises
    ------
    InputError
        For text that is no such quantity, or pulses that overlap.
    """
    try:
        train = PulseTrain(
            level=units.parse(level, _level_unit(level)),
            width=units.parse(width, "s"),
            count=count,
            interval=None if interval is None else units.parse(interval, "s"),
            period=None if period is None else units.parse(period, "s"),
            delay=units.parse(delay, "s"),
        )
        unit = _level_unit(level)
        return Signal(0.0 if base is None else units.parse(base, unit), (train,))
    except (units.UnitsError, ValueError) as error:
        raise InputError(str(error)) from None


def pulse(level: str, *, width: str, delay: str = "5 s") -> Signal:
    """Make one pulse; see `pulse_train`."""
    return pulse_train(level, width=width, delay=delay)


def pulse_pair(level: str, *, width: str, interval: str, delay: str = "5 s") -> Signal:
    """Make two equal pulses, `interval` from the end of the first to the start of the second."""
    return pulse_train(level, width=width, count=2, interval=interval, delay=delay)


def _level_unit(text: str) -> str:
    """Tell a light level from a voltage."""
    for unit in _LEVEL_UNITS:
        try:
            units.parse(text, unit)
        except units.UnitsError:
            continue
        return unit
    raise units.UnitsError(
        f"{text!r} is neither an irradiance ('1.22 mW/cm^2') nor a voltage ('1 V')"
    )


def beam(light: Signal | Stimulus | str, **colour: Any) -> Beam:
    """Give light its colour: ``beam(pulse("1 mW/cm^2", width="1 s"), wavelength="640 nm")``.

    Parameters
    ----------
    light : Signal, Samples or str
        Irradiance before any filter; text is a constant level.
    **colour
        ``wavelength``, or ``spectrum``; and ``filter``: as in a scenario's ``[lights]``.

    Raises
    ------
    InputError
        For text that is no such quantity.
    """
    try:
        read = LightColour.model_validate(colour)
        course = constant(units.parse(light, "W/m^2")) if isinstance(light, str) else light
    except ValidationError as error:
        raise InputError(first_problem(error, "light", LightColour)) from None
    except units.UnitsError as error:
        raise InputError(f"light: {error}") from None
    return Beam(superposed([(read.transmitted, course)]), read.colour)
