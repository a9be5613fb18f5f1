"""From pydantic's report to one sentence that a person can act on."""

from __future__ import annotations

import typing
from collections.abc import Iterable, Iterator
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from optospice.errors import close_matches, echo
from optospice.texts import check_texts, one_line

#: A name that goes into netlists and commands as it stands.
SpiceName = Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_.#]*$", max_length=100)]


def _no_truth_value(value: object) -> object:
    if isinstance(value, bool):
        raise ValueError(f"{value!r}: accepted: text with a unit, or a number")
    return value


#: What TOML gives for a quantity: text with a unit, or a number.
Value = Annotated[str | float | int, BeforeValidator(_no_truth_value)]


def form_of(value: Any) -> str:
    """Tell a table from a text or a number: the tag of a union's branch, for `Discriminator`.

    Tags in brackets stay out of messages.
    """
    return "[table]" if isinstance(value, (dict, BaseModel)) else "[text]"


#: Fields that take a bare number.
_NUMBERS = (int, float, int | None, float | None)


class StrictModel(BaseModel):
    """Base of every table that is read: unknown keys are errors, nothing changes later.

    No text in it holds a character that steers a terminal or turns the reading order.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _without_controls(cls, value: Any, info: ValidationInfo) -> Any:
        if isinstance(value, bool):  # to Python, True is the number 1
            field = cls.model_fields.get(info.field_name or "")
            # a quantity says itself what it is
            is_quantity = field and any(isinstance(m, BeforeValidator) for m in field.metadata)
            if field is not None and field.annotation in _NUMBERS and not is_quantity:
                raise ValueError(f"{value!r}: accepted: a number")
        return check_texts(value)


#: Characters of a key that a message repeats [1].
_LONGEST_KEY = 100


def first_problem(error: ValidationError, file: str, model: type[BaseModel]) -> str:
    """Say the first problem in one sentence: file, key, value, what is accepted.

    Parameters
    ----------
    error : ValidationError
        What pydantic found.
    file : str
        The file in which it stands.
    model : type of BaseModel
        The model that was validated, to know the accepted keys.
    """
    # an unknown key explains the most; of a union, the branch that is no fixed word does
    order = {"extra_forbidden": 0, "literal_error": 2}
    problem = sorted(error.errors(), key=lambda item: order.get(item["type"], 1))[0]
    location = [part for part in problem["loc"] if not _is_branch(part)]
    if problem["type"] == "extra_forbidden":  # the key itself may look like a branch
        location = [part for part in problem["loc"][:-1] if not _is_branch(part)]
        location.append(problem["loc"][-1])
    key = dotted(location)
    kind, value = problem["type"], problem.get("input")
    context = problem.get("ctx", {})
    if kind == "extra_forbidden":
        accepted = _accepted_keys(model, problem["loc"][:-1])
        return f"{file}: {key}: unknown key; {close_matches(str(location[-1]), accepted)}"
    if kind == "missing":
        return f"{file}: {key}: is missing"
    if kind == "value_error":
        return f"{file}: {key + ': ' if key else ''}{context.get('error', problem['msg'])}"
    if kind in ("literal_error", "enum"):
        accepted = [word.strip("'") for word in _alternatives(str(context.get("expected", "")))]
        near = close_matches(str(value), accepted)
        return f"{file}: {key} = {echo(value)}: not accepted; {near}"
    shown = f" = {echo(value)}" if isinstance(value, (str, int, float, bool, list)) else ""
    message = problem["msg"]
    return f"{file}: {key}{shown}: {message[0].lower()}{message[1:]}"


def dotted(location: Iterable[object]) -> str:
    """Write a location as in TOML: ``targets[2].metric``."""
    text = ""
    for part in location:
        name = one_line(part)
        name = name if len(name) <= _LONGEST_KEY else f"{name[:_LONGEST_KEY]}…"
        text += f"[{part}]" if isinstance(part, int) else (f".{name}" if text else name)
    return text


def _alternatives(expected: str) -> list[str]:
    return [part.strip() for part in expected.replace(" or ", ", ").split(",")]


def _is_branch(part: object) -> bool:
    """Whether a part of a location is pydantic's own name of a union's branch."""
    return isinstance(part, str) and ("[" in part or part in ("float", "str", "int", "list"))


def _accepted_keys(model: type[BaseModel], location: Iterable[object]) -> list[str]:
    current: object = model
    inside: object = model
    for part in location:
        if isinstance(part, int):
            continue
        if isinstance(part, str) and _is_branch(part):  # of a union, which model it is
            tagged = [model for model in _inner_models(inside) if _tag(model) == part]
            current = tagged[0] if tagged else current
        elif isinstance(current, type) and issubclass(current, BaseModel):
            field = current.model_fields.get(str(part))
            if field is not None:  # else the part is a key of a mapping of models
                inside = field.annotation
                current = next(iter(_inner_models(inside)), None)
    if isinstance(current, type) and issubclass(current, BaseModel):
        return [field.alias or name for name, field in current.model_fields.items()]
    return []


def _inner_models(annotation: object) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in typing.get_args(annotation):
        yield from _inner_models(argument)


def _tag(model: type[BaseModel]) -> str:
    """Tag of a model in a union of steps: the value that says which one it is."""
    kind = model.model_fields.get("do")
    return f"[{kind.default}]" if kind is not None else ""
