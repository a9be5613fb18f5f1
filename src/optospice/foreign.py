"""Circuits that come from elsewhere: a PySpice `Circuit`, or a netlist's text, as it stands."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from optospice.accuracy import Profile
from optospice.errors import InputError
from optospice.library import netlist_folders
from optospice.netlist import expand_includes
from optospice.ngspice.guard import cleaned_netlist
from optospice.sources import number
from optospice.stimulus import FloatArray
from optospice.units import convert
from optospice.waveforms import Waveforms

_SIGNAL = re.compile(r"^(v|i)\(([A-Za-z_0-9.#]+)\)$", re.IGNORECASE)
_INCLUDE = re.compile(r"\.include\s+(?=\S)[\"']?([^\"']+)[\"']?", re.IGNORECASE)


def transient_netlist(
    circuit: object, duration: float, signals: Sequence[str], profile: Profile, temperature: float
) -> str:
    """Write the netlist of a transient analysis of a circuit as it stands.

    Parameters
    ----------
    circuit : PySpice Circuit or str
        The circuit, without analysis; an ``.include`` of a packaged device or of one in
        ``./netlists`` is followed, nothing else is.
    duration : float
        Simulated time [s].
    signals : sequence of str
        ``"v(node)"`` and ``"i(source)"``.
    profile : Profile
        How exact.
    temperature : float
        Temperature [K].

    Raises
    ------
    InputError
        When the circuit holds what may not pass to the simulator.
    """
    lines = []
    for line in str(circuit).splitlines():
        include = _INCLUDE.fullmatch(line.strip())
        if include is None:
            lines.append(line)
        else:
            lines += expand_includes(Path(include.group(1)), netlist_folders()).splitlines()
    while lines and (not lines[-1].strip() or lines[-1].strip().lower() == ".end"):
        lines.pop()
    lines += [
        f".temp {number(convert(temperature, 'K', 'degC'))}",
        profile.options,
        f".save {' '.join(signals)}",
        f".tran {number(duration / 1000)} {number(duration)} 0 {number(duration)}",
        ".end",
    ]
    return cleaned_netlist("\n".join(lines) + "\n", "circuit")


def vector_names(signals: Sequence[str]) -> dict[str, str]:
    """Give ngspice's vector for each signal: ``"i(v1)"`` is ``"v1#branch"``.

    Raises
    ------
    InputError
        For anything but ``v(node)`` and ``i(source)``.
    """
    names = {}
    for signal in signals:
        match = _SIGNAL.match(signal)
        if match is None:
            raise InputError(f"signal {signal!r}: accepted: 'v(node)' or 'i(source)'")
        kind, name = match.group(1).lower(), match.group(2).lower()
        names[signal] = f"{name}#branch" if kind == "i" else name
    return names


def named_waveforms(vectors: Mapping[str, FloatArray], names: Mapping[str, str]) -> Waveforms:
    """Give the vectors of a run the names that were asked for."""
    signals = {signal: vectors[vector] for signal, vector in names.items()}
    units = {signal: "A" if signal.lower().startswith("i") else "V" for signal in names}
    return Waveforms(vectors["time"], signals, units)
