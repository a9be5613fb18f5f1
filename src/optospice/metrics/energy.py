"""Energy of one synaptic event, by the four definitions in use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from optospice.metrics.column import MetricColumn
from optospice.metrics.registry import accepted_name, in_blocks, metric
from optospice.metrics.value import MetricValue, missing
from optospice.metrics.windows import (
    FloatArray,
    checked_window,
    off_the_samples,
    outside_note,
    unresolved_note,
)
from optospice.trace import Trace
from optospice.trace_block import TraceBlock

if TYPE_CHECKING:
    from collections.abc import Mapping

ENERGY_DEFINITIONS: Mapping[str, str] = {
    "product": "voltage x peak current x pulse width",
    "integral": "integral of voltage x current over the pulse",
    "net": "integral of voltage x (current - baseline) over the pulse",
    "optical": "irradiance x area x pulse width, light that falls on the device",
}


@metric(
    title="Energy per event",
    unit="J",
    display_unit="nJ",
    definitions=ENERGY_DEFINITIONS,
    source="Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789, Eq. 4 (product); "
    "the others are the integrals that Eq. 4 abbreviates",
)
def energy_per_event(
    voltage: Trace | float,
    current: Trace,
    onset: float,
    offset: float,
    definition: str = "product",
    *,
    baseline: float | None = None,
    irradiance: Trace | float | None = None,
    area: float | None = None,
) -> MetricValue:
    """Energy that one pulse costs.

    Parameters
    ----------
    voltage : Trace or float
        Voltage across the device; a number for a constant read-out bias [V].
    current : Trace
        Current into the device [A].
    onset, offset : float
        Edges of the pulse; their distance is its width [s].
    definition : {"product", "integral", "net", "optical"}
        How the energy is counted.
    baseline : float, optional
        Current without the pulse [A]; needed by ``"net"``.
    irradiance : Trace or float, optional
        Irradiance, a number for a rectangular pulse [W/m^2]; needed by ``"optical"``.
    area : float, optional
        Illuminated area [m^2]; needed by ``"optical"``.

    Returns
    -------
    MetricValue
        Energy [J]; positive when the device takes it up. ``"product"`` uses the current
        and voltage of largest magnitude within the pulse.

    Raises
    ------
    ValueError
        For an unknown definition, a missing argument, or a window without duration.

    Notes
    -----
    The integrals are exact for the curves that the traces are.

    References
    ----------
    Panagopoulou et al., J. Mater. Chem. C 14 (2026) 1789, Eq. 4.
    """
    checked_window(onset, offset)
    text = ENERGY_DEFINITIONS[accepted_name(definition, ENERGY_DEFINITIONS, "energy definition")]
    note = outside_note(current, onset, offset)
    read = _edge_note(current, onset, offset)
    if definition == "optical":
        if irradiance is None or area is None:
            raise ValueError(
                "definition 'optical' needs the arguments irradiance [W/m^2] and area [m^2]"
            )
        if not isinstance(irradiance, Trace):
            return MetricValue(irradiance * area * (offset - onset), "J", text)
        if note := note or outside_note(irradiance, onset, offset):
            return missing("J", text, note)
        energy = irradiance.window(onset, offset).integral() * area
        return MetricValue(energy, "J", "integral of irradiance x area over the pulse", note=read)
    if isinstance(voltage, Trace):
        note = note or outside_note(voltage, onset, offset)
    if note:
        return missing("J", text, note)
    amperes = current.window(onset, offset)
    volts = voltage.window(onset, offset) if isinstance(voltage, Trace) else voltage
    if definition == "product":
        extreme = volts.peak if isinstance(volts, Trace) else volts
        energy = extreme * amperes.peak * (offset - onset)  # Eq. 4
    else:
        if definition == "net":
            if baseline is None:
                raise ValueError("definition 'net' needs the argument baseline [A]")
            amperes = amperes.shifted(-baseline)
            text += ", above the baseline"
        energy = amperes.integral(volts)
    if note := unresolved_note(current, onset, offset):
        return missing("J", text, note)
    if energy != energy:
        return missing("J", text, "a waveform is not a number somewhere inside the pulse")
    return MetricValue(energy, "J", text, note=read)


@in_blocks(energy_per_event)
def energies_per_event(
    voltage: TraceBlock | FloatArray | float,
    current: TraceBlock,
    onset: float,
    offset: float,
    definition: str = "product",
    *,
    baseline: FloatArray | None = None,
    irradiance: TraceBlock | float | None = None,
    area: float | None = None,
) -> MetricColumn:
    """Give `energy_per_event` of every run of a block."""
    checked_window(onset, offset)
    accepted_name(definition, ENERGY_DEFINITIONS, "energy definition")
    text: str | list[str] = ENERGY_DEFINITIONS[definition]
    note, read = outside_note(current, onset, offset), _edge_note(current, onset, offset)
    nothing = np.full(current.runs, np.nan)
    if definition == "optical":
        if irradiance is None or area is None:
            raise ValueError(
                "definition 'optical' needs the arguments irradiance [W/m^2] and area [m^2]"
            )
        if not isinstance(irradiance, TraceBlock):
            energy = irradiance * area * (offset - onset)
            return MetricColumn.told(np.full(current.runs, energy), "J", text)
        if note := note or outside_note(irradiance, onset, offset):
            return MetricColumn.told(nothing, "J", text, note)
        found = irradiance.window(onset, offset).integral() * area
        text = "integral of irradiance x area over the pulse"
        return MetricColumn.told(found, "J", text, read)
    if isinstance(voltage, TraceBlock):
        note = note or outside_note(voltage, onset, offset)
    if note:
        return MetricColumn.told(nothing, "J", text, note)
    amperes = current.window(onset, offset)
    volts = voltage.window(onset, offset) if isinstance(voltage, TraceBlock) else voltage
    if definition == "product":
        extreme = volts.peak if isinstance(volts, TraceBlock) else volts
        energies = extreme * amperes.peak * (offset - onset)  # Eq. 4
    else:
        if definition == "net":
            if baseline is None:
                raise ValueError("definition 'net' needs the argument baseline [A]")
            amperes = amperes.shifted(-baseline)
            text = f"{text}, above the baseline"
        energies = amperes.integral(volts)
    if note := unresolved_note(current, onset, offset):
        return MetricColumn.told(nothing, "J", text, note)
    lost = np.isnan(energies)
    why = "a waveform is not a number somewhere inside the pulse"
    notes = [why if one else read for one in lost] if lost.any() else read
    return MetricColumn.told(energies, "J", text, notes)


def _edge_note(current: Trace | TraceBlock, onset: float, offset: float) -> str:
    """Say in words that no sample meets an edge, or return nothing."""
    if not off_the_samples(current, (onset, offset)).any():
        return ""
    return "no sample at an edge of the pulse: interpolated between those on its two sides"
