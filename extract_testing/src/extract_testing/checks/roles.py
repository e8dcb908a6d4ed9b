"""Check of the roles that the branch's requests pass to services: passing a role needs a permission."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from extract_testing.breaches import Breach, NotChecked
from extract_testing.check import check
from extract_testing.checks.permissions import statements_of
from extract_testing.services.models import ModelsMissing
from extract_testing.services.passed_roles import PASSED_TO, ROLE_ARN, PassedRole, passed_roles
from extract_testing.subject.run import walk_or_skip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asl_toolkit import TaskRequest
    from extract_core.contract import Statement
    from extract_testing.subject.subject import Subject

_CONDITION: Final = "iam:PassedToService"


@check
def passed_roles_are_allowed(subject: Subject) -> Iterator[Breach]:
    """The permissions allow `iam:PassRole` on each role that a request passes, for the service that gets it."""
    passing = [
        statement for statement in statements_of(subject) if "iam:passrole" in {action.lower() for action in statement.actions}
    ]
    left_out = dict[str, None]()
    for case in subject.cases:
        for request in walk_or_skip(subject, case).requests:
            if request.credentials or request.service == "lambda":
                continue  # the other account's role passes roles there; a Lambda function uses its own role
            place = f"permissions(target), for state {request.state_name!r}"
            try:
                roles = passed_roles(request)
            except ModelsMissing as missing:
                left_out[str(missing)] = None
                continue
            if (request.service, request.action) == ("ecs", "runTask"):
                roles += _of_the_task(subject)
                if not roles and not passing:
                    left_out[_UNKNOWN_TASK] = None
            for role in roles:
                yield from _judged(place, request, role, passing)
    if left_out:
        raise NotChecked("left out: " + "; ".join(left_out))


_UNKNOWN_TASK: Final = (
    "ecs:runTask passes the roles of the task definition, which the deployment does not name: allow iam:PassRole on them"
)


def _of_the_task(subject: Subject) -> list[PassedRole]:
    """The roles that the deployment names. ECS passes those of the task definition, although no request has them."""
    arns = re.findall(r'"(arn:[^"]*)"', json.dumps(subject.deployment.model_dump(mode="json")))
    return [PassedRole("", arn) for arn in sorted(set(arns)) if ROLE_ARN.fullmatch(arn)]


def _judged(place: str, request: TaskRequest, role: PassedRole, passing: list[Statement]) -> Iterator[Breach]:
    call = f"{request.service}:{request.action}"
    how = f"which {call} passes as {role.member}" if role.member else f"which {call} passes with the task definition"
    service = PASSED_TO.get(request.service.removeprefix("aws-sdk:"))
    condition = f", with the condition StringEquals {_CONDITION} {service!r}" if service else ""
    covering = [statement for statement in passing if any(_covers(resource, role.role) for resource in statement.resources)]
    if not covering:
        yield Breach(place, f"no statement allows iam:PassRole on {role.role!r}, {how}", f"add a Statement for it{condition}")
    elif service and not any(_serves(statement, service) for statement in covering):
        problem = f"iam:PassRole on {role.role!r}, {how}, is not allowed for {service!r}"
        yield Breach(place, problem, f"set its condition {_CONDITION} to {service!r}, or remove the condition")


def _covers(resource: str, role: str) -> bool:
    """Whether a resource covers a role, which may be an ARN or a name."""
    return fnmatchcase(role, resource) if role.startswith("arn:") else fnmatchcase(role, resource.rpartition("/")[2])


def _serves(statement: Statement, service: str) -> bool:
    wanted: list[str] = []
    for tests in (statement.condition or {}).values():
        value = tests.get(_CONDITION)
        wanted += [value] if isinstance(value, str) else [str(name) for name in value] if isinstance(value, list | tuple) else []
    return not wanted or any(fnmatchcase(service, name) for name in wanted)
