"""Messages repeat what the user wrote, but not ten thousand characters of it."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from optospice.errors import LONGEST_ECHO, InputError, SimulationError, echo, shortened

PRINTABLE = st.characters(min_codepoint=32, max_codepoint=126)


@pytest.mark.parametrize("kind", [InputError, SimulationError])
@pytest.mark.parametrize(
    "value",
    ["x" * 10_000, "it's " * 2_000, "a b " * 2_500, ["1 s"] * 5_000],
    ids=["word", "quotes", "words", "list"],
)
def test_a_long_value_is_cut_in_every_message(kind, value):
    message = str(kind(f"a.toml: width = {value!r}: is no time; accepted: '10 s'"))
    assert message.startswith("a.toml: width = ")
    assert message.endswith("is no time; accepted: '10 s'")
    assert f"({len(repr(value))} characters)" in message
    assert len(message) < 200


@given(st.text(PRINTABLE, max_size=30), st.text(PRINTABLE, max_size=30))
def test_a_short_value_is_repeated_as_it_is(first, second):
    message = f"a.toml: the device's {first!r} = {second!r}: not accepted; did you mean 'x'?"
    assert shortened(message) == message


@given(st.text(min_size=LONGEST_ECHO, max_size=2_000))
def test_what_is_kept_is_the_beginning_of_the_value(value):
    told = echo(value)
    assert len(told) < LONGEST_ECHO + 30
    assert told[:60] == repr(value)[:60]


def test_an_endless_word_is_cut_and_the_sentence_stays():
    message = shortened(f"a.toml: {'key' * 1_000}: unknown key; accepted: title")
    assert message.endswith("… (3000 characters): unknown key; accepted: title")
    assert len(message) < 200


def test_a_list_of_what_is_accepted_is_kept_whole():
    names = ", ".join(f"scenario_{number}" for number in range(100))
    assert shortened(f"'x': there is none; accepted: {names}").endswith(names)


def test_messages_survive_pickling():
    error = InputError(f"{'x' * 10_000!r}: no")
    assert str(pickle.loads(pickle.dumps(error))) == str(error)


def test_a_path_keeps_its_end():
    path = f"/{'folder/' * 20}device.lib"
    assert shortened(f"{path!r}: there is no such file") == f"{path!r}: there is no such file"
