"""What the parts of a template are written with: resources, references, policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from extract_core.contract import Json, Statement

KEPT: Final[Mapping[str, Json]] = {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
"""Of resources that hold data: the stack may go, they stay."""


def resource(kind: str, properties: Mapping[str, Json], *, after: Sequence[str] = (), **more: Json) -> dict[str, Json]:
    """A resource of this type (``AWS::SNS::Topic``). `after` are the logical ids that must exist before it."""
    made: dict[str, Json] = {"Type": kind, **more}
    if after:
        made["DependsOn"] = sorted(after)
    return {**made, "Properties": dict(properties)}


def ref(logical_id: str) -> dict[str, Json]:
    """What `Ref` gives for a resource."""
    return {"Ref": logical_id}


def attribute(logical_id: str, name: str) -> dict[str, Json]:
    """An attribute of a resource."""
    return {"Fn::GetAtt": [logical_id, name]}


def policy_document(statements: Iterable[Statement]) -> dict[str, Json]:
    """An IAM policy that allows these statements."""
    return {"Version": "2012-10-17", "Statement": [_allowed(statement) for statement in statements]}


def _allowed(statement: Statement) -> dict[str, Json]:
    allowed: dict[str, Json] = {
        "Effect": "Allow",
        "Action": list(statement.actions),
        "Resource": list(statement.resources),
    }
    return allowed if statement.condition is None else {**allowed, "Condition": dict(statement.condition)}


def trusted(service: str, condition: Mapping[str, Json] | None = None) -> dict[str, Json]:
    """Who may assume a role: one service, under these conditions."""
    statement: dict[str, Json] = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    if condition:
        statement["Condition"] = dict(condition)
    return {"Version": "2012-10-17", "Statement": [statement]}
