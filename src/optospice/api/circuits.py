"""Circuits that come from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence

from optospice import units
from optospice.accuracy import find_profile
from optospice.analysis import Analysis, Curve, Noise, NoiseSpectrum, Solution, Spectrum
from optospice.api.common import above_zero, default_pool
from optospice.errors import InputError, SimulationError
from optospice.ngspice.worker import Failed
from optospice.waveforms import Waveforms


def simulate_circuit(
    circuit: object,
    *,
    signals: Sequence[str],
    duration: str | None = None,
    accuracy: str = "standard",
    temperature: str | None = None,
) -> Waveforms:
    """Simulate a transient of a PySpice `Circuit` (or a netlist's text) as it stands.

    Parameters
    ----------
    circuit : PySpice Circuit or str
        The circuit. Text begins with a title line. It may ``.include`` packaged devices and
        those in ``./netlists`` by name: ``.include pbs_rc.lib``. Other analyses than a
        transient are refused.
    signals : sequence of str
        What to read: ``"v(node)"``; ``"i(source)"`` and ``"i(element)"``, into its first node;
        ``"i(instance.terminal)"``, into the terminal of a subcircuit. Inside an instance with
        its path: ``"v(x1.state)"``, ``"i(x1.r1)"``.
    duration : str, optional
        Simulated time; otherwise that of the circuit's ``.tran`` card.
    accuracy : {"fast", "standard", "reference"}
        Accuracy profile.
    temperature : str, optional
        Temperature; otherwise that of the circuit's ``.temp`` card, or 27 degC.

    Returns
    -------
    Waveforms
        Time and the signals by the names given. Their `error_bound` was shown for this
        circuit by moving the solver's tolerance; `notes` say what had to be eased.

    Raises
    ------
    InputError
        For anything that cannot be used or may not pass to the simulator, and for a signal
        that the circuit does not have.
    SimulationError
        When ngspice fails, with its own words.
    """
    from optospice.foreign import transient
    from optospice.probes import told_by_signals

    if isinstance(signals, str) or not signals:
        raise InputError("signals: accepted: a list of at least one, such as ['v(out)']")
    try:
        seconds = None if duration is None else above_zero("duration", duration, "s")
        kelvin = None if temperature is None else above_zero("temperature", temperature, "K")
    except units.UnitsError as error:
        raise InputError(str(error)) from None
    run = transient(circuit, signals, find_profile(accuracy), seconds, kelvin)
    ((_, outcome),) = default_pool().map("optospice.ngspice.foreign_job:run_foreign", [run.job])
    if isinstance(outcome, Failed):
        raise SimulationError(f"circuit: {told_by_signals(outcome.message, run.vectors)}")
    return run.waveforms(outcome.result)


def analyse_circuit(
    circuit: object,
    analysis: Analysis,
    *,
    signals: Sequence[str] = (),
    accuracy: str = "standard",
    temperature: str | None = None,
) -> Solution | Curve | Spectrum | NoiseSpectrum:
    """Run an operating point, a DC sweep, small signals or noise of a circuit as it stands.

    Parameters
    ----------
    circuit : PySpice Circuit or str
        As for `simulate_circuit`.
    analysis : OperatingPoint, DCSweep, SmallSignal or Noise
        From `optospice.analysis`.
    signals : sequence of str
        As for `simulate_circuit`; none for noise, which names its output.
    accuracy : {"fast", "standard", "reference"}
        Accuracy profile.
    temperature : str, optional
        Temperature; otherwise that of the circuit's ``.temp`` card, or 27 degC.

    Returns
    -------
    Solution, Curve, Spectrum or NoiseSpectrum
        The signals by the names given, with the bound that a second run showed.

    Raises
    ------
    InputError
        For anything that cannot be used or may not pass to the simulator, and for a signal
        or source that the circuit does not have.
    SimulationError
        When ngspice fails, with its own words.
    """
    from optospice.foreign_analyses import prepared
    from optospice.probes import told_by_signals

    if isinstance(signals, str) or (not signals) != isinstance(analysis, Noise):
        raise InputError(
            "signals: accepted: a list of at least one, such as ['v(out)']; none for noise, which "
            "names its output"
        )
    try:
        kelvin = None if temperature is None else above_zero("temperature", temperature, "K")
    except units.UnitsError as error:
        raise InputError(str(error)) from None
    run = prepared(circuit, analysis, signals, find_profile(accuracy), kelvin)
    ((_, outcome),) = default_pool().map("optospice.ngspice.analyses:run_analysis", [run.job])
    if isinstance(outcome, Failed):
        raise SimulationError(f"circuit: {told_by_signals(outcome.message, run.vectors)}")
    return run.result(outcome.result)
