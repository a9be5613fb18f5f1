"""The readings of a claim that were not chosen, each simulated and judged like the claim itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from optospice.errors import InputError
from optospice.scenario.alternatives import Alternative
from optospice.scenario.expand import expand
from optospice.scenario.load import LoadedScenario, load_scenario, set_dotted, validate
from optospice.scenario.points import matches
from optospice.scenario.schema import Target
from optospice.scenario.verdict import Verdict
from optospice.store.store import Store
from optospice.sweep.executor import Executor
from optospice.sweep.local import run_scenario
from optospice.validation import Value


@dataclass(frozen=True)
class Choice:
    """One way to read a claim, with what it gives.

    Parameters
    ----------
    target : Target
        The claim as the scenario reads it.
    reading : str
        What is chosen, in words.
    name : str
        The choice: a value of the key, or a name.
    is_chosen : bool
        Whether it is the scenario's own.
    verdict : Verdict or None
        The claim held against this reading; None where no run succeeded.
    problem : str
        Why there is no verdict.
    """

    target: Target
    reading: str
    name: str
    is_chosen: bool
    verdict: Verdict | None
    problem: str = ""


@dataclass(frozen=True)
class _Question:
    """One choice before it is simulated: its scenario, and the claim as it is put there."""

    place: str
    target: Target
    reading: str
    name: str
    loaded: LoadedScenario
    asked: Target


def has_alternatives(loaded: LoadedScenario) -> bool:
    """Whether a scenario names other readings of its claims."""
    return any(target.alternatives for target in loaded.scenario.targets)


def try_alternatives(
    loaded: LoadedScenario,
    verdicts: Sequence[Verdict],
    pool: Executor,
    store: Store | None = None,
) -> list[Choice]:
    """Simulate every reading that a scenario names beside its own.

    Parameters
    ----------
    loaded : LoadedScenario
        The scenario, with the device that is asked about.
    verdicts : sequence of Verdict
        What its own readings gave.
    pool : Executor
        What simulates.
    store : Store, optional
        What is there is not computed again.

    Returns
    -------
    list of Choice
        For every claim and reading first the scenario's own choice, then the others.

    Raises
    ------
    InputError
        When a reading names a key or a scenario that there is not.
    """
    answers = _answers(list(_questions(loaded)), pool, store)
    own = {verdict.target.id: verdict for verdict in verdicts}
    choices = []
    for target in loaded.scenario.targets:
        for reading in dict.fromkeys(one.reading for one in target.alternatives):
            name = _own_choice(loaded, target, reading)
            verdict = own.get(target.id)
            choices.append(Choice(target, reading, name, True, verdict))
            choices += [
                answer
                for answer in answers
                if answer.target.id == target.id and answer.reading == reading
            ]
    return choices


def _own_choice(loaded: LoadedScenario, target: Target, reading: str) -> str:
    """Name what the scenario itself chose."""
    for alternative in target.alternatives:
        if alternative.reading == reading and alternative.key:
            value: Any = loaded.data
            for part in alternative.key.split("."):
                value = value.get(part) if isinstance(value, Mapping) else None
            return "as judged" if value is None else str(value)
    return "as judged"


def _questions(loaded: LoadedScenario) -> Iterator[_Question]:
    for index, target in enumerate(loaded.scenario.targets):
        for number, alternative in enumerate(target.alternatives):
            place = f"{loaded.file}: targets[{index}].alternatives[{number}]"
            asked = _asked(target, alternative)
            for name, settings in alternative.choices:
                try:
                    changed = _changed(loaded, alternative, settings, asked)
                except InputError as error:
                    raise InputError(f"{place}: {error}") from None
                yield _Question(place, target, alternative.reading, name, changed, asked)


def _asked(target: Target, alternative: Alternative) -> Target:
    """Put a claim as it is read in an alternative."""
    changes: dict[str, Any] = {"alternatives": []}
    if alternative.metric:
        changes["metric"] = alternative.metric
    if alternative.where is not None:
        changes["where"] = alternative.where
    return target.model_copy(update=changes)


def _changed(
    loaded: LoadedScenario,
    alternative: Alternative,
    settings: Mapping[str, Value],
    asked: Target,
) -> LoadedScenario:
    """Give the scenario of a choice, with no claim but the one that is asked about."""
    if alternative.scenario:
        base = load_scenario(alternative.scenario, [f"device={loaded.scenario.device!r}"])
    else:
        base = loaded
    for key in settings:
        if key in base.scenario.swept:
            raise InputError(f"{key!r} is swept; accepted: a key that does not vary, or `where`")
    data = set_dotted(base.data, settings)
    claim = asked.model_dump(exclude_unset=True, exclude={"alternatives"})
    data |= {"targets": [claim], "expectations": {}}
    return replace(validate(base.name, base.file, data, (*base.overrides, *settings)), data=data)


def _answers(questions: Sequence[_Question], pool: Executor, store: Store | None) -> list[Choice]:
    """Simulate each changed scenario once, whatever the number of claims that ask for it."""
    groups: dict[str, list[int]] = {}
    for place, one in enumerate(questions):
        content = {key: value for key, value in one.loaded.data.items() if key != "targets"}
        groups.setdefault(repr((str(one.loaded.file), content)), []).append(place)
    answers: dict[int, Choice] = {}
    for places in groups.values():
        group = [questions[place] for place in places]
        claims = [
            one.asked.model_copy(update={"id": str(number)}) for number, one in enumerate(group)
        ]
        first = group[0].loaded
        scenario = first.scenario.model_copy(update={"targets": claims})
        whole = replace(first, scenario=scenario)
        try:
            runs = expand(whole)
        except InputError as error:
            raise InputError(f"{group[0].place}: {error}") from None
        chosen = [
            place
            for place, run in enumerate(runs)
            if any(_is_about(claim, whole, run.point) for claim in claims)
        ]
        result = run_scenario(whole, runs, pool, False, store=store, chosen=chosen)
        if result.interrupted:
            raise KeyboardInterrupt
        problem = result.failed[0].message if result.failed else ""
        judged = {verdict.target.id: verdict for verdict in result.verdicts}
        for number, (place, one) in enumerate(zip(places, group, strict=True)):
            verdict = judged.get(str(number))
            answers[place] = Choice(one.target, one.reading, one.name, False, verdict, problem)
    return [answers[place] for place in range(len(questions))]


def _is_about(claim: Target, loaded: LoadedScenario, point: Mapping[str, Value]) -> bool:
    """Whether a run is needed for a claim: one that it names, or any of a fit across the runs."""
    across = {one.name or one.metric for one in loaded.scenario.across}
    return claim.metric in across or matches(point, claim.where)
