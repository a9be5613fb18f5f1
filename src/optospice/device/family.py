"""A family: one topology with its equations, whatever the values of its parameters."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from optospice import netlist
from optospice.device.card import ParameterDefinition, State, Terminal
from optospice.validation import StrictModel


class FamilyCard(StrictModel):
    """What a family's TOML file says. See `docs/cards.md` for every key."""

    title: Annotated[str, Field(min_length=1)]
    description: str = ""
    passive: bool = False
    built_in_voltage: bool = False
    terminals: Annotated[list[Terminal], Field(min_length=1)]
    parameters: dict[str, ParameterDefinition] = {}
    states: dict[str, State] = {}


@dataclass(frozen=True)
class Family:
    """A subcircuit with what its TOML file says.

    Parameters
    ----------
    name : str
        Name of the family: of its files and of its ``.subckt``.
    file : Path
        The ``.lib``.
    lines : tuple of SourceLine
        The library with its includes in their place.
    subcircuit : Subcircuit
        Terminals and defaults as the ``.lib`` declares them.
    card : FamilyCard
        Terminals, states and parameters without values.
    card_file : Path
        The TOML.
    """

    name: str
    file: Path
    lines: tuple[netlist.SourceLine, ...]
    subcircuit: netlist.Subcircuit
    card: FamilyCard
    card_file: Path
