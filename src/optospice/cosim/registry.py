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
from optospice.protocols.registry import with_installed

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
    ready: dict[str, type[ControllerProtocol]] = {}
    for name, path in _READY.items():
        module, _, kind = path.partition(":")
        ready[name] = getattr(import_module(f"optospice.cosim.controllers.{module}"), kind)
    declared = entry_points(group=GROUP)
    return MappingProxyType(with_installed(ready, declared, GROUP, ControllerProtocol))
