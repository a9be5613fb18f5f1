"""Devices by what they are: parameters, published metrics, wavelengths, family, citation."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from optospice import units
from optospice.device import Device, Terminal, find_device, list_devices
from optospice.errors import InputError, close_matches, echo
from optospice.metrics import METRICS
from optospice.scenario.load import LoadedScenario, list_scenarios, load_scenario
from optospice.scenario.schema import Target
from optospice.scenario.variation import Range
from optospice.texts import printable

if TYPE_CHECKING:
    from rich.console import RenderableType

#: A single value holds for what lies within this share of it [1].
_NEAR = 0.01
#: Widest line of a terminal of one wavelength [m].
_LINE = 0.5e-9
_WAVELENGTH = "wavelength"
_ATTRIBUTES = ("family", "citation", "name", "title")
_NAME = re.compile(r"[A-Za-z_]\w*")
_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)?\s*(.*)", re.IGNORECASE | re.DOTALL)
_SHOWN_CLAIMS = 3


@dataclass(frozen=True)
class Condition:
    """One condition of a search.

    Parameters
    ----------
    text : str
        As it was written.
    name : str
        Parameter, metric, ``wavelength``, or one of family, citation, name and title.
    wanted : str
        Part of the text of a family, citation, name or title; empty for numbers.
    low, high : str
        Ends of a range, each with its unit; empty for an open end.
    is_single : bool
        Whether one value was given in place of a range.
    """

    text: str
    name: str
    wanted: str = ""
    low: str = ""
    high: str = ""
    is_single: bool = False

    @property
    def has_range(self) -> bool:
        """Whether numbers are compared."""
        return bool(self.low or self.high)

    def limits(self, unit: str) -> tuple[float, float]:
        """Give the ends in a unit.

        Raises
        ------
        UnitsError
            When they are no quantity of this dimension.
        """
        low = units.parse(_plain(self.low, unit), unit) if self.low else -math.inf
        high = units.parse(_plain(self.high, unit), unit) if self.high else math.inf
        if self.is_single:
            return low - _NEAR * abs(low), high + _NEAR * abs(high)
        slack = 1e-9 * max((abs(end) for end in (low, high) if math.isfinite(end)), default=0.0)
        return low - slack, high + slack


@dataclass(frozen=True)
class Found:
    """Devices that meet every condition.

    Parameters
    ----------
    conditions : tuple of Condition
        What was asked.
    rows : tuple of (Device, tuple of str)
        Each device with what met each condition.
    """

    conditions: tuple[Condition, ...]
    rows: tuple[tuple[Device, tuple[str, ...]], ...]


def search(texts: Sequence[str]) -> Found:
    """Find devices, packaged and own, that meet every condition.

    Parameters
    ----------
    texts : sequence of str
        ``"threshold_voltage 0.5..1.2 V"``, ``"wavelength 550 nm"``, ``"retention"``,
        ``"family=photodiode"``; see `docs/cards.md`.

    Raises
    ------
    InputError
        For a condition that cannot be read, an unknown name, or a unit that fits nothing.
    """
    conditions = tuple(read_condition(text) for text in texts)
    devices = list(_devices())
    known = {name for device in devices for name in device.card.parameters}
    for condition in conditions:
        if condition.name not in {*known, *METRICS, *_ATTRIBUTES, _WAVELENGTH}:
            raise InputError(
                f"find {echo(condition.text)}: {condition.name!r} is no parameter or metric; "
                + close_matches(condition.name, [*sorted(known), *METRICS, _WAVELENGTH])
            )
    asked = {c.name for c in conditions if c.name in METRICS}
    claims = _claims(asked) if asked else {}
    for condition in conditions:
        _check_unit(condition, devices, claims)
    rows = []
    for device in devices:
        met = [_met(condition, device, claims.get(device.name, ())) for condition in conditions]
        if all(met):
            rows.append((device, tuple(met)))
    return Found(conditions, tuple(rows))


def read_condition(text: str) -> Condition:
    """Read one condition.

    Raises
    ------
    InputError
        When it is none.
    """
    name, sign, wanted = (part.strip() for part in text.partition("="))
    if sign:
        if name not in _ATTRIBUTES or not wanted:
            raise InputError(
                f"find {echo(text)}: accepted: {', '.join(f'{key}=TEXT' for key in _ATTRIBUTES)}, "
                'or "NAME LOW..HIGH UNIT"'
            )
        return Condition(text, name, wanted=wanted)
    name, _, rest = text.strip().partition(" ")
    if not _NAME.fullmatch(name):
        raise InputError(
            f'find {echo(text)}: accepted: "NAME", "NAME VALUE UNIT" or "NAME LOW..HIGH UNIT"'
        )
    if name in _ATTRIBUTES:
        raise InputError(f"find {echo(text)}: accepted: {name}=TEXT")
    rest = rest.strip()
    if not rest:
        return Condition(text, name)
    first, dots, last = rest.partition("..")
    if not dots:
        return Condition(text, name, low=rest, high=rest, is_single=True)
    low, high = _NUMBER.fullmatch(first.strip()), _NUMBER.fullmatch(last.strip())
    assert low is not None  # both patterns take any text
    assert high is not None
    unit = high.group(2) or low.group(2)
    if not (low.group(1) or high.group(1)):
        raise InputError(f'find {echo(text)}: accepted: "{name} LOW..HIGH UNIT", one end at least')
    return Condition(
        text,
        name,
        low=f"{low.group(1)} {low.group(2) or unit}".strip() if low.group(1) else "",
        high=f"{high.group(1)} {unit}".strip() if high.group(1) else "",
    )


def table(found: Found) -> RenderableType:
    """Give the devices that were found as a table, or one sentence where there is none."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    if not found.rows:
        asked = " and ".join(condition.text for condition in found.conditions)
        return Text(printable(f"no device meets {asked}"))
    shown = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    numbered = [
        (place, condition)
        for place, condition in enumerate(found.conditions)
        if condition.name not in ("family", "name", "title")
    ]
    for column in ("device", "family", *(condition.name for _, condition in numbered), "title"):
        shown.add_column(Text(printable(column)), overflow="fold")
    for device, met in found.rows:
        cells = [device.name, device.family or "–", *(met[place] for place, _ in numbered)]
        shown.add_row(*(Text(printable(cell)) for cell in (*cells, device.card.title)))
    return shown


def _devices() -> Iterator[Device]:
    """Devices that can be read: what is wrong with another is told by `list` and `check`."""
    for name in list_devices():
        try:
            yield find_device(name)
        except InputError:
            continue


def _met(condition: Condition, device: Device, claims: Sequence[_Claim]) -> str:
    """Say what of a device meets a condition; nothing where nothing does."""
    card = device.card
    if condition.wanted:
        texts = {
            "family": [device.family],
            "citation": card.citations,
            "name": [device.name],
            "title": [card.title],
        }[condition.name]
        return ", ".join(t for t in texts if condition.wanted.lower() in t.lower())
    if condition.name == _WAVELENGTH:
        return _wavelengths(condition, device)
    found = []
    if condition.name in card.parameters:
        unit, value = card.parameters[condition.name].unit, device.defaults[condition.name]
        if _holds(condition, value, unit):
            found.append(units.format_human(value, unit))
    own = [claim for claim in claims if claim.metric == condition.name]
    told = [claim.text for claim in own if claim.holds(condition)]
    more = f" and {len(told) - _SHOWN_CLAIMS} more" if len(told) > _SHOWN_CLAIMS else ""
    return ", ".join([*found, *told[:_SHOWN_CLAIMS]]) + more


def _holds(condition: Condition, value: float, unit: str) -> bool:
    if not condition.has_range:
        return True
    try:
        low, high = condition.limits(unit)
    except units.UnitsError:
        return False  # another device has a parameter of this name in the unit that was given
    return low <= value <= high


def _wavelengths(condition: Condition, device: Device) -> str:
    low, high = (-math.inf, math.inf)
    if condition.has_range:
        # of light one value is a line, not a share of it
        low, high = Condition(condition.text, "", "", condition.low, condition.high).limits("m")
    return ", ".join(
        f"{terminal.name} ({_colour(terminal, device)})"
        for terminal in device.light_inputs
        if _takes_some(terminal, device, low, high)
    )


def _takes_some(terminal: Terminal, device: Device, low: float, high: float) -> bool:
    """Whether a terminal takes light of some wavelength of a range [m]."""
    if isinstance(terminal.wavelength, float):
        return low - _LINE <= terminal.wavelength <= high + _LINE
    valid = device.card.valid.wavelength.get(terminal.name, (0.0, math.inf))
    low, high = max(low, valid[0]), min(high, valid[1])
    if low > high or terminal.response is None:
        return low <= high
    return any(
        first - _LINE <= high and low <= last + _LINE for first, last in terminal.response.ranges
    )


def _colour(terminal: Terminal, device: Device) -> str:
    """Say what light a terminal takes."""
    if isinstance(terminal.wavelength, float):
        return f"{terminal.wavelength * 1e9:g} nm"
    if terminal.response is not None:
        return terminal.response.accepted
    low, high = device.card.valid.wavelength.get(terminal.name, (0.0, math.inf))
    return "any" if math.isinf(high) else f"{low * 1e9:g} to {high * 1e9:g} nm"


@dataclass(frozen=True)
class _Claim:
    """A number, bound or shape that is claimed of a metric, by one scenario of a device."""

    metric: str
    target: Target
    scenario: str

    @property
    def text(self) -> str:
        from optospice.report.numbers import claim_text

        kind = "" if self.target.kind == "printed" else f"{self.target.kind}, "
        return f"{claim_text(self.target)} ({kind}{self.scenario})"

    def holds(self, condition: Condition) -> bool:
        """Whether the number lies in the range; bounds and shapes are no numbers."""
        if not condition.has_range:
            return True
        if self.target.published is None:
            return False
        unit = METRICS[self.metric].unit
        try:
            low, high = condition.limits(unit)
            return low <= units.parse(self.target.published, unit) <= high
        except units.UnitsError:
            return False


def _claims(metrics: set[str]) -> dict[str, list[_Claim]]:
    """Claims about some metrics, by device."""
    found: dict[str, list[_Claim]] = {}
    for name in list_scenarios():
        try:
            loaded = load_scenario(name)
        except InputError:
            continue
        taken = {one.name or one.metric: one.metric for one in loaded.scenario.across}
        for target in loaded.scenario.targets:
            metric = taken.get(target.metric, target.metric)
            if metric in metrics:
                for device in _devices_of(loaded, target):
                    found.setdefault(device, []).append(_Claim(metric, target, name))
    return found


def _devices_of(loaded: LoadedScenario, target: Target) -> list[str]:
    """Devices that a claim is about."""
    swept = loaded.scenario.sweep.get("device", [])
    own = [
        loaded.scenario.device,
        *(map(str, swept) if not isinstance(swept, Range) else ()),
        *loaded.scenario.expectations,
    ]
    if "device" in target.where:
        own = [str(target.where["device"])]
    return list(dict.fromkeys(target.devices or own))


def _check_unit(
    condition: Condition, devices: Sequence[Device], claims: Mapping[str, Sequence[_Claim]]
) -> None:
    """Refuse a range in a unit that fits no parameter and no metric of this name."""
    if not condition.has_range:
        return
    name = condition.name
    fitting = {d.card.parameters[name].unit for d in devices if name in d.card.parameters}
    fitting |= {METRICS[name].unit} if name in METRICS else set()
    fitting |= {"m"} if name == _WAVELENGTH else set()
    problem = ""
    for unit in sorted(fitting):
        try:
            low, high = condition.limits(unit)
        except units.UnitsError as error:
            problem = problem or f"{name}: {error}"
            continue
        if low > high:
            raise InputError(f"find {echo(condition.text)}: accepted: the lower end first")
        return
    raise InputError(f"find {echo(condition.text)}: {problem}")


def _plain(text: str, unit: str) -> str | float:
    """Give a bare number of a quantity without unit as a number."""
    try:
        return float(text) if unit == "1" else text
    except ValueError:
        return text
