"""Check that the permissions are on the things that the requests name: the same ones, no others, in the target's account."""

from __future__ import annotations

import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from asl_toolkit.services.aws.iam.reference import ReferenceMissing, fits, types_of
from extract_testing.breaches import Breach, NotChecked
from extract_testing.check import check
from extract_testing.checks.permissions import prefix_of, statements_of
from extract_testing.services.models import ModelsMissing
from extract_testing.subject.run import walk_or_skip
from extract_testing.subject.subject import ACCOUNT, REGION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from extract_core.contract import Json, Statement
    from extract_testing.subject.subject import Subject

_SUFFIX: Final = re.compile(r"(?:Name|Id|Identifier|Arn|Url)s?\Z")
_PARENTS: Final[Mapping[str, str]] = {
    "ecs task": "cluster",
    "emr-containers jobrun": "virtualcluster",
    "emr-serverless jobrun": "application",
    "states execution": "statemachine",
}
"""Types of resources whose ARN begins with the name of another thing, which the request names."""
_RIGHTS: Final = ("permissions", "diagnose_permissions", "stop_permissions")

Sent = dict[tuple[str, str], set[str]]
"""What requests name, by service and kind of thing: ``("glue", "job"): {"nightly"}``."""


@check
def permissions_are_on_what_is_requested(subject: Subject) -> Iterator[Breach]:
    """The permissions allow exactly the things that the requests name, in the target's account and Region."""
    chosen = "\n".join(_texts(subject.deployment.model_dump(mode="json")))
    for rights in _RIGHTS:
        for index, statement in enumerate(statements_of(subject, rights=rights)):
            yield from _elsewhere(f"{rights}(target)[{index}]", statement, chosen)
    sent, statements = _sent(subject), statements_of(subject)
    try:
        for action in sorted({action for statement in statements for action in statement.actions}):
            yield from _of_action(action, [it for it in statements if action in it.actions], sent, subject, chosen)
    except ReferenceMissing as missing:
        raise NotChecked(f"left out: {missing}") from missing


def _elsewhere(place: str, statement: Statement, chosen: str) -> Iterator[Breach]:
    """An ARN in another account or Region than the target's, which the deployment does not name."""
    for resource in statement.resources:
        parts = resource.split(":", 5)
        for what, at, own in (("Region", 3, ("", REGION)), ("account", 4, ("", ACCOUNT, "aws"))):
            if parts[0] == "arn" and len(parts) > at and "*" not in parts[at] and parts[at] not in (*own, *chosen.split(":")):
                problem = f"{resource!r} is in the {what} {parts[at]!r}"
                yield Breach(place, problem, f"take the {what} from the target: target.arn(service, resource)")


def _of_action(action: str, statements: list[Statement], sent: Sent, subject: Subject, chosen: str) -> Iterator[Breach]:
    service = action.partition(":")[0]
    for kind in types_of(action):
        plain = _plain(kind)
        names = sent.get((service, plain)) or sent.get((service, _PARENTS.get(f"{service} {plain}", "")), set())
        fixed = chosen + str(subject.states)
        if not names or not all(name in fixed for name in names):  # a thing of this job, which is made as it starts
            continue
        kinds = [other for other in types_of(action) if _plain(other).startswith(plain)]  # and its revisions
        everything = [it for statement in statements for it in statement.resources]
        resources = [it for it in everything if any(fits(it, action, other) for other in kinds)]
        wanted, place = ", ".join(sorted(names)), f"permissions(target), {action}"
        for resource in resources:
            if _name_in(resource) == "*":
                problem = f"it is allowed on {resource!r}, but the requests name {wanted}"
                yield Breach(place, problem, "name the things of the deployment: target.deployment")
        missing = sorted(name for name in names if not any(fnmatchcase(_name_of(name), _name_in(it)) for it in resources))
        if missing and resources:
            problem = f"the requests name {', '.join(missing)}, but it is allowed on {', '.join(resources)} only"
            yield Breach(place, problem, "allow it on everything that a table may choose, from target.deployment")


def _sent(subject: Subject) -> Sent:
    """The texts of all requests that name a thing."""
    sent: Sent = {}
    for case in subject.cases:
        for request in walk_or_skip(subject, case).requests:
            try:
                service = prefix_of(request.service)
            except ModelsMissing:
                continue
            for member, text in _named(request.parameters):
                sent.setdefault((service, _plain(_SUFFIX.sub("", member))), set()).add(text)
    return sent


def _named(value: Json, member: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _named(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _named(inner, member)
    elif isinstance(value, str) and value:
        yield member, value


def _texts(value: Json) -> Iterator[str]:
    yield from (text for _, text in _named(value))


def _plain(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def _name_of(text: str) -> str:
    """The name in a request's value: itself, the last part of a URL, that of an ARN; a revision is not part of it."""
    if text.startswith("arn:"):
        return _name_in(text)
    return text.rstrip("/").rpartition("/")[2].partition(":")[0]


def _name_in(arn: str) -> str:
    """The name of the thing in an ARN: ``job/nightly``, ``task/cluster/*``, ``stateMachine:job``; of a queue all there is."""
    parts = re.split(r"[/:]", arn.split(":", 5)[-1].strip("/"))
    return parts[1] if len(parts) > 1 else parts[0]
