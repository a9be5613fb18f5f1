"""What another package measures is known by all of its code."""

from __future__ import annotations

import importlib
from pathlib import Path

import pytest

from optospice.protocols import PROTOCOLS
from optospice.sweep import identity

PROTOCOL = """from optospice.protocols.single_pulse import SinglePulse

from their_lab.fits import factor


class Flash(SinglePulse):
    pass
"""


def test_the_code_that_a_package_calls_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "their_lab"
    folder.mkdir()
    (folder / "__init__.py").write_text("")
    (folder / "fits.py").write_text("factor = 1.0\n")
    (folder / "flash.py").write_text(PROTOCOL)
    monkeypatch.syspath_prepend(tmp_path)
    kind = importlib.import_module("their_lab.flash").Flash
    pulse = {"readout": "1 V", "wavelength": "740 nm", "irradiance": "1 mW/cm^2", "width": "1 s"}
    experiment = kind.model_validate({"name": "single_pulse", "tail": "1 s", **pulse})
    ready = PROTOCOLS["single_pulse"].model_validate(
        {"name": "single_pulse", "tail": "1 s", **pulse}
    )

    def keys() -> tuple[bytes, bytes]:
        identity._code_of.cache_clear()  # a command reads the code once
        return identity.measuring_key(experiment), identity.measuring_key(ready)

    before = keys()
    assert keys() == before
    (folder / "fits.py").write_text("factor = 2.0\n")
    after = keys()
    assert after[0] != before[0]
    assert after[1] == before[1]
