"""A run of a scenario under a controller, in a worker process."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import cast

from optospice.circuit import Circuit, Source
from optospice.cosim.protocol import ControllerProtocol, with_notes
from optospice.cosim.run import LoopResult, run_loop
from optospice.device.valid import outside_in_level
from optospice.ngspice.judge import RunFailedError
from optospice.ngspice.session import Session
from optospice.protocols.base import Metrics
from optospice.scenario.runs import Run
from optospice.scenario.surroundings import Surroundings
from optospice.stimulus import constant
from optospice.waveforms import Waveforms


@dataclass(frozen=True)
class LoopRun:
    """What a closed loop of a scenario gave.

    Parameters
    ----------
    waveforms : Waveforms
        With what the controllers recorded.
    metrics : dict of str to MetricValue
        What was measured.
    netlist : str
        The circuit that ran, with what the controllers did as fixed stimuli.
    outside : tuple of str
        Which limits of the device's valid range the controllers left.
    """

    waveforms: Waveforms
    metrics: Metrics
    netlist: str
    outside: tuple[str, ...]


def simulate_loop(session: Session, run: Run) -> LoopRun:
    """Run a scenario's loop.

    Raises
    ------
    RunFailedError
        When the controller or the simulation failed, or the metrics cannot be taken.
    """
    how, device = cast(ControllerProtocol, run.protocol), run.device
    circuit = how.circuit(device, run.parameters, run.profile, run.temperature)
    circuit = surrounded(circuit, run.surroundings)
    seed = how.seed if run.draw is None else how.seed + 1_000_003 * (run.draw + 1)
    result = run_loop(session, circuit, how.controllers(device), seed, how.patience)
    try:
        metrics = how.measure(result, device)
    except (ValueError, IndexError) as error:
        raise RunFailedError(f"the metrics cannot be taken: {error}") from None
    netlist = result.open_loop().netlist(external=False)
    return LoopRun(with_notes(result), metrics, netlist, _left(result, run))


def surrounded(circuit: Circuit, around: Surroundings) -> Circuit:
    """Add biases and programmed states to a circuit of one device.

    Raises
    ------
    RunFailedError
        When the controller's circuit has no device of its own name.
    """
    if not around.bias and not around.initial:
        return circuit
    if "" not in circuit.devices:
        raise RunFailedError("bias and initial: this controller builds a circuit of its own")
    placed = circuit.devices[""]
    nodes = {**{name: name for name in around.bias}, **placed.nodes}
    instance = replace(placed, nodes=nodes, initial={**placed.initial, **around.initial})
    biases = {
        name: Source(name, "voltage", constant(level), controlled=False)
        for name, level in around.bias.items()
    }
    return replace(
        circuit, devices={**circuit.devices, "": instance}, sources={**biases, **circuit.sources}
    )


def _left(result: LoopResult, run: Run) -> tuple[str, ...]:
    """Say which voltages and irradiances the controllers made that the device is not valid for.

    Their times are no time scales of the device: a regulator acts in small steps.
    """
    known = {terminal.name for terminal in run.device.card.terminals}
    sources = result.open_loop().sources.items()
    stimuli = {name: source.base for name, source in sources if name in known}
    return tuple(outside_in_level(run.device, stimuli, {}))
