"""What ``[monte_carlo]`` and ``[[statistics]]`` of a scenario may say."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator, model_validator

from optospice import units
from optospice.errors import close_matches
from optospice.scenario.variation import MOST_RUNS_WITH_YES
from optospice.validation import StrictModel, Value

#: Most correlated parameters [1].
MOST_CORRELATED = 100
#: How far a matrix may be from symmetric, and its least eigenvalue below zero, of its largest [1].
_ROUNDING = 1e-6

Count = Annotated[int, Field(ge=1, le=MOST_RUNS_WITH_YES)]
Matrix = list[list[Annotated[float, Field(strict=True)]]]  # true is no number
#: Components of the variation by what shares them: one device, an array, a die.
LEVELS = ("device", "array", "die")


class Draw(StrictModel):
    """How a parameter varies around the scenario's own value, within the bounds of its card.

    Parameters
    ----------
    distribution : {"normal", "lognormal", "uniform"}, optional
        By default as the card says of the parameter: lognormal where its `scale` is ``log``, else
        normal. The scenario's own value is the mean of the normal, the median of the lognormal and
        the middle of the uniform distribution.
    spread : str or number, optional
        Standard deviation over the mean (normal, lognormal), or half-width over the middle
        (uniform) [1]; before the bounds cut anything off.
    standard_deviation : str or number, optional
        The same as an amount, for a normal or lognormal distribution: ``"2 nA"``.
    half_width : str or number, optional
        The same as an amount, for a uniform distribution.
    array, die : str or number, optional
        Spread that the devices of an array, of a die, have in common, besides that of each [1].
    low, high : str or number, optional
        Bounds within those of the card. The distribution is cut there, and what is left of it
        drawn.
    """

    distribution: Literal["normal", "lognormal", "uniform"] | None = None
    spread: units.Ratio | None = None
    standard_deviation: Value | None = None
    half_width: Value | None = None
    array: units.Ratio | None = None
    die: units.Ratio | None = None
    low: Value | None = None
    high: Value | None = None

    @property
    def width_key(self) -> str:
        """Which key says how wide the device's own component is; empty for none."""
        keys = ("spread", "standard_deviation", "half_width")
        return next((key for key in keys if getattr(self, key) is not None), "")

    @field_validator("spread", "array", "die")
    @classmethod
    def _positive(cls, value: float | None) -> float | None:
        if value is not None and not value > 0:
            raise ValueError(f"{value:g}: must be above 0")
        return value

    @model_validator(mode="after")
    def _one_width(self) -> Draw:
        keys = ("spread", "standard_deviation", "half_width")
        given = [key for key in keys if getattr(self, key) is not None]
        if len(given) > 1:
            raise ValueError(f"{' and '.join(given)}: accepted: one of the two")
        if self.distribution == "uniform":
            for key in ("standard_deviation", "array", "die"):
                if getattr(self, key) is not None:
                    raise ValueError(
                        f"{key}: is not of a uniform distribution; accepted: spread or half_width"
                    )
        elif self.half_width is not None:
            raise ValueError("half_width: accepted with distribution = 'uniform'")
        return self


class Correlated(StrictModel):
    """Parameters that vary together, whatever the distribution of each (a Gaussian copula).

    Parameters
    ----------
    parameters : list of str
        Their names, in the order of the matrix; of a `file` those that vary, by default all.
    correlations : list of list of number, optional
        Correlation of the values (normal), of their logarithms (lognormal) [1]; each parameter has
        a spread of its own.
    covariance : list of list of number, optional
        Covariance of the values over the scenario's own (normal), of their logarithms (lognormal)
        [1], which says how wide each varies.
    file : str, optional
        ``calibration.json`` of `optospice calibrate`, in the folder of the scenario: the
        covariance of what was fitted.
    """

    parameters: list[str] = []
    correlations: Matrix | None = None
    covariance: Matrix | None = None
    file: str | None = None

    @model_validator(mode="after")
    def _one_matrix(self) -> Correlated:
        given = [k for k in ("correlations", "covariance", "file") if getattr(self, k) is not None]
        if len(given) != 1:
            raise ValueError(
                "accepted: one of correlations, covariance, file, not "
                + (" and ".join(given) or "none")
            )
        if len(set(self.parameters)) < len(self.parameters):
            raise ValueError(f"parameters = {self.parameters!r}: accepted: every name once")
        if len(self.parameters) > MOST_CORRELATED:
            raise ValueError(
                f"parameters: {len(self.parameters)} names; accepted: up to {MOST_CORRELATED}"
            )
        if self.file is None:
            _check_matrix(given[0], getattr(self, given[0]), len(self.parameters))
        return self

    def deviations(self) -> dict[str, float]:
        """Give the standard deviations that a covariance says, by parameter [1]."""
        if self.covariance is None:
            return {}
        roots = [math.sqrt(row[place]) for place, row in enumerate(self.covariance)]
        return dict(zip(self.parameters, roots, strict=True))

    def correlation_matrix(self) -> NDArray[np.float64]:
        """Give the correlations, symmetric with ones in the diagonal, shape (p, p) [1]."""
        matrix = np.array(self.correlations or self.covariance or [[]], dtype=np.float64)
        sizes = np.sqrt(np.diag(matrix))
        matrix = (matrix + matrix.T) / 2 / np.outer(sizes, sizes)
        np.fill_diagonal(matrix, 1.0)
        return np.asarray(matrix)


def _check_matrix(key: str, rows: Matrix, count: int) -> None:
    if not count:
        raise ValueError("parameters: is missing; accepted: the names in the order of the matrix")
    if len(rows) != count or any(len(row) != count for row in rows):
        raise ValueError(f"{key}: accepted: {count} rows of {count} numbers, one per parameter")
    matrix = np.array(rows, dtype=np.float64)
    if not np.isfinite(matrix).all():
        raise ValueError(f"{key}: accepted: finite numbers")
    diagonal = np.diag(matrix)
    if key == "correlations" and (np.abs(diagonal - 1) > _ROUNDING).any():
        raise ValueError("correlations: accepted: 1 for each parameter with itself")
    if not (diagonal > 0).all():
        raise ValueError("covariance: accepted: a variance above 0 for each parameter with itself")
    sizes = np.sqrt(diagonal)
    scaled = matrix / np.outer(sizes, sizes)
    if (np.abs(scaled - scaled.T) > _ROUNDING).any():
        i, j = np.unravel_index(int(np.abs(scaled - scaled.T).argmax()), scaled.shape)
        raise ValueError(
            f"{key}: is not symmetric: {matrix[i, j]:g} in row {i + 1}, column {j + 1}, and "
            f"{matrix[j, i]:g} the other way round"
        )
    least = float(np.linalg.eigvalsh((scaled + scaled.T) / 2)[0])
    if least < -_ROUNDING * count:
        raise ValueError(
            f"{key}: is not positive semidefinite (least eigenvalue {least:.3g} of the "
            "correlations): no parameters vary so"
        )


class MonteCarlo(StrictModel):
    """Random variation of device parameters from device to device.

    Parameters
    ----------
    runs : int
        Number of draws for each point of the sweep, each of them one device [1].
    seed : int
        Seed of the draws [1].
    devices_per_array : int, optional
        How many draws after each other are devices of one array [1].
    arrays_per_die : int, optional
        How many arrays after each other are on one die [1].
    parameters : mapping of str to Draw
        Which parameters vary.
    correlated : Correlated, optional
        Which of them vary together.
    """

    runs: Count
    seed: int = 0
    devices_per_array: Count | None = None
    arrays_per_die: Count | None = None
    parameters: dict[str, Draw] = {}
    correlated: Correlated | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """Parameters that vary: those with a table of their own, then what else is correlated."""
        more = self.correlated.parameters if self.correlated else []
        return tuple(dict.fromkeys([*self.parameters, *more]))

    @property
    def shared(self) -> tuple[str, ...]:
        """What of ``"array"`` and ``"die"`` some parameter has a component of."""
        draws = self.parameters.values()
        return tuple(
            level for level in LEVELS[1:] if any(getattr(draw, level) is not None for draw in draws)
        )

    def members(self, level: str) -> int:
        """Count the draws after each other that share a component [1]."""
        return {
            "device": 1,
            "array": self.devices_per_array or 1,
            "die": (self.devices_per_array or 1) * (self.arrays_per_die or 1),
        }[level]

    @model_validator(mode="after")
    def _complete(self) -> MonteCarlo:
        if not self.names and not (self.correlated and self.correlated.file):
            raise ValueError("parameters: accepted: at least one parameter")
        if self.arrays_per_die is not None and self.devices_per_array is None:
            raise ValueError("arrays_per_die: accepted with devices_per_array")
        for name, draw in self.parameters.items():
            for problem in self._problems(name, draw):
                raise ValueError(f"parameters.{name}{problem}")
        for name in self.correlated.parameters if self.correlated else ():
            if self.correlated and self.correlated.correlations and name not in self.parameters:
                raise ValueError(
                    f"correlated.parameters: {name!r} has no spread; "
                    + close_matches(name, self.parameters)
                )
        return self

    def _problems(self, name: str, draw: Draw) -> Iterator[str]:
        """Say what does not fit between a parameter's table and the block."""
        if draw.array is not None and self.devices_per_array is None:
            yield ".array: accepted with monte_carlo.devices_per_array"
        if draw.die is not None and self.arrays_per_die is None:
            yield ".die: accepted with monte_carlo.arrays_per_die"
        both = self.correlated
        from_covariance = (
            both is not None
            and both.correlations is None
            and (name in both.parameters or (both.file is not None and not both.parameters))
        )
        if from_covariance and draw.width_key:
            yield f".{draw.width_key}: accepted: none, as monte_carlo.correlated says it"
        if from_covariance and draw.distribution == "uniform":
            yield ".distribution = 'uniform': a covariance is of 'normal' or 'lognormal'"
        if not (from_covariance or draw.width_key or draw.array or draw.die):
            yield ": accepted: one of spread, standard_deviation, half_width"


class Statistic(StrictModel):
    """A number taken over the draws of one point of the sweep, with its interval.

    Parameters
    ----------
    name : str
        Name for targets and tables, unique in the scenario.
    of : str or list of str
        Metric of each run that it takes; of ``device_to_device_spread`` several in their order.
    statistic : {"mean", "standard_deviation", "coefficient_of_variation", "quantile", "yield", \
"device_to_device_spread"}
        What is taken.
    quantile : str or number, optional
        Which quantile, such as 0.05 or ``"5 %"`` [1].
    at_least, at_most : str or number, optional
        Specification of a yield.
    confidence : str or number
        Confidence of the interval [1].
    definition : {"level", "update"}
        How the spread from device to device is taken.
    """

    name: Annotated[str, Field(min_length=1)]
    of: str | list[str]
    statistic: Literal[
        "mean",
        "standard_deviation",
        "coefficient_of_variation",
        "quantile",
        "yield",
        "device_to_device_spread",
    ]
    quantile: units.Ratio | None = None
    at_least: Value | None = None
    at_most: Value | None = None
    confidence: units.Ratio = 0.95
    definition: Literal["level", "update"] | None = None

    @property
    def metrics(self) -> Sequence[str]:
        """Metrics of each run that it takes."""
        return [self.of] if isinstance(self.of, str) else self.of

    @model_validator(mode="after")
    def _complete(self) -> Statistic:
        if (self.statistic == "quantile") != (self.quantile is not None):
            raise ValueError("quantile: accepted with statistic = 'quantile', which needs it")
        if self.quantile is not None and not 0 < self.quantile < 1:
            raise ValueError(f"quantile = {self.quantile:g}: accepted: above 0 and below 1")
        if not 0.5 <= self.confidence < 1:
            raise ValueError(f"confidence = {self.confidence:g}: accepted: 50 % to below 100 %")
        if (self.statistic == "yield") != bool({self.at_least, self.at_most} - {None}):
            raise ValueError(
                "at_least, at_most: accepted with statistic = 'yield', which needs one or both"
            )
        several = self.statistic == "device_to_device_spread"
        if several != isinstance(self.of, list) or (several and len(self.of) < 2):
            raise ValueError(
                "of: accepted: one metric; of device_to_device_spread a list of two or more"
            )
        if self.definition is not None and not several:
            raise ValueError("definition: accepted with statistic = 'device_to_device_spread'")
        return self
