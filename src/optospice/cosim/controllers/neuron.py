"""A leaky integrate-and-fire neuron: its membrane is in the circuit, its threshold an event."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from optospice.circuit import PassiveElement, Source
from optospice.cosim.actions import Pulse, Request, When
from optospice.cosim.controller import Context, Requests, Signals
from optospice.stimulus import Signal, Stimulus

#: Share of the refractory time in which the membrane is discharged.
_RESET = 0.5


@dataclass(frozen=True)
class Membrane:
    """What a neuron is in the circuit: a capacitor and a leak.

    Parameters
    ----------
    name : str
        Node of the membrane.
    capacitance, leak : float
        [F] and [ohm]; their product is the membrane's time constant.
    threshold : float
        Voltage at which it fires [V].
    refractory : float
        Time after a spike in which it cannot fire [s].
    """

    name: str
    capacitance: float
    leak: float
    threshold: float
    refractory: float

    @property
    def actuator(self) -> str:
        """Name of the current source that resets it."""
        return f"reset_{self.name}"

    def sources(self, bias: Stimulus | None = None) -> dict[str, Source]:
        """Give the current source of its bias and its reset."""
        return {self.actuator: Source(self.name, "current", bias or Signal())}

    def passives(self) -> dict[str, PassiveElement]:
        """Give capacitor and leak."""
        return {
            f"m_{self.name}": PassiveElement("C", self.name, "0", self.capacitance),
            f"l_{self.name}": PassiveElement("R", self.name, "0", self.leak),
        }


class Neuron:
    """Fires when its membrane crosses the threshold, resets it, and stimulates others.

    Parameters
    ----------
    membrane : Membrane
        Its membrane.
    stimulate : callable
        What a spike at a time [s] does to others: a list of requests.
    """

    def __init__(self, membrane: Membrane, stimulate: Callable[[float], list[Request]]) -> None:
        self._membrane, self._stimulate = membrane, stimulate
        self._armed = When(f"v({membrane.name})", membrane.threshold, "rising")

    def start(self, context: Context) -> Requests:
        """Wait for the threshold."""
        self._context = context
        return self._armed

    def sample(self, time: float, signals: Signals) -> Requests:
        """Fire, or wait again after the refractory time."""
        if not signals.crossings:
            return self._armed
        self._context.record("spike", signals.crossings[0].time)
        membrane = self._membrane
        width = _RESET * membrane.refractory
        edge = width / 20
        # what a trapezoid of equal edges carries away is its level times its width
        charge = membrane.capacitance * signals[f"v({membrane.name})"]
        reset = Pulse(membrane.actuator, -charge / width, width, rise=edge, fall=edge)
        return [reset, time + membrane.refractory, *self._stimulate(time)]
