"""What came back from the simulator: time, named signals, and how to read between points."""

from __future__ import annotations

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike

from optospice.errors import close_matches
from optospice.interpolation import FloatArray
from optospice.trace import Trace

if TYPE_CHECKING:
    import pandas
    from matplotlib.axes import Axes


@dataclass(frozen=True, eq=False)
class Waveforms:
    """Simulated signals over time.

    Parameters
    ----------
    time : ndarray, shape (n,)
        Time points of the solver [s], increasing, not equidistant.
    signals : mapping of str to ndarray, shape (n,)
        ``"i(p)"``: current into terminal p [A]; ``"v(p)"``: its voltage [V];
        ``"e(light)"``: irradiance on an optical terminal [W/m^2]; state nodes by name.
    units : mapping of str to str
        SI unit of each signal.
    breakpoints : ndarray
        Times at which a stimulus changes its slope [s]; no interpolation crosses them.
    error_bound : float
        Largest error of the signals as a fraction of their peak [1].
    notes : tuple of str
        What a reader should know: tolerances that were eased, a bound that was not reached.
    """

    time: FloatArray
    signals: Mapping[str, FloatArray]
    units: Mapping[str, str] = field(default_factory=dict)
    breakpoints: FloatArray = field(default_factory=lambda: np.empty(0))
    error_bound: float = 0.0
    notes: tuple[str, ...] = ()

    def __repr__(self) -> str:
        """Say in one line how long it is and which signals there are."""
        return (
            f"<Waveforms: {', '.join(self.signals)}; {self.time.size} points, "
            f"{self._span}, error bound {self.error_bound:g}>"
        )

    def _repr_html_(self) -> str:
        """Give a small table of the signals, for notebooks."""
        rows = "".join(
            f"<tr><td>{html.escape(name)}</td><td>{html.escape(self.units.get(name, ''))}</td>"
            f"<td>{values.min():.4g}</td><td>{values.max():.4g}</td></tr>"
            for name, values in self.signals.items()
            if values.size
        )
        return (
            f"<p>{self.time.size} points, {self._span}</p><table><thead><tr><th>signal</th>"
            f"<th>unit</th><th>least</th><th>largest</th></tr></thead><tbody>{rows}</tbody></table>"
        )

    @property
    def _span(self) -> str:
        return f"{self.time[0]:g} s to {self.time[-1]:g} s" if self.time.size else "no time"

    def __getitem__(self, name: str) -> FloatArray:
        """Give one signal by name; ``"time"`` as well."""
        if name == "time":
            return self.time
        try:
            return self.signals[name]
        except KeyError:
            raise KeyError(
                f"no signal {name!r}; {close_matches(name, ['time', *self.signals])}"
            ) from None

    @property
    def current_name(self) -> str:
        """Name of the current into the first electrical terminal."""
        return next(name for name in self.signals if name.startswith("i("))

    @property
    def current(self) -> FloatArray:
        """Current into the first electrical terminal [A]."""
        return self.signals[self.current_name]

    def trace(self, name: str) -> Trace:
        """Give one signal as a curve that can be read between its points.

        Parameters
        ----------
        name : str
            Signal.

        Raises
        ------
        KeyError
            When there is none of this name.
        """
        return Trace(self.time, self[name], self.breakpoints, self.error_bound)

    def at(self, name: str, times: ArrayLike) -> FloatArray:
        """Interpolate a signal, see `optospice.trace.Trace.at`.

        Monotone cubic (PCHIP) between breakpoints, so that no interval mixes the two
        sides of an edge: an order more exact than straight lines at the same points.

        Parameters
        ----------
        name : str
            Signal.
        times : array_like
            Times within the simulated range [s].

        Raises
        ------
        ValueError
            When a time lies outside the simulated range.
        """
        return self.trace(name).at(times)

    def to_pandas(self) -> pandas.DataFrame:
        """Give a table with one column per signal and `time` [s] as a column."""
        import pandas

        return pandas.DataFrame({"time": self.time, **self.signals})

    def plot(self, signal: str | None = None, ax: Axes | None = None) -> Axes:
        """Draw a signal against time (the current when none is named) with the light above."""
        from optospice.drawing.traces import plot_waveforms

        return plot_waveforms(self, signal, ax)
