"""Checks on waveforms: rest, ranges, tolerance, energy, neighbours, plain ngspice."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from optospice.accuracy import Profile
from optospice.circuit.writer import Answered, netlist, transient_card
from optospice.conformance.context import WINDOWS, Context, in_short, worst_difference
from optospice.conformance.finding import Finding
from optospice.conformance.jobs import NetlistJob
from optospice.device import Device
from optospice.ngspice.batch import BatchSession
from optospice.ngspice.easing import eased
from optospice.ngspice.judge import RunFailedError, judge
from optospice.ngspice.worker import Failed
from optospice.stimulus import Samples
from optospice.testbench import Testbench
from optospice.waveforms import Waveforms

#: How many times the usual drive is "hard".
HARD = 3.0


def check_transient(context: Context) -> Iterator[Finding]:
    """The rich stimulus runs in every window."""
    for duration in WINDOWS:
        outcome = context.baseline(duration)
        if isinstance(outcome, Failed):
            yield context.finding(
                "transient",
                f"pulses of ±{context.drive.voltage:g} V within {duration:g} s do not simulate: "
                f"{in_short(outcome)}",
            )


def check_equilibrium(context: Context) -> Iterator[Finding]:
    """Under constant bias and light nothing moves: a run begins at a true operating point."""
    stimuli = context.at_rest(
        {
            terminal.name: 0.5
            * (context.drive.voltage if terminal.kind == "electrical" else context.irradiance)
            for terminal in context.driven
        }
    )
    device = _without_initial_states(context.device)
    for duration in WINDOWS:
        bench = replace(context.rich(duration), device=device, stimuli=stimuli)
        (waves,) = context.simulate([bench])
        if isinstance(waves, Failed):
            continue
        names = (*context.device.card.states, *(n for n in waves.signals if n.startswith("i(")))
        for name in names:
            values = waves[name]
            moved = float(np.ptp(values))
            scale = max(float(np.abs(values).max()), 1e-15)
            if name.startswith("i("):  # less than what the solver tells apart is rest
                scale = max(scale, context.begin.current_tolerance / context.profile.bound)
            if name in context.device.card.states:
                state = context.device.card.states[name]
                scale = max(scale, 0.01 * (state.maximum - state.minimum))
            if moved > context.profile.bound * scale:
                yield context.finding(
                    "equilibrium",
                    f"{name} moves by {moved:.3g} within {duration:g} s under constant bias",
                    cure="no `time` inside the device, and a DC solution for every state",
                )
                return


def _without_initial_states(device: Device) -> Device:
    """Give the device as it is left alone: a programmed state is no equilibrium."""
    states = {
        name: state.model_copy(update={"initial": None})
        for name, state in device.card.states.items()
    }
    return replace(device, card=device.card.model_copy(update={"states": states}))


def check_states(context: Context) -> Iterator[Finding]:
    """States stay within their declared range, also under hard drive."""
    said: set[str] = set()
    for scale in (1.0, HARD):
        for duration in WINDOWS:
            waves = context.baseline(duration, scale)
            if isinstance(waves, Failed):
                if scale > 1 and "failed" not in said:
                    said.add("failed")
                    yield context.finding(
                        "hard_drive",
                        f"±{scale * context.drive.voltage:g} V within {duration:g} s does not "
                        f"simulate: {in_short(waves)}",
                        severity="warning",
                        cure="bound exponents; smooth every switch",
                    )
                continue
            for name, state in context.device.card.states.items():
                outside = context.outside(name, waves[name])
                if outside and name not in said:
                    said.add(name)
                    low, high = outside
                    yield context.finding(
                        "states",
                        f"state {name!r} runs from {low:.4g} to {high:.4g} under "
                        f"±{scale * context.drive.voltage:g} V within {duration:g} s; declared "
                        f"{state.minimum:g} to {state.maximum:g}",
                        cure="the rate form a(v)*(1-x) - b(v)*x stays within 0 and 1 by itself",
                    )


def check_tolerance(context: Context) -> Iterator[Finding]:
    """Halving the solver's tolerance changes nothing beyond the accuracy profile."""
    profile = context.profile
    half = replace(profile, relative_tolerance=profile.relative_tolerance / 2)
    for duration in WINDOWS:
        waves = context.baseline(duration)
        (finer,) = context.simulate([context.rich(duration, profile=half)])
        if isinstance(waves, Failed):
            continue
        if isinstance(finer, Failed):
            yield context.finding(
                "tolerance", f"with half the tolerance {duration:g} s fail: {in_short(finer)}"
            )
            return
        difference, signal = worst_difference(context, waves, finer)
        if waves.error_bound > profile.bound and difference <= waves.error_bound:
            yield context.finding(
                "tolerance", f"within {duration:g} s: {waves.notes[-1]}", severity="warning"
            )
        elif difference > profile.bound:
            yield context.finding(
                "tolerance",
                f"{signal} moves by {difference:.2%} of its peak within {duration:g} s when the "
                f"tolerance is halved; {profile.name} promises {profile.bound:.2%}",
                cure="smooth what switches at once, scale state capacitors to about 1 nF",
            )
            return


def check_passive(context: Context) -> Iterator[Finding]:
    """A device declared passive has absorbed energy at every moment of a cycle in the dark."""
    if not context.device.card.passive:
        return
    voltage = context.drive.voltage
    drive = context.device.drive_terminal.name
    for duration in WINDOWS:
        corners = np.linspace(0, duration, 9)
        sweep = Samples(corners, voltage * np.array([0, 1, 0, -1, 0, 1, 0, -1, 0.0]))
        bench = Testbench(context.device, {drive: sweep}, duration, profile=context.profile)
        (waves,) = context.simulate([bench])
        if isinstance(waves, Failed):
            continue
        power = waves[f"v({drive})"] * waves[f"i({drive})"]
        energy = np.cumsum(0.5 * (power[1:] + power[:-1]) * np.diff(waves.time))
        if energy.min() < -context.profile.bound * np.abs(energy).max():
            yield context.finding(
                "passive",
                f"has given off {-energy.min():.4g} J after a cycle of ±{voltage:g} V within "
                f"{duration:g} s, yet the card declares it passive",
                cure="mend the sign of the branch current, or take passive out of the card",
            )
            return


def check_instances(context: Context) -> Iterator[Finding]:
    """A second instance under another bias does not disturb the first."""
    duration = WINDOWS[0]
    alone = context.baseline(duration, steep=context.follows_slowly)
    if isinstance(alone, Failed):
        return
    nodes, lines = [], []
    for terminal in context.device.card.terminals:
        own = "0" if terminal.role == "ground" else f"second_{terminal.name}"
        nodes.append(own)
        if own != "0" and not terminal.is_output:
            level = -0.7 * context.drive.voltage if terminal.kind == "electrical" else 0.3
            lines.append(f"V{own} {own} 0 DC {level!r}\n")
    lines.append(f"Xsecond {' '.join(nodes)} {context.device.name}\n")

    def run(profile: Profile) -> Waveforms:
        bench = context.rich(duration, profile=profile, steep=context.follows_slowly)
        circuit = replace(bench.model(), elements="".join(lines))
        card = transient_card(duration, bench.largest_step)
        text = netlist(circuit, card, Answered.TABLES)
        (result,) = context.analyse([NetlistJob(text, bench.vectors, duration, bench.tables)])
        if isinstance(result, Failed):
            raise RunFailedError(result.message)
        return bench.waveforms(result.vectors)

    try:
        both = eased(context.profile, run, context.begin).result
    except RunFailedError as error:
        failed = Failed(str(error))
        yield context.finding("instances", f"two instances do not simulate: {in_short(failed)}")
        return
    difference, signal = worst_difference(context, alone, both, looked_at=False)
    if difference > context.profile.bound + alone.error_bound:  # each may be off by its own
        yield context.finding(
            "instances",
            f"{signal} moves by {difference:.2%} of its peak when a second instance is there",
            cure="no .global node and no node name that leaves the subcircuit",
        )


def check_plain_ngspice(context: Context) -> Iterator[Finding]:
    """The netlist runs under plain ``ngspice -b`` with the same result."""
    duration = WINDOWS[0]
    ours = context.baseline(duration, steep=context.follows_slowly)
    if isinstance(ours, Failed):
        return

    def run(profile: Profile) -> Waveforms:
        bench = context.rich(duration, profile=profile, steep=context.follows_slowly)
        session = BatchSession(context.pool.installation, context.pool.timeout)
        result = session.run(bench.netlist(), bench.vectors)
        judge(result.vectors, bench.vectors, duration, result.log)
        return bench.waveforms(result.vectors)

    try:
        theirs = eased(context.profile, run, context.begin).result
    except (RunFailedError, KeyError) as error:
        yield context.finding("plain_ngspice", f"ngspice -b does not run it: {error}")
        return
    except RuntimeError as error:
        yield context.finding("plain_ngspice", f"not checked: {error}", severity="warning")
        return
    difference, signal = worst_difference(context, ours, theirs, looked_at=False)
    if difference > context.profile.bound + ours.error_bound:
        yield context.finding(
            "plain_ngspice",
            f"{signal} differs by {difference:.2%} of its peak under ngspice -b",
        )
