"""What a device's claims are worth: what random parameters meet, and what small changes lose."""

from __future__ import annotations

from optospice.evidence.claims import experiments_of
from optospice.evidence.record import Record, is_stale, load
from optospice.evidence.tables import markdown_sections, summary

__all__ = ["Record", "experiments_of", "is_stale", "load", "markdown_sections", "summary"]
