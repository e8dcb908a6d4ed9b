"""What Step Functions asks IAM with the role of a state machine: for each Task, for a DISTRIBUTED Map, for logs and traces.

Source: Step Functions guide, the section "IAM policies" of each integration, "IAM policies for using Distributed Map states",
"ItemReader", "ResultWriter", "Logging in CloudWatch Logs". A ``.sync`` Task asks for start, wait and stop, since an execution may
be stopped, and for the managed rule that Step Functions writes when the machine is created.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from asl_toolkit.services.aws.iam.policy import Request
from asl_toolkit.services.aws.iam.requests import Place, requests_of
from asl_toolkit.services.aws.iam.sync_rights import RULE_ACTIONS, SYNC
from asl_toolkit.services.contract import TaskRequest

_ID: Final = "0123456789abcdef"
"""The id of a job that has been started: wait and stop name it."""
_STARTED: Final[Mapping[str, Mapping[str, str]]] = {
    "batch": {"JobId": _ID, "Jobs": _ID},
    "codebuild": {"Id": "{ProjectName}:1", "Ids": "{ProjectName}:1"},
    "ecs": {"Task": _ID, "Tasks": _ID},
    "emr-containers": {"Id": _ID},
    "emr-serverless": {"JobRunId": _ID},
}
"""By service: members of the calls that wait for a job and stop it, which its start does not have."""
_CALLS: Final = {"addStep": "AddJobFlowSteps", "invoke": "Invoke"}
_PASSED: Final = ("ExecutionRoleArn", "TaskRoleArn", "RoleArn")
PASSED_TO: Final[Mapping[str, str]] = {
    "ecs": "ecs-tasks.amazonaws.com",
    "emr-serverless": "emr-serverless.amazonaws.com",
}
"""The service that gets a role. EMR and EMR on EKS authorise a role by their condition key ExecutionRoleArn, without PassRole."""
LOG_DELIVERY: Final = (
    *("CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery", "ListLogDeliveries"),
    *("PutResourcePolicy", "DescribeResourcePolicies", "DescribeLogGroups"),
)
TRACES: Final = ("PutTraceSegments", "PutTelemetryRecords", "GetSamplingRules", "GetSamplingTargets")


def task_requests(task: TaskRequest, place: Place, passed_roles: Sequence[str] = ()) -> Iterator[Request]:
    """What one attempt of a Task asks for.

    `passed_roles` are those of an ECS task definition, which no parameter names. Raises UnknownCall.
    """
    service, members = task.service.removeprefix("aws-sdk:"), _members(task)
    call = _CALLS.get(task.action, f"{task.action[:1].upper()}{task.action[1:]}")
    yield from requests_of(service, call, members, place)
    for role in [*_roles(service, members), *passed_roles]:
        yield Request("iam:PassRole", role, {"iam:PassedToService": PASSED_TO[service]})
    if task.pattern == "sync":
        yield from _followed(f"{service}:{task.action}", service, members, place)


def _members(task: TaskRequest) -> dict[str, Any]:
    """The parameters as the API names them: EMR's integration calls a cluster ClusterId, its API JobFlowId."""
    members = dict(task.parameters) if isinstance(task.parameters, dict) else {}
    return {**members, "JobFlowId": members["ClusterId"]} if "ClusterId" in members else members


def _roles(service: str, members: Mapping[str, Any]) -> Iterator[str]:
    overrides = members.get("Overrides") if service == "ecs" else None
    for holder in (members, overrides):
        if service in PASSED_TO and isinstance(holder, Mapping):
            yield from (str(holder[member]) for member in _PASSED if member in holder)


def _followed(key: str, service: str, members: Mapping[str, Any], place: Place) -> Iterator[Request]:
    rights = SYNC[key]
    started = {name: text.format(**members) for name, text in _STARTED.get(service, {}).items()}
    for action in rights.actions[1:]:
        yield from requests_of(service, action.partition(":")[2], {**members, **started}, place)
    if rights.rule is not None:
        yield from (Request(action, place.arn("events", f"rule/{rights.rule}")) for action in RULE_ACTIONS)


def map_run_requests(machine: str, label: str, place: Place) -> Iterator[Request]:
    """What a DISTRIBUTED Map of this machine asks for, beside its ItemReader and ResultWriter.

    The guide names the machine's own executions for Describe and Stop, and those below the label for Redrive. Its children are
    below the label, so both are asked for.
    """
    yield Request("states:StartExecution", place.arn("states", f"stateMachine:{machine}"))
    for execution in (f"execution:{machine}:{_ID}", f"execution:{machine}/{label}:{_ID}"):
        yield Request("states:DescribeExecution", place.arn("states", execution))
        yield Request("states:StopExecution", place.arn("states", execution))
    yield Request("states:RedriveExecution", place.arn("states", f"execution:{machine}/{label}:{_ID}"))


def result_writer_requests(bucket: str, prefix: str, place: Place) -> Iterator[Request]:
    """What a ResultWriter asks for: it writes in parts, and reads what it wrote."""
    key = f"arn:{place.partition}:s3:::{bucket}/{prefix.rstrip('/')}/{_ID}/SUCCEEDED_0.json"
    for action in ("PutObject", "GetObject", "ListMultipartUploadParts", "AbortMultipartUpload"):
        yield Request(f"s3:{action}", key)


def service_requests(machine: str, place: Place, *, tracing: bool = False, kms_key: str | None = None) -> Iterator[Request]:
    """What Step Functions asks for when a machine that logs is created and runs: log, traces, its key."""
    yield from (Request(f"logs:{call}") for call in LOG_DELIVERY)
    if tracing:
        yield from (Request(f"xray:{call}") for call in TRACES)
    if kms_key is not None:
        own = {"kms:EncryptionContext:aws:states:stateMachineArn": place.arn("states", f"stateMachine:{machine}")}
        yield Request("kms:Decrypt", kms_key, own)
        yield Request("kms:GenerateDataKey", kms_key, own)
        yield Request("kms:GenerateDataKey", kms_key, {"kms:EncryptionContext:SourceArn": place.arn("logs", "*")})


def function_requests(
    function: str, place: Place, *, subnets: Sequence[str] = (), security_groups: Sequence[str] = ()
) -> Iterator[Request]:
    """What Lambda asks for with the role of a function: its log, and a network interface in a VPC (Lambda guide, "VPC")."""
    members = {"LogGroupName": f"/aws/lambda/{function}", "LogStreamName": _ID}
    for call in ("CreateLogStream", "PutLogEvents"):
        yield from requests_of("logs", call, members, place)
    if subnets:
        interface = place.arn("ec2", f"network-interface/{_ID}")
        parts = [interface, *(place.arn("ec2", f"subnet/{subnet}") for subnet in subnets)]
        parts += [place.arn("ec2", f"security-group/{group}") for group in security_groups]
        yield from (Request("ec2:CreateNetworkInterface", part) for part in parts)
        yield from (Request(f"ec2:{call}") for call in ("DescribeNetworkInterfaces", "DescribeSubnets"))
        for call in ("DeleteNetworkInterface", "AssignPrivateIpAddresses", "UnassignPrivateIpAddresses"):
            yield Request(f"ec2:{call}", interface)
