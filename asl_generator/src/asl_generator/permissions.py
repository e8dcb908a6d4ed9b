"""The permissions of roles: the state machine's role, and the roles of Lambda functions."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from asl_generator.errors import GeneratorError, calling
from asl_generator.machine.iterate import LABEL
from extract_core.contract import Statement
from extract_core.plan.places import ITEMS_NAME, RESULTS_FOLDER, s3_place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from asl_generator.deployments.place import Place, PlacedJobType
    from extract_core.contract import LambdaFunction

_ACTION: Final = re.compile(r"[a-z0-9-]+:[A-Za-z0-9]+")


def invoke_statement(function_arns: Iterable[str]) -> Statement:
    """Invoke these functions and their versions and aliases (Step Functions guide, "IAM policies for Lambda")."""
    resources = [resource for arn in sorted(function_arns) for resource in (arn, f"{arn}:*")]
    return Statement(actions=("lambda:InvokeFunction",), resources=tuple(resources))


def map_run_statements(place: Place, runs_uri: str) -> list[Statement]:
    """What a DISTRIBUTED Map needs: its children are executions of its own machine, its items and results are objects in S3.

    Source: Step Functions guide, "IAM policies for using Distributed Map states", "ItemReader" and "ResultWriter". The ARNs name
    the machine: a role that refers to its own machine makes a circle in CloudFormation.
    """
    states = f"arn:{place.partition}:states:{place.region}:{place.account}"
    own, children = f"{states}:execution:{place.name}:*", f"{states}:execution:{place.name}/{LABEL}:*"
    statements = [
        Statement(actions=("states:StartExecution",), resources=(f"{states}:stateMachine:{place.name}",)),
        Statement(actions=("states:DescribeExecution", "states:StopExecution"), resources=(children, own)),
        Statement(actions=("states:RedriveExecution",), resources=(children,)),
    ]
    if runs_uri.startswith("s3://"):
        bucket, key = s3_place(runs_uri)
        runs = f"arn:{place.partition}:s3:::{bucket}/{key}*"
        write = ("s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject")
        statements += [
            Statement(actions=("s3:GetObject",), resources=(f"{runs}/{ITEMS_NAME}",)),
            Statement(actions=write, resources=(f"{runs}/{RESULTS_FOLDER}*",)),
        ]
    return statements


def statements_of(placed: PlacedJobType) -> list[Statement]:
    """What a job type's branch needs from the machine's role, sorted inside. GeneratorError for other objects or wildcards."""
    return _checked(placed, "permissions()", lambda: placed.installed.job_type.permissions(placed.target))


def diagnose_statements_of(placed: PlacedJobType) -> list[Statement]:
    """What a job type's `diagnose` needs from the roles of the status handler and of reconcile."""
    return _checked(placed, "diagnose_permissions()", lambda: placed.installed.job_type.diagnose_permissions(placed.target))


def stop_statements_of(placed: PlacedJobType) -> list[Statement]:
    """What a job type's `stop` needs from reconcile's role."""
    return _checked(placed, "stop_permissions()", lambda: placed.installed.job_type.stop_permissions(placed.target))


def function_statements_of(placed: PlacedJobType) -> dict[str, list[Statement]]:
    """What the roles of a job type's own Lambda functions need, by the functions' names."""
    with calling(placed.named, "functions()"):
        functions = list(placed.installed.job_type.functions())
    return {function.name: _of_function(placed, function) for function in functions}


def _of_function(placed: PlacedJobType, function: LambdaFunction) -> list[Statement]:
    def statements() -> Iterable[object]:
        more = function.statements_for
        return [*function.statements, *(more(placed.target) if more is not None else ())]

    return _checked(placed, f"statements of function {function.name!r}", statements)


def _checked(placed: PlacedJobType, what: str, call: Callable[[], Iterable[object]]) -> list[Statement]:
    with calling(placed.named, what):
        returned = list(call())
    statements, faults = list[Statement](), list[str]()
    for index, statement in enumerate(returned):
        place = f"{placed.named}: {what}[{index}]"
        if not isinstance(statement, Statement) or isinstance(statement.actions, str) or isinstance(statement.resources, str):
            faults.append(f"{place} is {statement!r}; it must be a Statement with lists of actions and resources")
            continue
        if not statement.actions or not statement.resources:
            faults.append(f"{place} has no {'resources' if statement.actions else 'actions'}")
        faults += [
            f"{place} allows {action!r}; name exact actions" for action in statement.actions if not _ACTION.fullmatch(action)
        ]
        resources = tuple(sorted(set(statement.resources)))
        statements.append(
            Statement(actions=tuple(sorted(set(statement.actions))), resources=resources, condition=statement.condition)
        )
    if faults:
        raise GeneratorError(faults)
    return statements
