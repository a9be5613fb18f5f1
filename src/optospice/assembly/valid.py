"""The valid range of a circuit: what those of its devices say about its own terminals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from optospice.device import Device, Terminal
from optospice.device.valid import Valid
from optospice.errors import InputError

Pair = tuple[float, float]


def common_range(
    parts: Sequence[tuple[str, Device, Mapping[str, str]]],
    terminals: Sequence[Terminal],
    grounds: Sequence[str],
    where: str,
) -> Valid:
    """Give the range in which all devices of a circuit hold.

    Temperature and times are those that all have in common. The light on a terminal of the
    circuit is that of the device behind it. A voltage counts where a terminal of the circuit is
    that of a device whose ground is the circuit's; what lies between elements is known only
    after a run.

    Parameters
    ----------
    parts : sequence of (str, Device, mapping)
        Label of each instance, its device, and the node of each terminal.
    terminals : sequence of Terminal
        Terminals of the circuit.
    grounds : sequence of str
        Nodes that are ground.
    where : str
        File and table, for messages.

    Raises
    ------
    InputError
        When two devices have no temperature in common.
    """
    outer = {terminal.name for terminal in terminals}
    voltage: dict[str, Pair] = {}
    irradiance: dict[str, Pair] = {}
    wavelength: dict[str, Pair] = {}
    shortest: list[float] = []
    longest: list[float] = []
    for label, device, nodes in parts:
        own = device.card.valid
        shortest += [own.shortest] if own.shortest is not None else []
        longest += [own.longest] if own.longest is not None else []
        ground = next((t.name for t in device.card.terminals if t.role == "ground"), "")
        if nodes.get(ground) in grounds:
            for name, pair in own.voltage.items():
                if nodes.get(name) in outer:
                    _narrow(voltage, nodes[name], pair)
        for pairs, found in ((own.irradiance, irradiance), (own.wavelength, wavelength)):
            for name, pair in pairs.items():
                if f"{label}_{name}" in outer:
                    _narrow(found, f"{label}_{name}", pair)
    return Valid.model_construct(
        voltage=voltage,
        irradiance=irradiance,
        wavelength=wavelength,
        temperature=_temperature([(label, device) for label, device, _ in parts], where),
        shortest=max(shortest, default=None),
        longest=min(longest, default=None),
        note="",
    )


def _narrow(found: dict[str, Pair], name: str, pair: Pair) -> None:
    low, high = found.get(name, pair)
    found[name] = (max(low, pair[0]), min(high, pair[1]))


def _temperature(parts: Sequence[tuple[str, Device]], where: str) -> float | Pair | None:
    limited = [(label, one.card.valid) for label, one in parts if one.card.valid.temperatures]
    if not limited:
        return None
    for label, valid in limited:
        if isinstance(valid.temperature, float):  # the narrowest that there is
            single = valid.temperature
            for other, theirs in limited:
                low, high = theirs.temperatures or (single, single)
                if not low <= single <= high:
                    raise InputError(_apart(label, other, where))
            return single
    low = max((valid.temperatures or (0.0, 0.0))[0] for _, valid in limited)
    high = min((valid.temperatures or (0.0, 0.0))[1] for _, valid in limited)
    if low > high:
        raise InputError(_apart(limited[0][0], limited[-1][0], where))
    return low, high


def _apart(one: str, other: str, where: str) -> str:
    return (
        f"{where}.instances: the devices of {one!r} and {other!r} are valid at different "
        "temperatures; accepted: devices with one in common"
    )
