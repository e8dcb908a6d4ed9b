"""Check of values on their way: what is stored and sent as JSON comes back the same, and the same input gives the same bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from extract_testing.broken import Breach, check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

    from extract_testing.subject import Case, Subject


@check
def values_survive_json(subject: Subject) -> Iterator[Breach]:
    """Arguments, settings and deployment go through JSON (item, plan, machine) and come back as they were."""
    for number, settings in enumerate(subject.settings, start=1):
        yield from _model_comes_back(settings, f"settings(), settings example {number}")
    yield from _model_comes_back(subject.deployment, "deployment(), the deployment example")
    for case in subject.cases:
        yield from _arguments_come_back(subject, case)
    if json.dumps(subject.states) != json.dumps(json.loads(json.dumps(subject.job_type.branch(subject.target()).states))):
        remedy = "build it of the target alone: no random names, no clock, no set"
        yield Breach("branch(target)", "it is another one each time it is asked", remedy)


def _model_comes_back(model: BaseModel, place: str) -> Iterator[Breach]:
    from pydantic import ValidationError

    remedy = "let each field be read again from what model_dump(mode='json', by_alias=True) writes"
    stored = json.dumps(model.model_dump(mode="json", by_alias=True))
    try:
        back = type(model).model_validate(json.loads(stored))
    except ValidationError as error:
        why = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in error.errors(include_url=False))
        yield Breach(place, f"what is stored ({stored}) is refused when it is read again: {why}", remedy)
        return
    if back != model:
        yield Breach(place, f"what is stored ({stored}) reads as {back!r}, and it was {model!r}", remedy)


def _arguments_come_back(subject: Subject, case: Case) -> Iterator[Breach]:
    place = f"arguments() of {case.label}"
    for name, value in case.raw.items():
        key: object = name
        plain, back = _plain(value), case.arguments.get(str(name))
        if not isinstance(key, str) or plain != back:
            remedy = "return texts, numbers, booleans, lists and dicts with text as keys"
            yield Breach(place, f"{{{name!r}: {plain!r}}} is {{{str(name)!r}: {back!r}}} after its way through JSON", remedy)
    for path in _nulls(case.arguments, "$.arguments"):
        yield Breach(place, f"{path} is null, which no service takes", "leave the key out, or fill in the service's default")
    if json.dumps(subject.ask_arguments(place, case.table, case.settings)) != json.dumps(case.raw):
        remedy = "make them of the table and the settings alone: a plan that is made again must be the same"
        yield Breach(place, "they are others each time they are asked for", remedy)


def _plain(value: object) -> object:
    """Tuples are lists, mappings are dicts; the rest as it is."""
    from collections.abc import Mapping

    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, list | tuple) else value


def _nulls(value: object, path: str) -> Iterator[str]:
    if value is None:
        yield path
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield from _nulls(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _nulls(inner, f"{path}[{index}]")
