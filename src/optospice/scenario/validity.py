"""Whether a run stays within the range in which its device is valid."""

from __future__ import annotations

from collections.abc import Mapping

from optospice.device import Device
from optospice.device.valid import outside_in_level, outside_in_time
from optospice.light import Illumination
from optospice.protocols import Experiment
from optospice.stimulus import Stimulus


def limits_left(
    experiment: Experiment, device: Device, stimuli: Mapping[str, Stimulus | Illumination]
) -> tuple[str, ...]:
    """Say which limits of a device's valid range a run leaves, whatever the temperature.

    Parameters
    ----------
    experiment : Experiment
        What is done.
    device : Device
        The device.
    stimuli : mapping of str to Stimulus or Illumination
        What each terminal sees.

    Returns
    -------
    tuple of str
        One clause for each limit, naming value and what is accepted.
    """
    seen = {**stimuli, **experiment.spanned(device)}
    lit = [t.name for t in device.terminals("optical") if t.name in stimuli]
    colour = experiment.colour
    levels = outside_in_level(device, seen, {} if colour is None else dict.fromkeys(lit, colour))
    if experiment.kind != "open loop":  # controllers make the times step by step; rest has none
        return tuple(levels)
    return (*levels, *outside_in_time(device, stimuli, experiment.duration))
