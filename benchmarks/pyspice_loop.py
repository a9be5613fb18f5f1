"""PySpice as its manual shows it: circuit, simulator, transient, numpy; one process."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Experiment:
    """One transient for PySpice.

    Parameters
    ----------
    library : str
        Text of the device library.
    device : str
        Name of the subcircuit.
    nodes : sequence of str
        Nodes of the instance.
    sources : mapping of str to sequence of pair of float
        Corners (time [s], voltage [V]) by node.
    parameters : sequence of mapping of str to float
        Parameter sets, one run each.
    duration : float
        Simulated time [s].
    step : float
        Time step and largest time step [s].
    windows : sequence of pair of float
        Windows whose peak is the metric [s].
    """

    library: str
    device: str
    nodes: Sequence[str]
    sources: Mapping[str, Sequence[tuple[float, float]]]
    parameters: Sequence[Mapping[str, float]]
    duration: float
    step: float
    windows: Sequence[tuple[float, float]] = ()


def make() -> Callable[[Experiment], dict[str, Any]]:
    """Import PySpice and give the loop; for a process of its own."""
    logging.disable(logging.WARNING)  # it warns of every ngspice newer than itself
    from PySpice.Spice.Netlist import Circuit

    find_library()

    def loop(experiment: Experiment) -> dict[str, Any]:
        metrics = []
        wall, processor = time.perf_counter(), time.process_time()
        for parameters in experiment.parameters:
            circuit = Circuit("benchmark")
            circuit.raw_spice += experiment.library
            for node, corners in experiment.sources.items():
                if len(corners) == 1:
                    circuit.V(node, node, circuit.gnd, corners[0][1])
                else:
                    circuit.PieceWiseLinearVoltageSource(
                        node, node, circuit.gnd, values=list(corners)
                    )
            circuit.X("device", experiment.device, *experiment.nodes, **parameters)
            simulator = circuit.simulator(temperature=27, nominal_temperature=27)
            analysis = simulator.transient(
                step_time=experiment.step,
                end_time=experiment.duration,
                max_time=experiment.step,
            )
            moments = np.array(analysis.time)
            current = -np.array(analysis.branches["vp"])
            metrics.append(
                [
                    float(current[(moments >= start) & (moments <= stop)].max())
                    for start, stop in experiment.windows
                ]
            )
        return {
            "wall": time.perf_counter() - wall,
            "processor": time.process_time() - processor,
            "metrics": metrics,
            "time": moments,
            "current": current,
        }

    return loop


def find_library() -> None:
    """Tell PySpice where ngspice is: the name that it looks for comes with development files."""
    from PySpice.Spice.NgSpice.Shared import NgSpiceShared

    from optospice.ngspice.installation import find_installation

    path = str(find_installation().library)
    NgSpiceShared.LIBRARY_PATH = path.replace("{", "{{").replace("}", "}}")  # it is formatted


def make_shared() -> Callable[[str, Sequence[str], int], dict[str, Any]]:
    """Give a loop over PySpice's binding alone (`NgSpiceShared`), for a process of its own."""
    logging.disable(logging.WARNING)
    from PySpice.Spice.NgSpice.Shared import NgSpiceShared

    from optospice.ngspice.session import SCRIPTS

    os.environ["SPICE_SCRIPTS"] = str(SCRIPTS)  # the same start-up file: none that loads anything
    find_library()
    shared = NgSpiceShared.new_instance()
    shared.exec_command("set norefvalue")

    def loop(netlist: str, vectors: Sequence[str], count: int) -> dict[str, Any]:
        text = "\n".join(line for line in netlist.splitlines() if not line.startswith("*"))
        wall, processor = time.perf_counter(), time.process_time()
        for _ in range(count):
            shared.load_circuit(text)
            shared.run()
            plot = shared.plot(None, shared.last_plot)
            data = {name: plot[name]._data for name in ("time", *vectors)}
            shared.destroy()
            shared.remove_circuit()
        return {
            "wall": time.perf_counter() - wall,
            "processor": time.process_time() - processor,
            "vectors": {name: np.array(values) for name, values in data.items()},
        }

    return loop
