"""Check that the arguments and the branch hold no secret: everyone who may read an execution's history sees both."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from extract_testing.breaches import Breach
from extract_testing.check import check

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import BaseModel

    from extract_testing.subject.subject import Subject

_NAME: Final = re.compile(
    r"(?i)(?:^|[-_.\s])(?:password|passwd|passphrase|pwd|secret|token|api_?key|access_?key|private_?key|credentials?)(?:\.\$)?$"
    r"|(?:Password|Passwd|SecretAccessKey|SecretKey|ApiKey|PrivateKey|SessionToken|AuthToken)(?:\.\$)?$"
)
_VALUES: Final = (
    (re.compile(r"\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"), "an AWS access key"),
    (re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"), "a private key"),
    (re.compile(r"(?i)[?&;](?:password|passwd|pwd)=(?![${<])[^&;\s]"), "a URL with a password in it"),
    (
        re.compile(r"(?i)(?:^|\s)--?[\w-]*(?:password|passwd|passphrase|secret-?key)[=\s]+(?![-${<])\S"),
        "a password",
    ),
    (re.compile(r"\bBearer\s+[\w.~+/-]{16,}"), "a bearer token"),
    (re.compile(r"\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\."), "a JSON Web Token"),
    (re.compile(r"\bxox[abeoprs]-[\w-]{10,}"), "a token of Slack"),
    (re.compile(r"\b(?:gh[opsru]_\w{30,}|github_pat_\w{20,}|glpat-[\w-]{16,})"), "a token of GitHub or GitLab"),
    (re.compile(r"\b[a-z][a-z0-9+.-]*://[^/\s:@]+:[^/\s@]+@"), "a URL with a password in it"),
)
_NAMES_A_SECRET: Final = re.compile(r"arn:|\$\.|\$\$\.|\{%")
"""Values that name the place of a secret: ARNs and paths."""
_NAMED_BY_THE_CORE: Final = frozenset({"--db_secret", "ClientToken", "ClientRequestToken", "Token.$", "TaskToken.$"})
_REMEDY: Final = "pass the name of the secret (db_secret) and let the job read it: every execution's history shows the arguments"


@check
def arguments_hold_no_secret(subject: Subject) -> Iterator[Breach]:
    """No password, key or token is in the arguments or in the branch."""
    own = _own_secrets(subject)
    for case in subject.cases:
        harmless = set(case.table.job_arguments.values())
        yield from _secrets(case.arguments, "$.arguments", f"arguments() of {case.label}", own, harmless)
    yield from _secrets(subject.states, "states", "branch(target)", own, set())


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
        secrets += [what for pattern, what in _VALUES if pattern.search(value)]
        yield from (Breach(place, f"{path} holds {what}", _REMEDY) for what in secrets)


def _is_password_of(flag: str, value: str) -> bool:
    """Whether these are two arguments of a command like ``--password x``."""
    return flag.startswith("-") and not value.startswith("-") and _is_secret(flag, value)


def _is_secret(name: str, value: str) -> bool:
    return bool(_NAME.search(name)) and name not in _NAMED_BY_THE_CORE and bool(value) and not _NAMES_A_SECRET.match(value)


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
