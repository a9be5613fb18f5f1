"""A run of a scenario under a controller, in a worker process."""

from __future__ import annotations

from optospice.cosim.protocol import ControllerProtocol, with_notes
from optospice.cosim.run import LoopResult, run_loop
from optospice.device.valid import outside_in_level
from optospice.ngspice.judge import RunFailedError
from optospice.ngspice.session import Session
from optospice.protocols.base import Metrics
from optospice.scenario.runs import Run
from optospice.waveforms import Waveforms


def simulate_loop(session: Session, run: Run) -> tuple[Waveforms, Metrics, tuple[str, ...]]:
    """Run a scenario's loop.

    Returns
    -------
    waveforms : Waveforms
        With what the controllers recorded.
    metrics : mapping
        What was measured.
    outside : tuple of str
        Which limits of the device's valid range the controllers left.

    Raises
    ------
    RunFailedError
        When the controller or the simulation failed, or the metrics cannot be taken.
    """
    how, device = run.protocol, run.device
    assert isinstance(how, ControllerProtocol)
    circuit = how.circuit(device, run.parameters, run.profile, run.temperature)
    seed = how.seed if run.seed is None else how.seed + 1_000_003 * (run.seed + 1)
    result = run_loop(session, circuit, how.controllers(device), seed, how.patience)
    try:
        return with_notes(result), how.conclude(result, device), _left(result, run)
    except (ValueError, IndexError) as error:
        raise RunFailedError(f"the metrics cannot be taken: {error}") from None


def _left(result: LoopResult, run: Run) -> tuple[str, ...]:
    """Say which voltages and irradiances the controllers made that the device is not valid for.

    Their times are no time scales of the device: a regulator acts in small steps.
    """
    known = {terminal.name for terminal in run.device.card.terminals}
    sources = result.open_loop().sources.items()
    stimuli = {name: source.base for name, source in sources if name in known}
    return tuple(outside_in_level(run.device, stimuli, {}))
