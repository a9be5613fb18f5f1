"""A light: its colour, its irradiance and its course in time."""

from __future__ import annotations

from functools import cached_property

from pydantic import Field, model_validator

from optospice import units
from optospice.errors import InputError
from optospice.light.colour import LightColour
from optospice.light.spectrum import Spectrum
from optospice.stimulus import PulseTrain, Signal, Stimulus, StimulusError, constant

_TIMING = ("delay", "count", "period", "interval", "rise", "fall")


class Light(LightColour):
    """One light that shines on an optical terminal, constant unless it has a width.

    Parameters
    ----------
    wavelength, spectrum, filter
        Which light it is, see `LightColour`.
    irradiance : str, optional
        In all, before the filters.
    scale : float, optional
        In place of it: so many times a reference spectrum, before the filters [1].
    width : str, optional
        Length of a pulse; without one the light is constant.
    delay : str
        Start of the first pulse.
    count : int
        Number of pulses [1].
    period, interval : str, optional
        From start to start, or from end to start; one of them when there are several.
    rise, fall : str, optional
        Duration of the edges.
    """

    irradiance: units.Irradiance | None = None
    scale: units.Ratio | None = None
    width: units.Time | None = None
    delay: units.Time = 0.0
    count: int = Field(default=1, ge=1, le=1_000_000)
    period: units.Time | None = None
    interval: units.Time | None = None
    rise: units.Time | None = None
    fall: units.Time | None = None

    @model_validator(mode="after")
    def _complete(self) -> Light:
        if (self.irradiance is None) == (self.scale is None):
            raise ValueError("irradiance and scale: give one of the two")
        if self.scale is not None and not isinstance(self.spectrum, str):
            raise ValueError("scale: needs a reference spectrum; accepted: irradiance")
        for key in ("irradiance", "scale"):
            number = getattr(self, key)
            if number is not None and number < 0:
                raise ValueError(f"{key} = {number:g}: must not be below 0")
        if self.width is None:
            timed = [key for key in _TIMING if key in self.model_fields_set]
            if timed:
                raise ValueError(f"{timed[0]}: needs a width; a light without one is constant")
            return self
        try:
            self._signal()
        except StimulusError as error:
            raise ValueError(str(error)) from None
        return self

    @cached_property
    def level(self) -> float:
        """Irradiance that reaches the device while the light is on [W/m^2]."""
        if self.irradiance is not None:
            return self.irradiance * self.transmitted
        spectrum = self.colour
        assert isinstance(spectrum, Spectrum)
        return (self.scale or 0.0) * spectrum.total()

    def stimulus(self, duration: float) -> Stimulus:
        """Irradiance at the device over time [W/m^2].

        Parameters
        ----------
        duration : float
            Simulated time [s].

        Raises
        ------
        InputError
            When the light begins after the end of the run.
        """
        if self.width is not None and self.delay >= duration:
            raise InputError(
                f"delay = {units.format_human(self.delay, 's')}: the light begins after the end "
                f"of the run ({units.format_human(duration, 's')})"
            )
        return self._signal()

    def _signal(self) -> Signal:
        if self.width is None:
            return constant(self.level)
        train = PulseTrain(
            self.level,
            self.width,
            self.count,
            self.period,
            self.interval,
            self.delay,
            self.rise,
            self.fall,
        )
        return Signal(trains=(train,))
