"""Offset and drift of a record: solved for with every parameter set, exactly and jointly.

Residuals are linear in both, so that their best values follow from the residuals: what is
left after a projection is what the parameters of the device have to explain (variable
projection, Golub and Pereyra, SIAM J. Numer. Anal. 10 (1973) 413).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from optospice.calibration.measurement import Measurement
from optospice.stimulus import FloatArray

#: What may be free besides the parameters of the device, with its unit.
NUISANCES = {"offset": "A", "drift": "A/s"}


def columns(record: Measurement, kinds: Sequence[str]) -> FloatArray:
    """Give the change of the residuals with each nuisance.

    Parameters
    ----------
    record : Measurement
        The record.
    kinds : sequence of {"offset", "drift"}
        A current that is added to the simulated one, and its growth from the record's first
        time on.

    Returns
    -------
    ndarray, shape (n, k)
        Change of the residuals per A and per A/s.
    """
    shapes = {"offset": np.ones(record.time.size), "drift": record.time - record.time[0]}
    return np.column_stack([shapes[kind] / record.scale for kind in kinds])


def without(
    residuals: FloatArray, record: Measurement, kinds: Sequence[str]
) -> tuple[FloatArray, list[float]]:
    """Take offset and drift out of the residuals of a record.

    Parameters
    ----------
    residuals : ndarray, shape (n,)
        (simulated - measured) / scale [1].
    record : Measurement
        The record.
    kinds : sequence of {"offset", "drift"}
        Which are free.

    Returns
    -------
    residuals : ndarray, shape (n,)
        With the best offset and drift [1].
    values : list of float
        Offset [A] and drift [A/s] of the instrument: what the record holds on top of the
        device's current.
    """
    if not kinds:
        return residuals, []
    design = columns(record, kinds)
    sizes = np.linalg.norm(design, axis=0)
    basis, triangle = np.linalg.qr(design / sizes)
    shares = basis.T @ residuals
    values = -np.linalg.solve(triangle, shares) / sizes
    return residuals - basis @ shares, values.tolist()


def covariance(record: Measurement, kinds: Sequence[str]) -> FloatArray:
    """Give the covariance of offset and drift at fixed parameters [A^2, A^2/s, A^2/s^2]."""
    design = columns(record, kinds)
    sizes = np.linalg.norm(design, axis=0)
    scaled = design / sizes
    inverse: FloatArray = np.linalg.inv(scaled.T @ scaled) / np.outer(sizes, sizes)
    return inverse
