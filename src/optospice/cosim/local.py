"""Closed loops from Python: any object or function, in a process of its own."""

from __future__ import annotations

import multiprocessing
import os
import warnings
from collections.abc import Mapping
from multiprocessing.connection import Connection

from optospice.circuit import Circuit
from optospice.cosim.controller import Controller, as_controller
from optospice.cosim.loop import PATIENCE
from optospice.cosim.run import LoopResult, private_session, run_loop
from optospice.errors import SimulationError
from optospice.ngspice.installation import Installation, find_installation
from optospice.ngspice.judge import RunFailedError
from optospice.ngspice.session import PoisonedError
from optospice.ngspice.worker import watch_parent

_GRACE = 5.0


def simulate(
    circuit: Circuit,
    controllers: object,
    *,
    seed: int = 0,
    timeout: float = 60.0,
    patience: float = PATIENCE,
) -> LoopResult:
    """Run a circuit with controllers written in Python.

    The run takes place in a fork of this process, so that a controller may be any object
    or function, also one of a notebook, and takes nothing down with it. What it changes in
    itself stays there: use `Context.record` for what should come back.

    Parameters
    ----------
    circuit : Circuit
        Devices, sources, duration.
    controllers : object or mapping of str to object
        A controller, a generator function, or several by name.
    seed : int
        Seed of their random numbers.
    timeout : float
        Longest time for the whole run [s].
    patience : float
        Longest time for one answer of a controller [s].

    Raises
    ------
    InputError
        When the circuit cannot be used, or would take too many steps.
    SimulationError
        When a controller or the simulation failed.
    TypeError
        When something is no controller.
    """
    named = dict(controllers) if isinstance(controllers, Mapping) else {"controller": controllers}
    seated = {name: as_controller(given) for name, given in named.items()}
    circuit.check()
    installation = find_installation()
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(
        target=_work,
        args=(theirs, os.getpid(), installation, circuit, seated, seed, patience),
        daemon=True,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # fork beside threads
        process.start()
    theirs.close()
    try:
        if not ours.poll(timeout):
            raise SimulationError(f"the closed loop took longer than {timeout:g} s and was stopped")
        fine, answer = ours.recv()
    except EOFError:
        process.join(_GRACE)
        raise SimulationError(
            f"the process of the closed loop died (exit code {process.exitcode})"
        ) from None
    finally:
        process.kill()
        process.join()
        ours.close()
    if not fine:
        raise SimulationError(answer)
    result: LoopResult = answer
    return result


def _work(
    connection: Connection,
    parent: int,
    installation: Installation,
    circuit: Circuit,
    controllers: Mapping[str, Controller],
    seed: int,
    patience: float,
) -> None:
    watch_parent(parent)
    try:
        session = private_session(installation)
        result = run_loop(session, circuit, controllers, seed, patience)
        connection.send((True, result))
    except (RunFailedError, PoisonedError) as error:
        connection.send((False, str(error)))
    except BaseException as error:
        connection.send((False, f"{type(error).__name__}: {error}"))
    finally:
        connection.close()
