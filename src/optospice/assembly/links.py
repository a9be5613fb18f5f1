"""Optical links between the devices of a circuit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from optospice.assembly.tables import LinkTable
from optospice.circuit.writer import link_lines
from optospice.device import EMISSION_UNIT, IRRADIANCE_UNIT, Device, Terminal
from optospice.errors import InputError, close_matches
from optospice.sources import number
from optospice.units import convert

#: Largest error of a sum of shares that is rounding [1].
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Route:
    """A link with the terminals that it joins.

    Parameters
    ----------
    name : str
        Name of the link.
    link : LinkTable
        What stands in the scenario.
    emitter, receiver : str
        Names of the instances.
    emitting, absorbing : Terminal
        Their terminals.
    """

    name: str
    link: LinkTable
    emitter: str
    emitting: Terminal
    receiver: str
    absorbing: Terminal

    def lines(self, node: str, ends: tuple[str, str]) -> Iterator[str]:
        """Write the link from the emitter's node to two nodes of the receiver.

        What arrives counts as the receiver's spectral response says for the emission.
        """
        power = convert(1.0, EMISSION_UNIT, "W")
        per_area = convert(power / self.link.area, "W/m^2", IRRADIANCE_UNIT)
        factors = [number(per_area), f"{self.name.lower()}_share"]
        if self.absorbing.response is not None:
            factors.append(
                self.absorbing.response.expression(
                    float(self.emitting.wavelength or 0.0),
                    lambda parameter: f"{self.receiver}_{parameter}".lower(),
                )
            )
        gain = f"{{{'*'.join(factors)}}}"
        return link_lines(self.name, node, ends, gain, self.link.delay)


def routes(
    links: Mapping[str, LinkTable], devices: Mapping[str, Device], where: str
) -> tuple[Route, ...]:
    """Find the terminals of all links.

    Parameters
    ----------
    links : mapping of str to LinkTable
        Links by name.
    devices : mapping of str to Device
        Devices by the name of their instance.
    where : str
        File and key, for messages.

    Raises
    ------
    InputError
        For an instance or terminal that does not exist, a colour that the receiver does not
        take, or more light than is emitted.
    """
    found = tuple(_route(name, link, devices, where) for name, link in links.items())
    shares: Counter[tuple[str, str]] = Counter()
    for route in found:
        shares[route.emitter, route.emitting.name] += route.link.share  # type: ignore[assignment]
    for (label, terminal), share in shares.items():
        if share > 1 + _ROUNDING:
            raise InputError(
                f"{where}.links: {share:g} of the light of {label}.{terminal} is given away; "
                "accepted: shares of up to 1 in all"
            )
    return found


def share_left(route: Route, others: Sequence[Route]) -> float:
    """Give what the other links of the same emitter leave of its light [1]."""
    return 1.0 - sum(
        other.link.share
        for other in others
        if other.name != route.name
        and (other.emitter, other.emitting.name) == (route.emitter, route.emitting.name)
    )


def _route(name: str, link: LinkTable, devices: Mapping[str, Device], where: str) -> Route:
    at_source = f"{where}.links.{name}.from = {link.source!r}"
    at_target = f"{where}.links.{name}.to = {link.to!r}"
    emitter, emitting_name = _end(link.source, devices, at_source)
    receiver, absorbing_name = _end(link.to, devices, at_target)
    emitting = _chosen(
        [t for t in devices[emitter].outputs if t.kind == "optical"],
        emitting_name,
        f"{at_source}: device {devices[emitter].name!r}",
        "that emits light",
    )
    taking = devices[receiver]
    if absorbing_name:
        absorbing = _chosen(
            taking.light_inputs,
            absorbing_name,
            f"{at_target}: device {taking.name!r}",
            "that takes light",
        )
    try:
        colour = float(emitting.wavelength or 0.0)
        if not absorbing_name:
            absorbing = taking.optical_terminal(colour)
        elif absorbing.response is not None:
            taking.check_light(absorbing.name, colour)
    except InputError as error:
        raise InputError(f"{at_target}: {error}") from None
    return Route(name, link, emitter, emitting, receiver, absorbing)


def _end(text: str, devices: Mapping[str, Device], where: str) -> tuple[str, str]:
    label, _, terminal = text.partition(".")
    if label not in devices:
        raise InputError(f"{where}: there is no such instance; {close_matches(label, devices)}")
    return label, terminal


def _chosen(terminals: Sequence[Terminal], name: str, where: str, what: str) -> Terminal:
    names = [terminal.name for terminal in terminals]
    if not terminals:
        raise InputError(f"{where} has no terminal {what}")
    if not name and len(terminals) > 1:
        raise InputError(f"{where} has several terminals {what}; accepted: {', '.join(names)}")
    if name and name not in names:
        raise InputError(f"{where} has no such terminal {what}; {close_matches(name, names)}")
    return terminals[names.index(name)] if name else terminals[0]
