"""Readings of a claim that could have been chosen as well."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from optospice.validation import StrictModel, Value


class Alternative(StrictModel):
    """Other choices in the reading of a claim, each with its own simulation.

    Parameters
    ----------
    reading : str
        What is chosen, in words: ``"start of the fit window"``.
    key : str
        Key of the scenario whose value is the choice; with `values`.
    values : list of str or number
        Other values of `key`. The scenario's own is shown beside them.
    name : str
        Name of one choice that takes several keys, or another scenario; with `set` or `scenario`.
    set : mapping
        Keys of the scenario with their values in this choice.
    scenario : str
        Another scenario in which the same number is taken; the claim's own by default.
    metric : str
        Metric there; that of the claim by default.
    where : mapping, optional
        Which run there; that of the claim by default.
    """

    reading: Annotated[str, Field(min_length=1)]
    key: str = ""
    values: list[Value] = []
    name: str = ""
    set: dict[str, Value] = {}
    scenario: str = ""
    metric: str = ""
    where: dict[str, Value] | None = None

    @model_validator(mode="after")
    def _one_form(self) -> Alternative:
        if bool(self.key) != bool(self.values):
            raise ValueError("key and values belong together")
        if bool(self.key) == bool(self.name):
            raise ValueError("an alternative has either key and values, or a name")
        if self.name and not (self.set or self.scenario or self.metric or self.where is not None):
            raise ValueError(f"name = {self.name!r}: accepted: with set, scenario, metric or where")
        if len(set(map(str, self.values))) < len(self.values):
            raise ValueError(f"values = {self.values!r}: accepted: every value once")
        return self

    @property
    def choices(self) -> list[tuple[str, dict[str, Value]]]:
        """Every choice: its name, and the keys of the scenario that it sets."""
        if self.name:
            return [(self.name, dict(self.set))]
        return [(str(value), {**self.set, self.key: value}) for value in self.values]
