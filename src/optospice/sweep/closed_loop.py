"""A run of a scenario under a controller, in a worker process."""

from __future__ import annotations

from typing import cast

from optospice.cosim.protocol import ControllerProtocol, with_notes
from optospice.cosim.run import run_loop
from optospice.ngspice.judge import RunFailedError
from optospice.ngspice.session import Session
from optospice.protocols.base import Metrics
from optospice.scenario.runs import Run
from optospice.waveforms import Waveforms


def simulate_loop(session: Session, run: Run) -> tuple[Waveforms, Metrics]:
    """Run a scenario's loop; give waveforms, with what the controllers recorded, and metrics.

    Raises
    ------
    RunFailedError
        When the controller or the simulation failed, or the metrics cannot be taken.
    """
    how, device = cast(ControllerProtocol, run.protocol), run.device
    circuit = how.circuit(device, run.parameters, run.profile, run.temperature)
    seed = how.seed if run.seed is None else how.seed + 1_000_003 * (run.seed + 1)
    result = run_loop(session, circuit, how.controllers(device), seed, how.patience)
    try:
        return with_notes(result), how.measure(result, device)
    except (ValueError, IndexError) as error:
        raise RunFailedError(f"the metrics cannot be taken: {error}") from None
