"""Random device parameters: a draw depends on seed, its number and the parameter's name alone.

Each parameter has a stream of its own for each component (device, array, die), of which the
number of the draw is the place (Philox, a counter-based generator). Draw 7 is therefore the same
device at every point of a sweep, among ten draws and among a million.

In the logarithm of a lognormal and the value of a normal parameter the components add up, each
standard normal deviate with its share of the variance. Correlated parameters mix their deviates,
component by component, with the symmetric root of the correlation matrix (a Gaussian copula). The
sum goes through the distribution function and back through the inverse of the one that is cut at
the bounds.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optospice import units
from optospice.device import Device, Parameter
from optospice.errors import InputError, close_matches
from optospice.scenario.monte_carlo import LEVELS, Draw, MonteCarlo

FloatArray = NDArray[np.float64]
Places = NDArray[np.int64]

#: Least share of a distribution that its bounds may leave [1].
LEAST_LEFT = 0.5
#: Bits of a uniform deviate: with half a step added it is neither 0 nor 1.
_BITS = 52
#: Draws that `Drawn` makes at once [1].
_CHUNK = 1024
#: Counts of a stream that are made in the time of one step over others [1].
_STEP = 200
_NO_DRAW = Draw.model_construct()


@dataclass(frozen=True)
class Marginal:
    """Distribution of one parameter, cut at its bounds.

    Parameters
    ----------
    kind : {"normal", "lognormal", "uniform"}
        Distribution before it is cut.
    centre : float
        Mean, median or middle [card's unit].
    width : float
        Standard deviation (normal), that of the logarithm (lognormal) or half-width (uniform).
    low, high : float
        Bounds [card's unit].
    shares : mapping of str to float
        Standard deviation of each component over the whole; their squares add up to 1.
    """

    kind: str
    centre: float
    width: float
    low: float
    high: float
    shares: Mapping[str, float]

    def below(self, value: float) -> float:
        """Give the probability of a smaller value, before anything is cut off [1]."""
        from scipy.special import ndtr

        if self.kind == "uniform":
            return min(max((value - self.centre + self.width) / (2 * self.width), 0.0), 1.0)
        if self.kind == "normal":
            return float(ndtr((value - self.centre) / self.width))
        if value <= 0:
            return 0.0
        return float(ndtr(math.log(value / self.centre) / self.width))

    @property
    def left(self) -> float:
        """Share of the distribution within the bounds [1]."""
        return self.below(self.high) - self.below(self.low)

    def values(self, normal: FloatArray) -> FloatArray:
        """Give the values that belong to standard normal deviates, shape (n,) [card's unit]."""
        from scipy.special import ndtr, ndtri

        first = self.below(self.low)
        shares = first + ndtr(normal) * (self.below(self.high) - first)
        if self.kind == "uniform":
            values = self.centre + self.width * (2 * shares - 1)
        elif self.kind == "normal":
            values = self.centre + self.width * ndtri(shares)
        else:
            values = self.centre * np.exp(self.width * ndtri(shares))
        # nothing lies outside but by the rounding of the inverse, in its last digit
        return np.asarray(np.clip(values, self.low, self.high), dtype=np.float64)


def draw_matrix(
    block: MonteCarlo, numbers: Places, device: Device, resolved: Mapping[str, float]
) -> tuple[tuple[str, ...], FloatArray]:
    """Draw parameters.

    Parameters
    ----------
    block : MonteCarlo
        What varies, and how.
    numbers : ndarray, shape (n,)
        Numbers of the draws, from 0 on.
    device : Device
        Whose parameters they are.
    resolved : mapping of str to float
        The scenario's own value of every parameter [card's units].

    Returns
    -------
    names : tuple of str
        Parameters that vary.
    matrix : ndarray, shape (n, names)
        Their values [card's units].

    Raises
    ------
    InputError
        When a distribution does not fit the parameter; `check_draws` has found that before.
    """
    marginals = marginals_of(block, device, resolved)
    normal = _normal_deviates(block, np.asarray(numbers, dtype=np.int64), marginals)
    columns = [marginal.values(normal[name]) for name, marginal in marginals.items()]
    return tuple(marginals), np.column_stack(columns)


class Drawn:
    """The draws of a block one by one, made some at a time.

    Parameters
    ----------
    block : MonteCarlo
        What varies, and how.
    """

    def __init__(self, block: MonteCarlo) -> None:
        self._block = block
        self._key: tuple[object, ...] = ()
        self._chunk: tuple[tuple[str, ...], FloatArray] = ((), np.empty((0, 0)))

    def at(self, number: int, device: Device, resolved: Mapping[str, float]) -> dict[str, float]:
        """Give the random parameters of a draw; see `draw_matrix`."""
        first = number - number % _CHUNK
        key = (first, device.name, *(resolved.get(name) for name in self._block.names))
        if key != self._key:
            numbers = np.arange(first, min(first + _CHUNK, self._block.runs))
            self._chunk, self._key = draw_matrix(self._block, numbers, device, resolved), key
        names, matrix = self._chunk
        return dict(zip(names, matrix[number - first].tolist(), strict=True))


def check_draws(
    block: MonteCarlo, device: Device, resolved: Mapping[str, float], where: str
) -> None:
    """Refuse a distribution that does not fit its parameter.

    Raises
    ------
    InputError
        For an unknown parameter, a width without meaning, or bounds that cut away more than
        half of the distribution.
    """
    try:
        marginals_of(block, device, resolved)
    except InputError as error:
        raise InputError(f"{where}: monte_carlo.{error}") from None


def marginals_of(
    block: MonteCarlo, device: Device, resolved: Mapping[str, float]
) -> dict[str, Marginal]:
    """Give the distribution of each parameter that varies.

    Raises
    ------
    InputError
        Naming key, value and what is accepted, without the file.
    """
    deviations = block.correlated.deviations() if block.correlated else {}
    found = {}
    for name in block.names:
        own = name in block.parameters
        where = f"parameters.{name}" if own else f"correlated.parameters: {name!r}"
        card = device.card.parameters.get(name)
        if card is None:
            near = close_matches(name, device.card.parameters)
            raise InputError(f"{where}: device {device.name!r} has no such parameter; {near}")
        draw = block.parameters.get(name, _NO_DRAW)
        try:
            found[name] = _marginal(draw, card, resolved[name], deviations.get(name))
        except InputError as error:
            raise InputError(f"{where}{'.' if own else ': '}{error}") from None
    return found


def _marginal(draw: Draw, card: Parameter, centre: float, deviation: float | None) -> Marginal:
    kind = draw.distribution or ("lognormal" if card.scale == "log" else "normal")
    low, high = _bounds(draw, card)
    spoken = "covariance" if deviation is not None else draw.width_key
    if kind == "lognormal" and not centre > 0:
        raise InputError(
            f"distribution = 'lognormal': the value that varies is {_said(centre, card)}; "
            "accepted: one above 0, or distribution = 'normal'"
        )
    relative = [key for key in ("spread", "array", "die") if getattr(draw, key) is not None]
    relative += ["correlated"] if deviation is not None else []
    if not centre and relative:
        key, amount = relative[0], "half_width" if kind == "uniform" else "standard_deviation"
        written = f"{key} = {getattr(draw, key):g}" if key != "correlated" else "the covariance"
        raise InputError(
            f"{written}: is a share of the value that varies, which is 0; accepted: {amount}, an "
            "amount" + ("" if card.unit == "1" else f" in {card.unit}")
        )
    widths = {level: _width(draw, level, kind, card, centre) for level in LEVELS}
    if deviation is not None:
        widths["device"] = deviation if kind == "lognormal" else deviation * abs(centre)
    whole = math.hypot(*widths.values())
    marginal = Marginal(
        kind, centre, whole, low, high,
        {level: width / whole for level, width in widths.items() if width},
    )  # fmt: skip
    if not marginal.left >= LEAST_LEFT * (1 - 1e-12):
        raise InputError(
            f"{_written(draw, spoken, relative)}: {_said(low, card)} to {_said(high, card)} "
            f"cut away {1 - marginal.left:.0%} of the distribution around {_said(centre, card)}; "
            "accepted: up to half"
        )
    return marginal


def _written(draw: Draw, spoken: str, relative: Sequence[str]) -> str:
    """Write the key that says how wide a parameter varies."""
    key = spoken or relative[0]
    return key if key == "covariance" else f"{key} = {getattr(draw, key)!r}"


def _width(draw: Draw, level: str, kind: str, card: Parameter, centre: float) -> float:
    """Give the width of one component, as `Marginal` counts it; 0 for none."""
    if level == "device" and draw.width_key in ("standard_deviation", "half_width"):
        amount = _amount(draw, draw.width_key, card)
        if not amount > 0:
            raise InputError(
                f"{draw.width_key} = {getattr(draw, draw.width_key)!r}: must be above 0"
            )
        # of a lognormal with median m the deviation is m sqrt(u (u - 1)) with u = exp(width^2)
        ratio = amount / centre if kind == "lognormal" else 0.0
        return math.sqrt(math.log(0.5 + math.hypot(0.5, ratio))) if kind == "lognormal" else amount
    share = draw.spread if level == "device" else getattr(draw, level)
    if share is None:
        return 0.0
    return math.sqrt(math.log1p(share * share)) if kind == "lognormal" else share * abs(centre)


def _bounds(draw: Draw, card: Parameter) -> tuple[float, float]:
    """Give the bounds within which a parameter is drawn."""
    low, high = card.limits
    ends = [low, high]
    for place, key in enumerate(("low", "high")):
        if getattr(draw, key) is None:
            continue
        ends[place] = _amount(draw, key, card)
        if not low <= ends[place] <= high:
            raise InputError(
                f"{key} = {getattr(draw, key)!r}: is out of the card's bounds; accepted: "
                f"{_said(low, card)} to {_said(high, card)}"
            )
    if not ends[0] < ends[1]:
        raise InputError(f"low, high: accepted: low below high, not {ends[0]:g} and {ends[1]:g}")
    return ends[0], ends[1]


def _amount(draw: Draw, key: str, card: Parameter) -> float:
    """Read a quantity; of a width in degrees Celsius the difference counts."""
    value = getattr(draw, key)
    if isinstance(value, (int, float)):
        return float(value)  # in the card's own unit, as everywhere
    try:
        if key in ("low", "high"):
            return units.parse(value, card.unit)
        number, written = units.split_unit(value)
        return units.convert(number, written, card.unit) - units.convert(0.0, written, card.unit)
    except units.UnitsError:
        raise InputError(
            f"{key} = {value!r}: accepted: a quantity in {card.unit}"
            if card.unit != "1"
            else f"{key} = {value!r}: accepted: a number"
        ) from None


def _said(number: float, card: Parameter) -> str:
    return units.format_human(number, card.unit)


def _normal_deviates(
    block: MonteCarlo, numbers: Places, marginals: Mapping[str, Marginal]
) -> dict[str, FloatArray]:
    """Give a standard normal deviate for each parameter and draw, all components added up."""
    together = sorted(block.correlated.parameters) if block.correlated else []
    root = _root(block, together)
    found = {name: np.zeros(numbers.size) for name in marginals}
    for level in LEVELS:
        members = numbers // block.members(level)
        for name, marginal in marginals.items():
            share = marginal.shares.get(level)
            if share and name not in together:
                found[name] += share * _deviates(block.seed, name, level, members)
        if any(level in marginals[name].shares for name in together):
            own = np.stack([_deviates(block.seed, name, level, members) for name in together])
            for name, mixed in zip(together, root @ own, strict=True):
                found[name] += marginals[name].shares.get(level, 0.0) * mixed
    return found


def _root(block: MonteCarlo, together: Sequence[str]) -> FloatArray:
    """Give the symmetric root of the correlations, which knows no order of the parameters."""
    if block.correlated is None:
        return np.empty((0, 0))
    places = [block.correlated.parameters.index(name) for name in together]
    matrix = block.correlated.correlation_matrix()[np.ix_(places, places)]
    values, vectors = np.linalg.eigh(matrix)
    return np.asarray((vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T)


def _deviates(seed: int, name: str, level: str, places: Places) -> FloatArray:
    """Give the standard normal deviates at some places of the stream of a parameter."""
    from scipy.special import ndtri

    return np.asarray(ndtri(uniform_deviates(seed, name, level, places)), dtype=np.float64)


def uniform_deviates(seed: int, name: str, level: str, places: Places) -> FloatArray:
    """Give the deviates between 0 and 1 at some places of the stream of a parameter.

    Parameters
    ----------
    seed : int
        Seed of the draws [1].
    name : str
        Name of the parameter.
    level : str
        What the stream is for: a component of the variation.
    places : ndarray of int, shape (n,)
        Numbers of the draws, from 0 on.

    Returns
    -------
    ndarray, shape (n,)
        Neither 0 nor 1 is among them [1].
    """
    if not places.size:
        return np.empty(0)
    text = f"{seed}\n{level}\n{name}".encode()
    key = int.from_bytes(hashlib.blake2b(text, digest_size=16).digest(), "little")
    shares = ((_words(key, places) >> np.uint64(64 - _BITS)) + 0.5) * 2.0**-_BITS
    return np.asarray(shares, dtype=np.float64)


def _words(key: int, places: Places) -> NDArray[np.uint64]:
    """Give the words at some places of a stream; what lies between far places is not made.

    Blocks of runs are sorted by their keys, so that those of one stand anywhere among all.
    """
    counts = places // 4  # four words come of each count
    first, last = int(counts.min()), int(counts.max())
    if last - first < _STEP * places.size:
        words = np.random.Philox(key=key, counter=first).random_raw(4 * (last - first + 1))
        return words[places - 4 * first]
    needed, inverse = np.unique(counts, return_inverse=True)
    stream = np.random.Philox(key=key, counter=first)
    words, at = np.empty((needed.size, 4), np.uint64), first
    for row, count in enumerate(needed.tolist()):
        stream.advance(count - at)
        words[row], at = stream.random_raw(4), count + 1
    return words[inverse.reshape(-1), places % 4]
