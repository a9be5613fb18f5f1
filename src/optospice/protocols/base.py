"""What every experiment is, and every protocol: stimuli, and the metrics taken from the result."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

from optospice.device import Device
from optospice.light import Illumination
from optospice.metrics.column import MetricColumn
from optospice.metrics.registry import METRICS
from optospice.metrics.value import MetricValue
from optospice.stimulus import (
    FloatArray,
    Stimulus,
)
from optospice.validation import StrictModel
from optospice.waveforms import Waveforms

Metrics = dict[str, MetricValue]
#: How an experiment is run: by its own stimuli, under controllers, or as an analysis.
Kind = Literal["open loop", "closed loop", "analysis"]


@dataclass(frozen=True, eq=False)
class Series:
    """A row of values that a protocol reads, for figures and tables; ``x, y = series`` works.

    Parameters
    ----------
    x, y : ndarray, shape (n,)
        Places and values, in SI units.
    x_name, x_unit : str
        What the places are, and their unit.
    y_unit : str
        Unit of the values.
    x_log, y_log : bool
        Whether a figure draws the axis logarithmically.
    """

    x: FloatArray
    y: FloatArray
    x_name: str
    x_unit: str
    y_unit: str
    x_log: bool = False
    y_log: bool = False

    def __iter__(self) -> Iterator[FloatArray]:
        """Give x and y."""
        return iter((self.x, self.y))


class Experiment(StrictModel, ABC):
    """Something that is done to a device, and what is measured in the result.

    There are three kinds. An open loop applies stimuli that are known beforehand; its result
    is `Waveforms`. In a closed loop controllers answer to what they see; its result is a
    `LoopResult`. An analysis looks at the device around an operating point; its result is one
    of `optospice.analysis`.

    Attributes
    ----------
    title : str
        What it does, in one line.
    kind : {"open loop", "closed loop", "analysis"}
        How it is run, and so what `measure` is given.
    measures : tuple of str
        Names of the metrics that every experiment of this class gives, in order.
    """

    title: ClassVar[str]
    kind: ClassVar[Kind]
    measures: ClassVar[tuple[str, ...]] = ()

    name: str

    @property
    def colour(self) -> float | None:
        """Wavelength of the light that it, or a controller, applies [m]; None without light."""
        wavelength: float | None = getattr(self, "wavelength", None)
        return wavelength

    @abstractmethod
    def stimuli(self, device: Device) -> Mapping[str, Stimulus | Illumination]:
        """Give what each terminal of a device sees, apart from what controllers do.

        Raises
        ------
        InputError
            When the device lacks a terminal that the experiment needs.
        """

    def spanned(self, device: Device) -> Mapping[str, Stimulus]:
        """Give the levels that an analysis goes through, of terminals that it drives itself."""
        return {}

    @property
    def duration(self) -> float:
        """Simulated time [s]; 0 s where no time passes."""
        return 0.0

    @abstractmethod
    def measure(self, result: Any, device: Device) -> Metrics:
        """Take the metrics of one run.

        Parameters
        ----------
        result : Waveforms, LoopResult or a result of an analysis
            What the run gave, by the `kind` of the experiment.
        device : Device
            What was simulated.
        """

    def measure_block(self, results: Sequence[Any], device: Device) -> dict[str, MetricColumn]:
        """Take the metrics of a block of runs at once.

        Parameters
        ----------
        results : sequence, such as WaveformBlock
            What the runs of the block gave, in their order.
        device : Device
            What was simulated.

        Returns
        -------
        dict of str to MetricColumn
            The values that `measure` gives for each run, metric by metric.

        Raises
        ------
        ValueError
            When the metrics of a run cannot be taken; which run it is, `measure` tells.
        """
        taken = [self.measure(result, device) for result in results]
        return {name: MetricColumn.of([one[name] for one in taken]) for name in taken[0]}

    def series(self, waveforms: Any, device: Device) -> dict[str, Series]:
        """Give the rows behind the metrics by name, e.g. conductance against pulse number.

        Parameters
        ----------
        waveforms : Waveforms or a result of an analysis
            What the run gave.
        device : Device
            What was simulated.
        """
        return {}

    def metric_names(self) -> tuple[str, ...]:
        """Names of the metrics that `measure` gives, in order."""
        return self.measures

    def metric_unit(self, name: str) -> str | None:
        """SI unit of a metric that `measure` gives; None where it is not known before a run."""
        info = METRICS.get(name)
        return None if info is None else info.unit


class Protocol(Experiment):
    """An open loop: stimuli that are known beforehand."""

    kind: ClassVar[Kind] = "open loop"

    @property
    @abstractmethod
    def duration(self) -> float:
        """Simulated time [s]."""

    @abstractmethod
    def measure(self, waveforms: Waveforms, device: Device) -> Metrics:
        """Take the metrics of this protocol from the waveforms of one run."""
