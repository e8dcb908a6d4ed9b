"""Lengths and patterns of a request's texts, by botocore's model: what the service refuses though its JSON types are right.

botocore itself looks at the least length alone. A pattern is matched from the first to the last character, as AWS does (its
message: "Member must satisfy regular expression pattern"); one that Python can't read is left out.
"""

from __future__ import annotations

import re
import warnings
from functools import cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ONLY_IN_WORDS: Final[Mapping[tuple[str, str], tuple[int, str]]] = {
    ("SubmitJob", "jobName"): (128, "[a-zA-Z0-9][a-zA-Z0-9_-]*"),
    ("StartExecution", "name"): (80, r"[^\s?*<>{}\[\]\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]+"),
}
"""Constraints that the API reference has in words and the model has not: operation and member, greatest length, pattern."""

_SHOWN: Final = 100
_NUMBERS: Final = frozenset({"integer", "long", "float", "double"})


def broken_constraints(operation: Any, request: Mapping[str, Any]) -> Iterator[str]:  # botocore ships no types
    """What is too long, or of characters that the service does not take, each with its place in the request."""
    for name, value in request.items():
        in_words = _ONLY_IN_WORDS.get((operation.name, name))
        if in_words is not None and isinstance(value, str):
            yield from _broken(value, name, *in_words)
    yield from _of_shape(operation.input_shape, request, "")


def _of_shape(shape: Any, value: object, place: str) -> Iterator[str]:  # botocore ships no types
    most = shape.metadata.get("max")
    yield from _too_many(shape.type_name, value, place, most)
    if shape.type_name == "structure" and isinstance(value, dict):
        for name, inner in value.items():
            if name in shape.members:
                yield from _of_shape(shape.members[name], inner, f"{place}.{name}" if place else name)
    elif shape.type_name == "map" and isinstance(value, dict):
        for name, inner in value.items():
            yield from _of_shape(shape.key, name, f"{place}, key {name!r}")
            yield from _of_shape(shape.value, inner, f"{place}.{name}")
    elif shape.type_name == "list" and isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _of_shape(shape.member, inner, f"{place}[{index}]")
    elif shape.type_name == "string" and isinstance(value, str):
        yield from _broken(value, place, most, shape.metadata.get("pattern"))


def _too_many(kind: str, value: object, place: str, most: float | None) -> Iterator[str]:
    if most is None:
        return
    if kind in ("list", "map") and isinstance(value, list | dict) and len(value) > most:
        yield f"{place} has {len(value):,} elements, and at most {most:,} are taken"
    elif kind in _NUMBERS and isinstance(value, int | float) and value > most:
        yield f"{place} is {value:,}, and {most:,} is the most that is taken"


def shown(value: str) -> str:
    """A text as messages show it: quoted, and cut where it is long."""
    return repr(value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…")


def _broken(value: str, place: str, most: int | None, pattern: str | None) -> Iterator[str]:
    if most is not None and len(value) > most:
        yield f"{place} is {shown(value)}, {len(value):,} characters, and at most {most:,} are taken"
    elif pattern is not None and (compiled := _compiled(pattern)) is not None and not compiled.fullmatch(value):
        yield f"{place} is {shown(value)}, which does not match {pattern}"


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """DOTALL: whether a dot stands for a line's end is not told by the model. None for what only Java reads."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return re.compile(pattern, re.DOTALL)
    except (re.error, Warning):
        return None
