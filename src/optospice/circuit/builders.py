"""Circuits that are made by a rule: an array of one device."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from optospice.accuracy import PROFILES, Profile
from optospice.circuit.elements import Instance, PassiveElement, Source
from optospice.circuit.lights import check_light, shining
from optospice.circuit.model import Circuit
from optospice.device import Device
from optospice.errors import InputError
from optospice.light import Illumination
from optospice.stimulus import Stimulus

#: Row and column of a cell, both from 0.
Cell = tuple[int, int]


def array(
    device: Device,
    rows: Sequence[Stimulus],
    columns: Sequence[Stimulus],
    *,
    row_terminal: str = "",
    column_terminal: str = "",
    line_resistance: float = 0.0,
    parameters: Mapping[Cell, Mapping[str, float]] | None = None,
    initial: Mapping[Cell, Mapping[str, float]] | None = None,
    lights: Mapping[Cell, Stimulus | Illumination] | None = None,
    probes: Sequence[str] = (),
    duration: float = 1.0,
    profile: Profile = PROFILES["standard"],
    temperature: float = 300.15,
) -> Circuit:
    """Build a crossbar: one device between every row line and every column line.

    Row lines are driven from the side of column 0 and column lines from the side of the last
    row, by the sources ``row_0``, ``column_0`` and so on. The cell in row 1 and column 2 is
    the device ``1_2``.

    Parameters
    ----------
    device : Device
        The cell.
    rows, columns : sequence of Signal or Samples
        What drives each line [V].
    row_terminal, column_terminal : str
        Terminals at the lines; the first drive and the first ground terminal without them.
    line_resistance : float
        Resistance of each line from cell to cell and from its source to the first cell [ohm].
    parameters, initial : mapping of (int, int) to mapping
        Parameters and initial states of single cells, by row and column.
    lights : mapping of (int, int) to Signal, Samples or Illumination
        Irradiance of single cells [W/m^2]; the others are dark. Where the device has a
        spectral response it needs its colour.
    probes : sequence of str
        Signals besides the currents of the lines' sources, such as ``1_2.w``.
    duration, profile, temperature
        As for `Circuit`.

    Raises
    ------
    InputError
        For an array without rows or columns, a negative resistance, a cell outside the
        array, or a device that lacks a terminal.
    """
    if not rows or not columns:
        raise InputError("array: accepted: at least one row and one column")
    if not line_resistance >= 0:
        raise InputError(f"line_resistance = {line_resistance:g} ohm: accepted: 0 ohm or more")
    cells = [(row, column) for row in range(len(rows)) for column in range(len(columns))]
    known = set(cells)
    for given in (parameters or {}, initial or {}, lights or {}):
        for cell in given:
            if cell not in known:
                raise InputError(
                    f"cell {cell}: accepted: (0, 0) to ({len(rows) - 1}, {len(columns) - 1})"
                )
    grounds = [terminal for terminal in device.card.terminals if terminal.role == "ground"]
    if not (column_terminal or grounds):
        raise InputError(f"device {device.name!r}: has no ground terminal")
    if lights and not device.light_inputs:
        raise InputError(f"device {device.name!r}: has no terminal that takes light")
    row_name = row_terminal or device.drive_terminal.name
    column_name = column_terminal or grounds[0].name
    light_name = device.light_inputs[0].name if lights else ""
    lines = _Lines(len(rows), len(columns), line_resistance)
    devices = {}
    for row, column in cells:
        nodes = {row_name: lines.row(row, column), column_name: lines.column(row, column)}
        if lights and (row, column) in lights:
            nodes[light_name] = f"light_{row}_{column}"
        devices[f"{row}_{column}"] = Instance(
            device,
            nodes,
            (parameters or {}).get((row, column), {}),
            (initial or {}).get((row, column), {}),
        )
    sources = {
        **{f"row_{k}": Source(f"row_{k}", "voltage", one, False) for k, one in enumerate(rows)},
        **{
            f"column_{k}": Source(f"column_{k}", "voltage", one, False)
            for k, one in enumerate(columns)
        },
    }
    currents = tuple(f"i({name})" for name in sources)
    for (row, column), shape in (lights or {}).items():
        node = f"light_{row}_{column}"
        check_light(device, light_name, shape)
        own = {"": (parameters or {}).get((row, column), {})}
        shone = shining(device, light_name, shape, own, node=node).sources
        for k, one in enumerate(shone.values()):
            sources[f"{node}_{k + 1}" if k else node] = one
    return Circuit(
        devices,
        sources,
        dict(lines.elements()),
        duration=duration,
        profile=profile,
        temperature=temperature,
        title=f"optospice array of {len(rows)} x {len(columns)} {device.name}",
        probes=(*currents, *probes),
    )


class _Lines:
    """Nodes and resistors of the lines of an array."""

    def __init__(self, rows: int, columns: int, resistance: float) -> None:
        self.rows, self.columns, self.resistance = rows, columns, resistance

    def row(self, row: int, column: int) -> str:
        """Node of a row's line at a column."""
        return f"row_{row}_{column}" if self.resistance else f"row_{row}"

    def column(self, row: int, column: int) -> str:
        """Node of a column's line at a row."""
        return f"column_{row}_{column}" if self.resistance else f"column_{column}"

    def elements(self) -> Iterator[tuple[str, PassiveElement]]:
        """Every segment of every line."""
        if not self.resistance:
            return
        for row in range(self.rows):
            before = f"row_{row}"
            for column in range(self.columns):
                after = self.row(row, column)
                yield f"row_{row}_{column}", PassiveElement("R", before, after, self.resistance)
                before = after
        for column in range(self.columns):
            before = f"column_{column}"
            for row in reversed(range(self.rows)):
                after = self.column(row, column)
                yield f"column_{row}_{column}", PassiveElement("R", before, after, self.resistance)
                before = after
