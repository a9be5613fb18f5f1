"""Checks at the operating point: it exists, it is unbiased at zero bias; DC and AC run."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from optospice.conformance.context import ROOM, Context, in_short
from optospice.conformance.finding import Finding
from optospice.conformance.jobs import NetlistResult
from optospice.ngspice.judge import own_words
from optospice.ngspice.worker import Failed
from optospice.units import convert

TEMPERATURES = (ROOM, 233.15, 398.15)
#: Share of the current under bias that counts as none.
_NO_CURRENT = 1e-5
_SWEEP_POINTS = 40
#: Of bias and of light: the corners of what the suite applies.
_POINTS = {
    "without bias and light": (0.0, 0.0),
    "at positive bias": (1.0, 0.0),
    "at negative bias": (-1.0, 0.0),
    "under light": (0.0, 1.0),
    "at positive bias under light": (1.0, 1.0),
}


def check_operating_point(context: Context) -> Iterator[Finding]:
    """The operating point exists, at every temperature, and holds the states in range."""
    optical = any(terminal.kind == "optical" for terminal in context.driven)
    points = {k: v for k, v in _POINTS.items() if optical or not v[1]}
    outside: set[str] = set()
    for temperature in TEMPERATURES:
        check = "operating_point" if temperature == ROOM else "temperature"
        analyses = [
            context.analysis(".op", context.bias(*levels), temperature=temperature)
            for levels in points.values()
        ]
        said: set[str] = set()
        for name, result in zip(points, context.analyse(analyses), strict=True):
            at = f"{name} at {convert(temperature, 'K', 'degC'):g} degC"
            if isinstance(result, Failed):
                if not said:
                    yield context.finding(check, f"no operating point {at}: {in_short(result)}")
                said.add("none")
                continue
            singular = [line for line in result.log if "singular" in line.lower()]
            if singular and "singular" not in said and temperature == ROOM:
                said.add("singular")
                words = singular[0].split("singular", 1)[1]
                yield context.finding(
                    check,
                    f"the operating point {at} is undetermined: ngspice says 'singular{words}'",
                    cure="give every state a DC solution (rate form); no node without a DC path",
                )
            yield from _states(context, result, at, outside)
        if "none" in said and temperature == ROOM:
            return  # the same again at other temperatures


def _states(context: Context, result: NetlistResult, at: str, said: set[str]) -> Iterator[Finding]:
    for name, state in context.device.card.states.items():
        values = result.vectors[f"xdevice.{state.node}"]
        outside = context.outside(name, values)
        if outside and name not in said:
            said.add(name)
            yield context.finding(
                "states",
                f"state {name!r} is {values[-1]:.4g} at the operating point {at}; declared "
                f"{state.minimum:g} to {state.maximum:g}",
                cure="the rate form a(v)*(1-x) - b(v)*x has one DC solution between 0 and 1",
            )


def check_zero_bias(context: Context) -> Iterator[Finding]:
    """No current flows without bias and light, unless the card declares a built-in voltage."""
    if context.device.card.built_in_voltage:
        return
    results = context.analyse(
        [context.analysis(".op", context.bias(*levels)) for levels in ((0, 0), (1, 0), (-1, 0))]
    )
    if any(isinstance(result, Failed) for result in results):
        return  # said by check_operating_point
    currents = [
        np.array([np.abs(result.vectors[name][-1]) for name in context.currents])
        for result in results
        if isinstance(result, NetlistResult)
    ]
    scale = max(float(np.max(current)) for current in currents)
    if currents[0].max() > max(_NO_CURRENT * scale, 1e-17):
        yield context.finding(
            "zero_bias",
            f"{currents[0].max():.4g} A flows without bias and light "
            f"({scale:.4g} A at {context.drive.voltage:g} V)",
            cure="mend the branch equation, or declare built_in_voltage = true in the card",
        )


def check_analyses(context: Context) -> Iterator[Finding]:
    """A DC sweep through both signs and an AC analysis run and give finite numbers."""
    drive, voltage = context.device.drive_terminal.name, context.drive.voltage
    sweep = f".dc V{drive} {-voltage!r} {voltage!r} {voltage / 20!r}"
    dc, ac = context.analyse(
        [
            context.analysis(sweep),
            context.analysis(".ac dec 2 1e-3 1e9", context.bias(0.5), small_signal=drive),
        ]
    )
    if isinstance(dc, Failed):
        yield context.finding("dc", f"a DC sweep of ±{voltage:g} V fails: {in_short(dc)}")
    elif dc.vectors[context.currents[0]].size < _SWEEP_POINTS:
        reached = -voltage + dc.vectors[context.currents[0]].size * voltage / 20
        yield context.finding(
            "dc",
            f"a DC sweep of ±{voltage:g} V stops at {reached:.3g} V; ngspice: "
            f"{own_words(dc.log, 160)}",
        )
    elif context.device.card.passive:
        levels = np.linspace(-voltage, voltage, dc.vectors[context.currents[0]].size)
        power = -levels * dc.vectors[f"v{drive}#branch"]
        if power.min() < -1e-6 * np.abs(power).max():
            yield context.finding(
                "passive",
                f"gives off {-power.min():.4g} W at {levels[power.argmin()]:.3g} V DC, "
                "yet the card declares it passive",
                cure="mend the sign of the branch current, or take passive out of the card",
            )
    if isinstance(ac, Failed):
        yield context.finding("ac", f"an AC analysis fails: {in_short(ac)}")
