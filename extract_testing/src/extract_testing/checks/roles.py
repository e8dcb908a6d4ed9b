"""Check of the roles that the branch's requests pass on: who passes a role to a service must be allowed to."""

from __future__ import annotations

import json
import re
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Final

from extract_testing.broken import Breach, NotChecked, check
from extract_testing.checks.branch import walked_or_left_out
from extract_testing.checks.permissions import statements_of
from extract_testing.passed_roles import PASSED_TO, ROLE_ARN, PassedRole, passed_roles
from extract_testing.service_models import ModelsMissing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from asl_toolkit import TaskRequest
    from extract_core.contract import Statement
    from extract_testing.subject import Subject

_CONDITION: Final = "iam:PassedToService"


@check
def passed_roles_are_allowed(subject: Subject) -> Iterator[Breach]:
    """iam:PassRole is allowed on each role that a request names for the service to use, and on those of an ECS task."""
    passing = [each for each in statements_of(subject) if "iam:passrole" in {action.lower() for action in each.actions}]
    left_out = dict[str, None]()
    for case in subject.cases:
        for request in walked_or_left_out(subject, case).requests:
            if request.credentials or request.service == "lambda":
                continue  # another account's role passes them; a function's rights are its own
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
    "ecs:runTask passes the roles of the task definition, and nothing here names them: allow iam:PassRole on them"
)


def _of_the_task(subject: Subject) -> list[PassedRole]:
    """The roles that the deployment names: those of a task definition are passed though no request has them."""
    found = re.findall(r'"(arn:[^"]*)"', json.dumps(subject.deployment.model_dump(mode="json")))
    return [PassedRole("", each) for each in sorted(set(found)) if ROLE_ARN.fullmatch(each)]


def _judged(place: str, request: TaskRequest, role: PassedRole, passing: list[Statement]) -> Iterator[Breach]:
    call = f"{request.service}:{request.action}"
    how = f"which {call} passes as {role.member}" if role.member else f"which {call} passes with the task definition"
    service = PASSED_TO.get(request.service.removeprefix("aws-sdk:"))
    condition = f", with the condition StringEquals {_CONDITION} {service!r}" if service else ""
    covering = [each for each in passing if any(_covers(resource, role.role) for resource in each.resources)]
    if not covering:
        yield Breach(place, f"no statement allows iam:PassRole on {role.role!r}, {how}", f"add a Statement for it{condition}")
    elif service and not any(_serves(each, service) for each in covering):
        problem = f"iam:PassRole on {role.role!r}, {how}, is allowed for another service than {service!r}"
        yield Breach(place, problem, f"let its condition {_CONDITION} be {service!r}, or leave the condition out")


def _covers(resource: str, role: str) -> bool:
    """A role is given by ARN, or by the name that ends it."""
    return fnmatchcase(role, resource) if role.startswith("arn:") else fnmatchcase(role, resource.rpartition("/")[2])


def _serves(statement: Statement, service: str) -> bool:
    wanted: list[str] = []
    for tests in (statement.condition or {}).values():
        value = tests.get(_CONDITION)
        wanted += [value] if isinstance(value, str) else [str(each) for each in value] if isinstance(value, list | tuple) else []
    return not wanted or any(fnmatchcase(service, each) for each in wanted)
