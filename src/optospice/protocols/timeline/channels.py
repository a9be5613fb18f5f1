"""Channels of a timeline and signals of a run, as a device has them."""

from __future__ import annotations

from optospice import units
from optospice.device import Device
from optospice.errors import InputError, close_matches

DRIVE = "drive"


def terminal_of(device: Device, channel: str, where: str = "protocol") -> str:
    """Name the terminal of a channel.

    Parameters
    ----------
    device : Device
        Whose terminals.
    channel : str
        ``"drive"``, the name of a terminal, or a wavelength such as ``"740 nm"``.
    where : str
        Table, for messages.

    Raises
    ------
    InputError
        When the device has none of this name or colour, or drives it itself.
    """
    if channel == DRIVE:
        return device.drive_terminal.name
    by_name = {terminal.name: terminal for terminal in device.card.terminals}
    if channel in by_name:
        if by_name[channel].is_output:
            raise InputError(
                f"{where}.channel = {channel!r}: is driven by device {device.name!r} itself; "
                f"accepted: {', '.join(n for n, t in by_name.items() if not t.is_output)}"
            )
        return channel
    try:
        wavelength = units.parse(channel, "m")
    except units.UnitsError:
        known = [DRIVE, *(name for name, terminal in by_name.items() if not terminal.is_output)]
        raise InputError(
            f"{where}.channel = {channel!r}: device {device.name!r} has no such terminal; "
            f"{close_matches(channel, known)}"
        ) from None
    return device.optical_terminal(wavelength).name


def colour_of(device: Device, channel: str) -> float | None:
    """Wavelength that a channel names [m]; None for one that names a terminal."""
    if channel == DRIVE or any(terminal.name == channel for terminal in device.card.terminals):
        return None
    try:
        return units.parse(channel, "m")
    except units.UnitsError:
        return None


def electrical_terminal(device: Device, name: str, where: str) -> str:
    """Name an electrical terminal that can be driven.

    Raises
    ------
    InputError
        When the device has none of this name, or drives it itself.
    """
    known = [t.name for t in device.terminals("electrical") if t.role in ("drive", "control")]
    if name in ("", DRIVE):
        return device.drive_terminal.name
    if name not in known:
        raise InputError(
            f"{where} = {name!r}: device {device.name!r} has no such electrical terminal to "
            f"drive; {close_matches(name, [DRIVE, *known])}"
        )
    return name


def check_signal(device: Device, name: str, where: str) -> None:
    """Refuse the name of a signal that no run of a device has.

    Parameters
    ----------
    device : Device
        What is simulated.
    name : str
        ``"i(d)"``, ``"v(out)"``, ``"p(light_out)"``, ``"e(light)"`` or a state.
    where : str
        Key, for messages.

    Raises
    ------
    InputError
        Naming what there is.
    """
    known = list(device.card.states)
    for terminal in device.card.terminals:
        if terminal.kind == "optical":
            known.append(f"{'p' if terminal.is_output else 'e'}({terminal.name})")
        else:
            known += [f"v({terminal.name})"] if terminal.is_output else [
                f"i({terminal.name})", f"v({terminal.name})"
            ]  # fmt: skip
    if name not in known:
        raise InputError(
            f"{where} = {name!r}: device {device.name!r} has no such signal; "
            f"{close_matches(name, known)}"
        )
