"""Devices: subcircuits with their cards, found by name."""

from __future__ import annotations

from optospice.device.card import (
    EMISSION_UNIT,
    IRRADIANCE_UNIT,
    Card,
    Origin,
    Parameter,
    State,
    Terminal,
)
from optospice.device.device import Device
from optospice.device.loading import (
    LONGEST_NAME,
    find_device,
    list_devices,
    load_device,
    read_toml,
)

__all__ = [
    "EMISSION_UNIT",
    "IRRADIANCE_UNIT",
    "LONGEST_NAME",
    "Card",
    "Device",
    "Origin",
    "Parameter",
    "State",
    "Terminal",
    "find_device",
    "list_devices",
    "load_device",
    "read_toml",
]
