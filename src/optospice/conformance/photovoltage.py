"""Whether the light of a device drives current further than photons can."""

from __future__ import annotations

from collections.abc import Iterator

from optospice.conformance.context import Context
from optospice.conformance.finding import Finding
from optospice.conformance.jobs import NetlistResult

#: Planck's constant times the speed of light over the charge of an electron [V m] (CODATA 2018).
PHOTON = 1.239841984e-6
#: Wavelength of a light whose colour the device does not ask for: the end of the visible [m].
_ANY_COLOUR = 400e-9
#: Share of the current under bias that counts as none [1].
_NO_CURRENT = 1e-5


def check_photovoltage(context: Context) -> Iterator[Finding]:
    """Against a bias above the photons' energy no light drives a current.

    A photovoltage stays below the photons' energy over the charge of an electron. A source in
    series that stands for the light knows no such limit: it fits the current at one bias, and
    gives energy off at the bias against it.
    """
    lit = [terminal for terminal in context.driven if terminal.kind == "optical"]
    if not lit:
        return
    colours: list[float] = []
    for terminal in lit:
        if terminal.response is not None:
            colours += terminal.response.probes
        elif isinstance(terminal.wavelength, float):
            colours.append(terminal.wavelength)
    photon = PHOTON / min(colours, default=_ANY_COLOUR)
    drive = context.device.drive_terminal.name
    light = context.bias(0.0, 1.0)
    (unbiased, reference) = (
        _current(context, {**light, drive: level}) for level in (0.0, context.drive.voltage)
    )
    if unbiased is None or reference is None or abs(unbiased) <= _NO_CURRENT * abs(reference):
        return
    against = -photon if unbiased > 0 else photon
    current = _current(context, {**light, drive: against})
    if current is None or against * current >= 0:
        return
    valid = context.device.card.valid.voltage.get(drive)
    outside = valid is not None and not valid[0] <= against <= valid[1]
    yield context.finding(
        "photovoltage",
        f"under light {current:.3g} A flow against a bias of {against:.3g} V, and "
        f"{-against * current:.3g} W come out, while a photon of it carries {photon:.3g} eV: the "
        "light is an equivalent source and no photovoltage"
        + (
            f"; the card's range, {valid[0]:g} to {valid[1]:g} V, excludes this bias"
            if outside and valid is not None
            else ""
        ),
        severity="warning",
        cure="take no number at a bias against the light, and say so in [valid]; a "
        "photoconductance or a junction has no such bias",
    )


def _current(context: Context, levels: dict[str, float]) -> float | None:
    """Give the current into the drive terminal at rest [A]; None where there is no such point."""
    (result,) = context.analyse([context.analysis(".op", levels)])
    if not isinstance(result, NetlistResult):
        return None
    return -float(result.vectors[f"v{context.device.drive_terminal.name}#branch"][-1])
