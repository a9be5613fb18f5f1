"""What a scenario file may say of what varies: lists, ranges, designs and corners."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Annotated, Literal

from pydantic import Discriminator, Field, Tag, field_validator, model_validator

from optospice import units
from optospice.errors import close_matches
from optospice.validation import StrictModel, Value

#: Runs of a scenario beyond which ``--yes`` is asked for: its axes multiplied, times its draws [1].
MOST_RUNS = 1_000_000
#: Most runs of a scenario whatever is said [1]: each costs the parent some tens of bytes.
MOST_RUNS_WITH_YES = 10_000_000
#: Most corners by extremes: two to the power of so many keys [1].
MOST_CORNER_KEYS = 16
#: Most keys of a design [1].
MOST_DESIGN_KEYS = 1000

#: Tables that say what surrounds the device while a protocol acts on it.
SURROUNDINGS = ("bias", "load", "initial", "lights")
#: Scenario keys that a sweep may vary, and tables whose keys it may vary.
SWEEPABLE = ("device", "temperature", "accuracy")
SWEEPABLE_TABLES = ("parameters.", "protocol.", "controller.", *(f"{key}." for key in SURROUNDINGS))


class Interval(StrictModel):
    """Two ends between which a design lays its points.

    Parameters
    ----------
    start, stop : str or number
        First and last value, with units.
    spacing : {"linear", "log"}
        How values lie between: in equal differences, or in equal ratios.
    """

    start: Value
    stop: Value
    spacing: Literal["linear", "log"] = "linear"

    @field_validator("start", "stop")
    @classmethod
    def _finite(cls, value: Value) -> Value:
        _refuse_endless(value)
        return value

    @model_validator(mode="after")
    def _one_unit(self) -> Interval:
        (start, unit), (stop, stop_unit) = self.ends
        if unit != stop_unit:
            raise ValueError(
                f"start and stop need the same unit, not {unit!r} and {stop_unit!r}; accepted: "
                "two quantities written in one unit"
            )
        if self.spacing == "log" and not (min(start, stop) > 0 or max(start, stop) < 0):
            raise ValueError(
                f"spacing = 'log' from {self.start!r} to {self.stop!r}: accepted: start and stop "
                "both above 0, or both below 0"
            )
        return self

    @property
    def ends(self) -> tuple[tuple[float, str], tuple[float, str]]:
        """Start and stop as numbers, each with its unit; ``"1"`` for bare numbers."""
        return _split(self.start), _split(self.stop)


class Range(Interval):
    """A range of values for a sweep.

    Parameters
    ----------
    count : int
        Number of values [1].
    """

    count: Annotated[int, Field(ge=1, le=MOST_RUNS_WITH_YES)]

    @model_validator(mode="after")
    def _reaches_its_stop(self) -> Range:
        (start, _), (stop, _) = self.ends
        if self.count == 1 and start != stop:
            raise ValueError(
                f"count = 1 from {self.start!r} to {self.stop!r}: accepted: 2 or more, so that "
                "both ends are taken"
            )
        return self


def _split(value: Value) -> tuple[float, str]:
    return units.split_unit(value) if isinstance(value, str) else (float(value), "1")


def _refuse_endless(value: Value) -> None:
    """Refuse a number that is not finite; text is left to whoever reads it."""
    try:
        number, unit = _split(value)
    except OverflowError:  # an integer of more than 308 digits
        number, unit = math.inf, "1"
    if not math.isfinite(number):
        shown = value if isinstance(value, (str, float)) else f"{number:g}"
        raise ValueError(f"{shown!r}: accepted: a finite number" + (f" in {unit}" * (unit != "1")))


def _kind_of_values(value: object) -> str:
    return "[range]" if isinstance(value, (dict, Range)) else "[values]"


#: What a sweep says of one key; the tags keep pydantic to the form that was written.
SweptValues = Annotated[
    Annotated[list[Value], Tag("[values]")] | Annotated[Range, Tag("[range]")],
    Discriminator(_kind_of_values),
]


def count_of(values: Sequence[Value] | Range) -> int:
    """Count what a sweep says of one key [1]."""
    return values.count if isinstance(values, Range) else len(values)


class Design(StrictModel):
    """Points spread over several keys at once, instead of a grid.

    Parameters
    ----------
    kind : {"sobol", "latin_hypercube", "saltelli"}
        A Sobol sequence (scrambled; best with a power of two of points, and more points keep
        those before), a Latin hypercube, or Saltelli's sample for variance-based sensitivity,
        which needs SALib.
    points : int
        Number of points [1]; of Saltelli's sample that of its base, a power of two: it has
        ``points × (keys + 2)`` runs.
    seed : int
        Seed of the scrambling [1].
    ranges : mapping of str to Interval
        What varies, each between its ends.
    of : list of str
        Metrics whose first-order and total indices are taken for every key, with Saltelli's
        sample.
    """

    kind: Literal["sobol", "latin_hypercube", "saltelli"]
    points: Annotated[int, Field(ge=1, le=MOST_RUNS_WITH_YES)]
    seed: Annotated[int, Field(ge=0, lt=2**63)] = 0
    ranges: Annotated[dict[str, Interval], Field(min_length=1, max_length=MOST_DESIGN_KEYS)]
    of: list[str] = []

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Design:
        if self.of and self.kind != "saltelli":
            raise ValueError(f"of: belongs to kind = 'saltelli', not to {self.kind!r}")
        if self.kind == "saltelli" and self.points & (self.points - 1):
            below = 1 << (self.points.bit_length() - 1)
            raise ValueError(
                f"points = {self.points}: accepted with kind = 'saltelli': a power of two, such "
                f"as {below} or {2 * below}"
            )
        return self

    @property
    def run_count(self) -> int:
        """Number of its rows, counted without making any [1]."""
        return self.points * (len(self.ranges) + 2 if self.kind == "saltelli" else 1)


class Corner(StrictModel):
    """Least, typical and greatest value of one key.

    Parameters
    ----------
    min, typ, max : str or number
        The three values, with units.
    """

    min: Value
    typ: Value
    max: Value

    @field_validator("min", "typ", "max")
    @classmethod
    def _finite(cls, value: Value) -> Value:
        with contextlib.suppress(units.UnitsError):  # a name, such as that of a profile
            _refuse_endless(value)
        return value


def corner_count(corners: int) -> int:
    """Count the corners of some keys: the typical one and all combinations of extremes [1]."""
    return 1 + 2**corners if corners else 1


def check_sweepable(tables: Mapping[str, Iterable[str]], known: Sequence[str]) -> None:
    """Refuse a key that no sweep can vary.

    Parameters
    ----------
    tables : mapping of str to iterable of str
        Keys as written, by the table in which they stand.
    known : sequence of str
        Keys that the scenario has, for close matches.

    Raises
    ------
    ValueError
        Naming the key, and what is accepted.
    """
    for place, keys in tables.items():
        for key in keys:
            table, _, name = key.partition(".")
            if key in SWEEPABLE or (f"{table}." in SWEEPABLE_TABLES and all(name.split("."))):
                continue
            like = _sweepable_like(table, name, known)
            raise ValueError(f"{place}: {key!r} cannot be swept; {like}")


def check_once(tables: Mapping[str, Iterable[str]]) -> None:
    """Refuse a key that two tables vary.

    Raises
    ------
    ValueError
        Naming the key and both tables.
    """
    seen: dict[str, str] = {}
    for table, keys in tables.items():
        for key in keys:
            if key in seen:
                raise ValueError(
                    f"{seen[key]} and {table}: {key!r} stands in both; accepted: one of them"
                )
            seen[key] = table


def check_counts(table: str, group: Mapping[str, Sequence[Value] | Range]) -> None:
    """Refuse a key without values and, of keys that move together, several numbers of them.

    Raises
    ------
    ValueError
        Naming the keys.
    """
    for key, values in group.items():
        if not count_of(values):
            raise ValueError(f"{table}: {key!r} has no values; accepted: at least one")
    counts = {key: count_of(values) for key, values in group.items()}
    if table != "sweep" and len(set(counts.values())) > 1:
        told = ", ".join(f"{key} has {count}" for key, count in counts.items())
        raise ValueError(
            f"{table}: {told}; accepted: as many values of every key, as they move together"
        )


def _sweepable_like(table: str, name: str, known: Sequence[str]) -> str:
    """Say what a key that cannot be swept may have meant."""
    if table == "circuit":
        return "accepted: parameters.INSTANCE_NAME and parameters.ELEMENT, which a circuit has"
    if f"{table}." in SWEEPABLE_TABLES:
        return f"accepted: {table}.NAME"
    if not name and (full := [key for key in known if key.endswith(f".{table}")]):
        return "did you mean " + " or ".join(map(repr, full)) + "?"
    tables = [f"{other}{name}" for other in SWEEPABLE_TABLES] if name else []
    near = close_matches(f"{table}.{name}".rstrip("."), [*SWEEPABLE, *known, *tables])
    if near.startswith("did you mean"):
        return near
    return "accepted: " + ", ".join((*SWEEPABLE, *(f"{one}NAME" for one in SWEEPABLE_TABLES)))
