"""Which runs keep their waveforms."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

_EVERY = re.compile(r"every ([1-9][0-9]{0,8})(?:st|nd|rd|th)")


@dataclass(frozen=True)
class Keep:
    """Which waveforms stay.

    Parameters
    ----------
    text : str
        As written: ``"none"``, ``"failed"``, ``"all"`` or ``"every 100th"``.
    """

    text: str

    @property
    def every(self) -> int:
        """Of how many runs one keeps its waveforms, whether it failed or not; 0 for none [1]."""
        match = _EVERY.fullmatch(self.text)
        return int(match.group(1)) if match else int(self.text == "all")

    @property
    def failed(self) -> bool:
        """Whether all that failed keep theirs."""
        return self.text in ("all", "failed")


def read_keep(value: object) -> Keep:
    """Read what a scenario says.

    Raises
    ------
    ValueError
        For anything but what is accepted.
    """
    if isinstance(value, Keep):
        return value
    words = ("none", "failed", "all")
    if isinstance(value, str) and (value in words or _EVERY.fullmatch(value)):
        return Keep(value)
    shown = repr(value)[:60]
    raise ValueError(f"{shown}: accepted: 'none', 'failed', 'every 100th' or 'all'")


#: ``keep`` of a scenario.
KeepText = Annotated[
    Keep,
    BeforeValidator(read_keep),
    PlainSerializer(lambda keep: keep.text, return_type=str),
    WithJsonSchema(
        {"type": "string", "pattern": "^(none|failed|all|every [1-9][0-9]*(st|nd|rd|th))$"}
    ),
]
