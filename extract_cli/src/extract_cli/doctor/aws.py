"""What `extract doctor` asks AWS: who is calling, and what that identity may do. Only reading calls."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from extract_cli.doctor.check import Check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_core.pipeline.model import Pipeline

_ROLE: Final = re.compile(r"arn:([^:]+):sts::(\d+):assumed-role/([^/]+)/.+")


def identity(pipeline: Pipeline) -> Check:
    """Who is calling: credentials, and whether they are of the pipeline's account."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        caller = boto3.client("sts", region_name=pipeline.region).get_caller_identity()
    except (BotoCoreError, ClientError, ValueError) as error:
        return Check("wrong", "AWS", f"nobody is signed in: {error}", "sign in (aws sso login), or set AWS_PROFILE")
    said = f"{caller['Arn']} in {pipeline.region}"
    if caller["Account"] != pipeline.account:
        remedy = "use the account's credentials, or mend pipeline.account in extract.toml"
        return Check("wrong", "AWS", f"{said}, and extract.toml says account {pipeline.account}", remedy)
    return Check("ok", "AWS", said)


def permissions(pipeline: Pipeline, iam: Any = None) -> Iterator[Check]:  # Any: boto3-stubs without iam
    """What the caller may do, as IAM's own simulation says (iam:SimulatePrincipalPolicy); a note where it can't be asked.

    Policies of resources (a bucket's) and of the organisation are not part of that answer (IAM guide, "Policy simulator").
    """
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        caller = boto3.client("sts", region_name=pipeline.region).get_caller_identity()["Arn"]
        iam = iam if iam is not None else boto3.client("iam", region_name=pipeline.region)
        for what, action, resource in _wanted(pipeline):
            answer = iam.simulate_principal_policy(PolicySourceArn=_source(caller), ActionNames=[action], ResourceArns=[resource])
            decision = answer["EvaluationResults"][0]["EvalDecision"]
            if decision == "allowed":
                yield Check("ok", what, f"{action} on {resource} is allowed")
            else:
                yield Check("wrong", what, f"{action} on {resource} is not allowed ({decision})", "add it to the role's policy")
    except (BotoCoreError, ClientError, KeyError, IndexError) as error:
        yield Check("note", "permissions", f"can't be asked: {error}", "allow iam:SimulatePrincipalPolicy to have them checked")


def _source(arn: str) -> str:
    """The role of a session: what the simulation takes. Roles with a path are not told by a session's name."""
    found = _ROLE.fullmatch(arn)
    return f"arn:{found[1]}:iam::{found[2]}:role/{found[3]}" if found else arn


def _wanted(pipeline: Pipeline) -> Iterator[tuple[str, str, str]]:
    """What is needed, an action, and the resource that it is needed on."""
    partition, place = pipeline.partition, f"{pipeline.region}:{pipeline.account}"
    for name, actions in (("config_uri", ("s3:GetObject",)), ("runs_uri", ("s3:GetObject", "s3:PutObject"))):
        uri = getattr(pipeline, name)
        if uri.startswith("s3://"):
            for action in actions:
                yield name, action, f"arn:{partition}:s3:::{uri.removeprefix('s3://')}*"
    if pipeline.tracking.startswith("dynamodb://"):
        table = re.split(r"[/?]", pipeline.tracking.removeprefix("dynamodb://"))[0]
        for action in ("dynamodb:GetItem", "dynamodb:Query", "dynamodb:PutItem", "dynamodb:UpdateItem"):
            yield "tracking", action, f"arn:{partition}:dynamodb:{place}:table/{table}"
    machine = f"arn:{partition}:states:{place}:stateMachine:{pipeline.name}"
    yield "state machine", "states:StartExecution", machine
