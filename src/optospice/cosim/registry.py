"""Controllers by name: the ready ones, and those that installed packages declare.

A scenario names a controller and gives its parameters. Code comes from packages alone:
this one, and the entry points of the group ``optospice.controllers``.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from importlib.metadata import entry_points
from types import MappingProxyType

from optospice.cosim.protocol import ControllerProtocol
from optospice.errors import InputError, close_matches

GROUP = "optospice.controllers"
_READY = {
    "inhibition": "inhibition:Inhibition",
    "light_adaptation": "light_adaptation:LightAdaptation",
    "nociceptor_reflex": "nociceptor_reflex:NociceptorReflex",
    "pavlov": "pavlov:Pavlov",
    "spike_pairs": "spike_pairs:SpikePairs",
    "write_verify": "write_verify:WriteVerify",
}


@cache
def controllers() -> Mapping[str, type[ControllerProtocol]]:
    """Every controller by name, the ready ones first."""
    found: dict[str, type[ControllerProtocol]] = {}
    for name, path in _READY.items():
        module, _, kind = path.partition(":")
        found[name] = getattr(import_module(f"optospice.cosim.controllers.{module}"), kind)
    for entry in entry_points(group=GROUP):
        if entry.name in found:
            continue  # a ready one is never replaced
        kind = entry.load()
        if not (isinstance(kind, type) and issubclass(kind, ControllerProtocol)):
            raise InputError(
                f"entry point {entry.value!r} of {GROUP}: is no class derived from "
                "optospice.cosim.protocol.ControllerProtocol"
            )
        found[entry.name] = kind
    return MappingProxyType(found)


def find_controller(name: str) -> type[ControllerProtocol]:
    """Give a controller by name.

    Raises
    ------
    InputError
        When there is none of this name.
    """
    try:
        return controllers()[name]
    except KeyError:
        raise InputError(
            f"there is no such controller; {close_matches(name, controllers())}"
        ) from None
