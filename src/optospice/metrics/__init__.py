"""Metrics of optoelectronic synapses: pure functions from waveforms to numbers.

One module per family. Every function takes and returns SI units, names the definition it
used, and answers nan with a note where the data do not hold the quantity.
"""

from optospice.metrics import (
    arrhenius,
    decay,
    energy,
    filtering,
    frequency_response,
    hysteresis,
    learning,
    levels,
    nociception,
    noise,
    photovoltaic,
    plasticity,
    postsynaptic_current,
    potentiation_depression,
    recovery,
    repeatability,
    retention,
    selections,
    sensitivity,
    spike_timing,
    steps,
    switching,
    switching_voltages,
    transfer,
    update_branches,
)
from optospice.metrics.fit_result import FitResult
from optospice.metrics.registry import (
    METRICS,
    MetricInfo,
    find_metric,
    metric,
    metrics,
)
from optospice.metrics.value import MetricValue

__all__ = [
    "METRICS",
    "FitResult",
    "MetricInfo",
    "MetricValue",
    "arrhenius",
    "decay",
    "energy",
    "filtering",
    "find_metric",
    "frequency_response",
    "hysteresis",
    "learning",
    "levels",
    "metric",
    "metrics",
    "nociception",
    "noise",
    "photovoltaic",
    "plasticity",
    "postsynaptic_current",
    "potentiation_depression",
    "recovery",
    "repeatability",
    "retention",
    "selections",
    "sensitivity",
    "spike_timing",
    "steps",
    "switching",
    "switching_voltages",
    "transfer",
    "update_branches",
]
