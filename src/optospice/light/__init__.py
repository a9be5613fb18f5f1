"""Light: wavelengths and spectra, filters, and how an optical terminal responds to them."""

from __future__ import annotations

from optospice.light.colour import LedLine, LightColour, TransmissionTable, parse_filter
from optospice.light.edge import AbsorptionEdge
from optospice.light.filters import (
    Colour,
    Filter,
    Transmission,
    band_pass,
    long_pass,
    short_pass,
)
from optospice.light.illumination import (
    Beam,
    Illumination,
    at_rest,
    lights_of,
    superposed,
    total_of,
)
from optospice.light.lights import Light
from optospice.light.quantum import QuantumEfficiency
from optospice.light.responding import SpectralResponse, said
from optospice.light.response import Response, ResponseTable
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
    "at_rest",
    "band_pass",
    "led_line",
    "lights_of",
    "long_pass",
    "parse_filter",
    "reference_spectrum",
    "said",
    "short_pass",
    "superposed",
    "total_of",
]
