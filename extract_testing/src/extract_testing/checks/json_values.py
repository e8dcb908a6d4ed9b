"""Check of values: JSON stores and returns them unchanged, and the same input gives the same bytes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from extract_testing.breaches import Breach
from extract_testing.check import check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydantic import BaseModel

    from extract_testing.subject.subject import Case, Subject


@check
def values_survive_json(subject: Subject) -> Iterator[Breach]:
    """JSON stores and returns arguments, settings and deployment unchanged; nothing is random, nothing is null."""
    for number, settings in enumerate(subject.settings, start=1):
        yield from _model_comes_back(settings, f"settings(), settings example {number}")
    yield from _model_comes_back(subject.deployment, "deployment(), the deployment example")
    for case in subject.cases:
        yield from _arguments_come_back(subject, case)
    if json.dumps(subject.states) != json.dumps(json.loads(json.dumps(subject.job_type.branch(subject.target()).states))):
        remedy = "use the target only: no random names, no clock, no set"
        yield Breach("branch(target)", "it differs from call to call", remedy)


def _model_comes_back(model: BaseModel, place: str) -> Iterator[Breach]:
    from pydantic import ValidationError

    remedy = "let each field accept the output of model_dump(mode='json', by_alias=True)"
    stored = json.dumps(model.model_dump(mode="json", by_alias=True))
    try:
        back = type(model).model_validate(json.loads(stored))
    except ValidationError as error:
        why = "; ".join(f"{'.'.join(map(str, line['loc']))}: {line['msg']}" for line in error.errors(include_url=False))
        yield Breach(place, f"its model refuses the stored value ({stored}): {why}", remedy)
        return
    if back != model:
        yield Breach(place, f"the stored value ({stored}) reads as {back!r}, but it was {model!r}", remedy)


def _arguments_come_back(subject: Subject, case: Case) -> Iterator[Breach]:
    place = f"arguments() of {case.label}"
    for name, value in case.raw.items():
        key: object = name
        plain, back = _plain(value), case.arguments.get(str(name))
        if not isinstance(key, str) or plain != back:
            remedy = "return strings, numbers, booleans, lists and dicts with string keys"
            yield Breach(place, f"JSON turns {{{name!r}: {plain!r}}} into {{{str(name)!r}: {back!r}}}", remedy)
    for path in _nulls(case.arguments, "$.arguments"):
        yield Breach(place, f"{path} is null, which services refuse", "leave the key out, or write the service's default")
    if json.dumps(subject.arguments(place, case.table, case.settings)) != json.dumps(case.raw):
        remedy = "use the table and the settings only: planning again must give the same plan"
        yield Breach(place, "they differ from call to call", remedy)


def _plain(value: object) -> object:
    """Tuples become lists, mappings become dicts."""
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
