"""Decks of ordinary parts converge, and are as exact as they say, in every profile.

Each is compared with a dense solution by ngspice itself: 20,000 steps at least, tolerances
of 1e-9, and junctions that count picoamperes.
"""

from __future__ import annotations

import re

import numpy as np
import pytest
from circuits import CIRCUITS
from diodes import DIODES
from part_deck import Deck
from transistors import TRANSISTORS

import optospice
from optospice.accuracy import PROFILES
from optospice.interpolation import interpolate
from optospice.ngspice.simulate import Job
from optospice.ngspice.worker import Finished
from probe_device import RUN_JOB

DECKS = {**DIODES, **TRANSISTORS, **CIRCUITS}
#: Also between the solver's points; those of parts without charge are refined elsewhere.
BETWEEN = True
#: A jump of the current within 36 ps, seen after a step of 1 ms: ngspice's first step after a
#: corner is judged by a slope over the long step before, and is far too long. The result says
#: which bound it has.
BLIND = {("photodiode under a forward pulse", name) for name in ("standard", "reference")}


@pytest.fixture(scope="module")
def reference(pool):
    """Give the dense solution of a deck by the simulator's names, solved once."""
    solved = {}

    def give(name):
        if name not in solved:
            solved.clear()  # the next deck's turn; a solution has some megabytes
            solved[name] = dense(pool, DECKS[name])
        return solved[name]

    return give


def dense(pool, deck):
    """Solve in small steps; with looser tolerances where 1e-9 does not converge."""
    vectors = tuple(vector(signal) for signal in deck.signals)
    for tolerance in (1e-9, 3e-9, 1e-8):
        netlist = (
            f"{deck.circuit}.options method=trap reltol={tolerance} abstol=1e-12 vntol=1e-9 "
            f"chgtol=1e-14 trtol=1 itl1=500 itl4=50\n.save {' '.join(deck.signals)}\n"
            f".tran {deck.duration / 1000:g} {deck.duration:g} 0 "
            f"{deck.duration / deck.steps:.17g}\n.end\n"
        )
        [(_, outcome)] = pool.map(RUN_JOB, [Job(netlist, vectors, deck.duration)])
        if isinstance(outcome, Finished):
            return outcome.result
    raise AssertionError(outcome.message)


def vector(signal: str) -> str:
    name = signal[2:-1].lower()
    return f"{name}#branch" if signal.startswith("i") else name


def error(deck: Deck, waves, exact, between: bool) -> float:
    """Largest distance as a fraction of the signal's peak."""
    time = exact["time"]
    once = np.concatenate([[True], np.diff(time) > 0])
    moments = np.minimum(waves.time, time[-1])
    if between:
        inner = 0.5 * (waves.time[1:] + waves.time[:-1])
        moments = np.minimum(np.unique(np.concatenate([waves.time, inner])), time[-1])
    worst = 0.0
    for signal in deck.signals:
        values = exact[vector(signal)]
        true = interpolate(time[once], values[once], moments, np.array(deck.corners))
        found = waves.at(signal, moments) if between else waves[signal]
        worst = max(worst, np.abs(found - true).max() / np.abs(values).max())
    return float(worst)


@pytest.mark.parametrize("accuracy", PROFILES)
@pytest.mark.parametrize("name", DECKS)
def test_a_deck_keeps_its_bound(reference, name, accuracy):
    deck = DECKS[name]
    waves = optospice.simulate_circuit(
        deck.circuit, duration=f"{deck.duration!r} s", signals=deck.signals, accuracy=accuracy
    )
    assert waves.time[-1] == pytest.approx(deck.duration)
    found = error(deck, waves, reference(name), BETWEEN)
    if (name, accuracy) in BLIND:
        assert waves.notes
        assert found <= waves.error_bound
        return
    assert waves.error_bound == PROFILES[accuracy].bound, waves.notes
    assert found <= waves.error_bound


def test_what_was_eased_is_told():
    deck = DECKS["bridge rectifier"]
    waves = optospice.simulate_circuit(
        deck.circuit, duration=f"{deck.duration!r} s", signals=deck.signals
    )
    assert any(re.search(r"abstol 1e-18 -> 1e-12 A", note) for note in waves.notes)


def test_nothing_is_told_of_a_circuit_that_needs_nothing():
    deck = DECKS["LC ring-down"]
    waves = optospice.simulate_circuit(
        deck.circuit, duration=f"{deck.duration!r} s", signals=deck.signals
    )
    assert waves.notes == ()


def test_enough_parts():
    assert len(DECKS) >= 30
