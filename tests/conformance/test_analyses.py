"""OP, DC and AC analyses through the engine."""

from __future__ import annotations

import numpy as np
import pytest

from optospice.conformance.context import Context
from optospice.conformance.jobs import NetlistJob
from optospice.device import find_device


def test_an_ac_analysis_gives_complex_numbers(pool):
    """A low-pass of 1 kohm and 1 uF at its corner: (1 - j)/2."""
    corner = 1 / (2 * np.pi * 1e-3)
    netlist = (
        "t\nV1 a 0 AC 1\nR1 a b 1000.0\nC1 b 0 1e-6\n.save v(b)\n"
        f".ac lin 1 {corner!r} {corner!r}\n.end\n"
    )
    [(_, outcome)] = pool.map(
        "optospice.conformance.jobs:run_netlist", [NetlistJob(netlist, ("b",))]
    )
    assert outcome.result.vectors["b"] == pytest.approx([0.5 - 0.5j], rel=1e-6)


def test_the_operating_point_of_a_packaged_device(pool):
    """27.03 nA at 1 V: Fig. 5c of the paper."""
    context = Context(find_device("pbs_rc"), pool)
    (result,) = context.analyse([context.analysis(".op", context.bias(1.0))])
    assert -result.vectors["vp#branch"][0] == pytest.approx(1 / 37e6, rel=1e-6)
    assert context.irradiance == pytest.approx(12.2)
