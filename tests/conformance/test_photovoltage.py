"""A light that is an equivalent source is said to be one; junctions and photoconductors are not."""

from __future__ import annotations

import pytest

from optospice.conformance.context import Context
from optospice.conformance.photovoltage import PHOTON, check_photovoltage
from optospice.device import find_device
from probe_device import write_device

CARD = """
title = "lit"
terminals = [
  { name = "p", kind = "electrical", role = "drive" },
  { name = "n", kind = "electrical", role = "ground" },
  { name = "light", kind = "optical", wavelength = "500 nm" },
]
"""
#: What 2.48 eV can do: 500 nm.
BODIES = {
    "photoconductor": ("Bp p n I=V(light)*1e-9*V(p,n)", False),
    "junction": ("D1 p n DJ\n.model DJ D(IS=1p)\nGp n p light 0 1e-6", False),
    "weak_source": ("Es p q light 0 2.4\nRs q n 1e6", False),
    "strong_source": ("Es q p light 0 2.6\nRs q n 1e6", True),
    "strong_source_the_other_way": ("Es p q light 0 2.6\nRs q n 1e6", True),
}


@pytest.mark.parametrize("name", BODIES)
def test_a_source_above_the_photons_energy_is_found(pool, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    body, is_found = BODIES[name]
    library = f".subckt {name} p n light\n{body}\nRl light 0 1e6\n.ends\n"
    write_device(tmp_path, name, library, CARD)
    found = list(check_photovoltage(Context(find_device(name), pool)))
    assert [finding.severity for finding in found] == ["warning"] * is_found
    if is_found:
        assert f"a photon of it carries {PHOTON / 500e-9:.3g} eV" in found[0].seen


def test_the_source_of_the_pbs_paper_is_said_to_be_one(pool):
    against = PHOTON / 450e-9
    current = (6 - against) / 37e6  # Fig. 5c: 6 V in series with 37 Mohm, at rest
    (finding,) = check_photovoltage(Context(find_device("pbs_rc"), pool))
    assert finding.severity == "warning"
    assert f"under light {current:.3g} A flow against a bias of {-against:.3g} V" in finding.seen
    assert "0 to 1 V, excludes this bias" in finding.seen
    (finding,) = check_photovoltage(Context(find_device("pbs_trap"), pool))
    assert "equivalent source" in finding.seen


@pytest.mark.parametrize("name", ["pbs_cell_lee2020", "graphene_pbs_hou2021", "mos2_pbs_pak2018"])
def test_cells_and_phototransistors_pass(pool, name):
    assert not list(check_photovoltage(Context(find_device(name), pool)))
