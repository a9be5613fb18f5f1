"""What a fit returns: parameters, their errors, and how well the model describes the data."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from optospice.metrics.registry import accepted_name
from optospice.metrics.value import MetricValue, missing
from optospice.metrics.windows import FloatArray


@dataclass(frozen=True, slots=True)
class FitResult:
    """A fitted model.

    Attributes
    ----------
    model : str
        Name of the model.
    formula : str
        The model in words.
    parameters : mapping of str to MetricValue
        Parameters with standard errors; nan with a note where not identifiable.
    estimates : mapping of str to float
        The numbers at which the search ended, identifiable or not.
    r_squared : float
        Share of the (weighted) variance that the model explains [1].
    aicc : float
        Akaike's information criterion, corrected for few samples [1].
    sample_count : float
        Number of samples that the weights leave effective [1].
    parameter_count : int
        Number of fitted parameters.
    covariance : ndarray, shape (p, p)
        Covariance of the parameters in the order of `parameters`.
    predict : callable
        Model values at given positions.
    note : str
        What limits the trust in the fit; empty if nothing does.
    """

    model: str
    formula: str
    parameters: Mapping[str, MetricValue]
    estimates: Mapping[str, float]
    r_squared: float
    aicc: float
    sample_count: float
    parameter_count: int
    covariance: FloatArray
    predict: Callable[[FloatArray], FloatArray]
    note: str = ""

    def __getitem__(self, name: str) -> MetricValue:
        """Return a parameter by name."""
        return self.parameters[accepted_name(name, self.parameters, "parameter")]

    @property
    def is_identifiable(self) -> bool:
        """Whether every parameter has a value."""
        return all(not parameter.is_missing for parameter in self.parameters.values())

    def interval(self, name: str, level: float = 0.95) -> tuple[float, float]:
        """Confidence interval of a parameter from the covariance of the fit.

        Parameters
        ----------
        name : str
            Name of the parameter.
        level : float
            Probability that the interval holds the parameter [1].

        Returns
        -------
        tuple of float
            Lower and upper end in the unit of the parameter, by Student's t; nan where
            the parameter is not identifiable.

        Raises
        ------
        ValueError
            For an unknown parameter or a level outside 0 to 1.
        """
        if not 0 < level < 1:
            raise ValueError(f"a confidence level lies between 0 and 1: {level!r}")
        from scipy.special import stdtrit

        parameter = self[name]
        if parameter.standard_error is None:
            return math.nan, math.nan
        freedom = max(self.sample_count - self.parameter_count, 1.0)
        half = float(stdtrit(freedom, 0.5 + level / 2)) * parameter.standard_error
        return parameter.value - half, parameter.value + half


def without_values(fit: FitResult, note: str) -> FitResult:
    """Return a fit whose parameters are withdrawn.

    Parameters
    ----------
    fit : FitResult
        The fit; its `estimates` are kept.
    note : str
        Why its parameters cannot be trusted.

    Returns
    -------
    FitResult
        The same fit with nan parameters that carry the note.
    """
    joined = f"{fit.note}; {note}" if fit.note else note
    lost = {n: missing(p.unit, p.definition, joined) for n, p in fit.parameters.items()}
    return replace(fit, parameters=MappingProxyType(lost), note=joined)
