"""Response of a thin layer near its absorption edge."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
from pydantic import model_validator

from optospice import units
from optospice.light.filters import Colour
from optospice.light.responding import SpectralResponse, check_reference
from optospice.light.spectrum import PHOTON, FloatArray
from optospice.light.tabulated import PhotonEnergy, named_in, renamed_in, value_of

#: Points in which an edge is followed: of its tail and of the light above it [1].
_EDGE_POINTS = 200
#: How far a tail is followed, in Urbach energies [1]: there it has fallen to 2e-9.
_TAIL_REACH = 20.0


class AbsorptionEdge(SpectralResponse):
    """Absorption of a thin layer near its band edge, with an Urbach tail below it.

    Carriers per irradiance go with the absorbed photons, that is with
    ``alpha(E) * wavelength`` as long as the layer is thin (alpha times thickness far
    below 1). Above the edge ``alpha ~ sqrt(E - edge)``, the direct allowed transition;
    below it ``alpha ~ exp(E / urbach_energy)`` (Urbach, Phys. Rev. 92, 1324 (1953),
    doi:10.1103/PhysRev.92.1324). Both meet at ``edge + urbach_energy / 2``, the only
    energy at which value and slope agree, so that the curve has no corner.

    Parameters
    ----------
    kind : {"absorption_edge"}
        Which response this is.
    edge : str
        Band edge, as an energy or a wavelength, or the name of a parameter in eV.
    urbach_energy : str
        Energy over which the tail falls to 1/e, or the name of a parameter in eV.
    reference : str
        Wavelength at which 1 V is 1 mW/cm^2.
    """

    kind: Literal["absorption_edge"]
    edge: PhotonEnergy
    urbach_energy: PhotonEnergy
    reference: units.Length

    @model_validator(mode="after")
    def _referred(self) -> AbsorptionEdge:
        check_reference(self.reference, None)
        return self

    @property
    def parameters(self) -> dict[str, str]:
        """Parameters of the card that it names, with the unit that each must have."""
        return named_in([self.edge, self.urbach_energy], "eV")

    def renamed(self, name: Callable[[str], str]) -> AbsorptionEdge:
        """Give it with other names for the parameters that it names."""
        edge, tail = renamed_in([self.edge, self.urbach_energy], name)
        return self.model_copy(update={"edge": edge, "urbach_energy": tail})

    @property
    def accepted(self) -> str:
        """Where the edge is, in words."""
        edge = self.edge
        return f"any colour, edge at {edge if isinstance(edge, str) else f'{edge:.4g} eV'}"

    @property
    def probes(self) -> list[float]:
        """The reference wavelength, and a longer one [m]."""
        return [self.reference, 1.2 * self.reference]

    def problem(self, colour: Colour) -> str | None:
        """Every colour is taken: the tail says how little the far ones count."""
        del colour
        return None

    def _reference_value(self, parameters: Mapping[str, float]) -> float:
        return float(self._values(np.array([self.reference]), parameters)[0])

    def _values(self, wavelength: FloatArray, parameters: Mapping[str, float]) -> FloatArray:
        edge, tail = value_of(self.edge, parameters), value_of(self.urbach_energy, parameters)
        above = (PHOTON / wavelength - edge) / tail  # in Urbach energies
        band = np.sqrt(np.maximum(above, 0.5))
        absorbed: FloatArray = np.sqrt(0.5) * np.exp(np.minimum(above - 0.5, 0.0))
        return np.where(above > 0.5, band, absorbed) * wavelength

    def _support(self, parameters: Mapping[str, float]) -> tuple[float, float, FloatArray]:
        edge, tail = value_of(self.edge, parameters), value_of(self.urbach_energy, parameters)
        joint = edge + tail / 2
        near = joint + tail * np.linspace(-_TAIL_REACH, _TAIL_REACH, 2 * _EDGE_POINTS + 1)
        far = np.geomspace(joint, 20 * joint, _EDGE_POINTS)
        energies = np.concatenate([near[near > 0], far])
        return 0.0, np.inf, np.sort(PHOTON / energies)
