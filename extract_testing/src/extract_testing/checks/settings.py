"""Checks of the models: they refuse unknown keys, take values as configs write them, and each setting is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal, get_args, get_origin

from extract_core.config.keys import SCRIPT_KEYS, SHARED, TABLE
from extract_testing.breaches import Breach, Fails, NotChecked
from extract_testing.check import check
from extract_testing.services.models import ModelsMissing, refusals_of
from extract_testing.subject.run import walk_or_skip

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import BaseModel

    from extract_core.contract import Json
    from extract_testing.subject.subject import Case, Subject

_TYPO: Final = "a_key_that_does_not_exist"
_FOR_BOTH: Final = "script_name"
"""A key of extract's own that a job type reads too."""
_REMEDY: Final = 'set model_config = ConfigDict(extra="forbid") on the model'


@check
def settings_refuse_unknown_keys(subject: Subject) -> Iterator[Breach]:
    """Settings and deployment refuse unknown keys: a typo in a config or in extract.toml is an error."""
    models = (subject.settings, subject.deployment)  # their Fails come first: the examples are valid
    assert models  # noqa: S101 - both were read above
    example = subject.settings_examples[0]
    yield from _refuses(subject.settings_model, example, "settings()")
    yield from _refuses(subject.deployment_model, subject.deployment_example, "deployment()")


def _refuses(model: type[BaseModel], example: Mapping[str, Json], place: str) -> Iterator[Breach]:
    from pydantic import ValidationError

    try:
        model.model_validate({**example, _TYPO: "x"})
    except ValidationError:
        return
    yield Breach(place, f"{model.__name__} accepts the unknown key {_TYPO!r}", _REMEDY)


@check
def settings_are_read(subject: Subject) -> Iterator[Breach]:
    """Settings have their own names, take numbers as text, and each one changes a request, a limit or an escalation."""
    for name in sorted(subject.settings_model.model_fields.keys() & (({*TABLE, *SHARED} - SCRIPT_KEYS.keys()) - {_FOR_BOTH})):
        yield Breach(
            "settings()", f"{name!r} is a key of extract's own configs, so this setting is never set", "use another name"
        )
    if "pool" in subject.deployment_model.model_fields:
        problem = "'pool' is a key of [job_types.x] that extract itself reads, so this field is never set"
        yield Breach("deployment()", problem, "use another name")
    for number, example in enumerate(subject.settings, start=1):
        yield from _as_text(subject, number, example)
    yield from _unread(subject)
    yield from _refused_requests(subject)


def _as_text(subject: Subject, number: int, example: BaseModel) -> Iterator[Breach]:
    """Values of tiers and of `default_arguments` are often written as text: worker_no: "2"."""
    from pydantic import ValidationError

    numbers = {name: value for name, value in example if isinstance(value, int | float) and not isinstance(value, bool)}
    for name, value in numbers.items():
        try:
            subject.settings_model.model_validate({**example.model_dump(exclude_unset=True), name: str(value)})
        except ValidationError as error:
            problem = f"it refuses {name}: {str(value)!r}, the number as text ({error.errors(include_url=False)[0]['msg']})"
            yield Breach(
                f"settings(), settings example {number}", problem, "do not use strict: configs write numbers as text too"
            )


def _variants(subject: Subject, name: str) -> Iterator[BaseModel]:
    """The first example with other values of one setting: the words of a Literal, both booleans, the bounds and one beside."""
    from pydantic import ValidationError

    example, field = subject.settings[0], subject.settings_model.model_fields[name]
    now: Any = getattr(example, name)  # Any: of whichever field
    values: list[Any] = [value for other in subject.settings[1:] if (value := getattr(other, name)) != now]
    for kind in (field.annotation, *get_args(field.annotation)):
        values += list(get_args(kind)) if get_origin(kind) is Literal else []
    bounds = [getattr(limit, kind) for limit in field.metadata for kind in ("ge", "gt", "le", "lt") if hasattr(limit, kind)]
    if isinstance(now, bool):
        values.append(not now)
    elif isinstance(now, int | float):
        values += [now * 2, now + 1, *bounds]
    elif isinstance(now, str) and get_origin(field.annotation) is not Literal:
        values += [f"{now}x", f"{now}1"]
    for value in values:
        try:
            yield subject.settings_model.model_validate({**subject.settings_examples[0], (field.alias or name): value})
        except (ValidationError, TypeError, ValueError):
            continue


def _unread(subject: Subject) -> Iterator[Breach]:
    for name in subject.settings_model.model_fields:
        variants = [other for other in _variants(subject, name) if getattr(other, name) != getattr(subject.settings[0], name)]
        if variants and all(_effect(subject, other) == _effect(subject, subject.settings[0]) for other in variants):
            remedy = "pass it on in arguments(), or leave it out of the model"
            yield Breach("settings()", f"{name!r} changes neither arguments() nor timeout()", remedy)


def _effect(subject: Subject, settings: BaseModel) -> object:
    case = subject.cases[0]
    try:
        return subject.arguments("arguments()", case.table, settings), subject.timeout(settings)
    except NotChecked as error:
        return str(error)


def _refused_requests(subject: Subject) -> Iterator[Breach]:
    """Each value that the model allows gives a request that the API takes."""
    case = subject.cases[0]
    without = _refused(subject, case)  # requests_match_the_api reports those, and no setting is the cause
    for name in subject.settings_model.model_fields:
        for settings in _variants(subject, name):
            value = getattr(settings, name)
            try:
                changed = subject.case(f"settings with {name}={value!r}", settings, case.table)
                refused = _refused(subject, changed)
            except Fails as failed:
                yield failed.breach
                continue
            except NotChecked:
                continue
            for state, (call, texts) in refused.items():
                for text in texts if state not in without else ():
                    problem = f"the model allows {name}={value!r}, and {call} refuses it: {text}"
                    yield Breach("settings()", problem, "allow what the API takes: Literal[...], Field(ge=…, le=…)")


def _refused(subject: Subject, case: Case) -> dict[str, tuple[str, list[str]]]:
    """By state: the call that the service refuses, and why. A service without a model refuses nothing."""
    refused = dict[str, tuple[str, list[str]]]()
    for request in walk_or_skip(subject, case).requests:
        try:
            texts = [refusal.text for refusal in refusals_of(request)]
        except ModelsMissing:
            continue
        if texts:
            refused[request.state_name] = (f"{request.service}:{request.action}", texts)
    return refused
