"""Light from several places on one node adds up: their sources stand in series."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from optospice.circuit.elements import OpticalLink, Source


@dataclass(frozen=True)
class LightNodes:
    """Upper and lower node of everything that shines on a node with a link.

    Parameters
    ----------
    sources, links : mapping of str to (str, str)
        By the name of the source or of the link; sources that shine alone are left out.
    weighted : mapping of (str, str) to (str, str)
        By the name of the source and the node that it shines on with a weight.
    """

    sources: Mapping[str, tuple[str, str]]
    links: Mapping[str, tuple[str, str]]
    weighted: Mapping[tuple[str, str], tuple[str, str]]


def light_nodes(sources: Mapping[str, Source], links: Mapping[str, OpticalLink]) -> LightNodes:
    """Give the nodes of light sources and links, in series where they share a receiver.

    Parameters
    ----------
    sources : mapping of str to Source
        All sources of a circuit.
    links : mapping of str to OpticalLink
        All its links.
    """
    shining: dict[str, list[tuple[str, tuple[str, str]]]] = defaultdict(list)
    for name, link in links.items():
        shining[link.receiver.lower()].append(("link", (name, "")))
    for name, source in sources.items():
        for node in source.shines_on:
            shining[node.lower()].append(("weighted", (name, node)))
    for name, source in sources.items():
        if source.kind == "light" and source.node.lower() in shining:
            shining[source.node.lower()].append(("source", (name, "")))
    found: dict[str, dict[tuple[str, str], tuple[str, str]]] = defaultdict(dict)
    for node, parts in shining.items():
        inner = [f"{node}_light{k}" for k in range(1, len(parts))]
        for (kind, key), upper, lower in zip(parts, [node, *inner], [*inner, "0"], strict=True):
            found[kind][key] = (upper, lower)
    plain = {
        kind: {name: ends for (name, _), ends in found[kind].items()} for kind in ("source", "link")
    }
    return LightNodes(plain["source"], plain["link"], found["weighted"])
