"""What the core's states need in the role of the state machine.

Sources: Step Functions guide, "IAM policies for AWS Lambda", "IAM policies for using Distributed Map states" (an older copy has
StopExecution too, aws-cdk#35390), "ItemReader", "ResultWriter", "Logging in CloudWatch Logs", "X-Ray", "Data at rest encryption".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from asl_generator.branches.scopes import scopes
from asl_generator.permissions.granted import Granted, granted
from extract_core.plan.places import ITEMS_NAME, RESULTS_FOLDER
from extract_core.registry import routing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from asl_generator.branches.scopes import State, States
    from asl_generator.permissions.arns import Arns
    from extract_core.contract import Json
    from extract_core.pipeline.deploy import DeployOptions

_FUNCTION: Final = re.compile(r"arn:[^:]+:lambda:")
_ITERATE: Final = f"state {routing.ITERATE!r}"
_LOG_DELIVERY: Final = (
    *("logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies"),
    *("logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery"),
)
_TRACES: Final = (*("xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments"),)


def invocations(states: States, start: str, own_functions: Sequence[str]) -> Iterator[Granted]:
    """Invoke each function that a state names. A state that reads the name may invoke each of `own_functions` (ARNs).

    An ARN with a version or an alias is that of the state; an ARN without one stands for no version (Lambda guide, "Resources").
    """
    invoking = dict[str, list[str]]()
    for scope in scopes(states, start):
        for name, state in scope.states.items():
            for function in _invoked(state, own_functions):
                invoking.setdefault(function, []).append(name)
    for function, names in sorted(invoking.items()):
        needed_by = f"state{'s' if len(names) > 1 else ''} {', '.join(map(repr, sorted(names)))}"
        yield granted(needed_by, "invokes the Lambda function", ("lambda:InvokeFunction",), function)


def _invoked(state: State, own_functions: Sequence[str]) -> Sequence[str]:
    resource = str(state.get("Resource", ""))
    if _FUNCTION.match(resource):
        return [resource]
    if state.get("Type") != "Task" or ":states:::lambda:invoke" not in resource:
        return ()
    members = state.get("Parameters", state.get("Arguments"))
    name = str(members.get("FunctionName", "")) if isinstance(members, dict) else ""
    return [name] if _FUNCTION.match(name) else own_functions


def map_run(arns: Arns, runs_uri: str) -> Iterator[Granted]:
    """What a DISTRIBUTED Map needs: its children are executions of its own machine, its items and results are objects in S3."""

    def of_map(reason: str, actions: Sequence[str], *resources: str) -> Granted:
        return granted(_ITERATE, reason, actions, *resources)

    follow = ("states:DescribeExecution", "states:StopExecution")
    yield of_map("starts a child execution per table", ("states:StartExecution",), arns.machine)
    yield of_map("follows and stops its children; the guide names the first ARN", follow, arns.executions, arns.children)
    yield of_map("runs failed children again if the execution is redriven", ("states:RedriveExecution",), arns.children)
    if runs_uri.startswith("s3://"):
        write = ("s3:AbortMultipartUpload", "s3:GetObject", "s3:ListMultipartUploadParts", "s3:PutObject")
        yield of_map("reads the items of the run (ItemReader)", ("s3:GetObject",), arns.objects(runs_uri, f"*/{ITEMS_NAME}"))
        yield of_map("writes the ends of its children (ResultWriter)", write, arns.objects(runs_uri, f"*/{RESULTS_FOLDER}*"))


def of_service(arns: Arns, options: DeployOptions) -> Iterator[Granted]:
    """What Step Functions does for the machine itself: logs, traces, encryption."""

    def of_machine(reason: str, resource: str, *actions: str, **condition: Json) -> Granted:
        return granted(
            "the state machine", reason, actions, resource, condition={"StringEquals": condition} if condition else None
        )

    yield of_machine("sends its log to CloudWatch; these actions take no resource", "*", *_LOG_DELIVERY)
    if options.tracing:
        yield of_machine("sends its traces to X-Ray; these actions take no resource", "*", *_TRACES)
    if key := options.kms_key:
        use = ("kms:Decrypt", "kms:GenerateDataKey")
        own = {"kms:EncryptionContext:aws:states:stateMachineArn": arns.machine}
        yield of_machine("reads and writes its own data, which the key encrypts", key, *use, **own)
        log = {"kms:EncryptionContext:SourceArn": arns.of("logs", "*")}
        yield of_machine("writes its log, which the key encrypts", key, "kms:GenerateDataKey", **log)
        yield of_machine(
            "reads items and writes results, which the key encrypts", key, *use, **{"kms:ViaService": arns.host("s3")}
        )
