"""Small signals and noise about the operating point."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from optospice import units
from optospice.analysis import Analysis, Noise, NoiseSpectrum, SmallSignal, Spectrum
from optospice.device import Device
from optospice.metrics import frequency_response, noise
from optospice.metrics.value import MetricValue
from optospice.protocols.analyses.base import AnalysisExperiment, find_terminal
from optospice.protocols.base import Metrics, Series

#: What the response at the lowest frequency is called, by the units of response and source.
_LOWEST: Mapping[tuple[str, str], Callable[..., MetricValue]] = MappingProxyType(
    {
        ("v", "electrical"): frequency_response.low_frequency_gain,
        ("i", "electrical"): frequency_response.low_frequency_admittance,
        ("i", "optical"): frequency_response.low_frequency_photoresponse,
    }
)


class _SpectrumExperiment(AnalysisExperiment):
    """Frequencies and the terminal whose source is moved.

    Parameters
    ----------
    source : str
        The terminal, of voltage or of light; the drive terminal when it is left out.
    start, stop : float
        Lowest and highest frequency [Hz].
    points_per_decade : int
        Frequencies per decade [1].
    """

    source: str = ""
    start: units.Frequency = Field(gt=0)
    stop: units.Frequency = Field(gt=0)
    points_per_decade: int = Field(default=20, ge=1, le=10_000)

    @model_validator(mode="after")
    def _rises(self) -> _SpectrumExperiment:
        if not self.start < self.stop:
            raise ValueError(
                f"start = {self.start:g} Hz and stop = {self.stop:g} Hz: accepted: a band that "
                "rises"
            )
        return self

    def source_of(self, device: Device) -> str:
        """Name the terminal whose source is moved."""
        name = self.source or device.drive_terminal.name
        return find_terminal(device, name, "any", "protocol.source").name

    def is_lit(self, device: Device) -> bool:
        """Whether light is moved, not a voltage."""
        return find_terminal(device, self.source_of(device), "any", "").kind == "optical"


class FrequencyResponse(_SpectrumExperiment):
    """Amplitude and phase of a signal per unit of a source, about the operating point (AC)."""

    title: ClassVar[str] = "small signals: amplitude and phase against frequency"
    measures: ClassVar[tuple[str, ...]] = (
        "low_frequency_gain",
        "low_frequency_admittance",
        "low_frequency_photoresponse",
        "corner_frequency",
        "phase_at_corner",
    )

    name: Literal["frequency_response"] = "frequency_response"

    def analysis(self, device: Device) -> Analysis:
        """Ask for the response."""
        source = self.source_of(device)
        return SmallSignal(self.start, self.stop, self.points_per_decade, source)

    def metric_names(self) -> tuple[str, ...]:
        """Names of the metrics that fit this response."""
        fits = {"v": "gain", "i": "admittance"}.get(self.response[:1] or "i", "")
        return (
            *((f"low_frequency_{fits}",) if fits else ()),
            *(("low_frequency_photoresponse",) if fits == "admittance" else ()),
            "corner_frequency",
            "phase_at_corner",
        )

    def series(self, waveforms: Any, device: Device) -> dict[str, Series]:
        """Give magnitude and phase."""
        f, values = waveforms.frequency, self.read(waveforms, device)
        phase = np.degrees(np.unwrap(np.angle(values)))
        per = "W*m^-2" if self.is_lit(device) else "V"
        unit = f"{waveforms.units[self.signal(device)]}/({per})".replace("V/(V)", "1")
        return {
            "magnitude": Series(f, np.abs(values), "frequency", "Hz", unit, x_log=True, y_log=True),
            "phase": Series(f, phase, "frequency", "Hz", "deg", x_log=True),
        }

    def measure(self, result: Spectrum, device: Device) -> Metrics:
        """Take level, corner and phase."""
        f, values = result.frequency, self.read(result, device)
        kind = "optical" if self.is_lit(device) else "electrical"
        level = _LOWEST.get((self.signal(device)[0], kind))
        return {
            **({} if level is None else {level.__name__: level(f, values)}),
            "corner_frequency": frequency_response.corner_frequency(f, values),
            "phase_at_corner": frequency_response.phase_at_corner(f, values),
        }


class NoiseExperiment(_SpectrumExperiment):
    """Noise of a signal about the operating point, and what it means at a source.

    Parameters
    ----------
    at : float, optional
        Frequency at which densities are read [Hz]; the lowest when it is left out.
    """

    title: ClassVar[str] = "noise: densities, and what is left of them over a band"
    measures: ClassVar[tuple[str, ...]] = (
        "voltage_noise_density",
        "current_noise_density",
        "integrated_voltage_noise",
        "integrated_current_noise",
        "input_voltage_noise_density",
        "noise_equivalent_irradiance",
    )

    name: Literal["noise"] = "noise"
    at: units.Frequency | None = Field(default=None, gt=0)

    @model_validator(mode="after")
    def _in_the_band(self) -> NoiseExperiment:
        if self.at is not None and not self.start <= self.at <= self.stop:
            raise ValueError(f"at = {self.at:g} Hz: accepted: {self.start:g} to {self.stop:g} Hz")
        if self.response and self.response[:2] not in ("v(", "i("):
            raise ValueError(f"response = {self.response!r}: accepted: a voltage or a current")
        return self

    def analysis(self, device: Device) -> Analysis:
        """Ask for the noise."""
        return Noise(
            self.signal(device), self.source_of(device), self.start, self.stop,
            self.points_per_decade,
        )  # fmt: skip

    def metric_names(self) -> tuple[str, ...]:
        """Names of the metrics that fit this response."""
        quantity = "voltage" if self.response.startswith("v") else "current"
        return (
            f"{quantity}_noise_density",
            f"integrated_{quantity}_noise",
            "input_voltage_noise_density",
            "noise_equivalent_irradiance",
        )

    def series(self, waveforms: Any, device: Device) -> dict[str, Series]:
        """Give the densities."""
        f, unit = waveforms.frequency, "V" if self.signal(device)[0] == "v" else "A"
        return {
            "noise density": Series(
                f, np.sqrt(waveforms["output"]), "frequency", "Hz", f"{unit}/Hz^0.5",
                x_log=True, y_log=True,
            )
        }  # fmt: skip

    def measure(self, result: NoiseSpectrum, device: Device) -> Metrics:
        """Take densities and the integral."""
        f, at = result.frequency, self.start if self.at is None else self.at
        total = result.total("output")
        if self.signal(device)[0] == "v":
            own = {
                "voltage_noise_density": noise.voltage_noise_density(f, result["output"], at),
                "integrated_voltage_noise": noise.integrated_voltage_noise(
                    total, self.start, self.stop
                ),
            }
        else:
            own = {
                "current_noise_density": noise.current_noise_density(f, result["output"], at),
                "integrated_current_noise": noise.integrated_current_noise(
                    total, self.start, self.stop
                ),
            }
        if self.is_lit(device):
            key, taken = "noise_equivalent_irradiance", noise.noise_equivalent_irradiance
        else:
            key, taken = "input_voltage_noise_density", noise.input_voltage_noise_density
        return {**own, key: taken(f, result["input"], at)}
