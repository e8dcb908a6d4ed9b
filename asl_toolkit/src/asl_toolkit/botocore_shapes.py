"""Compares values with the shapes of botocore's service models: inner values, types, and broken limits."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, NamedTuple, TypeAlias

from asl_toolkit.json_value import is_number, is_whole

Shape: TypeAlias = Any  # botocore.model.Shape: botocore ships no types
Limit: TypeAlias = Literal["enum", "min", "max"]
_BOOLEANS: Mapping[str, bool] = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}


class Inside(NamedTuple):
    """A value directly inside another: its member, key or position, the member's name in the model, its shape."""

    step: str | int
    own: str | int
    shape: Shape
    value: Any


def inside(shape: Shape, value: Any, names: Mapping[str, str] | None = None) -> Iterator[Inside]:
    """The inner values of a structure, list or map.

    `names` has the model's name of each member as the value has it (None: they are the same). Members that the structure
    does not have are left out.
    """
    kind = shape.type_name
    if kind == "structure":
        for written, held in value.items():
            own = written if names is None else names.get(written, "")
            if own in shape.members:
                yield Inside(written, own, shape.members[own], held)
    elif kind == "list":
        for place, element in enumerate(value):
            yield Inside(place, place, shape.member, element)
    elif kind == "map":
        for key, held in value.items():
            yield Inside(key, key, shape.value, held)


def fits(kind: str, value: Any) -> bool:
    """Whether a value has the JSON type of a shape. Bytes and times come in several types, so any value fits them."""
    if kind == "string":
        return isinstance(value, str)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in {"integer", "long"}:
        return is_whole(value)
    if kind in {"float", "double"}:
        return is_number(value)
    if kind == "list":
        return isinstance(value, list)
    return kind in {"blob", "timestamp"} or isinstance(value, Mapping)


def is_plain_attribute(shape: Shape, value: Any) -> bool:
    """Whether a value is a DynamoDB attribute written as plain text: `"a"` stands for `{"S": "a"}`.

    Source: aws-samples/step-functions-workflows-collection (human-task-reminder writes a text and reads it back as `.S`).
    """
    return isinstance(value, str) and shape.name == "AttributeValue" and "S" in getattr(shape, "members", ())


def boolean_of(value: Any) -> bool | None:
    """A boolean, or the text of one: public definitions that run on AWS have `"true"` and `"True"`. None for any other value."""
    if isinstance(value, bool):
        return value
    return _BOOLEANS.get(value) if isinstance(value, str) else None


def broken_limits(shape: Shape, value: Any) -> Iterator[tuple[Limit, Any]]:
    """The limits of a shape that a value of the right type breaks: its words, its least or greatest length or value."""
    words = getattr(shape, "enum", None)
    if words and value not in words:
        yield "enum", words
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    size = value if is_number(value) else len(value) if isinstance(value, (str, list)) else None
    if size is not None and least is not None and size < least:
        yield "min", least
    if size is not None and most is not None and size > most:
        yield "max", most
