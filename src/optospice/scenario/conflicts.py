"""Where a paper disagrees with itself, with the arithmetic."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from optospice import units
from optospice.validation import StrictModel


class Conflict(StrictModel):
    """Two or more statements of a paper that cannot all hold.

    Parameters
    ----------
    id : str
        Short name, unique in the scenario.
    source : str
        Figures, equations or text.
    text : str
        What disagrees, and how it was read here.
    values : mapping of str to str, optional
        The numbers: what each is, and an expression with units, ``"1 V / (37 Mohm)"``. A product
        is written out: ``(37 Mohm)`` in brackets below a fraction.
    unit : str
        Unit in which they are compared.
    """

    id: Annotated[str, Field(min_length=1)]
    source: Annotated[str, Field(min_length=1)]
    text: Annotated[str, Field(min_length=1)]
    values: dict[str, str] = {}
    unit: str = ""

    @model_validator(mode="after")
    def _worked_out(self) -> Conflict:
        if bool(self.values) != bool(self.unit):
            raise ValueError("values and unit belong together")
        for name, expression in self.values.items():
            try:
                units.evaluate(expression, self.unit)
            except units.UnitsError as error:
                raise ValueError(f"values.{name} = {expression!r}: {error}") from None
        return self

    @property
    def results(self) -> dict[str, float]:
        """The numbers by name [`unit`]."""
        return {name: units.evaluate(text, self.unit) for name, text in self.values.items()}

    @property
    def arithmetic(self) -> str:
        """Every number with the expression that gives it; nothing where there is none."""
        parts = []
        for name, result in self.results.items():
            expression = self.values[name]
            number = f"{result:.4g} {self.unit}"
            same = expression.replace(" ", "") == number.replace(" ", "")
            parts.append(f"{name} {number}" if same else f"{name} {expression} = {number}")
        return ", ".join(parts)
