"""Operating points: one, along the voltage of the drive terminal, or along that of a gate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from pydantic import Field, model_validator

from optospice import units
from optospice.analysis import Analysis, Curve, DCSweep, OperatingPoint, Solution, Sweep
from optospice.analysis.cards import MOST_POINTS
from optospice.device import Device
from optospice.errors import InputError
from optospice.metrics import photovoltaic, transfer
from optospice.metrics.levels import current_at_rest
from optospice.protocols.analyses.base import AnalysisExperiment, find_terminal
from optospice.protocols.base import Metrics, Series
from optospice.stimulus import Samples, Stimulus
from optospice.validation import StrictModel


class OperatingPointExperiment(AnalysisExperiment):
    """The device at rest: one number for each signal."""

    title: ClassVar[str] = "the device at rest under constant biases and light"
    measures: ClassVar[tuple[str, ...]] = ("current_at_rest",)

    name: Literal["operating_point"] = "operating_point"

    def analysis(self, device: Device) -> Analysis:
        """Ask for the operating point."""
        return OperatingPoint()

    def signal(self, device: Device) -> str:
        """Name the current that is read."""
        found = super().signal(device)
        if not found.startswith("i("):
            raise InputError(
                f"protocol.response = {found!r}: an operating point reads a current; accepted: "
                f"such as 'i({device.drive_terminal.name})'"
            )
        return found

    def measure(self, result: Solution, device: Device) -> Metrics:
        """Read the current."""
        name = self.signal(device)
        return {"current_at_rest": current_at_rest(float(self.read(result, device)), name)}


class _CurveExperiment(AnalysisExperiment):
    """Operating points along the voltage of a terminal.

    Parameters
    ----------
    start, stop : float
        First and last voltage [V].
    points : int
        How many [1].
    """

    start: units.Voltage
    stop: units.Voltage
    points: int = Field(default=201, ge=3, le=MOST_POINTS)

    @model_validator(mode="after")
    def _moves(self) -> _CurveExperiment:
        if self.start == self.stop:
            raise ValueError(f"start and stop: both {self.start:g} V; accepted: two voltages")
        return self

    def analysis(self, device: Device) -> Analysis:
        """Ask for the curve."""
        return DCSweep(Sweep(self.moved(device), self.start, self.stop, self.points))

    def spanned(self, device: Device) -> Mapping[str, Stimulus]:
        """Give the voltages of the terminal that is swept."""
        ends = np.array([0.0, 1.0]), np.array([self.start, self.stop])
        return {self.moved(device): Samples(*ends)}

    def series(self, waveforms: Any, device: Device) -> dict[str, Series]:
        """Give the curve."""
        values, unit = self.read(waveforms, device), waveforms.units[self.signal(device)]
        name = {"A": "current", "V": "voltage", "W": "emitted power"}.get(unit, "state")
        place = f"voltage at {self.moved(device)}"
        return {name: Series(waveforms.sweep, values, place, "V", unit)}


class CurrentVoltageDefinitions(StrictModel):
    """What a curve under light is counted against.

    Parameters
    ----------
    incident : float, optional
        Irradiance that the efficiency is counted against [W/m^2].
    area : float, optional
        Area of the device that it falls on [m^2].
    """

    incident: units.Irradiance | None = Field(default=None, gt=0)
    area: units.Area | None = Field(default=None, gt=0)


class CurrentVoltage(_CurveExperiment):
    """Current against the voltage of the drive terminal, in the dark or under light."""

    title: ClassVar[str] = "current against voltage at rest, in the dark or under light"
    measures: ClassVar[tuple[str, ...]] = (
        "short_circuit_current",
        "open_circuit_voltage",
        "maximum_power",
        "fill_factor",
        "power_conversion_efficiency",
    )

    name: Literal["current_voltage"] = "current_voltage"
    definitions: CurrentVoltageDefinitions = Field(default_factory=CurrentVoltageDefinitions)

    def moved(self, device: Device) -> str:
        """Name the drive terminal."""
        return device.drive_terminal.name

    def measure(self, result: Curve, device: Device) -> Metrics:
        """Take what the device delivers."""
        voltage, current = result.sweep, self.read(result, device)
        chosen = self.definitions
        incident = (chosen.incident or 0.0) * (chosen.area or 0.0)
        return {
            "short_circuit_current": photovoltaic.short_circuit_current(voltage, current),
            "open_circuit_voltage": photovoltaic.open_circuit_voltage(voltage, current),
            "maximum_power": photovoltaic.maximum_power(voltage, current),
            "fill_factor": photovoltaic.fill_factor(voltage, current),
            "power_conversion_efficiency": photovoltaic.power_conversion_efficiency(
                voltage, current, incident
            ),
        }


class GateTransferDefinitions(StrictModel):
    """How the numbers of a transfer curve are taken.

    Parameters
    ----------
    threshold : {"extrapolated", "constant_current"}
        How the threshold is taken.
    threshold_current : float
        Its current, for ``"constant_current"`` [A].
    """

    threshold: Literal["extrapolated", "constant_current"] = "extrapolated"
    threshold_current: units.Current = 0.0


class GateTransfer(_CurveExperiment):
    """Current into the drive terminal against the voltage of a gate.

    Parameters
    ----------
    gate : str
        The terminal that is swept; the first control terminal when it is left out.
    """

    title: ClassVar[str] = "drain current against gate voltage at rest, in the dark or under light"
    measures: ClassVar[tuple[str, ...]] = (
        "threshold_voltage",
        "transconductance",
        "subthreshold_swing",
        "transfer_on_off_ratio",
        "largest_drain_current",
        "current_at_zero_gate",
        "charge_neutrality_voltage",
    )

    name: Literal["gate_transfer"] = "gate_transfer"
    gate: str = ""
    definitions: GateTransferDefinitions = Field(default_factory=GateTransferDefinitions)

    def moved(self, device: Device) -> str:
        """Name the gate."""
        controls = [t.name for t in device.card.terminals if t.role == "control"]
        if not self.gate and not controls:
            raise InputError(
                f"protocol.gate: device {device.name!r} has no control terminal; accepted: the "
                "name of an electrical terminal"
            )
        name = self.gate or controls[0]
        return find_terminal(device, name, "electrical", "protocol.gate").name

    def measure(self, result: Curve, device: Device) -> Metrics:
        """Take the numbers of the transfer curve."""
        gate, current, chosen = result.sweep, self.read(result, device), self.definitions
        return {
            "threshold_voltage": transfer.threshold_voltage(
                gate, current, chosen.threshold, chosen.threshold_current
            ),
            "transconductance": transfer.transconductance(gate, current),
            "subthreshold_swing": transfer.subthreshold_swing(gate, current),
            "transfer_on_off_ratio": transfer.transfer_on_off_ratio(gate, current),
            "largest_drain_current": transfer.largest_drain_current(gate, current),
            "current_at_zero_gate": transfer.current_at_zero_gate(gate, current),
            "charge_neutrality_voltage": transfer.charge_neutrality_voltage(gate, current),
        }
