"""Finds reads of members that a service's answer may not have: States.Runtime, which no Catch handles.

Shapes: botocore's service models. The answer of `.sync` is that of the describing call (developer guide, "Run a Job");
recorded executions of Glue and ECS show which members are always present.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from asl_toolkit.botocore_shapes import Shape
from asl_toolkit.check.findings import Pointer, Report
from asl_toolkit.check.models import Models, find_member, member_names
from asl_toolkit.check.paths import parts_of
from asl_toolkit.check.resources import Called
from asl_toolkit.check.scopes import StateAt
from asl_toolkit.check.variables import template_texts
from asl_toolkit.errors import SyntaxFault
from asl_toolkit.expressions import PathExpression, parse_expression
from asl_toolkit.jsonpath.path import Index, Property, Token

_ADDED: Final = frozenset({"SdkHttpMetadata", "SdkResponseMetadata"})
_JSONATA_RESULT: Final = re.compile(r"\{%\s*\$states\.result((?:\.[A-Za-z_]\w*)+)\s*%\}")
_GLUE: Final = frozenset({
    "Attempt", "CompletedOn", "ExecutionTime", "GlueVersion", "Id", "JobName", "JobRunState", "LastModifiedOn",
    "LogGroupName", "MaxCapacity", "PredecessorRuns", "StartedOn", "Timeout", "AllocatedCapacity",
})  # fmt: skip
_ECS: Final = frozenset({
    "Attachments", "Attributes", "ClusterArn", "Containers", "Cpu", "CreatedAt", "DesiredStatus", "EnableExecuteCommand",
    "Group", "LastStatus", "LaunchType", "Memory", "Overrides", "StartedBy", "StopCode", "StoppedAt", "StoppedReason",
    "StoppingAt", "Tags", "TaskArn", "TaskDefinitionArn", "Version", "AvailabilityZone",
})  # fmt: skip
_STATES: Final = frozenset({  # of a child that succeeded
    "ExecutionArn", "Input", "InputDetails", "Name", "Output", "OutputDetails", "StartDate", "StateMachineArn", "Status",
    "StopDate",
})  # fmt: skip
# (service, action) of a .sync → operation that describes the job, the member with the answer, the members always present.
_SYNC: Final[Mapping[tuple[str, str], tuple[tuple[str, str], str | None, frozenset[str] | None]]] = {
    ("athena", "startQueryExecution"): (("athena", "GetQueryExecution"), None, None),
    ("batch", "submitJob"): (("batch", "DescribeJobs"), "jobs", None),
    ("ecs", "runTask"): (("ecs", "DescribeTasks"), "tasks", _ECS),
    ("glue", "startJobRun"): (("glue", "GetJobRun"), "JobRun", _GLUE),
    ("sagemaker", "createTrainingJob"): (("sagemaker", "DescribeTrainingJob"), None, None),
    ("sagemaker", "createProcessingJob"): (("sagemaker", "DescribeProcessingJob"), None, None),
    ("sagemaker", "createTransformJob"): (("sagemaker", "DescribeTransformJob"), None, None),
    ("states", "startExecution"): (("stepfunctions", "DescribeExecution"), None, _STATES),
}
# Answers of Step Functions itself: these members are always present, whatever the model says.
_OWN: Final[Mapping[tuple[str, str], frozenset[str]]] = {
    ("lambda", "invoke"): frozenset({"ExecutedVersion", "Payload", "StatusCode"}),
    ("glue", "startJobRun"): frozenset({"JobName", "JobRunId"}),
    ("sqs", "sendMessage"): frozenset({"MessageId", "MD5OfMessageBody"}),
}


def check_outputs(state: StateAt, called: Called, report: Report, models: Models) -> None:
    """The reads of a Task's result by ResultSelector, OutputPath or a JSONata expression."""
    answer = _answer(called, models)
    if answer is None:
        return
    shape, always = answer
    for pointer, tokens in _result_paths(state):
        _walk(tokens, pointer, shape, always, called, report)


def _answer(called: Called, models: Models) -> tuple[Shape, frozenset[str] | None] | None:
    rules = called.integration
    if rules is None or rules.operation is None or called.suffix == ".waitForTaskToken" or rules.closed:
        return None
    key = (called.service, called.action)
    if called.suffix:
        if key not in _SYNC:
            return None
        described, member, always = _SYNC[key]
        operation = models.operation(*described)
        if operation is None:
            return None
        shape = operation.output_shape
        if member is not None:
            shape = shape.members[member]
            shape = shape.member if shape.type_name == "list" else shape
        return shape, always
    operation = models.operation(*rules.operation)
    if operation is None or operation.output_shape is None or called.service == "elasticmapreduce":
        return None
    return operation.output_shape, _OWN.get(key)


def _result_paths(state: StateAt) -> Iterator[tuple[Pointer, list[Token]]]:
    if state.jsonata:
        for name in ("Output", "Assign"):
            for pointer, text in _strings(state.value.get(name), state.at(name)):
                if match := _JSONATA_RESULT.fullmatch(text):
                    yield pointer, [Property((step,)) for step in match[1].split(".")[1:]]
        return
    for pointer, text in _result_texts(state):
        try:
            expression = parse_expression(text)
        except SyntaxFault:
            continue  # reported where the field is checked
        for path in parts_of(expression):
            if isinstance(path, PathExpression) and path.root == "data" and path.path.definite:
                yield pointer, list(path.path.tokens)


def _result_texts(state: StateAt) -> Iterator[tuple[Pointer, str]]:
    """Expressions of a JSONPath state that are applied to the result itself."""
    if "ResultSelector" in state.value:
        yield from template_texts(state.value["ResultSelector"], state.at("ResultSelector"))
    elif state.value.get("ResultPath", "$") == "$" and isinstance(output := state.value.get("OutputPath"), str):
        yield state.at("OutputPath"), output


def _strings(value: object, pointer: Pointer) -> Iterator[tuple[Pointer, str]]:
    if isinstance(value, str):
        yield pointer, value
    elif isinstance(value, Mapping):
        for name, inner in value.items():
            yield from _strings(inner, (*pointer, name))


def _walk(  # noqa: PLR0913, PLR0917 - a path, its place, and the value it is applied to
    tokens: list[Token], pointer: Pointer, shape: Shape, always: frozenset[str] | None, called: Called, report: Report
) -> None:
    title = f"{called.service}:{called.action}{called.suffix}"
    for token in tokens:
        if isinstance(token, Index) and shape.type_name == "list":
            shape, always = shape.member, None
            continue
        if not isinstance(token, Property) or len(token.names) != 1 or shape.type_name != "structure":
            return
        name = token.names[0]
        if name in _ADDED or (always is not None and name in always and find_member(name, member_names(shape)) is None):
            return
        own = find_member(name, member_names(shape))
        if own is None:
            report.add("RESULT_MEMBER", pointer, f"the answer of {title} has no member {name!r}")
            return
        required = shape.required_members
        if always is not None and name not in always:
            report.add("RESULT_MEMBER", pointer, f"the answer of {title} does not always have the member {name!r}")
            return
        if always is None and required and own not in required:
            report.add("RESULT_MEMBER", pointer, f"the answer of {title} does not always have the member {name!r}")
            return
        shape, always = shape.members[own], None
