"""JSON values as AWS takes them: plain, ordered for reading, the same bytes for the same input."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from extract_core.contract import Json

_MAY_BE_NULL: Final = frozenset({"InputPath", "OutputPath", "ResultPath"})

_FIELDS: Final = (
    *("Type", "Comment", "QueryLanguage", "Resource", "ProcessorConfig", "StartAt", "States", "ErrorEquals"),
    *("ItemsPath", "Items", "ItemReader", "ItemSelector", "ItemBatcher", "MaxConcurrency", "MaxConcurrencyPath"),
    *("ToleratedFailureCount", "ToleratedFailurePercentage", "ItemProcessor", "Branches", "ResultWriter"),
    *("InputPath", "Parameters", "Arguments", "Credentials", "Seconds", "SecondsPath", "Timestamp", "TimestampPath"),
    *("Not", "And", "Or", "Variable", "Condition"),  # the comparison of a rule comes after these, it is not in this list
    *("Result", "ResultSelector", "ResultPath", "OutputPath", "Output", "Assign"),
    *("TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath"),
    *("IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy"),
    *("Retry", "Catch", "Choices", "Error", "ErrorPath", "Cause", "CausePath"),
)
_LAST: Final = ("Default", "Next", "End")
_RANK: Final = {name: rank for rank, name in enumerate(_FIELDS)} | {name: 1_000 + rank for rank, name in enumerate(_LAST)}
_PAYLOADS: Final = frozenset({"Parameters", "Arguments", "Result", "ResultSelector", "ItemSelector", "Assign", "Output"})


def plain(value: object, where: str = "") -> Json:
    """The same with dicts and lists alone. ValueError (naming the place) for a value that JSON or Step Functions lacks.

    Step Functions takes null for InputPath, OutputPath and ResultPath only.
    """
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        raise ValueError(f"{where or 'the value'} is {value!r}, which JSON does not have")
    if isinstance(value, Mapping):
        return {_key(key, where): _member(key, each, f"{where}.{key}" if where else str(key)) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [plain(each, f"{where}[{index}]") for index, each in enumerate(value)]
    if value is None:
        raise ValueError(f"{where or 'the value'} is null, which Step Functions does not take there: leave the key out")
    raise ValueError(f"{where or 'the value'} is a {type(value).__name__}, which JSON does not have")


def _member(key: object, value: object, where: str) -> Json:
    return None if value is None and key in _MAY_BE_NULL else plain(value, where)


def _key(key: object, where: str) -> str:
    if isinstance(key, str):
        return key
    raise ValueError(f"{where or 'the value'} has the key {key!r}, which is no text")


def ordered(value: Json) -> Json:
    """Fields in the order in which one reads a state, payloads by the alphabet; states stay in the order of the story."""
    return _ordered(value, within="")


def _ordered(value: Json, within: str) -> Json:
    if isinstance(value, Mapping):
        if within == "States":
            return {name: _ordered(state, "") for name, state in value.items()}
        if within in _PAYLOADS:
            return {key: _ordered(value[key], within) for key in sorted(value)}
        keys = sorted(value, key=lambda key: (_RANK.get(key, len(_FIELDS)), key))
        return {key: _ordered(value[key], key) for key in keys}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_ordered(each, within if within in _PAYLOADS else "") for each in value]
    return value


def text(value: Json, *, indent: int | None = 2) -> str:
    """Readable JSON (`indent` None: without blanks), non-ASCII as it is."""
    separators = (",", ":") if indent is None else None
    return json.dumps(value, indent=indent, ensure_ascii=False, separators=separators, allow_nan=False)
