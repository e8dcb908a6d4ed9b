"""The calls of `extract doctor` to AWS: who is calling, and what this identity may do. They only read."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from extract_cli.doctor.check import Check
from extract_core.pipeline.model import NO_ACCOUNT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_core.errors import ExtractError
    from extract_core.pipeline.model import Pipeline

DEPLOYMENT: Final = "deployment"
UP: Final = "extract deploy up"
_ROLE: Final = re.compile(r"arn:([^:]+):sts::(\d+):assumed-role/([^/]+)/.+")


def identity(pipeline: Pipeline) -> Check:
    """Who is calling, and whether that is in the pipeline's account."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        caller = boto3.client("sts", region_name=pipeline.region).get_caller_identity()
    except (BotoCoreError, ClientError, ValueError) as error:
        return Check("wrong", "AWS", f"there are no valid credentials: {error}", "sign in (aws sso login), or set AWS_PROFILE")
    said = f"{caller['Arn']} in {pipeline.region}"
    if pipeline.account not in (NO_ACCOUNT, caller["Account"]):
        remedy = "use the account's credentials, or correct pipeline.account in extract.toml"
        return Check("wrong", "AWS", f"{said}, and extract.toml says account {pipeline.account}", remedy)
    return Check("ok", "AWS", said)


def deployment(pipeline: Pipeline) -> Check:
    """Whether the state machine that extract.toml names is there (states:DescribeStateMachine)."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    arn = pipeline.state_machine
    if arn is None:
        return Check("note", DEPLOYMENT, "extract.toml names no state_machine: the pipeline is not deployed yet", UP)
    try:
        boto3.client("stepfunctions", region_name=pipeline.region).describe_state_machine(stateMachineArn=arn)
    except (BotoCoreError, ClientError, ValueError) as error:
        if _code(error) == "StateMachineDoesNotExist":
            said = f"there is no state machine {arn}: its stack was deleted, or the ARN in extract.toml is wrong"
            return Check("wrong", DEPLOYMENT, said, UP)
        return Check("note", DEPLOYMENT, f"cannot be checked: {error}", "allow states:DescribeStateMachine to check it")
    return Check("ok", DEPLOYMENT, f"{arn} is there")


def made_by_up(check: Check, error: ExtractError, pipeline: Pipeline) -> Check:
    """A note in place of `check`, if the place that is missing is one that `extract deploy up` makes, and was not called yet."""
    part = {"NoSuchBucket": "buckets", "ResourceNotFoundException": "tracking"}.get(_code(error.__cause__))
    if part is None or pipeline.state_machine is not None:
        return check
    if part in pipeline.deploy.managed:
        return Check("note", check.what, "does not exist yet", UP)
    wanted = json.dumps(sorted({*pipeline.deploy.managed, part}))
    return Check("wrong", check.what, check.said, f"create it, or let the stack make it: managed = {wanted} under [deploy]")


def _code(error: BaseException | None) -> str:
    """The code of AWS's answer; empty if there was none."""
    return str((getattr(error, "response", None) or {}).get("Error", {}).get("Code", ""))


def permissions(pipeline: Pipeline, iam: Any = None) -> Iterator[Check]:  # Any: boto3-stubs without iam
    """What the caller may do, by IAM's simulation (iam:SimulatePrincipalPolicy). A note if the simulation is not allowed.

    Policies of resources (a bucket's) and of the organisation are not part of that answer (IAM guide, "Policy simulator").
    """
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError

    from asl_generator.deploy.faults import DENIED, one_line

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
    except (BotoCoreError, ClientError, ResponseParserError, KeyError, IndexError) as error:  # the third: no answer of AWS
        remedy = "allow iam:SimulatePrincipalPolicy to check them" if _code(error) in DENIED else ""
        yield Check("note", "permissions", f"cannot be checked: {one_line(str(error))}", remedy)


def _source(arn: str) -> str:
    """The role of a session, which the simulation needs. The name of a session does not show the path of its role."""
    session = _ROLE.fullmatch(arn)
    return f"arn:{session[1]}:iam::{session[2]}:role/{session[3]}" if session else arn


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
