"""What the state machine's role needs: the statements of the job types, and the Lambda functions that are invoked."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from asl_generator.errors import GeneratorError, asked
from extract_core.contract import Statement

if TYPE_CHECKING:
    from collections.abc import Iterable

    from asl_generator.place import Asked

_ACTION: Final = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")


def invoke_statement(function_arns: Iterable[str]) -> Statement:
    """Invoke these functions and their versions and aliases (Step Functions guide, "IAM policies for Lambda")."""
    resources = [each for arn in sorted(function_arns) for each in (arn, f"{arn}:*")]
    return Statement(actions=("lambda:InvokeFunction",), resources=tuple(resources))


def statements_of(of: Asked) -> list[Statement]:
    """A job type's statements, sorted inside. GeneratorError for what is no statement with exact actions."""
    with asked(of.whom, "permissions()"):
        given: list[object] = list(of.installed.job_type.permissions(of.target))
    statements, faults = list[Statement](), list[str]()
    for index, each in enumerate(given):
        place = f"{of.whom}: permissions()[{index}]"
        if not isinstance(each, Statement) or isinstance(each.actions, str) or isinstance(each.resources, str):
            faults.append(f"{place} is {each!r}; it must be a Statement with lists of actions and resources")
            continue
        if not each.actions or not each.resources:
            faults.append(f"{place} has no {'resources' if each.actions else 'actions'}")
        faults += [f"{place} allows {action!r}; name exact actions" for action in each.actions if not _ACTION.fullmatch(action)]
        resources = tuple(sorted(set(each.resources)))
        statements.append(Statement(actions=tuple(sorted(set(each.actions))), resources=resources, condition=each.condition))
    if faults:
        raise GeneratorError(faults)
    return statements
