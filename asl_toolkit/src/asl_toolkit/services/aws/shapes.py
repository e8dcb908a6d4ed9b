"""Converts parameters and results by botocore's service models. In Step Functions, every member has a capital first letter.

Unknown members and wrong types never reach the service: Step Functions ends the execution with States.Runtime, which no
Catch handles (public reports; recorded for `Headers` of apigateway:invoke).
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, TypeAlias

from asl_toolkit.botocore_shapes import Shape, boolean_of, fits, inside, is_plain_attribute
from asl_toolkit.errors import RuntimeFailure
from asl_toolkit.json_value import Json, dumps, is_number
from asl_toolkit.services.aws.names import member_name, sdk_member_name
from asl_toolkit.timestamps import instant_text, parse_instant

Naming: TypeAlias = Callable[[str], str]  # a member's name in the model → its name in Step Functions

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


def naming(*, sdk: bool) -> Naming:
    """The spelling of members in an optimised integration or in an `aws-sdk:` integration."""
    return sdk_member_name if sdk else member_name


def to_request(shape: Shape, parameters: Json, free_text: frozenset[str] = frozenset(), *, sdk: bool = False) -> dict[str, Any]:
    """boto3's keyword arguments for a Task's parameters; null members are left out.

    For the members in `free_text`, any JSON value is sent as its text (MessageBody of sqs:sendMessage). An `sdk` call
    accepts an object or array as the JSON text of any text member (recorded for Input of sfn:startExecution), and sends the
    JSON text of any value of a blob, with its quotes (recorded for Body of s3:putObject: localstack, pull 12035). A member's
    name in the model, with a capital, is accepted too. Raises RuntimeFailure for unknown members and wrong types.
    """
    if shape is None:
        return {}
    try:
        request = _Converter(sdk=sdk).convert(shape, _as_text(parameters, free_text) if free_text else parameters, "")
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


class _Refused(Exception):  # noqa: N818 - used only in this module
    """Step Functions' message about a member."""


class _Converter:
    """Converts JSON to a request; member names are those of the integration."""

    def __init__(self, *, sdk: bool) -> None:
        self._sdk = sdk
        self._naming = naming(sdk=sdk)

    def convert(self, shape: Shape, value: Json, name: str) -> Any:  # a request's value: JSON, bytes or datetime
        """The value of a shape. Raises _Refused for another type."""
        kind = shape.type_name
        if kind == "structure" and getattr(shape, "is_document_type", False):
            return value
        if kind not in {"structure", "list", "map"}:
            return self._scalar(kind, value, name)
        if is_plain_attribute(shape, value):
            return {"S": value}
        if not fits(kind, value):
            raise _Refused(f"The value for the field '{name}' must be {_WANTED[kind]}")
        held = inside(shape, value, self._names(shape, value) if kind == "structure" else None)
        if kind == "list":
            return [self.convert(inner, element, name) for _, _, inner, element in held]
        return {own: self.convert(inner, element, str(step)) for step, own, inner, element in held if element is not None}

    def _names(self, shape: Shape, value: Mapping[str, Json]) -> dict[str, str]:
        """Member names as the value has them → member names in the model."""
        members = {written: member for member in shape.members for written in (member_name(member), self._naming(member))}
        for name in value:
            if name not in members:
                raise _Refused(f'The field "{name}" is not supported by Step Functions')
        return {name: members[name] for name in value}

    def _scalar(self, kind: str, value: Json, name: str) -> Any:  # as above
        structured = isinstance(value, (dict, list))
        if kind == "blob" and (self._sdk or structured or isinstance(value, str)):
            return (value if isinstance(value, str) and not self._sdk else dumps(value)).encode(errors="surrogatepass")
        if kind == "string" and self._sdk and structured:
            return dumps(value)
        if kind == "boolean" and (boolean := boolean_of(value)) is not None:
            return boolean
        if kind == "timestamp":
            instant = parse_instant(value) if isinstance(value, str) else None
            if instant is not None or is_number(value):
                return instant or value
        elif kind != "blob" and fits(kind, value):
            return int(value) if kind in {"integer", "long"} else value
        raise _Refused(f"The value for the field '{name}' must be {_WANTED.get(kind, kind)}")


def from_response(shape: Shape, response: Any, *, epoch: bool, naming: Naming = member_name) -> Json:  # boto3's answer
    """A result as Step Functions returns it: capital first letters, no absent members, JSON values.

    Timestamps are milliseconds since 1970 (`epoch`, in optimised integrations) or ISO-8601 texts.
    """
    if shape is None:
        return {}
    kind = shape.type_name
    if kind == "structure" and getattr(shape, "is_document_type", False):
        return response
    if kind == "structure":
        return {
            naming(member): from_response(inner, response[member], epoch=epoch, naming=naming)
            for member, inner in shape.members.items()  # in the model's order
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
