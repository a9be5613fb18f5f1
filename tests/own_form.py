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
    parameters = {
        key: {**table, **{k: v for k, v in values["values"][key].items() if k != "value"}}
        for key, table in family.pop("parameters").items()
    }
    for key, table in values.get("parameters", {}).items():  # named by a response alone
        parameters[key] = {**table, **values["values"][key]}
    terminals = [
        {**{k: v for k, v in one.items() if k != "wavelength" or "response" not in own}, **own}
        for one in family["terminals"]
        for own in [values.get("terminals", {}).get(one["name"], {})]
    ]
    family["terminals"] = terminals
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
