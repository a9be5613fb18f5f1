"""The check that every declared parameter changes some output."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from optospice.conformance.context import (
    OFFSET_TEMPERATURE,
    WINDOWS,
    Context,
    in_short,
    worst_difference,
)
from optospice.conformance.finding import Finding
from optospice.conformance.jobs import NetlistResult
from optospice.device import Parameter
from optospice.ngspice.worker import Failed

_STEP = 1.5
#: Multiples of the drive that are tried where nothing moves: thresholds need them.
_SCALES = (1.0, 3.0, 10.0)
_OPERATING_POINTS = ((1.0, 0.0), (-1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


def _weighs_light(context: Context, name: str, values: tuple[Sequence[float], ...]) -> bool:
    """Whether a parameter that only a spectral response names changes the weight of a colour."""
    device = context.device
    if name in device.subcircuit.parameters:
        return False
    return any(
        device.weight(terminal.name, colour, {name: value})
        != device.weight(terminal.name, colour, {})
        for terminal in device.terminals("optical")
        if terminal.response is not None
        for colour in terminal.response.probes
        for value in (*values[0], *values[1])
    )


def check_parameters(context: Context) -> Iterator[Finding]:
    """Every declared parameter changes a current or a state by more than the error bound."""
    silent = {
        name: _candidates(context.device.defaults[name], parameter)
        for name, parameter in context.device.card.parameters.items()
    }
    for name in [name for name, values in silent.items() if _weighs_light(context, name, values)]:
        del silent[name]
    failures: dict[str, str] = {}
    optical = any(terminal.kind == "optical" for terminal in context.driven)
    for far in (False, True):
        for scale in _SCALES:
            for duration in WINDOWS:
                _try_transient(context, silent, far, scale, duration, failures)
            if scale == 1.0:
                _try_operating_points(context, silent, far, optical)
    _try_with_others_on(context, silent)
    for name, values in silent.items():
        tried = ", ".join(f"{value:.4g}" for value in (*values[0], *values[1]))
        yield context.finding(
            "parameters",
            f"parameter {name!r} changes no current and no state ({tried} in place of "
            f"{context.device.defaults[name]:.4g} {context.device.card.parameters[name].unit})",
            f"{context.device.card_file}: [parameters.{name}]",
            cure="use it in the subcircuit, or take it out of the .subckt line and the card; an "
            "initial state changes nothing where runs start from the operating point",
        )
    for name, message in failures.items():
        yield context.finding(
            "bounds",
            f"within the bounds of {name!r} the device does not simulate: {message}",
            f"{context.device.card_file}: [parameters.{name}] bounds",
            severity="warning",
            cure="narrow the bounds to where the device holds",
        )


def _candidates(value: float, parameter: Parameter) -> tuple[list[float], list[float]]:
    """Other values within the bounds: near ones, and far ones for what is stubborn."""
    low, high = parameter.limits
    near = [value * _STEP, value / _STEP] if value else [0.1 * high, 0.1 * low]
    far = [high, low]
    if low > 0:
        far = [math.sqrt(value * high), math.sqrt(value * low), *far]
    far = [0.5 * (value + high), 0.5 * (value + low), *far]

    def distinct(values: Sequence[float]) -> list[float]:
        clipped = (min(max(one, low), high) for one in values)
        return list(dict.fromkeys(one for one in clipped if abs(one - value) > 1e-9 * abs(value)))

    close = distinct(near)
    return close, [one for one in distinct(far) if one not in close][:3]


def _try_transient(
    context: Context,
    silent: dict[str, tuple[list[float], list[float]]],
    far: bool,
    scale: float,
    duration: float,
    failures: dict[str, str],
) -> None:
    if not silent:
        return
    usual = context.baseline(duration, scale)
    if isinstance(usual, Failed):
        return
    for place in range(3 if far else 2):
        trials = [(n, v[far][place]) for n, v in silent.items() if place < len(v[far])]
        benches = [context.rich(duration, scale, {name: value}) for name, value in trials]
        for (name, value), waves in zip(trials, context.simulate(benches), strict=True):
            if isinstance(waves, Failed):
                if not far and scale == 1.0:
                    failures.setdefault(name, f"{name} = {value:.4g}: {in_short(waves)}")
            elif worst_difference(context, usual, waves)[0] > context.profile.bound:
                del silent[name]


def _try_with_others_on(
    context: Context, silent: dict[str, tuple[list[float], list[float]]]
) -> None:
    """Try again with everything switched on that is 0 by default: spreads, couplings."""
    defaults, known = context.device.defaults, context.device.card.parameters
    off = {
        name: _candidates(0.0, parameter)[0][0]
        for name, parameter in known.items()
        if defaults[name] == 0 and _candidates(0.0, parameter)[0]
    }
    for name, values in list(silent.items()):
        others = {other: value for other, value in off.items() if other != name}
        if not others:
            continue
        for duration in WINDOWS:
            changed = [{**others, name: value} for value in values[0]]
            usual, *waves = context.simulate(
                [context.rich(duration, 1.0, given) for given in (others, *changed)]
            )
            if isinstance(usual, Failed):
                continue
            if any(
                not isinstance(one, Failed)
                and worst_difference(context, usual, one)[0] > context.profile.bound
                for one in waves
            ):
                del silent[name]
                break


def _try_operating_points(
    context: Context, silent: dict[str, tuple[list[float], list[float]]], far: bool, optical: bool
) -> None:
    points = [point for point in _OPERATING_POINTS if optical or not point[1]]

    def solve(parameters: Mapping[str, float]) -> list[NetlistResult | Failed]:
        return context.analyse(
            [
                context.analysis(
                    ".op", context.bias(*point), parameters, temperature=OFFSET_TEMPERATURE
                )
                for point in points
            ]
        )

    if not silent:
        return
    usual = solve({})
    for name, values in list(silent.items()):
        for value in values[far]:
            if name in silent and any(
                _moved(context, one, other)
                for one, other in zip(usual, solve({name: value}), strict=True)
            ):
                del silent[name]


def _moved(context: Context, one: NetlistResult | Failed, other: NetlistResult | Failed) -> bool:
    if isinstance(one, Failed) or isinstance(other, Failed):
        return False
    for name in (*context.currents, *context.states):
        before, after = float(one.vectors[name][-1]), float(other.vectors[name][-1])
        floor = 1e-15 if name in context.currents else 1e-5
        largest = max(abs(before), abs(after), floor)
        if np.abs(before - after) > context.profile.bound * largest:
            return True
    return False
