"""What experiments around an operating point share."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from typing import ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from optospice import units
from optospice.analysis import Analysis, Curve, NoiseSpectrum, Solution, Spectrum
from optospice.device import Device, Terminal
from optospice.errors import InputError, close_matches
from optospice.light import Illumination
from optospice.protocols.base import Experiment
from optospice.stimulus import FloatArray, Stimulus, constant

Result = Solution | Curve | Spectrum | NoiseSpectrum


class AnalysisExperiment(Experiment):
    """An analysis of a device at rest under constant biases and light.

    Parameters
    ----------
    readout : float
        Bias on the device's drive terminal [V].
    irradiance : float, optional
        Constant light [W/m^2]; with `wavelength`.
    wavelength : float, optional
        Colour of the light [m].
    response : str
        Signal that is read: ``"i(d)"``, ``"v(out)"``, ``"p(light_out)"`` or a state; the
        current into the drive terminal when it is left out.
    """

    kind: ClassVar[Literal["analysis"]] = "analysis"

    readout: units.Voltage = 0.0
    irradiance: units.Irradiance | None = Field(default=None, ge=0)
    wavelength: units.Length | None = None
    response: str = ""

    @model_validator(mode="after")
    def _light_has_a_colour(self) -> AnalysisExperiment:
        if (self.irradiance is None) != (self.wavelength is None):
            raise ValueError("irradiance and wavelength belong together: give both or none")
        return self

    @abstractmethod
    def analysis(self, device: Device) -> Analysis:
        """Give what is asked of the simulator, with terminals in the place of sources."""

    def stimuli(self, device: Device) -> Mapping[str, Stimulus | Illumination]:
        """Give the constant bias and light."""
        self.analysis(device)  # names terminals that the device has to have
        given: dict[str, Stimulus] = {}
        if device.drive_terminal.name != self.moved(device):
            given[device.drive_terminal.name] = constant(self.readout)
        if self.irradiance is not None and self.wavelength is not None:
            lit = device.optical_terminal(self.wavelength).name
            given[lit] = constant(self.irradiance)
        return device.lit(given, self.wavelength)

    def moved(self, device: Device) -> str:
        """Name the terminal that the analysis itself drives; empty without one."""
        return ""

    def signal(self, device: Device) -> str:
        """Name the signal that is read."""
        return self.response or f"i({device.drive_terminal.name})"

    def read(self, result: Result, device: Device) -> FloatArray:
        """Give the values of the signal that is read.

        Raises
        ------
        ValueError
            When the result has no such signal.
        """
        name = self.signal(device)
        if name not in result.signals:
            raise ValueError(f"response {name!r}: {close_matches(name, [*result.signals])}")
        return np.asarray(result[name])


def find_terminal(device: Device, name: str, kinds: str, where: str) -> Terminal:
    """Find a terminal that a source can drive.

    Parameters
    ----------
    device : Device
        The device.
    name : str
        What the scenario says.
    kinds : {"electrical", "optical", "any"}
        Which terminals are accepted.
    where : str
        Key, for messages.

    Raises
    ------
    InputError
        When there is no such terminal.
    """
    fit = {
        terminal.name: terminal
        for terminal in device.card.terminals
        if not terminal.is_output and terminal.role != "ground" and kinds in ("any", terminal.kind)
    }
    if name not in fit:
        raise InputError(
            f"{where} = {name!r}: device {device.name!r} has no such terminal that takes a "
            f"source; {close_matches(name, fit)}"
        )
    return fit[name]
