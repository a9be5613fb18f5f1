"""Optical links between the devices of a circuit."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from optospice.assembly.tables import LinkTable
from optospice.device import Device, Terminal
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

    def lines(self, node: str) -> Iterator[str]:
        """Write the link: 1 V = 1 mW at `node` becomes 1 V = 1 mW/cm^2 at `arrived`."""
        name, link = self.name, self.link
        gain = f"{{{number(1.0 / convert(link.area, 'm^2', 'cm^2'))}*{name.lower()}_share}}"
        if not link.delay:
            yield f"E{name} {self.arrived} 0 {node} 0 {gain}"
            return
        # a line of 1 ohm between 1 ohm and 1 ohm halves what it delays
        yield f"E{name} {name}_sent 0 {node} 0 {gain}"
        yield f"R{name}_near {name}_sent {name}_in 1"
        yield f"T{name} {name}_in 0 {name}_out 0 Z0=1 TD={number(link.delay)}"
        yield f"R{name}_far {name}_out 0 1"
        yield f"E{name}_whole {self.arrived} 0 {name}_out 0 2"

    @property
    def arrived(self) -> str:
        """Node of the light that arrives."""
        return f"{self.name}_arrived"


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
            [t for t in taking.terminals("optical") if not t.is_output],
            absorbing_name,
            f"{at_target}: device {taking.name!r}",
            "that takes light",
        )
    else:
        try:
            absorbing = taking.optical_terminal(float(emitting.wavelength or 0.0))
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
