"""Analyses without a time axis of circuits that come from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from optospice.accuracy import Profile
from optospice.analysis import (
    Analysis,
    Curve,
    DCSweep,
    Noise,
    NoiseSpectrum,
    SmallSignal,
    Solution,
    Spectrum,
)
from optospice.analysis.cards import noise_nodes
from optospice.capacitances import smallest_capacitance
from optospice.circuit import simulation_cards
from optospice.circuit_text import Section
from optospice.errors import InputError, close_matches
from optospice.foreign import asked_temperature, read_foreign, with_analysis
from optospice.ngspice.analyses import DENSITIES, Analysed, AnalysisJob, result_of
from optospice.probes import probe


@dataclass(frozen=True)
class Prepared:
    """An analysis without a time axis, ready to run.

    Parameters
    ----------
    job : AnalysisJob
        What a worker runs.
    vectors : mapping of str to str
        The simulator's vector for each signal, by the name that was asked for.
    """

    job: AnalysisJob
    vectors: Mapping[str, str]

    def result(self, run: Analysed) -> Solution | Curve | Spectrum | NoiseSpectrum:
        """Name what came back."""
        signals = {name: run.vectors[vector] for name, vector in self.vectors.items()}
        units_of = {name: "V" if name.lower().startswith("v") else "A" for name in signals}
        analysis = self.job.analysis
        if isinstance(analysis, Noise):
            at_input = "V^2/Hz" if analysis.source[0] in "vV" else "A^2/Hz"
            signals = {name: run.vectors[vector] for name, vector in DENSITIES.items()}
            units_of = {"output": "V^2/Hz", "input": at_input}
        return result_of(analysis, run, signals, units_of)


def prepared(
    circuit: object,
    analysis: Analysis,
    signals: Sequence[str],
    profile: Profile,
    temperature: float | None = None,
) -> Prepared:
    """Write an analysis without a time axis of a circuit as it stands.

    Parameters
    ----------
    circuit : PySpice Circuit or str
        As for `transient`; its ``.tran`` card, if any, does not count.
    analysis : Analysis
        What is asked.
    signals : sequence of str
        As for `transient`; none for noise, which names its output itself.
    profile : Profile
        How exact.
    temperature : float, optional
        Temperature [K]; otherwise that of the circuit's ``.temp`` card, or 300.15 K.

    Raises
    ------
    InputError
        When the circuit holds what may not pass to the simulator, or not what is asked for.
    """
    cards, text, parts = read_foreign(circuit)
    profile = profile.down_to(smallest_capacitance(text))
    _check_sources(analysis, parts)
    if isinstance(analysis, Noise):
        probe(text, parts, [f"v({node})" for node in noise_nodes(analysis)])
        netlist, vectors = text, dict[str, str]()
        wanted = tuple(DENSITIES.values())
    else:
        probed = probe(text, parts, signals)
        netlist, vectors = probed.netlist, dict(probed.vectors)
        wanted = tuple(dict.fromkeys(vectors.values()))
    warmth = asked_temperature(cards, temperature)
    whole = with_analysis(
        netlist, simulation_cards(warmth, profile, vectors.values(), analysis.card)
    )
    return Prepared(AnalysisJob(whole, wanted, analysis, profile), vectors)


def _check_sources(analysis: Analysis, parts: Section) -> None:
    """Refuse an analysis that names a source which the circuit does not have."""
    if isinstance(analysis, DCSweep):
        sweeps = [analysis.sweep, *([analysis.outer] if analysis.outer else [])]
        named = [one.source for one in sweeps if not one.is_temperature]
    else:
        named = [analysis.source] if isinstance(analysis, Noise) else []
    if isinstance(analysis, SmallSignal) and analysis.source:
        raise InputError(
            f"small signal of {analysis.source!r}: accepted in a circuit as it stands: none, its "
            "sources say AC themselves"
        )
    known = [name for name in parts.elements if name[0] in "vi"]
    for name in named:
        if name.lower() not in known:
            raise InputError(
                f"source {name!r}: the circuit has none of this name; {close_matches(name, known)}"
            )
