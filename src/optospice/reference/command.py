"""`optospice reference`: the page and the schemas as files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from optospice.files import write_text, writing
from optospice.reference.page import reference
from optospice.reference.schemas import (
    card_schema,
    family_schema,
    parameter_set_schema,
    scenario_json_schema,
)


def write_reference(folder: Path) -> list[Path]:
    """Write the reference and the JSON Schemas.

    Parameters
    ----------
    folder : Path
        Where ``reference.md`` and ``schema/`` go.

    Returns
    -------
    list of Path
        The files.

    Raises
    ------
    InputError
        When they cannot be written.
    """
    texts = {
        folder / "reference.md": reference(),
        folder / "schema" / "card.schema.json": _json(card_schema()),
        folder / "schema" / "family.schema.json": _json(family_schema()),
        folder / "schema" / "parameter_set.schema.json": _json(parameter_set_schema()),
        folder / "schema" / "scenario.schema.json": _json(scenario_json_schema()),
    }
    with writing(folder):
        return [write_text(file, text) for file, text in texts.items()]


def _json(schema: dict[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"
