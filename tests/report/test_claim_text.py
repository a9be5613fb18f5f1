"""A claim is written in one way everywhere."""

from __future__ import annotations

import pytest

from optospice.report.numbers import claim_text
from optospice.scenario.schema import Target


@pytest.mark.parametrize(
    ("claim", "text"),
    [
        ({"published": "527.0 nA", "tolerance": "0.1 %"}, "527.0 nA ± 0.1 %"),
        ({"published": "12 um^2", "tolerance": "1 um^2"}, "12 um² ± 1 um²"),
        ({"published": 0.5, "tolerance": 0.1}, "0.5 ± 0.1"),
        ({"at_least": "5 Mohm"}, "≥ 5 MΩ"),
        ({"at_most": "-0.1 mW/cm^2"}, "≤ -0.1 mW/cm²"),
        ({"shape": "increasing", "over": "protocol.width"}, "increasing with width"),
        (
            {"shape": "decreasing", "over": "accuracy", "order": ["fast", "standard"]},
            "decreasing with accuracy (fast, standard)",
        ),
    ],
)
def test_the_digits_of_the_publication_stay(claim: dict[str, object], text: str) -> None:
    target = Target.model_validate({"id": "T1", "metric": "dark_current", "source": "a", **claim})
    assert claim_text(target) == text
