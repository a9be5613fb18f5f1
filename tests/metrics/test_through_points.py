"""Polynomials through points whose zeros and extremes are known."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from optospice.metrics.through_points import polynomial, top_of_parabola, zeros_between


@given(
    st.floats(0.01, 0.99),
    st.floats(-1e3, 1e3),
    st.floats(1e-6, 1e6),
    st.floats(1e-15, 1e3),
    st.sampled_from([1.0, -1.0]),
)
def test_a_cubic_vanishes_where_it_was_built_to(share, begin, span, scale, sign):
    x = begin + span * np.array([-1.1, 0.0, 1.0, 2.3])
    zero = begin + span * share
    u = (x - begin) / span
    y = sign * scale * (u - share) * (0.2 * (u - 3.0) ** 2 + 1.0)
    (found,) = zeros_between(x, y, float(x[1]), float(x[2]))
    assert found == pytest.approx(zero, abs=1e-6 * span + 1e-12 * abs(begin))


def test_zeros_elsewhere_do_not_count():
    x = np.array([-1.0, 0.0, 1.0, 2.0])
    assert zeros_between(x, (x - 1.5) * (x**2 + 1), 0.0, 1.0) == []


@given(st.floats(-0.99, 0.99), st.floats(1e-6, 1e6), st.floats(-10, 10))
def test_a_parabola_is_largest_at_its_vertex(share, span, height):
    x = 3.0 + span * np.array([-1.0, 0.3, 1.0])
    u = np.array([-1.0, 0.3, 1.0])
    found = top_of_parabola(x, height - 2.0 * (u - share) ** 2)
    assert found is not None
    assert found[0] == pytest.approx(3.0 + span * share, abs=1e-9 * (span + 3.0))
    assert found[1] == pytest.approx(height, abs=1e-9)


def test_a_line_and_a_slope_have_no_top():
    x = np.array([0.0, 1.0, 2.0])
    assert top_of_parabola(x, np.array([1.0, 1.0, 1.0])) is None
    assert top_of_parabola(x, np.array([0.0, 3.0, 5.0])) is None
    assert polynomial(x, x**2) == pytest.approx([1.0, 0.0, 0.0], abs=1e-12)
