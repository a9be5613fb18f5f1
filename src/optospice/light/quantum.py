"""Response by quantum efficiency: electrons per photon."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Literal

import numpy as np
from pydantic import Discriminator, Tag, model_validator

from optospice import units
from optospice.light.filters import Colour
from optospice.light.responding import (
    SpectralResponse,
    check_reference,
    interpolated,
    outside_of,
)
from optospice.light.spectrum import PHOTON, FloatArray
from optospice.light.tabulated import (
    PhotonEnergy,
    Tabulated,
    Value,
    named_in,
    renamed_in,
    value_of,
)
from optospice.validation import form_of

Efficiency = Annotated[
    Annotated[Value, Tag("[text]")] | Annotated[Tabulated, Tag("[table]")], Discriminator(form_of)
]


class QuantumEfficiency(SpectralResponse):
    """Electrons per photon, times photons per energy: ``efficiency * wavelength / 1239.84 nm``.

    Parameters
    ----------
    kind : {"quantum_efficiency"}
        Which response this is.
    efficiency : number, str or table
        A number or the name of a parameter [1], or a table of ``wavelengths`` and ``values``.
    edge : str, optional
        With a constant efficiency: wavelength (or photon energy, or the name of a parameter
        in eV) beyond which it is 0.
    reference : str
        Wavelength at which 1 V is 1 mW/cm^2.
    outside : {0}, optional
        Efficiency outside a table, where it is known to be none; else such light is refused.
    """

    kind: Literal["quantum_efficiency"]
    efficiency: Efficiency
    edge: PhotonEnergy | None = None
    reference: units.Length
    outside: Literal[0] | None = None

    @model_validator(mode="after")
    def _complete(self) -> QuantumEfficiency:
        table = self._table
        if table is None and (self.edge is None or self.outside is not None):
            raise ValueError("efficiency: a constant one needs an edge, and no key 'outside'")
        if table is not None and self.edge is not None:
            raise ValueError("edge: goes with a constant efficiency; accepted: outside = 0")
        if isinstance(self.efficiency, float) and not self.efficiency > 0:
            raise ValueError(f"efficiency = {self.efficiency:g}: must be above 0")
        check_reference(self.reference, table)
        return self

    @property
    def _table(self) -> Tabulated | None:
        return self.efficiency if isinstance(self.efficiency, Tabulated) else None

    @property
    def parameters(self) -> dict[str, str]:
        """Parameters of the card that it names, with the unit that each must have."""
        efficiency = self.efficiency
        values = efficiency.values if isinstance(efficiency, Tabulated) else [efficiency]
        return named_in(values, "1") | named_in([] if self.edge is None else [self.edge], "eV")

    def renamed(self, name: Callable[[str], str]) -> QuantumEfficiency:
        """Give it with other names for the parameters that it names."""
        edge = None if self.edge is None else renamed_in([self.edge], name)[0]
        efficiency = self.efficiency
        changed: object = (
            efficiency.model_copy(update={"values": renamed_in(efficiency.values, name)})
            if isinstance(efficiency, Tabulated)
            else renamed_in([efficiency], name)[0]
        )
        return self.model_copy(update={"edge": edge, "efficiency": changed})

    @property
    def accepted(self) -> str:
        """Up to which wavelength, in words."""
        if self._table is not None:
            return self._table.accepted
        edge = (
            self.edge if isinstance(self.edge, str) else f"{PHOTON / (self.edge or 1) * 1e9:g} nm"
        )
        return f"any colour, up to {edge}"

    @property
    def ranges(self) -> list[tuple[float, float]]:
        """The table, or all wavelengths up to the edge [m]."""
        if self._table is not None:
            return [self._table.ends]
        return [(0.0, PHOTON / self.edge if isinstance(self.edge, float) else np.inf)]

    @property
    def probes(self) -> list[float]:
        """The reference wavelength and a longer one, or all that are tabulated [m]."""
        table = self._table
        return [self.reference, 1.2 * self.reference] if table is None else table.wavelengths

    def problem(self, colour: Colour) -> str | None:
        """Say why the device cannot take a colour; nothing when it can."""
        if self._table is None or self.outside is not None:
            return None
        return outside_of(self._table, colour, "quantum efficiency")

    def note(self, colour: Colour) -> str | None:
        """Say between which tabulated wavelengths the efficiency was interpolated."""
        return None if self._table is None else interpolated(self._table, colour)

    def _reference_value(self, parameters: Mapping[str, float]) -> float:
        return float(self._values(np.array([self.reference]), parameters)[0])

    def _values(self, wavelength: FloatArray, parameters: Mapping[str, float]) -> FloatArray:
        efficiency = self.efficiency
        if isinstance(efficiency, Tabulated):
            return efficiency.read(wavelength, parameters) * wavelength / PHOTON
        share = value_of(efficiency, parameters)
        return np.where(wavelength <= self._longest(parameters), share * wavelength / PHOTON, 0.0)

    def _longest(self, parameters: Mapping[str, float]) -> float:
        longest = np.inf if self.edge is None else PHOTON / value_of(self.edge, parameters)
        return longest * (1 + 1e-12)  # light at the edge itself counts

    def _support(self, parameters: Mapping[str, float]) -> tuple[float, float, FloatArray]:
        table = self._table
        if table is None:
            return 0.0, self._longest(parameters), np.empty(0)
        return (*table.ends, np.array(table.wavelengths))
