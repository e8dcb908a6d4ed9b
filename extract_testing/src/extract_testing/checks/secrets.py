"""Check that the arguments and the branch hold no secret: everyone who may read an execution's history sees both."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from extract_core.secret_texts import names_a_secret, secret_in
from extract_testing.breaches import Breach, NotChecked
from extract_testing.check import check

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import BaseModel

    from extract_testing.subject.subject import Case, Subject

_NAMES_A_SECRET: Final = re.compile(r"arn:|\$\.|\$\$\.|\{%")
"""Values that name the place of a secret: ARNs and paths."""
_NAMED_BY_THE_CORE: Final = frozenset({"--db_secret", "ClientToken", "ClientRequestToken", "Token.$", "TaskToken.$"})
_REMEDY: Final = "pass the name of the secret (db_secret) and let the job read it: every execution's history shows the arguments"


@check
def arguments_hold_no_secret(subject: Subject) -> Iterator[Breach]:
    """No password, key or token is in the arguments or in the branch."""
    own = _own_secrets(subject)
    for case in subject.cases:
        harmless = {*case.table.job_arguments.values(), *_of_one_attempt(subject, case)}
        yield from _secrets(case.arguments, "$.arguments", f"arguments() of {case.label}", own, harmless)
    yield from _secrets(subject.states, "states", "branch(target)", own, set())


def secrets_in(value: object, place: str) -> Iterator[Breach]:
    """Secrets in another value, by their names and shapes."""
    yield from _secrets(value, "$", place, {}, set())


def _of_one_attempt(subject: Subject, case: Case) -> set[str]:
    """Texts that another attempt of another run does not have: a token against double starts, and no secret."""
    other = replace(case.table, run_id=f"{case.table.run_id}-2", attempt=case.table.attempt + 1)
    try:
        return set(_texts(case.arguments)) - set(_texts(subject.arguments("arguments()", other, case.settings)))
    except NotChecked:
        return set()


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)
    elif isinstance(value, str):
        yield value


def _secrets(value: object, path: str, place: str, own: Mapping[str, str], harmless: set[str]) -> Iterator[Breach]:
    if isinstance(value, dict):
        texts = {key.lower(): inner for key, inner in value.items() if isinstance(inner, str)}
        name, text = texts.get("name", texts.get("key", "")), texts.get("value", "")
        if _is_secret(name, text) and text not in harmless:
            yield Breach(place, f"{path} has a Value that looks like a secret by its name, {name!r}", _REMEDY)
        for name, inner in value.items():
            inside = f"{path}.{name}"
            if isinstance(inner, str) and _is_secret(name, inner) and inner not in harmless:
                yield Breach(place, f"{inside} looks like a secret by its name", _REMEDY)
            yield from _secrets(inner, inside, place, own, harmless)
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            flag = value[index - 1] if index else ""
            if isinstance(inner, str) and isinstance(flag, str) and _is_password_of(flag, inner) and inner not in harmless:
                yield Breach(place, f"{path}[{index}] looks like a secret by the {flag!r} before it", _REMEDY)
            yield from _secrets(inner, f"{path}[{index}]", place, own, harmless)
    elif isinstance(value, str):
        secrets = [f"the value of {where}" for secret, where in own.items() if secret in value]
        secrets += [what] if (what := secret_in(value)) else []
        yield from (Breach(place, f"{path} holds {what}", _REMEDY) for what in secrets)


def _is_password_of(flag: str, value: str) -> bool:
    """Whether these are two arguments of a command like ``--password x``."""
    return flag.startswith("-") and not value.startswith("-") and _is_secret(flag, value)


def _is_secret(name: str, value: str) -> bool:
    return names_a_secret(name) and name not in _NAMED_BY_THE_CORE and bool(value) and not _NAMES_A_SECRET.match(value)


def _own_secrets(subject: Subject) -> dict[str, str]:
    """Secret values of the examples and their origin: fields of type SecretStr, or with a name like a secret."""
    secrets = dict(_secret_fields(subject.deployment, "the deployment's"))
    for settings in subject.settings:
        secrets |= dict(_secret_fields(settings, "the settings'"))
    return secrets


def _secret_fields(model: BaseModel, whose: str) -> Iterator[tuple[str, str]]:
    from pydantic import SecretStr

    for name in type(model).model_fields:
        value: Any = getattr(model, name)  # Any: the type of the field
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        elif not isinstance(value, str) or not _is_secret(name, value):
            continue
        if value:
            yield value, f"{whose} {name}"
