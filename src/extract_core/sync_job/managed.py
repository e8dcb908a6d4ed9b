"""Infrastructure that several job types make: the model of ``managed`` in a deployment, and the role that a job runs as."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from extract_core.contract import Resource

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from extract_core.contract import Json, Target

Name: TypeAlias = Annotated[str, Field(min_length=1)]


class Managed(BaseModel):
    """What the stack makes for a job type. In extract.toml ``managed = true`` takes all defaults."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    secrets: tuple[Name, ...] = Field(
        default=(), description="Names of secrets that the job may read (db_secret); with / at the beginning: of SSM parameters."
    )


def _as_section(value: object) -> object:
    """``true`` is a section without keys, ``false`` is none."""
    return ({} if value else None) if isinstance(value, bool) else value


IS_MANAGED: BeforeValidator = BeforeValidator(_as_section)
"""Beside the annotation of a field ``managed``: ``Annotated[ManagedGlue | None, IS_MANAGED]``."""


def allow(actions: Sequence[str], resources: Json, condition: Json = None) -> dict[str, Json]:
    """One allow statement of a policy document. Resources may be functions of CloudFormation."""
    statement: dict[str, Json] = {"Effect": "Allow", "Action": list(actions), "Resource": resources}
    return statement if condition is None else {**statement, "Condition": condition}


def role(logical_id: str, service: str, statements: Iterable[Json], account: str | None = None) -> dict[str, Resource]:
    """A role for this service and its policy: the resources ``<logical_id>`` and ``<logical_id>Policy``.

    With `account`, the service may assume it for this account only. Give it if the service's guide says that the service sends
    ``aws:SourceAccount`` (IAM guide, "The confused deputy problem").
    """
    trust: dict[str, Json] = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
    }
    if account:
        trust["Condition"] = {"StringEquals": {"aws:SourceAccount": account}}
    document: dict[str, Json] = {"Version": "2012-10-17", "Statement": list(statements)}
    return {
        logical_id: Resource(
            type="AWS::IAM::Role", properties={"AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [trust]}}
        ),
        f"{logical_id}Policy": Resource(
            type="AWS::IAM::Policy",
            properties={"PolicyName": "extract", "PolicyDocument": document, "Roles": [{"Ref": logical_id}]},
        ),
    }


def job_statements(target: Target[Any], secrets: Iterable[str]) -> list[Json]:
    """What the reference job needs, on every service: to write its data, to read and write its results, and these secrets.

    It reads data if it takes over chunks of an earlier attempt: S3 copies them, which asks for GetObject (API reference,
    CopyObject, "Permissions"). A missing object is "not found" only for a role that may list the bucket, else it is "access
    denied" (S3 API reference, GetObject); the request has no prefix, so a condition on the prefix would not let it through.
    """
    stack, arn = target.stack, f"arn:{target.partition}"
    data, results = (f"{arn}:s3:::{_key(stack.data_uri)}*", f"{arn}:s3:::{_key(stack.runs_uri)}*/results/*")
    bucket = f"{arn}:s3:::{_key(stack.runs_uri).partition('/')[0]}"
    statements: list[Json] = [
        allow(("s3:AbortMultipartUpload", "s3:DeleteObject", "s3:GetObject", "s3:PutObject"), [data]),
        allow(("s3:DeleteObject", "s3:GetObject", "s3:PutObject"), [results]),
        allow(("s3:ListBucket",), [bucket]),
    ]
    named = sorted(set(secrets))
    of_manager = [target.arn("secretsmanager", f"secret:{name}-??????") for name in named if not name.startswith("/")]
    of_ssm = [target.arn("ssm", f"parameter{name}") for name in named if name.startswith("/")]
    if of_manager:
        statements.append(allow(("secretsmanager:GetSecretValue",), [*of_manager]))
    if of_ssm:
        statements.append(allow(("ssm:GetParameter",), [*of_ssm]))
    if stack.kms_key:
        statements.append(allow(("kms:Decrypt", "kms:GenerateDataKey"), stack.kms_key))
    return statements


def _key(uri: str) -> str:
    return uri.removeprefix("s3://")
