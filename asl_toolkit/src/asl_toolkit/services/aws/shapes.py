"""Parameters and results by botocore's service models: Step Functions writes every member with a capital first letter.

Unknown members and wrong types never reach the service: Step Functions ends the execution with States.Runtime, which no
Catch sees (public reports; recorded for `Headers` of apigateway:invoke).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from asl_toolkit.errors import RuntimeFailure
from asl_toolkit.json_value import Json, dumps, is_number
from asl_toolkit.services.aws.names import member_name
from asl_toolkit.timestamps import instant_text, parse_instant

Shape: TypeAlias = Any  # botocore.model.Shape: botocore ships no types
Naming: TypeAlias = Callable[[str], str]  # a member's own name → the one that Step Functions writes

_WANTED = {
    "string": "a STRING",
    "integer": "an INTEGER",
    "long": "a LONG",
    "float": "a FLOAT",
    "double": "a DOUBLE",
    "boolean": "a BOOLEAN",
    "list": "a LIST",
    "map": "a MAP",
    "structure": "a STRUCTURE",
    "timestamp": "a TIMESTAMP",
    "blob": "a BLOB",
}


def to_request(
    shape: Shape, parameters: Json, free_text: frozenset[str] = frozenset(), naming: Naming = member_name
) -> dict[str, Any]:
    """boto3's keyword arguments from a Task's parameters; null members are left out.

    `free_text` names members that take any JSON value as its text (MessageBody of sqs:sendMessage). A member's own name with
    a capital is taken beside the one that `naming` makes of it.
    RuntimeFailure for unknown members and wrong types.
    """
    if shape is None:
        return {}
    try:
        request = _Converter(naming).convert(shape, _as_text(parameters, free_text) if free_text else parameters, "")
    except _Refused as refused:
        raise RuntimeFailure(f"The Parameters '{dumps(parameters)}' could not be used to start the Task: [{refused}]") from None
    return dict(request)


def _as_text(value: Json, names: frozenset[str]) -> Json:
    if isinstance(value, list):
        return [_as_text(element, names) for element in value]
    if not isinstance(value, dict):
        return value
    return {
        name: dumps(inner) if name in names and not isinstance(inner, str) else _as_text(inner, names)
        for name, inner in value.items()
    }


class _Refused(Exception):  # noqa: N818 - never leaves this module
    """What Step Functions says of a member."""


class _Converter:
    """JSON to a request: the names of members are the integration's."""

    def __init__(self, naming: Naming) -> None:
        self._naming = naming

    def convert(self, shape: Shape, value: Json, name: str) -> Any:  # a request's value: JSON, bytes or datetime
        """The value of a shape; _Refused when it has another type."""
        kind = shape.type_name
        if kind == "structure":
            return self._structure(shape, value, name)
        if kind == "list" and isinstance(value, list):
            return [self.convert(shape.member, element, name) for element in value]
        if kind == "map" and isinstance(value, dict):
            return {key: self.convert(shape.value, inner, key) for key, inner in value.items() if inner is not None}
        return _scalar(shape, value, name)

    def _structure(self, shape: Shape, value: Json, name: str) -> dict[str, Any]:
        if getattr(shape, "is_document_type", False):
            return value  # type: ignore[no-any-return] # any JSON is good here
        if not isinstance(value, dict):
            raise _Refused(f"The value for the field '{name}' must be {_WANTED['structure']}")
        members = {written: member for member in shape.members for written in (member_name(member), self._naming(member))}
        request = {}
        for given, inner in value.items():
            member = members.get(given)
            if member is None:
                raise _Refused(f'The field "{given}" is not supported by Step Functions')
            if inner is not None:
                request[member] = self.convert(shape.members[member], inner, given)
        return request


def _scalar(shape: Shape, value: Json, name: str) -> Any:  # as above
    kind = shape.type_name
    if kind == "blob" and isinstance(value, (str, dict, list)):
        return value.encode() if isinstance(value, str) else dumps(value).encode()
    if kind == "timestamp":
        instant = parse_instant(value) if isinstance(value, str) else None
        if instant is not None or is_number(value):
            return instant or value
    good = {
        "string": isinstance(value, str),
        "boolean": isinstance(value, bool),
        "integer": is_number(value) and float(value).is_integer(),
        "long": is_number(value) and float(value).is_integer(),
        "float": is_number(value),
        "double": is_number(value),
    }
    if good.get(kind):
        return int(value) if kind in {"integer", "long"} else value
    raise _Refused(f"The value for the field '{name}' must be {_WANTED.get(kind, kind)}")


def from_response(shape: Shape, response: Any, *, epoch: bool, naming: Naming = member_name) -> Json:  # boto3's answer
    """A result as Step Functions hands it on: capital first letters, no absent members, JSON values.

    Timestamps are milliseconds since 1970 (`epoch`, as the optimised integrations give) or ISO-8601 texts.
    """
    if shape is None:
        return {}
    kind = shape.type_name
    if kind == "structure":
        if getattr(shape, "is_document_type", False):
            return response
        return {
            naming(member): from_response(inner, response[member], epoch=epoch, naming=naming)
            for member, inner in shape.members.items()
            if response.get(member) is not None
        }
    if kind == "list":
        return [from_response(shape.member, element, epoch=epoch, naming=naming) for element in response]
    if kind == "map":
        return {key: from_response(shape.value, inner, epoch=epoch, naming=naming) for key, inner in response.items()}
    return _plain(response, epoch=epoch)


def _plain(value: Any, *, epoch: bool) -> Json:  # boto3's scalars
    if isinstance(value, datetime):
        return int(value.timestamp() * 1000) if epoch else instant_text(value.timestamp())
    if hasattr(value, "read"):
        value = value.read()
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).decode(errors="replace")
    return value


def missing_members(shape: Shape, request: Mapping[str, Any]) -> list[str]:
    """The required members that a request lacks, in the model's order."""
    return [] if shape is None else [name for name in shape.required_members if name not in request]
