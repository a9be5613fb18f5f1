"""From a stimulus to the cheapest exact SPICE source.

A regular train costs one PULSE source with a pulse count, however long it is; sources
of several trains are stacked in series. Irregular shapes become PWL, whose look-up is
linear in the table's length and which is therefore kept for short tables.
"""

from __future__ import annotations

from dataclasses import dataclass

from optospice.stimulus import FloatArray, PulseTrain, Samples, Signal, Stimulus

#: Tables of more corners than this are answered by the engine instead of by PWL.
LONGEST_PWL = 64
#: Above so many trains a table is cheaper than a stack of PULSE sources.
LARGEST_STACK = 16
_SHORTEST_EDGE_FRACTION = 3e-7


@dataclass(frozen=True)
class Source:
    """One SPICE voltage source.

    Parameters
    ----------
    value : str
        What stands behind its nodes in a netlist that plain ngspice runs.
    table : pair of ndarray or None
        Corners (times [s], voltages [V]) where the engine is to answer for the source
        itself, in place of a long PWL table.
    """

    value: str
    table: tuple[FloatArray, FloatArray] | None = None


def sources(stimulus: Stimulus, scale: float = 1.0, tabulated: bool = False) -> list[Source]:
    """Write a stimulus as SPICE sources, to be connected in series.

    Parameters
    ----------
    stimulus : Signal or Samples
        What the terminal sees.
    scale : float
        Factor from the stimulus's SI level to volts on the node [V per SI unit].
    tabulated : bool
        Whether the engine answers for every source that changes, also for those that
        PULSE or a short PWL could make.

    Returns
    -------
    list of Source
        ``DC``, ``PULSE`` or ``PWL``; the sum is the stimulus.
    """
    if isinstance(stimulus, Samples):
        return [_table(stimulus, scale, tabulated)]
    if not stimulus.trains:
        return [Source(f"DC {number(stimulus.base * scale)}")]
    stacked = len(stimulus.trains) <= LARGEST_STACK and not tabulated
    if not stacked or not all(map(_edges_are_found, stimulus.trains)):
        return [_table(stimulus, scale, tabulated)]
    return _stacked_pulses(stimulus, scale)


def _edges_are_found(train: PulseTrain) -> bool:
    """Whether ngspice sees the edges of a PULSE source: it takes 1e-7 of the width for equal."""
    shortest = min(train.rise_time, train.fall_time)
    return shortest > _SHORTEST_EDGE_FRACTION * train.width


def _stacked_pulses(signal: Signal, scale: float) -> list[Source]:
    values = []
    base = signal.base
    for train in signal.trains:
        low, high = base, base + train.level - signal.base
        # PULSE(low high delay rise fall flat-top period count)
        fields = (
            low * scale, high * scale, train.delay, train.rise_time, train.fall_time,
            train.width - train.rise_time, train.spacing,
        )  # fmt: skip
        spelled = " ".join(number(field) for field in fields)
        values.append(Source(f"PULSE({spelled} {train.count})"))
        base = 0.0
    return values


def _table(stimulus: Stimulus, scale: float, tabulated: bool) -> Source:
    times, levels = stimulus.points
    voltages = levels * scale
    pairs = [f"{number(t)} {number(v)}" for t, v in zip(times, voltages, strict=True)]
    # one long line would be cut: a netlist line may be continued
    value = "PWL(" + "\n+ ".join(" ".join(pairs[i : i + 8]) for i in range(0, len(pairs), 8)) + ")"
    return Source(value, (times, voltages) if tabulated or times.size > LONGEST_PWL else None)


def number(value: float) -> str:
    """Write a number for SPICE: every digit, no suffix (``M`` is milli in SPICE)."""
    return repr(float(value))
