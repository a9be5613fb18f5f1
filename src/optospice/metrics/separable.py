"""Models that are linear in all but one or two parameters, and their best fits run by run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from optospice.metrics.windows import BoolArray, FloatArray

#: Columns of the linear part, shape (runs, columns, positions), for the nonlinear parameters of
#: every run, shape (runs, k), and the positions.
Basis = Callable[[FloatArray, FloatArray], FloatArray]
#: Their derivatives by each nonlinear parameter, shape (runs, k, columns, positions).
Slopes = Callable[[FloatArray, FloatArray], FloatArray]

_MOST_STEPS = 200
#: A search is over when it moves by less than this [1], of a logarithm where theta is positive.
_SMALL_STEP = 1e-10
#: Damping of the first step, and that at which a search gives up, in units of the curvature [1].
_FIRST_DAMPING, _MOST_DAMPING = 1e-3, 1e12
#: Two theta whose logarithms differ by less have run into each other [1].
_MET = 0.1
#: Share of a column that has to stand out from the ones before it [1].
_INDEPENDENT = 3e-14
#: Step of a numerical derivative as a share of theta, or of the range of its search [1].
_DIFFERENCE = 1e-5


@dataclass(frozen=True, slots=True)
class SeparableModel:
    """A model ``sum_k c_k basis_k(x; theta)`` with one or two parameters theta.

    Attributes
    ----------
    name, formula : str
        Name and formula for a reader.
    basis : callable
        ``basis(theta, x)`` with one column per linear parameter, for every row of theta.
    linear, nonlinear : mapping of str to str
        Names of the coefficients c and of theta with their SI units.
    start : ndarray, shape (k, len(nonlinear))
        Candidates for theta from which the best one starts the search.
    lower, upper : ndarray, shape (len(nonlinear),)
        Bounds of theta.
    interchangeable : bool
        Whether the theta are of one kind, to be reported in rising order.
    positive : bool
        Whether theta is positive by nature and searched on a logarithmic scale.
    slopes : callable, optional
        ``slopes(theta, x)``: derivatives of the basis; central differences if left out.
    """

    name: str
    formula: str
    basis: Basis
    linear: Mapping[str, str]
    nonlinear: Mapping[str, str]
    start: FloatArray
    lower: FloatArray
    upper: FloatArray
    interchangeable: bool = False
    positive: bool = True
    slopes: Slopes | None = None

    def sizes(self, theta: FloatArray) -> FloatArray:
        """Give what counts as large for theta: itself, or the range of its search."""
        if self.positive:
            return theta
        return np.broadcast_to(self.upper - self.lower, theta.shape)

    def derivatives(self, theta: FloatArray, x: FloatArray) -> FloatArray:
        """Give the derivatives of the basis by theta, shape (runs, k, columns, positions)."""
        if self.slopes is not None:
            return self.slopes(theta, x)
        step = _DIFFERENCE * self.sizes(theta)
        found = []
        for k in range(theta.shape[1]):
            move = np.zeros_like(theta)
            move[:, k] = step[:, k]
            change = self.basis(theta + move, x) - self.basis(theta - move, x)
            found.append(change / (2 * step[:, k, None, None]))
        return np.stack(found, axis=1)


@dataclass(frozen=True, eq=False)
class Projected:
    """Data of every run against the best linear combination of the columns of a model.

    Attributes
    ----------
    q : ndarray, shape (runs, columns, positions)
        Orthonormal columns that span those of the model; zero for one that depends on others.
    r : ndarray, shape (runs, columns, columns)
        How the columns of the model are made of them, an upper triangle.
    share : ndarray, shape (runs, columns)
        Share of each of them in the data.
    deviation : ndarray, shape (runs, positions)
        The model minus the data.
    cost : ndarray, shape (runs,)
        Sum of the squared deviations.
    """

    q: FloatArray
    r: FloatArray
    share: FloatArray
    deviation: FloatArray
    cost: FloatArray

    @property
    def coefficients(self) -> FloatArray:
        """Coefficients of the model's columns, shape (runs, columns)."""
        found = self.share.copy()
        for i in reversed(range(found.shape[1])):
            for j in range(i + 1, found.shape[1]):
                found[:, i] -= self.r[:, i, j] * found[:, j]
            found[:, i] /= self.r[:, i, i]
        return found

    def transposed_solution(self, right: FloatArray) -> FloatArray:
        """Solve ``R' u = right`` for every run, shapes (runs, k, columns)."""
        found = right.copy()
        for i in range(found.shape[2]):
            for j in range(i):
                found[:, :, i] -= self.r[:, None, j, i] * found[:, :, j]
            found[:, :, i] /= self.r[:, None, i, i]
        found[:, :, :] *= (self.q != 0.0).any(axis=2)[:, None, :]
        return found

    def of(self, chosen: BoolArray, other: Projected) -> Projected:
        """Give these with the chosen runs taken from another one."""
        if chosen.all():
            return other
        pairs = zip(vars(self).values(), vars(other).values(), strict=True)
        return Projected(*(_chosen(chosen, a, b) for a, b in pairs))


def _chosen(chosen: BoolArray, own: FloatArray, other: FloatArray) -> FloatArray:
    return np.where(chosen.reshape(-1, *(1,) * (own.ndim - 1)), other, own)


def project(columns: FloatArray, target: FloatArray) -> Projected:
    """Fit the linear part of a model to the data of every run.

    Parameters
    ----------
    columns : ndarray, shape (runs, columns, positions)
        Columns of the model.
    target : ndarray, shape (runs, positions)
        Data.
    """
    q, r = orthonormal(columns)
    share = np.matmul(q, target[:, :, None])[:, :, 0]
    deviation = np.matmul(share[:, None, :], q)[:, 0] - target
    return Projected(q, r, share, deviation, np.einsum("rp,rp->r", deviation, deviation))


def orthonormal(columns: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Make columns orthonormal, each twice against those before it (Gram and Schmidt).

    Parameters
    ----------
    columns : ndarray, shape (runs, columns, positions)
        Columns of every run.

    Returns
    -------
    q : ndarray, shape (runs, columns, positions)
        Orthonormal columns; zero where one depends on those before it.
    r : ndarray, shape (runs, columns, columns)
        Upper triangle with ``columns = R' q``; one on its diagonal for a dependent column.
    """
    runs, count, _ = columns.shape
    q, r = np.empty_like(columns), np.zeros((runs, count, count))
    for j in range(count):
        column = columns[:, j].copy()
        whole = np.sqrt(np.einsum("rp,rp->r", column, column))
        for _ in range(2 if j else 0):
            part = np.matmul(q[:, :j], column[:, :, None])[:, :, 0]
            r[:, :j, j] += part
            column -= np.matmul(part[:, None, :], q[:, :j])[:, 0]
        size = np.sqrt(np.einsum("rp,rp->r", column, column)) if j else whole
        alone = size > _INDEPENDENT * whole
        r[:, j, j] = np.where(alone, size, 1.0)
        q[:, j] = np.where(alone[:, None], column / r[:, None, j, j], 0.0)
    return q, r


def search(
    model: SeparableModel, x: FloatArray, root: FloatArray, target: FloatArray
) -> FloatArray:
    """Find theta of every run by variable projection, from the best candidate of each.

    Steps are those of Levenberg and Marquardt for the projected problem with its full Jacobian
    (Golub and Pereyra 1973), taken for all runs that are still on their way at once.

    Parameters
    ----------
    model : SeparableModel
        The model.
    x : ndarray, shape (n,)
        Positions [any].
    root : ndarray, shape (n,)
        Square roots of the weights [1].
    target : ndarray, shape (runs, n)
        Data of every run, weighted.

    Returns
    -------
    ndarray, shape (runs, len(nonlinear))

    References
    ----------
    Golub and Pereyra, SIAM J. Numer. Anal. 10 (1973) 413.
    """
    place = np.log if model.positive else np.asarray
    lower, upper = place(model.lower), place(model.upper)
    square = np.einsum("rp,rp->r", target, target)
    candidates = place(model.start)
    best = candidates[_costs(model, x, root, target).argmin(axis=0)]
    z, cost = _descend(model, x, root, target, square, np.clip(best, lower, upper))
    if model.interchangeable:
        # two theta that ran into each other may stand apart elsewhere
        met = np.flatnonzero(np.abs(z[:, 0] - z[:, 1]) < _MET)
        if met.size:
            firsts = np.unique(candidates[:, 0])
            costs = _costs(model, x, root, target[met])
            alike = candidates[:, 0] == firsts[:, None]
            found = np.where(alike[:, :, None], costs, np.inf).argmin(axis=1)
            begin = np.clip(candidates[found.ravel()], lower, upper)
            again = np.tile(met, firsts.size)
            ends, less = _descend(model, x, root, target[again], square[again], begin)
            less = less.reshape(firsts.size, met.size)
            least = less.argmin(axis=0), np.arange(met.size)
            better = less[least] < cost[met]
            z[met[better]] = ends.reshape(firsts.size, met.size, -1)[least][better]
    return np.asarray(np.exp(z) if model.positive else z)


def _descend(
    model: SeparableModel,
    x: FloatArray,
    root: FloatArray,
    target: FloatArray,
    square: FloatArray,
    z: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Go down from a place of every run; give where it ends and what is left."""
    place = np.log if model.positive else np.asarray
    lower, upper = place(model.lower), place(model.upper)
    ends, costs = z.copy(), np.empty(len(z))
    runs = np.arange(len(z))  # those on their way
    damping = np.full(len(z), _FIRST_DAMPING)
    known = _at(model, z, x, root, target)
    for _ in range(_MOST_STEPS):
        gradient, curvature = _slopes_of_cost(model, z, x, root, known)
        step, weakest = _step(z, gradient, curvature, damping, lower, upper)
        trial = np.clip(z + step, lower, upper)
        step = trial - z
        found = _at(model, trial, x, root, target)
        noise = 1e-15 * np.sqrt(known.cost * square) + 1e-31 * square
        hoped = -2 * np.einsum("rk,rk->r", gradient, step)
        hoped -= np.einsum("rk,rkl,rl->r", step, curvature, step)
        kept, nothing = known.cost - found.cost, np.abs(hoped) <= noise
        accepted = kept >= -noise
        small = np.abs(step).max(axis=1) <= _SMALL_STEP * np.maximum(1.0, np.abs(z).max(axis=1))
        over = small & (damping <= 0.1 * weakest)
        over |= ~accepted & (nothing | ~(damping < _MOST_DAMPING))
        less, more = damping * 0.1, np.maximum(damping, 1e-2 * weakest) * 10.0
        well = accepted & ((kept > 0.75 * hoped) | nothing)
        badly = ~accepted | ((kept < 0.25 * hoped) & ~nothing)
        damping = np.where(well, np.where(less < 1e-16, 0.0, less), np.where(badly, more, damping))
        z = np.where(accepted[:, None], trial, z)
        known = known.of(accepted, found)
        ends[runs], costs[runs] = z, known.cost
        going = np.flatnonzero(~over)
        if going.size == 0:
            break
        if going.size < z.shape[0]:
            runs, z, damping, square = runs[going], z[going], damping[going], square[going]
            target = target[going]
            known = Projected(*(values[going] for values in vars(known).values()))
    return ends, costs


def _costs(
    model: SeparableModel, x: FloatArray, root: FloatArray, target: FloatArray
) -> FloatArray:
    """Cost of every candidate for every run, shape (candidates, runs)."""
    q, _ = orthonormal(root * model.basis(model.start, x))
    share = np.matmul(target, q.transpose(0, 2, 1))  # (candidates, runs, columns)
    rest = np.matmul(share, q)
    rest -= target
    return np.asarray(np.einsum("crp,crp->cr", rest, rest))


def _at(
    model: SeparableModel, z: FloatArray, x: FloatArray, root: FloatArray, target: FloatArray
) -> Projected:
    return project(root * model.basis(np.exp(z) if model.positive else z, x), target)


def _slopes_of_cost(
    model: SeparableModel, z: FloatArray, x: FloatArray, root: FloatArray, known: Projected
) -> tuple[FloatArray, FloatArray]:
    """Half the gradient of the cost, and its curvature as the Jacobian tells it."""
    theta = np.exp(z) if model.positive else z
    change = root * model.derivatives(theta, x)
    if model.positive:
        change *= theta[:, :, None, None]
    along = np.einsum("rkmp,rm->rkp", change, known.coefficients)
    inside = np.matmul(along, known.q.transpose(0, 2, 1))
    along -= np.matmul(inside, known.q)
    turned = known.transposed_solution(np.einsum("rkmp,rp->rkm", change, known.deviation))
    gradient = np.einsum("rkp,rp->rk", along, known.deviation)
    curvature = np.matmul(along, along.transpose(0, 2, 1))
    curvature += np.matmul(turned, turned.transpose(0, 2, 1))
    return gradient, curvature


def _step(
    z: FloatArray,
    gradient: FloatArray,
    curvature: FloatArray,
    damping: FloatArray,
    lower: FloatArray,
    upper: FloatArray,
) -> tuple[FloatArray, FloatArray]:
    """Step of Levenberg and Marquardt, and the least curvature as a share of the largest.

    What would leave its bounds stays where it is. The damping is the same in all directions:
    one in which little changes waits until the others have settled. Undamped it would leap,
    for instance to where two time constants are one.
    """
    held = ((z <= lower) & (gradient > 0)) | ((z >= upper) & (gradient < 0))
    free = ~held
    matrix = curvature * (free[:, :, None] & free[:, None, :])
    diagonal = np.einsum("rkk->rk", matrix)  # a view
    largest = diagonal.max(axis=1)
    diagonal += np.where(diagonal > 0, 0.0, np.where(largest > 0, largest, 1.0)[:, None])
    right = np.where(held, 0.0, -gradient)
    if z.shape[1] == 1:
        return right / (diagonal * (1.0 + damping[:, None])), np.ones(len(z))
    largest = diagonal.max(axis=1)
    weakest = _determinant(matrix) / largest**2
    diagonal += (damping * largest)[:, None]
    a, b, d = matrix[:, 0, 0], matrix[:, 0, 1], matrix[:, 1, 1]
    first = d * right[:, 0] - b * right[:, 1]
    second = a * right[:, 1] - b * right[:, 0]
    return np.stack([first, second], axis=1) / _determinant(matrix)[:, None], weakest


def _determinant(matrix: FloatArray) -> FloatArray:
    """Determinant of each matrix of two rows; never below what rounding leaves of it."""
    product = matrix[:, 0, 0] * matrix[:, 1, 1]
    found: FloatArray = np.maximum(product - matrix[:, 0, 1] ** 2, 1e-15 * product)
    return found
