"""Test pulses after a noxious pulse, on a memristive state with an exact solution."""

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.optimize import brentq
from small_devices import make, memristor, memristor_current, resistor, run

from optospice.device import find_device
from optospice.errors import InputError

TRAIN = {
    "voltage": "2 V",
    "width": "0.1 s",
    "interval": "0.1 s",
    "count": 20,
    "delay": "1 s",
    "readout": "0 V",
    "threshold": "80 nA",
}
NOXIOUS = {"noxious_voltage": "3 V", "noxious_width": "0.05 s", "pause": "0.5 s"}


def peaks(protocol, train):
    """Largest current [A] of each pulse by the closed form: the state rises during a pulse."""
    return np.array(
        [
            memristor_current(protocol.signal, np.linspace(on + 2e-6, off, 200)).max()
            for on, off in zip(train.onsets, train.offsets, strict=True)
        ]
    )


def test_incubation_is_where_the_exact_current_crosses_the_threshold(simulate, tmp_path):
    device = memristor(tmp_path)
    protocol = make("nociceptor", **{**TRAIN, **NOXIOUS, "threshold": "44 nA"})
    _, metrics = run(simulate, device, protocol)
    train = protocol.signal.trains[-1]
    assert train.delay == pytest.approx(1 + 0.05 + 0.5)
    responses = peaks(protocol, train)
    number = int(np.argmax(responses > 44e-9))
    assert 2 < number < 18
    assert metrics["incubation_pulse"].value == number + 1
    onset = train.onsets[number] + 2e-6
    exact = brentq(
        lambda t: memristor_current(protocol.signal, np.array([t]))[0] - 44e-9,
        onset,
        train.offsets[number],
    )
    assert metrics["incubation_time"].value == pytest.approx(exact - train.delay, abs=5e-3)
    assert metrics["largest_amplitude"].value == pytest.approx(responses.max(), rel=1e-3)
    assert metrics["last_amplitude"].value == pytest.approx(responses[-1], rel=1e-3)
    assert metrics["postsynaptic_current_amplitude"].value == pytest.approx(responses[0], rel=1e-3)
    growth = responses[-1] / responses[0]
    assert metrics["synaptic_weight_change"].value == pytest.approx(growth, rel=2e-3)
    rises = np.diff(responses) > 1e-5 * responses.max()
    assert metrics["rising_steps"].value == pytest.approx(rises.mean())


def test_innocuous_train_never_hurts_and_a_noxious_one_does_at_once(simulate, tmp_path):
    device = memristor(tmp_path)
    quiet = make("nociceptor", **TRAIN)
    assert [window.name for window in quiet.course.windows] == ["train", "tail"]
    waveforms, metrics = run(simulate, device, quiet)
    assert metrics["largest_amplitude"].value < 80e-9
    assert "never exceeded" in metrics["incubation_time"].note
    assert metrics["incubation_pulse"].is_missing
    assert "no probes" in metrics["hyperalgesia"].note
    assert "no probes" in metrics["allodynia"].note
    times, responses = quiet.series(waveforms, device)["response"]
    assert times == pytest.approx(0.2 * np.arange(20))
    assert responses == pytest.approx(peaks(quiet, quiet.signal.trains[-1]), rel=1e-3)
    _, metrics = run(simulate, device, make("nociceptor", **{**TRAIN, "voltage": "7 V"}))
    assert metrics["postsynaptic_current_amplitude"].value > 80e-9
    assert metrics["incubation_pulse"].value == 1
    assert metrics["incubation_time"].value < 2e-6


def test_longer_injury_hurts_sooner(simulate, tmp_path):
    device = memristor(tmp_path)
    given = {**TRAIN, **NOXIOUS, "threshold": "44 nA"}
    waits = []
    for width in ("20 ms", "50 ms", "0.1 s"):
        _, metrics = run(simulate, device, make("nociceptor", **{**given, "noxious_width": width}))
        waits.append(metrics["incubation_time"].value)
    assert (np.diff(waits) < 0).all()


def test_probes_give_allodynia_and_hyperalgesia(simulate, tmp_path):
    device = memristor(tmp_path)
    probes = {"probes": ["1 V", "2 V", "3 V"], "threshold": "60 nA"}
    protocol = make("nociceptor", **{**TRAIN, **NOXIOUS, **probes})
    trains = protocol.signal.trains
    assert len(trains) == 3 + 1 + 3 + 1
    _, metrics = run(simulate, device, protocol)
    before, noxious, after = trains[:3], trains[3], trains[4:7]
    assert noxious.delay == pytest.approx(1 + 3 * 0.2)
    assert after[0].delay == pytest.approx(1.6 + 0.05 + 0.5)
    old, new = (
        np.concatenate([peaks(protocol, train) for train in part]) for part in (before, after)
    )
    assert metrics["hyperalgesia"].value == pytest.approx(new[-1] / old[-1], rel=2e-3)
    volts = [1.0, 2.0, 3.0]
    hurts = [np.interp(60e-9, row, volts) for row in (old, new)]
    assert metrics["allodynia"].value == pytest.approx(1 - hurts[1] / hurts[0], abs=3e-3)
    assert metrics["allodynia"].value > 0


def test_light_can_hurt(simulate, tmp_path):
    light = {"irradiance": "1 mW/cm^2", "wavelength": "740 nm", "readout": "1 V"}
    train = {"width": "0.5 s", "interval": "0.5 s", "count": 3}
    protocol = make(
        "nociceptor", **light, **train, noxious_irradiance="3 mW/cm^2", noxious_width="1 s",
        threshold="80 nA",
    )  # fmt: skip
    assert protocol.signal.trains[0].level == pytest.approx(30)
    run(simulate, find_device("pbs_rc"), protocol)
    with pytest.raises(InputError, match="has no optical terminal"):
        protocol.stimuli(resistor(tmp_path))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"noxious_width": "1 s"}, "noxious_voltage: is missing"),
        ({"noxious_irradiance": "1 mW/cm^2"}, "of the test pulses' kind"),
        ({"noxious_width": "-1 s"}, "noxious_width"),
        ({"probes": ["2 V", "1 V"], **NOXIOUS}, "above the one before"),
        ({"probes": ["1 V"]}, "noxious_width is 0 s"),
        ({"pause": "0 s"}, "must be above 0 s"),
    ],
)
def test_bad_input_names_the_field(change, message):
    with pytest.raises(ValidationError, match=message):
        make("nociceptor", **{**TRAIN, **change})
