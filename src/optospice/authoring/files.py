"""Writing new files: names are checked, and nothing that exists is touched."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from optospice.errors import InputError
from optospice.files import remove, writing
from optospice.files import write_new as write_new_file

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


def check_name(name: str) -> str:
    """Give a name back when it can be a file, a subcircuit and a test.

    Raises
    ------
    InputError
        When it cannot.
    """
    if not _NAME.fullmatch(name):
        raise InputError(
            f"name {name!r}: accepted: a small letter, then small letters, digits and _, up to 64"
        )
    return name


def write_new(texts: Mapping[Path, str]) -> list[str]:
    """Write files, all or none, with their folders.

    Returns
    -------
    list of str
        One line per file.

    Raises
    ------
    InputError
        When one of them exists or cannot be written.
    """
    for path in texts:
        if path.exists() or path.is_symlink():
            raise InputError(f"{path}: exists already; accepted: another name, nothing was written")
    written: list[Path] = []
    for path, text in texts.items():
        try:
            with writing(path):
                written.append(write_new_file(path, text))
        except InputError:
            for one in written:
                remove(one.parent, one.name)
            raise
    return [f"wrote {path}" for path in texts]


def template(file: str, /, **values: str) -> str:
    """Give a packaged template with ``@KEY@`` replaced.

    Parameters
    ----------
    file : str
        File name in ``authoring/templates``.
    **values : str
        What stands in place of each key.
    """
    text = (files("optospice.authoring") / "templates" / file).read_text(encoding="utf-8")
    for key, value in values.items():
        text = text.replace(f"@{key.upper()}@", value)
    return text
