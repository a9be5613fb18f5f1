"""SPICE text: its lines, includes, subcircuits and numbers, and which of it may be simulated.

`lines`, `includes`, `subcircuits` and `numbers` read; `guard` decides what may reach the
simulator, with `expansion`, `functions` and `models`.
"""

from optospice.netlist.includes import (
    expand_includes,
    expand_lines,
    find_included,
    included_name,
    read_library,
)
from optospice.netlist.lines import (
    LARGEST_LIBRARY,
    LONGEST_LINE,
    MOST_LINES,
    LogicalLine,
    SourceLine,
    check_lines,
    logical_lines,
    numbered_lines,
    physical_lines,
    split_comment,
)
from optospice.netlist.numbers import spice_number
from optospice.netlist.subcircuits import (
    Body,
    Subcircuit,
    find_subcircuit,
    renamed_with_values,
    subcircuit_bodies,
)

__all__ = [
    "LARGEST_LIBRARY",
    "LONGEST_LINE",
    "MOST_LINES",
    "Body",
    "LogicalLine",
    "SourceLine",
    "Subcircuit",
    "check_lines",
    "expand_includes",
    "expand_lines",
    "find_included",
    "find_subcircuit",
    "included_name",
    "logical_lines",
    "numbered_lines",
    "physical_lines",
    "read_library",
    "renamed_with_values",
    "spice_number",
    "split_comment",
    "subcircuit_bodies",
]
