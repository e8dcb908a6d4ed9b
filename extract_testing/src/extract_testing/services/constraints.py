"""Lengths, patterns and ranges of a request, by botocore's model. Services refuse other values, although their types are right.

botocore itself checks the minimum length only. A pattern must match the whole text, as AWS requires ("Member must satisfy
regular expression pattern"). A pattern that Python cannot compile is skipped.
"""

from __future__ import annotations

import re
import warnings
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ONLY_IN_WORDS: Final[Mapping[tuple[str, str], tuple[int, str]]] = {
    ("SubmitJob", "jobName"): (128, "[a-zA-Z0-9][a-zA-Z0-9_-]*"),
    ("StartExecution", "name"): (80, r"[^\s?*<>{}\[\]\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]+"),
}
"""Constraints that only the text of the API reference has: by operation and member, the maximum length and the pattern."""

_SHOWN: Final = 100
_NUMBERS: Final = frozenset({"integer", "long", "float", "double"})


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a service refuses a request, and what is wrong: its form, the size of a text or list, a number, or the characters."""

    text: str
    kind: Literal["form", "size", "number", "characters"] = "form"


def broken_constraints(operation: Any, request: Mapping[str, Any]) -> Iterator[Refusal]:  # botocore ships no types
    """Values that are too long, too large or do not match a pattern, each with its place in the request."""
    for name, value in request.items():
        in_words = _ONLY_IN_WORDS.get((operation.name, name))
        if in_words is not None and isinstance(value, str):
            yield from _broken(value, name, *in_words)
    yield from _of_shape(operation.input_shape, request, "")


def _of_shape(shape: Any, value: object, place: str) -> Iterator[Refusal]:  # botocore ships no types
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
        enum = list(getattr(shape, "enum", None) or ())
        if enum and value not in enum:
            yield Refusal(f"{place} is {shown(value)}, not one of {', '.join(enum[:8])}{', …' if len(enum) > 8 else ''}")


def _too_many(kind: str, value: object, place: str, most: float | None) -> Iterator[Refusal]:
    if most is None:
        return
    if kind in ("list", "map") and isinstance(value, list | dict) and len(value) > most:
        yield Refusal(f"{place} has {len(value):,} elements, but the maximum is {most:,}", "size")
    elif kind in _NUMBERS and isinstance(value, int | float) and value > most:
        yield Refusal(f"{place} is {value:,}, but the maximum is {most:,}", "number")


def shown(value: str) -> str:
    """A text for a message: quoted, and cut if it is long."""
    return repr(value if len(value) <= _SHOWN else f"{value[:_SHOWN]}…")


def _broken(value: str, place: str, most: int | None, pattern: str | None) -> Iterator[Refusal]:
    if most is not None and len(value) > most:
        yield Refusal(f"{place} is {shown(value)}: {len(value):,} characters, but the maximum is {most:,}", "size")
    elif pattern is not None and (compiled := _compiled(pattern)) is not None and not compiled.fullmatch(value):
        yield Refusal(f"{place} is {shown(value)}, which does not match {pattern}", "characters")


@cache
def _compiled(pattern: str) -> re.Pattern[str] | None:
    """DOTALL, because the model does not say whether a dot matches a line end. None for syntax that only Java has."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            return re.compile(pattern, re.DOTALL)
    except (re.error, Warning):
        return None
