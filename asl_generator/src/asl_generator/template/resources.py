"""What the parts of a template are written with: resources, references, roles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from asl_generator.permissions import policy_document

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from extract_core.contract import Json, Statement


def resource(kind: str, properties: Mapping[str, Json], *, after: Sequence[str] = (), keep: bool = False) -> dict[str, Json]:
    """A resource of this type (``AWS::SNS::Topic``). `after` are the logical ids that must exist before it.

    Set `keep` if it holds data, or if something in use refers to it: it then outlives the stack, or its removal from it.
    """
    made: dict[str, Json] = {"Type": kind}
    if after:
        made["DependsOn"] = sorted(after)
    if keep:
        made |= {"DeletionPolicy": "Retain", "UpdateReplacePolicy": "Retain"}
    return {**made, "Properties": dict(properties)}


def ref(logical_id: str) -> dict[str, Json]:
    """What `Ref` gives for a resource or a parameter."""
    return {"Ref": logical_id}


def attribute(logical_id: str, name: str) -> dict[str, Json]:
    """An attribute of a resource."""
    return {"Fn::GetAtt": [logical_id, name]}


def role(
    logical_id: str, service: str, grants: Iterable[Statement], condition: Mapping[str, Json] | None = None
) -> dict[str, Json]:
    """A role that this service may assume, and its policy ``<logical_id>Policy``, a separate resource.

    What needs the policy depends on it: a machine is refused while its role may not do what it needs.
    """
    trust: dict[str, Json] = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
    if condition:
        trust["Condition"] = dict(condition)
    policy: dict[str, Json] = {
        "PolicyName": "extract",
        "PolicyDocument": policy_document(grants),
        "Roles": [ref(logical_id)],
    }
    document: Json = {"Version": "2012-10-17", "Statement": [trust]}
    return {
        logical_id: resource("AWS::IAM::Role", {"AssumeRolePolicyDocument": document}),
        f"{logical_id}Policy": resource("AWS::IAM::Policy", policy),
    }
