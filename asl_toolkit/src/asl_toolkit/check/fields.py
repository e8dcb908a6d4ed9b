"""The fields of each type of state, their query language, and the kinds of their values.

Source: the Amazon States Language specification (states-language.net), and the developer guide for newer fields.
"""

from collections.abc import Mapping
from typing import Final, Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal[
    "any", "text", "state", "flag", "path", "value path", "reference", "template", "data", "object", "list", "seconds", "wait",
    "timestamp", "count", "percentage", "positive", "batch bytes", "result path",
]  # fmt: skip


class Field(NamedTuple):
    """One field: the kind of its value, and the only query language that has it (None: both)."""

    kind: Kind
    language: Literal["JSONPath", "JSONata"] | None = None
    required: bool = False


def _jsonpath(kind: Kind) -> Field:
    return Field(kind, "JSONPath")


def _jsonata(kind: Kind) -> Field:
    return Field(kind, "JSONata")


Fields: TypeAlias = Mapping[str, Field]

_EVERY: Final[Fields] = {"Type": Field("text"), "Comment": Field("text"), "QueryLanguage": Field("text")}
_PATHS: Final[Fields] = {"InputPath": _jsonpath("path"), "OutputPath": _jsonpath("path"), "Output": _jsonata("data")}
_ASSIGN: Final[Fields] = {"Assign": Field("object")}
_MOVES: Final[Fields] = {"Next": Field("state"), "End": Field("flag")}
_FLOW: Final[Fields] = {**_EVERY, **_PATHS, **_ASSIGN, **_MOVES}
_RESULT: Final[Fields] = {"ResultSelector": _jsonpath("template"), "ResultPath": _jsonpath("result path")}
_HANDLERS: Final[Fields] = {"Retry": Field("list"), "Catch": Field("list")}
_INPUT: Final[Fields] = {"Parameters": _jsonpath("any"), "Arguments": _jsonata("data")}

STATE_FIELDS: Final[Mapping[str, Fields]] = {
    "Pass": {**_FLOW, "Parameters": _jsonpath("any"), "Result": _jsonpath("any"), "ResultPath": _jsonpath("result path")},
    "Task": {
        **_FLOW,
        **_INPUT,
        **_RESULT,
        **_HANDLERS,
        "Resource": Field("text", required=True),
        "TimeoutSeconds": Field("seconds"),
        "TimeoutSecondsPath": _jsonpath("value path"),
        "HeartbeatSeconds": Field("seconds"),
        "HeartbeatSecondsPath": _jsonpath("value path"),
        "Credentials": Field("template"),
    },
    "Choice": {**_EVERY, **_PATHS, **_ASSIGN, "Choices": Field("list", required=True), "Default": Field("state")},
    "Wait": {
        **_FLOW,
        "Seconds": Field("wait"),
        "SecondsPath": _jsonpath("value path"),
        "Timestamp": Field("timestamp"),
        "TimestampPath": _jsonpath("value path"),
    },
    "Succeed": {**_EVERY, **_PATHS},
    "Fail": {
        **_EVERY,
        "Error": Field("text"),
        "ErrorPath": _jsonpath("value path"),
        "Cause": Field("text"),
        "CausePath": _jsonpath("value path"),
    },
    "Parallel": {**_FLOW, **_INPUT, **_RESULT, **_HANDLERS, "Branches": Field("list", required=True)},
    "Map": {
        **_FLOW,
        **_RESULT,
        **_HANDLERS,
        "ItemProcessor": Field("object"),
        "Iterator": Field("object"),
        "ItemsPath": _jsonpath("value path"),
        "Items": _jsonata("any"),
        "ItemSelector": Field("template"),
        "Parameters": _jsonpath("any"),
        "MaxConcurrency": Field("count"),
        "MaxConcurrencyPath": _jsonpath("value path"),
        "ToleratedFailureCount": Field("count"),
        "ToleratedFailureCountPath": _jsonpath("value path"),
        "ToleratedFailurePercentage": Field("percentage"),
        "ToleratedFailurePercentagePath": _jsonpath("value path"),
        "ItemReader": Field("object"),
        "ItemBatcher": Field("object"),
        "ResultWriter": Field("object"),
        "Label": Field("text"),
    },
}

MACHINE_FIELDS: Final[Fields] = {
    "Comment": Field("text"),
    "Version": Field("text"),
    "QueryLanguage": Field("text"),
    "TimeoutSeconds": Field("seconds"),
    "StartAt": Field("text", required=True),
    "States": Field("any"),
}
# Fields of a machine are accepted in a branch or a processor: AWS accepts branches that were pasted as whole machines.
BRANCH_FIELDS: Final[Fields] = MACHINE_FIELDS
# AWS refuses QueryLanguage in a processor: floci-io/floci, issue 2968, measured.
PROCESSOR_FIELDS: Final[Fields] = {
    **{name: field for name, field in MACHINE_FIELDS.items() if name != "QueryLanguage"},
    "ProcessorConfig": Field("object"),
}

EXCLUSIVE: Final = (
    ("Next", "End"),
    ("TimeoutSeconds", "TimeoutSecondsPath"),
    ("HeartbeatSeconds", "HeartbeatSecondsPath"),
    ("Seconds", "SecondsPath", "Timestamp", "TimestampPath"),
    ("Error", "ErrorPath"),
    ("Cause", "CausePath"),
    ("ItemProcessor", "Iterator"),
    ("ItemSelector", "Parameters"),
    ("MaxConcurrency", "MaxConcurrencyPath"),
    ("ToleratedFailureCount", "ToleratedFailureCountPath"),
    ("ToleratedFailurePercentage", "ToleratedFailurePercentagePath"),
    ("MaxItems", "MaxItemsPath"),
    ("MaxItemsPerBatch", "MaxItemsPerBatchPath"),
    ("MaxInputBytesPerBatch", "MaxInputBytesPerBatchPath"),
)
