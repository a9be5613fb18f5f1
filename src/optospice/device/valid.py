"""The range in which a device holds, as data, and what of an experiment lies outside it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import field_validator

from optospice import units
from optospice.errors import close_matches
from optospice.light import Illumination, lights_of
from optospice.stimulus import FloatArray, Stimulus
from optospice.validation import StrictModel

if TYPE_CHECKING:
    from optospice.device.card import Terminal
    from optospice.device.device import Device

#: Two temperatures that differ by less are one room temperature: 300 K and 27 degC [K].
SAME_TEMPERATURE = 0.5
#: Of a bound: what rounding may lie outside [1].
_ROUNDING = 1e-6

VoltageRange = tuple[units.Voltage, units.Voltage]
IrradianceRange = tuple[units.Irradiance, units.Irradiance]
WavelengthRange = tuple[units.Length, units.Length]
TemperatureRange = tuple[units.Temperature, units.Temperature]


class Valid(StrictModel):
    """The range in which a device holds; what it does not name is not limited.

    Parameters
    ----------
    voltage : mapping of str to pair
        Voltage by electrical terminal, against the device's ground terminal [V].
    irradiance : mapping of str to pair
        Irradiance by optical terminal [W/m^2].
    wavelength : mapping of str to pair
        Wavelength by optical terminal [m].
    temperature : quantity, or pair of quantities, optional
        Range of the temperature; a single one says that no temperature dependence is modelled
        [K].
    shortest : quantity, optional
        Least time from one change of a stimulus to its next: width of a pulse, pause, branch
        of a sweep [s].
    longest : quantity, optional
        Longest time in which no stimulus changes, until the run ends too [s].
    note : str
        What numbers do not say.
    """

    voltage: dict[str, VoltageRange] = {}
    irradiance: dict[str, IrradianceRange] = {}
    wavelength: dict[str, WavelengthRange] = {}
    temperature: units.Temperature | TemperatureRange | None = None
    shortest: units.Time | None = None
    longest: units.Time | None = None
    note: str = ""

    @field_validator("voltage", "irradiance", "wavelength", "temperature", mode="after")
    @classmethod
    def _ordered(cls, value: Any) -> Any:
        pairs = value.values() if isinstance(value, dict) else [value]
        for pair in pairs:
            if isinstance(pair, tuple) and not pair[0] <= pair[1]:
                raise ValueError(f"{pair[0]:g} to {pair[1]:g}: the first is above the second")
        return value

    @field_validator("shortest", "longest", mode="after")
    @classmethod
    def _some_time(cls, value: float | None) -> float | None:
        if value is not None and not value > 0:
            raise ValueError(f"{value:g} s: must be above 0 s")
        return value

    def check_terminals(self, terminals: Sequence[Terminal]) -> None:
        """Refuse a range of a terminal that the device does not have.

        Raises
        ------
        ValueError
            Naming the key and what is accepted.
        """
        for key, kind in (
            ("voltage", "electrical"),
            ("irradiance", "optical"),
            ("wavelength", "optical"),
        ):
            known = [terminal.name for terminal in terminals if terminal.kind == kind]
            for name in getattr(self, key):
                if name not in known:
                    raise ValueError(
                        f"valid.{key}.{name}: is no {kind} terminal; {close_matches(name, known)}"
                    )

    @property
    def temperatures(self) -> tuple[float, float] | None:
        """Lowest and highest temperature [K]; None where it is not limited."""
        if isinstance(self.temperature, tuple) or self.temperature is None:
            return self.temperature
        return self.temperature - SAME_TEMPERATURE, self.temperature + SAME_TEMPERATURE

    def lines(self) -> list[str]:
        """Say every limit in words, for people."""
        found = []
        for key, unit in (("voltage", "V"), ("irradiance", "mW/cm^2"), ("wavelength", "nm")):
            for name, pair in getattr(self, key).items():
                found.append(f"{key} of {name} {_range(pair, _SI[unit], unit)}")
        if isinstance(self.temperature, tuple):
            found.append(f"temperature {_range(self.temperature, 'K', 'degC')}")
        elif self.temperature is not None:
            found.append(
                f"temperature {_spell(self.temperature, 'K', 'degC')} (no temperature dependence "
                "is modelled)"
            )
        if self.shortest is not None:
            found.append(f"times from {units.format_human(self.shortest, 's')}")
        if self.longest is not None:
            found.append(f"times up to {units.format_human(self.longest, 's')}")
        return [*found, *([self.note] if self.note else [])]


_SI = {"V": "V", "mW/cm^2": "W/m^2", "nm": "m"}


def outside_valid_range(
    device: Device,
    stimuli: Mapping[str, Stimulus | Illumination],
    duration: float,
    temperature: float,
    wavelengths: Mapping[str, float] | None = None,
) -> list[str]:
    """Say what of an experiment lies outside the range in which a device holds.

    Parameters
    ----------
    device : Device
        The device, with the ``[valid]`` table of its card.
    stimuli : mapping of str to Stimulus
        What each terminal sees; one that is not named is grounded or dark.
    duration : float
        Simulated time [s].
    temperature : float
        Temperature [K].
    wavelengths : mapping of str to float, optional
        Colour of the light on an optical terminal, where it is known [m].

    Returns
    -------
    list of str
        One clause for each limit that is left, naming key, value and what is accepted; none
        where everything lies inside.
    """
    return [
        *outside_in_level(device, stimuli, wavelengths or {}),
        *outside_in_time(device, stimuli, duration),
        *outside_in_temperature(device, temperature),
    ]


def outside_in_level(
    device: Device, stimuli: Mapping[str, Stimulus | Illumination], wavelengths: Mapping[str, float]
) -> list[str]:
    """Say which voltages, irradiances and wavelengths lie outside; see `outside_valid_range`."""
    valid, found = device.card.valid, []
    ground = next((t.name for t in device.card.terminals if t.role == "ground"), "")
    for name, voltages in valid.voltage.items():
        levels = _difference(stimuli.get(name), stimuli.get(ground) if name != ground else None)
        found += _outside(f"voltage.{name}", levels, voltages, "V", "V")
    for name, irradiances in valid.irradiance.items():
        levels = _difference(stimuli.get(name), None)
        found += _outside(f"irradiance.{name}", levels, irradiances, "W/m^2", "mW/cm^2")
    for name, colours in valid.wavelength.items():
        lit = _wavelengths(stimuli.get(name), wavelengths.get(name))
        if lit:
            found += _outside(f"wavelength.{name}", np.array(lit), colours, "m", "nm")
    return found


def outside_in_time(
    device: Device, stimuli: Mapping[str, Stimulus | Illumination], duration: float
) -> list[str]:
    """Say which times lie outside; see `outside_valid_range`."""
    valid, found = device.card.valid, []
    changes = [
        changes_of(one, duration) for stimulus in stimuli.values() for one in lights_of(stimulus)
    ]
    between = np.concatenate([np.diff(one) for one in changes] or [np.empty(0)])
    # a bias that stays while the light comes and goes is no experiment of its own
    held = np.diff(np.unique(np.concatenate([[0.0], *changes, [duration]])))
    if valid.shortest is not None and between.size:
        least = float(between.min())
        if least < valid.shortest * (1 - _ROUNDING):
            found.append(
                f"valid.shortest: a stimulus changes after {units.format_human(least, 's')}; "
                f"accepted: at least {units.format_human(valid.shortest, 's')}"
            )
    if valid.longest is not None and held.size:
        most = float(held.max())
        if most > valid.longest * (1 + _ROUNDING):
            found.append(
                f"valid.longest: nothing changes for {units.format_human(most, 's')}; "
                f"accepted: up to {units.format_human(valid.longest, 's')}"
            )
    return found


def outside_in_temperature(device: Device, temperature: float) -> list[str]:
    """Say whether a temperature [K] lies outside; see `outside_valid_range`."""
    limits = device.card.valid.temperatures
    if limits is None or limits[0] - 1e-9 <= temperature <= limits[1] + 1e-9:
        return []
    own = device.card.valid.temperature
    given = f"valid.temperature: {_spell(temperature, 'K', 'degC')}; accepted: "
    if isinstance(own, tuple):
        return [given + _range(own, "K", "degC")]
    return [
        f"{given}{_spell(float(own or 0.0), 'K', 'degC')}, as the device has no temperature "
        "dependence"
    ]


def refusal(device: Device, reasons: Sequence[str]) -> str:
    """Put what lies outside into one sentence that also says how to run it anyway."""
    more = f" (and {len(reasons) - 1} more)" if len(reasons) > 1 else ""
    return (
        f"outside the valid range of device {device.name!r}, {device.card_file}: {reasons[0]}"
        f"{more}; to run it anyway, with every number marked extrapolated: --extrapolate "
        "(Python: extrapolate=True)"
    )


def _wavelengths(stimulus: Stimulus | Illumination | None, otherwise: float | None) -> list[float]:
    """Give the wavelengths of the lights on a terminal; those of spectra are not limited."""
    if isinstance(stimulus, Illumination):
        return [beam.wavelength for beam in stimulus.beams if beam.wavelength is not None]
    return [] if stimulus is None or otherwise is None else [otherwise]


def changes_of(stimulus: Stimulus, duration: float) -> FloatArray:
    """Give the times within a run at which a stimulus begins to rise or to fall [s].

    An edge belongs to the level that it leads to, and a branch of a sweep is one change,
    however many corners it has.
    """
    times, levels = stimulus.points
    slopes = np.sign(np.diff(levels))
    begins: FloatArray = times[:-1][
        (slopes != 0) & (slopes != np.concatenate([[0.0], slopes])[:-1])
    ]
    return np.asarray(begins[begins < duration])


def _difference(
    one: Stimulus | Illumination | None, other: Stimulus | Illumination | None
) -> FloatArray:
    """Levels of a stimulus at all its corners, less those of another one."""
    zero = (np.zeros(1), np.zeros(1))
    times, levels = one.points if one is not None else zero
    if other is None:
        return levels
    others = other.points
    corners = np.union1d(times, others[0])
    return np.asarray(np.interp(corners, times, levels) - np.interp(corners, *others))


def _outside(
    key: str, levels: FloatArray, pair: tuple[float, float], unit: str, shown: str
) -> list[str]:
    slack = _ROUNDING * max(abs(pair[0]), abs(pair[1]))
    low, high = float(levels.min()), float(levels.max())
    for level, is_outside in ((high, high > pair[1] + slack), (low, low < pair[0] - slack)):
        if is_outside:
            return [
                f"valid.{key}: {_spell(level, unit, shown)}; accepted: {_range(pair, unit, shown)}"
            ]
    return []


def _range(pair: tuple[float, float], unit: str, shown: str) -> str:
    return f"{_spell(pair[0], unit, shown)} to {_spell(pair[1], unit, shown)}"


def _spell(number: float, unit: str, shown: str) -> str:
    return f"{units.convert(number, unit, shown):.6g} {shown}"
