"""What the stack makes if ``managed`` is set: the Glue job, its role, and a connection into a VPC.

Sources: Glue guide, "Using job parameters" (--additional-python-modules takes wheels in S3), "Setting up networking for
development", and the managed policy AWSGlueServiceRole, of which the role gets only what this job uses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_core import Resource
from extract_core.sync_job.managed import allow, job_statements, role

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_core import Json, Target
    from extract_glue.settings import GlueDeployment, ManagedGlue

_JOB: Final = "GlueJob"
_ROLE: Final = "GlueRole"
_CONNECTION: Final = "GlueConnection"


def infrastructure(target: Target[GlueDeployment], managed: ManagedGlue) -> dict[str, Resource]:
    """The resources by logical id."""
    deployment = target.deployment
    modules: Json = [target.stack.job_wheel, *managed.python_modules]
    job: dict[str, Json] = {
        "Name": deployment.job_name,
        "Role": {"Fn::GetAtt": [_ROLE, "Arn"]},
        "Command": {"Name": "glueetl", "PythonVersion": "3", "ScriptLocation": target.stack.job_script},
        "GlueVersion": managed.glue_version,
        "WorkerType": "G.1X",
        "NumberOfWorkers": 2,
        "MaxRetries": 0,
        "ExecutionProperty": {"MaxConcurrentRuns": managed.max_concurrent_runs},
        "DefaultArguments": {"--additional-python-modules": {"Fn::Join": [",", modules]}},
    }
    if deployment.security_configuration:
        job["SecurityConfiguration"] = deployment.security_configuration
    connections: list[Json] = [*managed.connections]
    made = role(_ROLE, "glue.amazonaws.com", _statements(target, managed))
    if managed.subnet:
        made[_CONNECTION] = _connection(target, managed)
        connections.append({"Ref": _CONNECTION})
    if connections:
        job["Connections"] = {"Connections": connections}
    return {**made, _JOB: Resource(type="AWS::Glue::Job", properties=job, after=(f"{_ROLE}Policy",))}


def _connection(target: Target[GlueDeployment], managed: ManagedGlue) -> Resource:
    """A connection of type NETWORK: the workers get their network interfaces in this subnet."""
    where: dict[str, Json] = {"SubnetId": managed.subnet, "SecurityGroupIdList": [*managed.security_groups]}
    if managed.availability_zone:
        where["AvailabilityZone"] = managed.availability_zone
    connection: dict[str, Json] = {
        "Name": f"{target.deployment.job_name}-network",
        "ConnectionType": "NETWORK",
        "ConnectionProperties": {},
        "PhysicalConnectionRequirements": where,
    }
    return Resource(type="AWS::Glue::Connection", properties={"CatalogId": target.account, "ConnectionInput": connection})


def _statements(target: Target[GlueDeployment], managed: ManagedGlue) -> Iterator[Json]:
    yield from job_statements(target, managed.secrets)
    yield allow(("s3:GetObject",), target.stack.job_files)
    logs = target.arn("logs", "log-group:/aws-glue/*")
    yield allow(("logs:CreateLogGroup",), [logs])
    yield allow(("logs:CreateLogStream", "logs:PutLogEvents"), [f"{logs}:log-stream:*"])
    names = [*managed.connections, *([f"{target.deployment.job_name}-network"] if managed.subnet else [])]
    if names:
        connections = [target.arn("glue", f"connection/{name}") for name in names]
        yield allow(("glue:GetConnection",), [target.arn("glue", "catalog"), *connections])
        yield from _network(target)


def _network(target: Target[GlueDeployment]) -> Iterator[Json]:
    """Network interfaces in the VPC. The Describe actions have no resource type."""
    describe = ("RouteTables", "SecurityGroups", "Subnets", "VpcEndpoints", "NetworkInterfaces")
    yield allow([f"ec2:Describe{name}" for name in sorted(describe)], "*")
    yield allow(("ec2:DescribeVpcAttribute",), [target.arn("ec2", "vpc/*")])
    interfaces = target.arn("ec2", "network-interface/*")
    places = [target.arn("ec2", f"{kind}/*") for kind in ("security-group", "subnet")]
    yield allow(("ec2:CreateNetworkInterface",), [interfaces, *places])
    yield allow(("ec2:DeleteNetworkInterface",), [interfaces])
    own: Json = {"ForAllValues:StringEquals": {"aws:TagKeys": ["aws-glue-service-resource"]}}
    yield allow(("ec2:CreateTags", "ec2:DeleteTags"), [interfaces], own)
