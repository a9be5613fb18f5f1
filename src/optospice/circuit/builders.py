"""Circuits that are made of a rule: an array of one device, a link between two."""

from __future__ import annotations


def array() -> None: ...


def optical_link() -> None: ...
