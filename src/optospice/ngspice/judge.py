"""Success is judged on the data, not on an exit code.

ngspice returns 0 from runs that stopped early, clamped or produced nothing. A run has
succeeded when its last time is the one asked for, every value is finite and unclamped,
and everything asked for is present.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from optospice.stimulus import FloatArray

if TYPE_CHECKING:
    from optospice.device import Device

#: ngspice stores overflows as 1e99 (or 1e32 for a division by zero); nothing real is near.
CLAMP = 1e30

_HARMLESS = re.compile(
    r"^(stderr |stdout )?\s*$|no\. of data (rows|columns)"
    # the table of the operating point
    r"|^(stdout )?(initial transient solution|-+$|node\s+voltage|-+\s+-+$|\S+\s+-?[\d.e+-]+$)"
    r"|^(stderr |stdout )?(note:|warning|doing analysis|circuit:"
    r"|using (sparse|klu)|\d+(\.\d+)?%|reset re-loads)",
    re.IGNORECASE,
)
_TROUBLE = re.compile(
    r"error|fail|too small|singular|no convergence|cannot|can't|could not|unknown|undefined|missing"
    r"|not found|no such|syntax|aborted|illegal|unable|fatal|bad",
    re.IGNORECASE,
)
_BRANCH = re.compile(r"([A-Za-z_][\w.]*)#branch")


class RunFailedError(RuntimeError):
    """A run did not give what was asked of it; the message holds ngspice's own words."""


def judge(
    vectors: Mapping[str, FloatArray],
    wanted: Iterable[str],
    stop_time: float | None,
    log: Sequence[str],
) -> None:
    """Raise unless the data show that a run succeeded.

    Parameters
    ----------
    vectors : mapping of str to ndarray
        What was read back, ``time`` included.
    wanted : iterable of str
        Vectors that must be there.
    stop_time : float or None
        Time that the run must have reached [s]; None where there is no time axis.
    log : sequence of str
        What ngspice printed.

    Raises
    ------
    RunFailedError
        Naming what is wrong and ngspice's own words.
    """
    needed = [*wanted] if stop_time is None else [*wanted, "time"]
    missing = [name for name in needed if name not in vectors or vectors[name].size == 0]
    if missing:
        reject(f"ngspice gave no data for {', '.join(missing[:5])}", log)
    # one look at all of them, and a closer one only where something is wrong
    fine = needed and np.abs(np.concatenate([vectors[name] for name in needed])).max() < CLAMP
    for name in () if fine else needed:
        values = vectors[name]
        largest = np.abs(values).max()  # NaN and infinity pass through max
        if not largest < CLAMP:
            if not np.isfinite(values).all():
                reject(f"{name} is not finite", log)
            reject(f"{name} was clamped at {largest:.3g}", log)
    if stop_time is not None:
        time = vectors["time"]
        if abs(time[-1] - stop_time) > 1e-9 * stop_time:
            reject(f"stopped at {time[-1]:g} s of {stop_time:g} s", log)


def end_exactly(vectors: Mapping[str, FloatArray], stop_time: float) -> None:
    """Set the last time of a judged run to the time asked for.

    ngspice stops a hundred-thousandth of a millionth of the largest step before it.

    Parameters
    ----------
    vectors : mapping of str to ndarray
        Vectors of a run that `judge` has passed; ``time`` changes in place.
    stop_time : float
        Time that the run was to reach [s].
    """
    time = vectors["time"]
    if time.size < 2 or time[-2] < stop_time:
        time[-1] = stop_time


def reject(reason: str, log: Sequence[str]) -> None:
    """Raise `RunFailedError` with a reason and what ngspice said about it."""
    words = own_words(log)
    raise RunFailedError(in_users_words(f"{reason}; ngspice: {words}" if words else reason))


def in_users_words(message: str, names: Mapping[str, str] | None = None) -> str:
    """Name signals as the user does: ``v1#branch`` is ``i(v1)``.

    Parameters
    ----------
    message : str
        What the solver's names stand in, as they are or translated once already.
    names : mapping of str to str, optional
        The user's name of each vector, e.g. ``{"vp#branch": "i(p)"}``.
    """
    told = _BRANCH.sub(r"i(\1)", message)
    for vector, name in (names or {}).items():
        spelled = re.escape(_BRANCH.sub(r"i(\1)", vector))
        told = re.sub(rf"(?<![\w.]){spelled}(?![\w.#])", name.replace("\\", "\\\\"), told)
    return told


def signal_names(device: Device) -> dict[str, str]:
    """Give the user's name of each vector of a device that stands alone in a testbench."""
    currents = {f"v{t.name}#branch": f"i({t.name})" for t in device.terminals("electrical")}
    states = {f"xdevice.{s.node}": name for name, s in device.card.states.items()}
    return currents | states


def own_words(log: Sequence[str], limit: int = 600) -> str:
    """Give ngspice's own complaint from its log, shortened to `limit` characters."""
    lines = [re.sub(r"^(stderr|stdout) ", "", line).strip() for line in log]
    lines = [line for line in lines if line and not _HARMLESS.search(line)]
    trouble = (
        [
            line
            for before, line in zip(["", *lines], lines, strict=False)
            if _TROUBLE.search(line) or before.endswith(":")  # "Error on line:" and then the line
        ]
        or lines[-3:]
    )
    text = " / ".join(dict.fromkeys(trouble))
    return text if len(text) <= limit else text[: limit - 1] + "…"
