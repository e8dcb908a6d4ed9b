"""AWS JSON 1.0, the protocol of Step Functions: requests and answers between JSON and the values of botocore's model.

Sources: botocore's service model (targetPrefix, shapes) and its JSONParser, which reads `__type` and `message` of an error.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from asl_toolkit.botocore_shapes import Shape, fits, inside
from asl_toolkit.json_value import Json, dumps, loads, type_name

CONTENT_TYPE = "application/x-amz-json-1.0"


class Refused(Exception):  # noqa: N818 - an answer of the service
    """An error of the protocol: its code, its text and the HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(message)
        self.code = code
        self.status = status


def operation_of(target: str | None, model: Any) -> str:  # botocore.model.ServiceModel
    """The operation that the header X-Amz-Target names. Raises Refused."""
    if not target:
        raise Refused("MissingAuthenticationTokenException", "The header X-Amz-Target is missing: it names the operation")
    prefix, _, name = target.rpartition(".")
    if prefix != model.metadata["targetPrefix"] or name not in model.operation_names:
        raise Refused("UnknownOperationException", f"Step Functions has no operation {target!r}")
    return name


def read_request(body: bytes, shape: Shape) -> dict[str, Any]:
    """The members of a request that the operation has; others and nulls are left out. Raises Refused."""
    try:
        value = loads(body or b"{}")
    except ValueError as error:
        raise Refused("SerializationException", f"The body is not JSON: {error}") from error
    faults: list[str] = []
    request: dict[str, Any] = _read(shape, value, "", faults)
    if faults:
        count = "1 validation error" if len(faults) == 1 else f"{len(faults)} validation errors"
        raise Refused("ValidationException", f"{count} detected: {'; '.join(faults)}")
    return request


def _read(shape: Shape, value: Json, path: str, faults: list[str]) -> Any:
    if not fits(shape.type_name, value):
        where = f" at {path!r}" if path else ""
        raise Refused("SerializationException", f"A JSON {type_name(value)} can not be converted to {shape.type_name}{where}")
    if shape.type_name == "structure":
        missing = [_below(path, name) for name in shape.required_members if value.get(name) is None]
        faults += [f"Value null at '{name}' failed to satisfy constraint: Member must not be null" for name in missing]
        value = {name: held for name, held in value.items() if held is not None}
        return {it.own: _read(it.shape, it.value, _below(path, it.step), faults) for it in inside(shape, value)}
    if shape.type_name == "list":
        return [_read(shape.member, element, f"{path}.{place + 1}.member", faults) for place, element in enumerate(value)]
    if shape.type_name == "map":
        return {key: _read(shape.value, held, _below(path, key), faults) for key, held in value.items()}
    return int(value) if shape.type_name in {"integer", "long"} else value


def _below(path: str, name: str | int) -> str:
    return f"{path}.{name}" if path else str(name)


def write_answer(answer: Mapping[str, Any], shape: Shape | None) -> bytes:
    """The body of an answer; members that the operation's output does not have (ResponseMetadata) are left out."""
    return _bytes({} if shape is None else _write(shape, answer))


def _write(shape: Shape, value: Any) -> Json:
    if isinstance(value, datetime):
        return round(value.timestamp(), 3)
    if isinstance(value, Mapping):
        return {it.own: _write(it.shape, it.value) for it in inside(shape, value)}
    if isinstance(value, list):
        return [_write(shape.member, element) for element in value]
    return value


def write_error(code: str, message: str) -> bytes:
    """The body of an error."""
    return _bytes({"__type": code, "message": message})


def _bytes(value: Json) -> bytes:
    return dumps(value).encode("utf-8", "backslashreplace")  # half a surrogate becomes JSON's own escape: \ud800
