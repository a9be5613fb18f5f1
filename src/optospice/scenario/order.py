"""Where a swept value lies on its axis: by its number in SI units, or in a stated order."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from optospice import units
from optospice.device import Device, Parameter
from optospice.errors import InputError
from optospice.scenario.schema import Scenario, Target
from optospice.validation import Value

#: Swept keys whose values are names even where they look like numbers.
_NAMES = ("device", "accuracy")
#: How many values a message lists [1].
_SHOWN_VALUES = 12


def swept_quantity(
    key: str, value: Value, parameters: Mapping[str, Parameter]
) -> tuple[float, str] | None:
    """Read one swept value as a number with its unit.

    Parameters
    ----------
    key : str
        Swept key.
    value : str or number
        Its value as written.
    parameters : mapping of str to Parameter
        Parameters of the device's card: a bare number of a swept one is in the card's unit.

    Returns
    -------
    tuple of float and str, or None
        Number and unit as written; None for a name.
    """
    if key in _NAMES:
        return None
    if isinstance(value, (int, float)):
        name = key.removeprefix("parameters.")
        parameter = parameters.get(name) if name != key else None
        return float(value), "1" if parameter is None else parameter.unit
    try:
        number, unit = units.split_unit(value)
        units.parse(value, units.si_unit(unit))
    except units.UnitsError:
        return None
    return number, unit


def swept_number(
    key: str, value: Value, parameters: Mapping[str, Parameter]
) -> tuple[float, str] | None:
    """Read one swept value in SI units; None for a name.

    The number has twelve digits, so that it is the same however it was written
    (``"0.3 ms"``, ``"300 us"``).
    """
    found = swept_quantity(key, value, parameters)
    if found is None:
        return None
    number, unit = found
    wanted = units.si_unit(unit)
    return float(f"{units.convert(number, unit, wanted):.12g}"), wanted


def place_on_axis(
    target: Target, value: Value, parameters: Mapping[str, Parameter]
) -> float | Value:
    """Give where a swept value stands on the axis of a shape.

    Returns
    -------
    float or Value
        Number in SI units, or the place in the stated order; of a shape that is constant,
        which needs no order, a name itself.

    Raises
    ------
    InputError
        For a name that no order places.
    """
    key = str(target.over)
    if target.order:
        if value in target.order:
            return float(target.order.index(value))
        raise InputError(
            f"order: {value!r}, which {key} takes, is missing; accepted: every value of the axis "
            "once, the first one first"
        )
    found = swept_number(key, value, parameters)
    if found is not None:
        return found[0]
    if target.shape == "constant":
        return value
    raise InputError(
        f"order: is missing: {target.shape!r} over {key}, whose values are names "
        f"({value!r}), needs order = [...] with every value of the axis, the first one first"
    )


def check_axes(
    scenario: Scenario,
    axes: Mapping[str, Sequence[Value]],
    devices: Iterable[Device],
    where: str,
) -> None:
    """Refuse shapes and fits over axes whose values stand in no order.

    Parameters
    ----------
    scenario : Scenario
        Its targets and the metrics that it takes across runs.
    axes : mapping of str to sequence
        Swept keys with all their values.
    devices : iterable of Device
        Devices of its runs.
    where : str
        The file, for messages.

    Raises
    ------
    InputError
        Naming the target or the fit, its key, and what is accepted.
    """
    for device in devices:
        parameters = device.card.parameters
        for index, target in enumerate(scenario.targets):
            if target.shape is None or target.over is None:
                continue
            try:
                _check_shape(target, axes[target.over], parameters)
            except InputError as error:
                raise InputError(f"{where}: {scenario.target_place(index)}.{error}") from None
        for index, across in enumerate(scenario.across):
            if not _are_numbers(across.over, axes[across.over], parameters):
                raise InputError(
                    f"{where}: {scenario.across_place(index)}.over = {across.over!r}: its "
                    f"values are names ({_listed(axes[across.over])}); accepted: a swept key with "
                    "numbers of one dimension"
                )


def _check_shape(
    target: Target, values: Sequence[Value], parameters: Mapping[str, Parameter]
) -> None:
    key = str(target.over)
    if key == "device":
        raise InputError(
            "over = 'device': each device has a verdict of its own; accepted: another swept key"
        )
    numbers = _are_numbers(key, values, parameters)
    if target.order and numbers:
        raise InputError(
            f"order: the values of {key} are numbers, which have their own order; accepted: order "
            "for an axis of names only"
        )
    if not numbers and not target.order and target.shape != "constant":
        raise InputError(
            f"order: is missing: {target.shape!r} over {key}, whose values are no numbers of one "
            f"dimension ({_listed(values)}); accepted: order = [...] with every value of the "
            "axis, the first one first"
        )
    for value in values if target.order else ():
        place_on_axis(target, value, parameters)


def _are_numbers(key: str, values: Sequence[Value], parameters: Mapping[str, Parameter]) -> bool:
    """Whether all values of an axis are finite numbers of one dimension."""
    # a range has one unit, whatever it counts
    some = values if isinstance(values, list) else (values[0], values[-1])
    found = [swept_number(key, value, parameters) for value in some]
    known = [pair for pair in found if pair is not None and math.isfinite(pair[0])]
    return len(known) == len(found) and len({unit for _, unit in known}) == 1


def _listed(values: Sequence[Value]) -> str:
    more = ", …" if len(values) > _SHOWN_VALUES else ""
    return ", ".join(repr(value) for value in values[:_SHOWN_VALUES]) + more
