"""A packaged device in the form in which people bring their own: one ``.lib`` and one card."""

from __future__ import annotations

import tomllib
from pathlib import Path

import tomli_w

from optospice.device import find_device, library_lines

ROOT = Path(__file__).parents[1]


def own_form(device: str = "pbs_rc", name: str | None = None) -> tuple[str, str]:
    """Give the text of the ``.lib`` and of the card, under another name if there is one."""
    found = find_device(device)
    values = tomllib.loads((ROOT / "netlists" / "devices" / f"{device}.toml").read_text())
    family = tomllib.loads(found.file.with_suffix(".toml").read_text())
    defined = {**family.pop("parameters"), **values.get("parameters", {})}
    parameters = {}
    for key, table in defined.items():
        given = dict(values["values"][key])
        if key in found.subcircuit.parameters:  # else only a spectral response names it
            del given["value"]
        parameters[key] = {**table, **given}
    for terminal in family["terminals"]:
        changes = values.get("terminals", {}).get(terminal["name"], {})
        if "response" in changes:
            terminal.pop("wavelength", None)
        terminal.update(changes)
    kept = ("title", "description", "citations", "valid")
    card = {
        **{key: value for key, value in family.items() if not isinstance(value, (list, dict))},
        **{key: values[key] for key in kept if key in values},
        **{key: value for key, value in family.items() if isinstance(value, (list, dict))},
        "parameters": parameters,
    }
    library = "".join(f"{line.text}\n" for line in library_lines(found))
    texts = library, tomli_w.dumps(card, multiline_strings=True)
    return texts if name is None else tuple(text.replace(device, name) for text in texts)  # type: ignore[return-value]


def write_own_form(folder: Path, device: str = "pbs_rc", name: str | None = None) -> Path:
    """Write both files into ``netlists/devices`` of a folder and give the ``.lib``."""
    devices = folder / "netlists" / "devices"
    devices.mkdir(parents=True, exist_ok=True)
    library = devices / f"{name or device}.lib"
    for file, text in zip(
        (library, library.with_suffix(".toml")), own_form(device, name), strict=True
    ):
        file.write_text(text, encoding="utf-8")
    return library
