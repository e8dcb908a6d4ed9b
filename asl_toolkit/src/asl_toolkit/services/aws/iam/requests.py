"""What a call of an AWS API asks IAM: the actions and resources of a request, and the condition keys that it sets.

Source: the service authorization reference, and for S3 the API reference of each operation ("Permissions"). Calls that the tables
below lack raise UnknownCall, so that no call is overlooked; `more` adds to them.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from asl_toolkit.services.aws.iam.policy import Request

Members = Mapping[str, Any]  # Any: the members of a request, by their names in PascalCase
Of = Callable[["Place", Members], Iterator[Request]]


class UnknownCall(LookupError):  # noqa: N818 - named after what happened
    """The resources of this call are not known here."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where calls are made: the parts of ARNs. `more` names the resources of further calls, as `CALLS` does."""

    region: str
    account: str
    partition: str = "aws"
    more: Mapping[str, str] = field(default_factory=dict)

    def arn(self, service: str, resource: str) -> str:
        """An ARN here."""
        return f"arn:{self.partition}:{service}:{self.region}:{self.account}:{resource}"


IAM_NAMES: Final[Mapping[str, str]] = {"emr": "elasticmapreduce", "stepfunctions": "states", "sfn": "states"}
"""Services with another name in IAM than in botocore."""

CALLS: Final[Mapping[str, str]] = {
    "batch DescribeJobs": "*",
    "batch TerminateJob": "job/{JobId}",
    "codebuild BatchGetBuilds": "project/{Ids}",
    "codebuild StartBuild": "project/{ProjectName}",
    "codebuild StopBuild": "project/{Id}",
    "ecs DescribeTaskDefinition": "*",
    "ecs DescribeTasks": "task/{Cluster}/{Tasks}",
    "ecs StopTask": "task/{Cluster}/{Task}",
    "elasticmapreduce AddJobFlowSteps": "cluster/{JobFlowId}",
    "elasticmapreduce CancelSteps": "cluster/{ClusterId}",
    "elasticmapreduce DescribeCluster": "cluster/{ClusterId}",
    "elasticmapreduce DescribeStep": "cluster/{ClusterId}",
    "emr-containers CancelJobRun": "/virtualclusters/{VirtualClusterId}/jobruns/{Id}",
    "emr-containers DescribeJobRun": "/virtualclusters/{VirtualClusterId}/jobruns/{Id}",
    "emr-containers StartJobRun": "/virtualclusters/{VirtualClusterId}",
    "emr-serverless CancelJobRun": "/applications/{ApplicationId}/jobruns/{JobRunId}",
    "emr-serverless GetJobRun": "/applications/{ApplicationId}/jobruns/{JobRunId}",
    "emr-serverless StartJobRun": "/applications/{ApplicationId}",
    "glue BatchStopJobRun": "job/{JobName}",
    "glue GetJobRun": "job/{JobName}",
    "glue GetJobRuns": "job/{JobName}",
    "glue StartJobRun": "job/{JobName}",
    "lambda Invoke": "function:{FunctionName}",
    "logs CreateLogStream": "log-group:{LogGroupName}:log-stream:{LogStreamName}",
    "logs GetLogEvents": "log-group:{LogGroupName}:log-stream:{LogStreamName}",
    "logs PutLogEvents": "log-group:{LogGroupName}:log-stream:{LogStreamName}",
    "secretsmanager GetSecretValue": "secret:{SecretId}",
    "sns Publish": "{TopicArn}",
    "ssm GetParameter": "parameter/{Name}",
    "states DescribeExecution": "{ExecutionArn}",
    "states DescribeMapRun": "{MapRunArn}",
    "states DescribeStateMachine": "{StateMachineArn}",
    "states DescribeStateMachineForExecution": "{ExecutionArn}",
    "states GetExecutionHistory": "{ExecutionArn}",
    "states ListMapRuns": "{ExecutionArn}",
    "states RedriveExecution": "{ExecutionArn}",
    "states StartExecution": "{StateMachineArn}",
    "states StopExecution": "{ExecutionArn}",
    "states UpdateMapRun": "{MapRunArn}",
    "sts GetCallerIdentity": "",
}
"""By service (as IAM names it) and call: the last part of the resource's ARN, or a member with an ARN. Empty: always allowed."""

_ACTIONS: Final[Mapping[str, str]] = {"lambda Invoke": "InvokeFunction"}
_DYNAMODB: Final = frozenset({"DeleteItem", "DescribeTable", "GetItem", "PutItem", "Query", "Scan", "UpdateItem"})
_TRANSACTED: Final[Mapping[str, str]] = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}
_S3_OBJECTS: Final[Mapping[str, str]] = {
    "AbortMultipartUpload": "AbortMultipartUpload",
    "CompleteMultipartUpload": "PutObject",
    "CreateMultipartUpload": "PutObject",
    "DeleteObject": "DeleteObject",
    "GetObject": "GetObject",
    "HeadObject": "GetObject",
    "ListParts": "ListMultipartUploadParts",
    "PutObject": "PutObject",
    "UploadPart": "PutObject",
}


def requests_of(service: str, call: str, members: Members, place: Place) -> list[Request]:
    """The requests of a call: `service` as botocore or IAM names it, `call` and the names of members in PascalCase.

    Raises UnknownCall, and KeyError if a member that names the resource is missing.
    """
    service = IAM_NAMES.get(service, service)
    members = {name[:1].upper() + name[1:]: value for name, value in members.items()}
    special = _SPECIAL.get(f"{service} {call}") or _SPECIAL.get(f"{service} *")
    if special is not None:
        requests = list(special(call, place, members))
        if requests:
            return requests
    return list(_plain(service, call, members, place))


def _plain(service: str, call: str, members: Members, place: Place) -> Iterator[Request]:
    template = {**CALLS, **place.more}.get(f"{service} {call}")
    if template is None:
        raise UnknownCall(f"the resources of {service}:{call} are not known; add {f'{service} {call}'!r} to `more` of the Place")
    action = f"{service}:{_ACTIONS.get(f'{service} {call}', call)}"
    context = _context(service, call, members, place)
    if template:
        for resource in _filled(template, members):
            yield Request(action, _unqualified(_arn(service, resource, place)), context)


def _filled(template: str, members: Members) -> list[str]:
    """The template with its members; a list stands for one text per element. Names and ARNs of clusters are both taken."""
    texts = [template]
    for name in re.findall(r"\{(\w+)\}", template):
        value = members[name]
        values = [str(part) for part in value] if isinstance(value, list | tuple) else [str(value)]
        if name in ("Task", "Tasks", "Cluster"):
            values = [part.rpartition("/")[2] for part in values]
        if name in ("Id", "Ids") and "project/" in template:
            values = [part.partition(":")[0] for part in values]
        texts = [text.replace(f"{{{name}}}", part) for text in texts for part in values]
    return texts


def _arn(service: str, resource: str, place: Place) -> str:
    if resource == "*":
        return resource
    last = resource.partition(":")[2] if resource.startswith("function:") else resource
    return last if last.startswith("arn:") else place.arn(service, resource)


def _unqualified(arn: str) -> str:
    """Versions and aliases are authorised by the ARN of the machine (Step Functions guide, "Authorization for versions …")."""
    parts = arn.split(":")
    return ":".join(parts[:7]) if len(parts) == 8 and parts[5] == "stateMachine" else arn


def _context(service: str, call: str, members: Members, place: Place) -> dict[str, str]:
    if service == "ecs" and "Cluster" in members and call != "DescribeTaskDefinition":
        cluster = str(members["Cluster"])
        return {"ecs:cluster": cluster if cluster.startswith("arn:") else place.arn("ecs", f"cluster/{cluster}")}
    role = members.get("ExecutionRoleArn")
    if isinstance(role, str) and call in ("AddJobFlowSteps", "StartJobRun") and service != "emr-serverless":
        return {f"{service}:ExecutionRoleArn": role}
    return {}


def _s3(call: str, place: Place, members: Members) -> Iterator[Request]:
    bucket = f"arn:{place.partition}:s3:::{members['Bucket']}"
    if call in _S3_OBJECTS:
        yield Request(f"s3:{_S3_OBJECTS[call]}", f"{bucket}/{members['Key']}")
    elif call in ("CopyObject", "UploadPartCopy"):
        source = members["CopySource"]  # "bucket/key", or its parts
        path = source if isinstance(source, str) else f"{source['Bucket']}/{source['Key']}"
        yield Request("s3:GetObject", f"arn:{place.partition}:s3:::{path}")
        yield Request("s3:PutObject", f"{bucket}/{members['Key']}")
    elif call in ("ListObjectsV2", "ListObjects"):
        names = {"Prefix": "s3:prefix", "Delimiter": "s3:delimiter"}
        yield Request("s3:ListBucket", bucket, {key: str(members[name]) for name, key in names.items() if name in members})
    elif call == "HeadBucket":
        yield Request("s3:ListBucket", bucket)


def missing_object(members: Members, place: Place) -> Request:
    """What a caller needs to learn that an object is missing (API reference, GetObject: else the answer is "access denied")."""
    return Request("s3:ListBucket", f"arn:{place.partition}:s3:::{members['Bucket']}")


def encrypted(requests: Sequence[Request], key: str | None, place: Place) -> Iterator[Request]:
    """What reading and writing these objects asks of the key that encrypts them (S3 guide, "SSE-KMS", "Permissions")."""
    via = {"kms:ViaService": f"s3.{place.region}.amazonaws.com{'.cn' if place.partition == 'aws-cn' else ''}"}
    actions = {"s3:GetObject": "kms:Decrypt", "s3:PutObject": "kms:GenerateDataKey"}
    for request in requests if key is not None else ():
        if request.action in actions:
            yield Request(actions[request.action], str(key), via)


def _dynamodb(call: str, place: Place, members: Members) -> Iterator[Request]:
    def on(action: str, table: str) -> Request:
        return Request(f"dynamodb:{action}", place.arn("dynamodb", f"table/{table}"))

    if call in _DYNAMODB:
        index = members.get("IndexName")
        yield on(call, f"{members['TableName']}/index/{index}" if index else members["TableName"])
    elif call in ("BatchGetItem", "BatchWriteItem"):
        yield from (on(call, table) for table in members["RequestItems"])
    elif call in ("TransactWriteItems", "TransactGetItems"):
        parts = [part for item in members["TransactItems"] for part in item.items()]
        yield from (on(_TRANSACTED[kind], part["TableName"]) for kind, part in parts)


def _events(call: str, place: Place, members: Members) -> Iterator[Request]:
    if call == "PutEvents":
        for bus in dict.fromkeys(str(entry.get("EventBusName", "default")) for entry in members["Entries"]):
            yield Request("events:PutEvents", bus if bus.startswith("arn:") else place.arn("events", f"event-bus/{bus}"))
    elif call in ("DescribeRule", "PutRule", "PutTargets"):
        yield Request(f"events:{call}", place.arn("events", f"rule/{members.get('Name') or members['Rule']}"))


def _executions(call: str, _place: Place, members: Members) -> Iterator[Request]:
    arn = members.get("MapRunArn") or members["StateMachineArn"]
    yield Request(f"states:{call}", _unqualified(str(arn)))


def _run_task(call: str, place: Place, members: Members) -> Iterator[Request]:
    for arn in _revisions(place, "ecs", "task-definition", str(members["TaskDefinition"])):
        yield Request(f"ecs:{call}", arn, _context("ecs", call, members, place))
    if members.get("Tags") or members.get("PropagateTags"):
        context = {**_context("ecs", call, members, place), "ecs:CreateAction": "RunTask"}
        yield Request("ecs:TagResource", place.arn("ecs", f"task/{str(members['Cluster']).rpartition('/')[2]}/1"), context)


def _submit_job(call: str, place: Place, members: Members) -> Iterator[Request]:
    queue = str(members["JobQueue"])
    queue = queue if queue.startswith("arn:") else place.arn("batch", f"job-queue/{queue}")
    for arn in (queue, *_revisions(place, "batch", "job-definition", str(members["JobDefinition"]))):
        yield Request(f"batch:{call}", arn)


def _revisions(place: Place, service: str, kind: str, name: str) -> tuple[str, ...]:
    """A name without a revision is authorised as it is, and as its newest revision."""
    arn = name if name.startswith("arn:") else place.arn(service, f"{kind}/{name}")
    return (arn,) if arn.rpartition("/")[2].rpartition(":")[2].isdecimal() else (arn, f"{arn}:1")


_SPECIAL: Final[Mapping[str, Callable[[str, Place, Members], Iterator[Request]]]] = {
    "batch SubmitJob": _submit_job,
    "dynamodb *": _dynamodb,
    "ecs RunTask": _run_task,
    "events *": _events,
    "s3 *": _s3,
    "states ListExecutions": _executions,
}
