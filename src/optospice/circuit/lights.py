"""Lights on an optical terminal with a spectral response: sources, and what each counts there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from optospice.circuit.elements import Source
from optospice.device import Device
from optospice.errors import InputError
from optospice.light import Beam, Illumination, Spectrum, superposed, total_of
from optospice.stimulus import Stimulus


@dataclass(frozen=True)
class Shining:
    """Sources of the lights on one terminal of a device or of its copies.

    Parameters
    ----------
    sources : mapping of str to Source
        Sources by name; the first has the name of the terminal.
    nodes : mapping of str to str
        Node of the terminal of each copy.
    """

    sources: Mapping[str, Source]
    nodes: Mapping[str, str]


def check_light(
    device: Device, terminal: str, stimulus: Stimulus | Illumination, driven: bool = False
) -> None:
    """Refuse light that a terminal does not take.

    Parameters
    ----------
    device : Device
        The device.
    terminal : str
        Name of the optical terminal.
    stimulus : Signal, Samples or Illumination
        What shines on it [W/m^2]; without any light it needs no colour.
    driven : bool
        Whether somebody adds light to it later.

    Raises
    ------
    InputError
        For a colour outside its spectral response, or light without a colour where the
        terminal has one.
    """
    if isinstance(stimulus, Illumination):
        for beam in stimulus.beams:
            device.check_light(terminal, beam.colour)
        return
    response = device.response(terminal)
    if response is not None and response.knows_colour and (driven or stimulus.points[1].any()):
        raise InputError(
            f"terminal {terminal} of {device.name!r} has a spectral response: the light needs its "
            "colour; accepted: a wavelength or a spectrum, in Python beam(light, "
            "wavelength='740 nm')"
        )


def shining(
    device: Device,
    terminal: str,
    stimulus: Stimulus | Illumination,
    copies: Mapping[str, Mapping[str, float]],
    *,
    node: str = "",
    controlled: bool = False,
) -> Shining:
    """Give the sources of all lights on a terminal.

    Without a spectral response, or for a single light of weight 1, it is one source on the
    node of the terminal. Else every light has a source of its own, which carries its
    irradiance, and the terminal's node the sum of all, each times its weight. Copies of
    which the responses differ have nodes of their own.

    Parameters
    ----------
    device : Device
        The device.
    terminal : str
        Name of the optical terminal.
    stimulus : Signal, Samples or Illumination
        What shines on it [W/m^2].
    copies : mapping of str to mapping
        Parameters of each copy that differ from the defaults, by its name.
    node : str
        Node of the terminal; named like the terminal without one.
    controlled : bool
        Whether a controller drives the first light.
    """
    node = node or terminal
    response = device.response(terminal)
    if not isinstance(stimulus, Illumination) or response is None:
        source = Source(node, "light", total_of(stimulus), controlled)
        return Shining({terminal: source}, dict.fromkeys(copies, node))
    beams = _by_colour(stimulus)
    taken: dict[tuple[float | None, ...], tuple[float, ...]] = {}  # most copies respond alike
    weights = {}
    for copy, parameters in copies.items():
        own = tuple(parameters.get(name) for name in response.parameters)
        if own not in taken:
            taken[own] = tuple(device.weight(terminal, b.colour, parameters) for b in beams)
        weights[copy] = taken[own]
    different = list(dict.fromkeys(weights.values()))
    if different == [(1.0,)]:
        source = Source(node, "light", beams[0].course, controlled)
        return Shining({terminal: source}, dict.fromkeys(copies, node))
    one = len(different) == 1
    nodes = {seen: node if one else f"{node}_seen{k}" for k, seen in enumerate(different)}
    sources = {}
    for k, beam in enumerate(beams):
        name = terminal if k == 0 else f"{terminal}_{k + 1}"
        sources[name] = Source(
            f"{node}_lamp{k + 1}",
            "light",
            beam.course,
            controlled and k == 0,
            shines_on={own: seen[k] for seen, own in nodes.items()},
        )
    return Shining(sources, {copy: nodes[weights[copy]] for copy in copies})


def _by_colour(stimulus: Illumination) -> list[Beam]:
    """Give the lights with those of the same colour as one."""
    found: dict[float | Spectrum, list[Stimulus]] = {}
    for beam in stimulus.beams:
        found.setdefault(beam.colour, []).append(beam.course)
    return [
        Beam(superposed([(1.0, course) for course in courses]), colour)
        for colour, courses in found.items()
    ]
