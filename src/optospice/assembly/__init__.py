"""Circuits of devices, elements and optical links that run like one device."""

from __future__ import annotations

from optospice.assembly.compose import assembled
from optospice.assembly.tables import CircuitTable, ElementTable, InstanceTable, LinkTable

__all__ = ["CircuitTable", "ElementTable", "InstanceTable", "LinkTable", "assembled"]
