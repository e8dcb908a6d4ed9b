"""What roles need: the state machine's (the job types' statements, the functions it invokes), and those of Lambda functions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from asl_generator.errors import GeneratorError, asked
from extract_core.contract import Statement

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from asl_generator.place import Asked
    from extract_core.contract import LambdaFunction

_ACTION: Final = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")


def invoke_statement(function_arns: Iterable[str]) -> Statement:
    """Invoke these functions and their versions and aliases (Step Functions guide, "IAM policies for Lambda")."""
    resources = [each for arn in sorted(function_arns) for each in (arn, f"{arn}:*")]
    return Statement(actions=("lambda:InvokeFunction",), resources=tuple(resources))


def statements_of(of: Asked) -> list[Statement]:
    """What a job type's branch needs of the machine's role, sorted inside. GeneratorError for what is no exact statement."""
    return _checked(of, "permissions()", lambda: of.installed.job_type.permissions(of.target))


def diagnose_statements_of(of: Asked) -> list[Statement]:
    """What a job type's `diagnose` needs of the roles of the status handler and of reconcile."""
    return _checked(of, "diagnose_permissions()", lambda: of.installed.job_type.diagnose_permissions(of.target))


def stop_statements_of(of: Asked) -> list[Statement]:
    """What a job type's `stop` needs of reconcile's role."""
    return _checked(of, "stop_permissions()", lambda: of.installed.job_type.stop_permissions(of.target))


def function_statements_of(of: Asked) -> dict[str, list[Statement]]:
    """What the roles of a job type's own Lambda functions need, by the functions' names."""
    with asked(of.whom, "functions()"):
        functions = list(of.installed.job_type.functions())
    return {function.name: _of_function(of, function) for function in functions}


def _of_function(of: Asked, function: LambdaFunction) -> list[Statement]:
    def given() -> Iterable[object]:
        more = function.statements_for
        return [*function.statements, *(more(of.target) if more is not None else ())]

    return _checked(of, f"statements of function {function.name!r}", given)


def _checked(of: Asked, what: str, call: Callable[[], Iterable[object]]) -> list[Statement]:
    with asked(of.whom, what):
        given = list(call())
    statements, faults = list[Statement](), list[str]()
    for index, each in enumerate(given):
        place = f"{of.whom}: {what}[{index}]"
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
