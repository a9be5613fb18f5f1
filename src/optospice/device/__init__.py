"""Devices: subcircuits with their cards, found by name."""

from __future__ import annotations

from optospice.device.card import (
    EMISSION_UNIT,
    IRRADIANCE_UNIT,
    Card,
    Origin,
    Parameter,
    ParameterDefinition,
    State,
    Terminal,
)
from optospice.device.device import Device
from optospice.device.family import Family, FamilyCard
from optospice.device.loading import (
    LONGEST_NAME,
    find_device,
    find_family,
    included_set,
    library_lines,
    list_devices,
    list_families,
    load_device,
    read_toml,
)
from optospice.device.parameter_set import ParameterSet, Value
from optospice.device.valid import Valid, outside_valid_range

__all__ = [
    "EMISSION_UNIT",
    "IRRADIANCE_UNIT",
    "LONGEST_NAME",
    "Card",
    "Device",
    "Family",
    "FamilyCard",
    "Origin",
    "Parameter",
    "ParameterDefinition",
    "ParameterSet",
    "State",
    "Terminal",
    "Valid",
    "Value",
    "find_device",
    "find_family",
    "included_set",
    "library_lines",
    "list_devices",
    "list_families",
    "load_device",
    "outside_valid_range",
    "read_toml",
]
