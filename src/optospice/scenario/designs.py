"""Designs and corners: axes whose rows are points of several keys at once."""

from __future__ import annotations

import inspect
import itertools
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optospice.errors import InputError
from optospice.scenario.axes import Axis, Numbers
from optospice.scenario.variation import Corner, Design, Interval
from optospice.validation import Value

FloatArray = NDArray[np.float64]


def design_axis(design: Design, where: str) -> Axis:
    """Lay the points of a design.

    Parameters
    ----------
    design : Design
        Kind, number of points, seed and ranges.
    where : str
        File, for messages.

    Returns
    -------
    Axis
        One row for each point; every key has its number between the ends of its range.

    Raises
    ------
    InputError
        When SALib is missing, which Saltelli's sample needs.
    """
    cube = _unit_cube(design, where)
    columns = {
        key: _between(ends, cube[:, place])
        for place, (key, ends) in enumerate(design.ranges.items())
    }
    return Axis(columns)


def _unit_cube(design: Design, where: str) -> FloatArray:
    """Give points between 0 and 1, shape (rows, keys)."""
    keys = len(design.ranges)
    if design.kind == "saltelli":
        return _saltelli(design, where)
    from scipy.stats import qmc

    kind = qmc.Sobol if design.kind == "sobol" else qmc.LatinHypercube
    with warnings.catch_warnings():
        # any number of points is accepted: a power of two is recommended, not required
        warnings.filterwarnings("ignore", "The balance properties of Sobol", UserWarning)
        cube: FloatArray = kind(keys, **_seeded(kind, design.seed)).random(design.points)
    return cube


def _seeded(kind: Any, seed: int) -> dict[str, Any]:
    """Give the argument that seeds a sampler, which scipy renamed in version 1.15."""
    accepted = inspect.signature(kind).parameters
    return {"rng" if "rng" in accepted else "seed": np.random.default_rng(seed)}


def _saltelli(design: Design, where: str) -> FloatArray:
    try:
        from SALib.sample import sobol
    except ImportError:
        raise InputError(
            f"{where}: design.kind = 'saltelli': needs SALib, which is not installed; accepted: "
            "'sobol' or 'latin_hypercube', or: pip install 'optospice[sensitivity]'"
        ) from None
    names = list(design.ranges)
    problem = {"num_vars": len(names), "names": names, "bounds": [[0.0, 1.0]] * len(names)}
    cube: FloatArray = sobol.sample(
        problem, design.points, calc_second_order=False, seed=design.seed
    )
    return cube


def _between(ends: Interval, places: FloatArray) -> Numbers:
    """Lay places between 0 and 1 out over a range."""
    (start, unit), (stop, _) = ends.ends
    if ends.spacing == "log":
        numbers = start * (stop / start) ** places
    else:
        numbers = start + (stop - start) * places
    return Numbers(np.clip(numbers, min(start, stop), max(start, stop)), unit, (start, stop))


def corner_axis(corners: Mapping[str, Corner]) -> Axis:
    """Give the typical point, then all combinations of least and greatest values.

    Parameters
    ----------
    corners : mapping of str to Corner
        The three values of every key; the last key varies fastest.
    """
    extremes = itertools.product(*((corner.min, corner.max) for corner in corners.values()))
    rows: list[Sequence[Value]] = [[corner.typ for corner in corners.values()], *extremes]
    return Axis({key: [row[place] for row in rows] for place, key in enumerate(corners)})
