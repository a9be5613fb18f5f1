"""Light: wavelengths and spectra, filters, and how an optical terminal responds to them."""

from __future__ import annotations

from optospice.light.colour import LedLine, LightColour, TransmissionTable, parse_filter
from optospice.light.filters import (
    Colour,
    Filter,
    Transmission,
    band_pass,
    long_pass,
    short_pass,
)
from optospice.light.illumination import Beam, Illumination, superposed
from optospice.light.lights import Light
from optospice.light.response import (
    AbsorptionEdge,
    QuantumEfficiency,
    Response,
    ResponseTable,
    SpectralResponse,
    said,
)
from optospice.light.spectrum import Spectrum, led_line, reference_spectrum

__all__ = [
    "AbsorptionEdge",
    "Beam",
    "Colour",
    "Filter",
    "Illumination",
    "LedLine",
    "Light",
    "LightColour",
    "QuantumEfficiency",
    "Response",
    "ResponseTable",
    "SpectralResponse",
    "Spectrum",
    "Transmission",
    "TransmissionTable",
    "band_pass",
    "led_line",
    "long_pass",
    "parse_filter",
    "reference_spectrum",
    "said",
    "short_pass",
    "superposed",
]
