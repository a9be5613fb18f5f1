"""What a check has to say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One thing that a check saw.

    Parameters
    ----------
    check : str
        Name of the check.
    severity : {"error", "warning"}
        An error makes the device unfit; a warning is for a person to judge.
    seen : str
        What was seen, with numbers and units.
    where : str
        File, line or key where to look.
    cure : str
        What usually mends it; empty where that is plain.
    """

    check: str
    severity: Severity
    seen: str
    where: str
    cure: str = ""
