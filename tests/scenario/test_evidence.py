"""What a claim is evidence of follows from its kind and from the card alone."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from optospice.device import Parameter
from optospice.scenario.conflicts import Conflict
from optospice.scenario.evidence import (
    Category,
    Count,
    category_of,
    counted,
    counts_text,
    used_in_fit,
)
from optospice.scenario.schema import Target


def parameter(origin: str, *claims: str) -> Parameter:
    return Parameter.model_validate(
        {"unit": "1", "meaning": "a test", "bounds": [0, 1], "origin": origin, "source": "a test",
         "fitted_to": list(claims)}
    )  # fmt: skip


def claim(kind: str, name: str = "A") -> Target:
    return Target.model_validate(
        {"id": name, "metric": "dark_current", "at_most": "1 nA", "kind": kind, "source": "Fig. 1"}
    )


def test_a_claim_is_own_until_it_says_what_it_is() -> None:
    data = {"id": "A", "metric": "dark_current", "at_most": "1 nA", "source": "Fig. 1"}
    assert Target.model_validate(data).kind == "own"
    with pytest.raises(ValidationError, match="printed"):
        Target.model_validate({**data, "kind": "published"})


@pytest.mark.parametrize(
    ("kind", "claims", "expected"),
    [
        ("printed", ["A"], Category.FITTED),
        ("printed", ["B"], Category.HELD_OUT),
        ("digitised", ["A"], Category.FITTED),
        ("digitised", ["B"], Category.HELD_OUT),
        ("reading", ["A"], Category.READING),
        ("derived", ["A"], Category.CONSISTENCY),
        ("own", ["A"], Category.CONSISTENCY),
    ],
)
def test_the_category_follows_from_kind_and_card(
    kind: str, claims: list[str], expected: Category
) -> None:
    assert category_of(claim(kind), {"gain": parameter("fitted", *claims)}) is expected


def test_what_is_not_known_to_be_held_out_is_not_called_so() -> None:
    silent, told = parameter("fitted"), parameter("fitted", "B")
    assert used_in_fit("A", {"gain": silent})
    assert used_in_fit("A", {"gain": silent, "rate": told})
    assert not used_in_fit("A", {"gain": told})
    assert not used_in_fit("A", {"gain": parameter("assumed"), "rate": parameter("published")})
    assert used_in_fit("A", {"gain": parameter("published", "A")})


def test_counts_add_up_and_keep_the_order() -> None:
    judged = [(Category.CONSISTENCY, True), (Category.HELD_OUT, False), (Category.HELD_OUT, True)]
    counts = counted(judged)
    assert list(counts.items()) == [
        (Category.HELD_OUT, Count(1, 2)),
        (Category.CONSISTENCY, Count(1, 1)),
    ]
    assert counts_text(counts) == "1 of 2 printed, held out; 1 of 1 consistency checks"
    assert sum(count.total for count in counts.values()) == len(judged)


def test_the_arithmetic_of_a_conflict_is_worked_out() -> None:
    conflict = Conflict(
        id="K", source="Eq. 4", text="two", unit="nJ",
        values={"printed": "40 nJ", "from the circuit": "1 V * 527 nA * 100 ms"},
    )  # fmt: skip
    assert conflict.results == pytest.approx({"printed": 40.0, "from the circuit": 52.7})
    assert conflict.arithmetic == "printed 40 nJ, from the circuit 1 V * 527 nA * 100 ms = 52.7 nJ"


@pytest.mark.parametrize(
    "wrong", ["1 V", "9**9**9**9", "9^9^9^9", "__import__('os')", "1 V / 0", "nothing", "", "m^2^9"]
)
def test_an_expression_that_is_none_is_refused(wrong: str) -> None:
    with pytest.raises(ValidationError, match=r"values\.x"):
        Conflict(id="K", source="Eq. 4", text="two", unit="nJ", values={"x": wrong})
