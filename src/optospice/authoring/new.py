"""What ``optospice new`` writes: a device, a scenario, a project."""

from __future__ import annotations

import re
from pathlib import Path

from optospice.authoring.files import check_name, template, write_new
from optospice.device import Family, find_device, find_family, list_devices
from optospice.errors import InputError, close_matches
from optospice.protocols import PROTOCOLS

FIRST_DEVICE = "my_synapse"
_LIGHT = 'readout = "1 V"\nirradiance = "1 mW/cm^2"\nwavelength = "740 nm"'
_VOLTAGE = 'voltage = "1 V"'
#: What each protocol needs besides its level, so that a new scenario runs as it stands.
_KEYS = {
    "single_pulse": 'width = "5 s"',
    "paired_pulse": 'width = "1 s"\ninterval = "2 s"',
    "pulse_train": 'width = "1 s"\ncount = 5\ninterval = "1 s"',
    "retention": 'width = "5 s"\nread_time = "60 s"\ntimes = ["1 s", "10 s", "60 s"]',
    "dark_recovery": 'width = "5 s"\ntail = "100 s"',
    "potentiation_depression": 'width = "0.1 s"\ncount = 10\ninterval = "0.1 s"\n'
    'depression_voltage = "-1 V"',
    "learning_forgetting": 'width = "0.5 s"\ncount = 10\ninterval = "0.5 s"\ncycles = 2\n'
    'pause = "20 s"',
    "spike_timing": 'width = "0.1 s"\ninterval = "0.05 s"\npost_voltage = "1 V"\n'
    'post_width = "0.1 s"',
    "voltage_sweep": 'turning_points = ["0 V", "1 V", "0 V", "-1 V", "0 V"]\nrate = "1 V/s"',
    "nociceptor": 'width = "0.1 s"\ncount = 5\ninterval = "0.1 s"\nthreshold = "100 nA"',
    "timeline": '''readout = "0.5 V"

[[protocol.steps]]
do = "pause"
duration = "1 s"

[[protocol.steps]]
do = "train"
name = "pulses"
level = "1 V"
width = "0.1 s"
count = 5
interval = "0.1 s"

[[protocol.steps]]
do = "pause"
duration = "5 s"

[protocol.metrics.postsynaptic_current_amplitude]
window = "pulses"''',
    "operating_point": "",
    "current_voltage": 'start = "0 V"\nstop = "1 V"',
    "gate_transfer": 'start = "-1 V"\nstop = "1 V"',
    "frequency_response": 'start = "1 mHz"\nstop = "1 kHz"',
    "noise": 'start = "1 mHz"\nstop = "1 kHz"',
}
#: Protocols that are driven electrically, whatever the device sees.
_ELECTRICAL = frozenset((
    "voltage_sweep", "spike_timing", "potentiation_depression", "learning_forgetting",
    "nociceptor",
))  # fmt: skip

#: Protocols that say themselves at which voltages they work.
_OWN_LEVELS = frozenset((
    "voltage_sweep", "timeline", "operating_point", "current_voltage", "gate_transfer",
    "frequency_response", "noise",
))  # fmt: skip


def new_device(name: str, root: Path = Path()) -> list[str]:
    """Write a subcircuit, its card, a first scenario and a test into a project folder.

    Parameters
    ----------
    name : str
        Name of the device.
    root : Path
        The project's folder.

    Returns
    -------
    list of str
        What was written and what to do next.

    Raises
    ------
    InputError
        For a name that cannot be one, or that is taken.
    """
    _check_new(name)
    return [
        *write_new(_device_files(name, root)),
        f"next: optospice check {name}; optospice run {name}/first",
    ]


def new_parameter_set(name: str, family: str) -> list[str]:
    """Write a parameter set of a family into ``./netlists/devices``.

    Parameters
    ----------
    name : str
        Name of the device.
    family : str
        Name of the family; every parameter begins with its default.

    Returns
    -------
    list of str
        What was written and what to do next.

    Raises
    ------
    InputError
        For a name that cannot be one or that is taken, or no such family.
    """
    _check_new(name)
    file = Path("netlists") / "devices" / f"{name}.toml"
    text = _parameter_set(name, find_family(family, "new device"))
    return [*write_new({file: text}), f"next: fill in {file}, then optospice check {name}"]


def _check_new(name: str) -> None:
    if check_name(name) in list_devices():
        raise InputError(f"new device {name!r}: there is one of this name; accepted: another name")


def _parameter_set(name: str, family: Family) -> str:
    card = family.card
    lines = [
        f'family = "{family.name}"',
        f'title = "{name}: FILL IN"',
        'description = "FILL IN: what it is, who published it, and what is not known of it."',
        "citations = []  # keys of netlists/references.bib",
        "",
        "# [valid]  # outside this range a run is refused, or its numbers are marked",
        '# temperature = "27 degC"',
        '# shortest = "10 ms"',
        '# longest = "100 s"',
    ]
    for terminal in card.terminals:
        if terminal.role in ("drive", "control"):
            lines.append(f'# voltage.{terminal.name} = ["0 V", "1 V"]')
        elif terminal.kind == "optical" and not terminal.is_output:
            lines.append(f'# irradiance.{terminal.name} = ["0 mW/cm^2", "1 mW/cm^2"]')
            lines.append(f'# wavelength.{terminal.name} = ["400 nm", "700 nm"]')
    for key, parameter in card.parameters.items():
        default, unit = _short(family.subcircuit.parameters[key]), parameter.unit
        lines += [
            "",
            f"[values.{key}]  # {' '.join(parameter.meaning.split())}",
            f"value = {default}" if unit == "1" else f'value = "{default} {unit}"',
            'origin = "assumed"',
            f'source = "FILL IN: default of {family.name}"',
        ]
    return "\n".join(lines) + "\n"


def _short(value: float) -> str:
    """Write a number with no more digits than it needs."""
    plain = f"{value:.6g}"
    return plain if float(plain) == value else repr(value)


def _device_files(name: str, root: Path) -> dict[Path, str]:
    devices = root / "netlists" / "devices"
    return {
        devices / f"{name}.lib": template("device.lib", name=name),
        devices / f"{name}.toml": template("device.toml", name=name),
        root / "scenarios" / name / "first.toml": _scenario(name, "single_pulse", _LIGHT),
        root / "tests" / f"test_{name}.py": template("test_device.py.in", name=name),
    }


def new_scenario(name: str, device: str, protocol: str) -> list[str]:
    """Write a scenario of a device under a protocol into ``./scenarios``.

    Parameters
    ----------
    name : str
        Name, with folders as in ``lab/pairs``.
    device, protocol : str
        What runs, and how.

    Raises
    ------
    InputError
        For a name, device or protocol that cannot be used.
    """
    for part in name.split("/"):
        check_name(part)
    if protocol not in PROTOCOLS:
        raise InputError(f"protocol {protocol!r}: {close_matches(protocol, PROTOCOLS)}")
    light = bool(find_device(device).light_inputs) and protocol not in _ELECTRICAL
    level = "" if protocol in _OWN_LEVELS else _LIGHT if light else _VOLTAGE
    text = _scenario(device, protocol, level)
    _validate(name, text)
    return [*write_new({Path("scenarios") / f"{name}.toml": text}), f"next: optospice run {name}"]


def _validate(name: str, text: str) -> None:
    import tomllib

    from optospice.scenario.load import validate

    validate(name, Path("scenarios") / f"{name}.toml", tomllib.loads(text))


def _scenario(device: str, protocol: str, level: str) -> str:
    keys, usual = _KEYS.get(protocol, ""), "postsynaptic_current_amplitude"
    gives = PROTOCOLS[protocol].measures
    return template(
        "scenario.toml",
        device=device,
        protocol=protocol,
        keys="\n".join(part for part in (level, keys) if part),
        metric=usual if usual in gives or not gives else gives[0],
    )


def new_project(folder: Path) -> list[str]:
    """Write a project folder: a device, a scenario, a test, CI workflows, a README.

    Parameters
    ----------
    folder : Path
        A folder that does not exist or is empty.

    Raises
    ------
    InputError
        When it holds something already.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: is not empty; accepted: a new folder")
    title = re.sub(r"[^A-Za-z0-9 _.-]", "", folder.resolve().name) or "project"
    name = FIRST_DEVICE
    texts = {
        folder / "README.md": template("README.md", title=title, device=name),
        folder / "requirements.txt": template("requirements.txt"),
        folder / ".gitignore": template("gitignore"),
        folder / ".github" / "workflows" / "devices.yml": template("github.yml", devices=name),
        folder / ".gitlab-ci.yml": template("gitlab.yml", devices=name),
    }
    return [*write_new({**texts, **_device_files(name, folder)}), f"next: cd {folder}"]
