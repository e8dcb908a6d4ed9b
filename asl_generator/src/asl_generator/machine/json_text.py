"""JSON values as AWS accepts them: plain, with keys in reading order, and the same bytes for the same input."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from json.encoder import encode_basestring as _quoted
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from extract_core.contract import Json

_MAY_BE_NULL: Final = frozenset({"InputPath", "OutputPath", "ResultPath"})

_FIELDS: Final = (
    *("Type", "Comment", "QueryLanguage", "Resource", "ProcessorConfig", "StartAt", "States", "ErrorEquals"),
    *("ItemsPath", "Items", "ItemReader", "ItemSelector", "ItemBatcher", "MaxConcurrency", "MaxConcurrencyPath"),
    *("ToleratedFailureCount", "ToleratedFailurePercentage", "ItemProcessor", "Branches", "ResultWriter"),
    *("InputPath", "Parameters", "Arguments", "Credentials", "Seconds", "SecondsPath", "Timestamp", "TimestampPath"),
    *("Not", "And", "Or", "Variable", "Condition"),  # the comparison of a rule is not in this list and comes after these
    *("Result", "ResultSelector", "ResultPath", "OutputPath", "Output", "Assign"),
    *("TimeoutSeconds", "TimeoutSecondsPath", "HeartbeatSeconds", "HeartbeatSecondsPath"),
    *("IntervalSeconds", "MaxAttempts", "BackoffRate", "MaxDelaySeconds", "JitterStrategy"),
    *("Retry", "Catch", "Choices", "Error", "ErrorPath", "Cause", "CausePath"),
)
_LAST: Final = ("Default", "Next", "End")
_RANK: Final = {name: rank for rank, name in enumerate(_FIELDS)} | {name: 1_000 + rank for rank, name in enumerate(_LAST)}
_PAYLOADS: Final = frozenset({"Parameters", "Arguments", "Result", "ResultSelector", "ItemSelector", "Assign", "Output"})


def plain(value: object, where: str = "") -> Json:
    """The value with dicts and lists only. ValueError (with the place) for a value that JSON or Step Functions does not have.

    Step Functions allows null for InputPath, OutputPath and ResultPath only.
    """
    if isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        if math.isfinite(value):
            return value
        raise ValueError(f"{where or 'the value'} is {value!r}, which JSON does not have")
    if isinstance(value, Mapping):
        return {_key(key, where): _member(key, member, f"{where}.{key}" if where else str(key)) for key, member in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, bytes | bytearray):
        return [plain(element, f"{where}[{index}]") for index, element in enumerate(value)]
    if value is None:
        raise ValueError(f"{where or 'the value'} is null, which Step Functions does not allow there: leave the key out")
    raise ValueError(f"{where or 'the value'} is a {type(value).__name__}, which JSON does not have")


def _member(key: object, value: object, where: str) -> Json:
    return None if value is None and key in _MAY_BE_NULL else plain(value, where)


def _key(key: object, where: str) -> str:
    if isinstance(key, str):
        return key
    raise ValueError(f"{where or 'the value'} has the key {key!r}, which is not a string")


def ordered(value: Json) -> Json:
    """Fields of a state in reading order, payloads in alphabetical order. States keep their order."""
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
        return [_ordered(element, within if within in _PAYLOADS else "") for element in value]
    return value


def text(value: Json, *, indent: int | None = 2) -> str:
    """Readable JSON (`indent` None: without blanks), with non-ASCII characters unchanged."""
    if indent is None:
        return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _indented(value, "\n", " " * indent)


def _indented(value: Json, line: str, step: str) -> str:
    """As `json.dumps` with an indent, in about 60 % of its time: with an indent the standard encoder is not the one in C."""
    if isinstance(value, str):
        return _quoted(value)
    inner = line + step
    if isinstance(value, Mapping) and value:
        members = [f"{_quoted(key)}: {_indented(member, inner, step)}" for key, member in value.items()]
        return f"{{{inner}{f',{inner}'.join(members)}{line}}}"
    if isinstance(value, list | tuple) and value:
        return f"[{inner}{f',{inner}'.join([_indented(element, inner, step) for element in value])}{line}]"
    return json.dumps(value, allow_nan=False)
