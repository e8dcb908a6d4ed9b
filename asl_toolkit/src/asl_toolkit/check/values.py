"""The valid values of fields: types, ranges and words."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import NoneType
from typing import Final

from asl_toolkit.check.fields import EXCLUSIVE, Fields
from asl_toolkit.check.findings import Pointer, Report
from asl_toolkit.check.wording import a_type, shown
from asl_toolkit.json_value import Json, is_number
from asl_toolkit.language import Language
from asl_toolkit.timestamps import parse_instant

_PLACEHOLDERS: Final = ContextVar("placeholders", default=True)  # whether a tool will replace them
_LONGEST: Final = 99_999_999
_PLACEHOLDER: Final = re.compile(r"\$\{[^{}]+\}")
_LOOKS_LIKE_PATH: Final = re.compile(r"\$\$?[.\[][\w.\[\]*'\-]+")
_LOOKS_LIKE_CALL: Final = re.compile(r"States\.[A-Z][A-Za-z0-9]+\(.*\)", re.DOTALL)
_NUMBERS: Final[Mapping[str, tuple[int, int | None, bool]]] = {  # least, most, whole
    "seconds": (1, _LONGEST, True),
    "wait": (0, _LONGEST, True),
    "count": (0, None, True),
    "positive": (1, None, True),
    "batch bytes": (1, 262_144, True),  # "up to 256 KiB" (developer guide, "ItemBatcher (Map)", Max KiB per batch)
    "percentage": (0, 100, False),
}

_NEVER_EVALUATED: Final = frozenset({"state", "flag", "list", "object"})

_TYPES: Final[Mapping[str, tuple[tuple[type, ...], str]]] = {
    "text": ((str,), "a string"),
    "state": ((str,), "a string"),
    "value path": ((str,), "a string"),
    "timestamp": ((str,), "a string"),
    "path": ((str, NoneType), "a path or null"),
    "result path": ((str, NoneType), "a path or null"),
    "flag": ((bool,), "true or false"),
    "list": ((list,), "an array"),
    "object": ((Mapping,), "an object"),
    "template": ((Mapping, list), "an object"),
}


def is_placeholder(value: Json) -> bool:
    """Whether a text has `${…}`, which CloudFormation, SAM or Terraform will replace before AWS sees it."""
    return isinstance(value, str) and "${" in value and _PLACEHOLDER.search(value) is not None and _PLACEHOLDERS.get()


@contextmanager
def placeholders_are_texts() -> Iterator[None]:
    """In this block, `is_placeholder` is False for every text, because nothing replaces placeholders."""
    token = _PLACEHOLDERS.set(False)
    try:
        yield
    finally:
        _PLACEHOLDERS.reset(token)


def is_expression(value: Json) -> bool:
    """Whether a value is written as one JSONata expression."""
    return isinstance(value, str) and value.startswith("{%") and value.endswith("%}") and len(value) >= 4


def looks_evaluated(value: str) -> bool:
    """Whether a text looks like a JSONPath or an intrinsic function."""
    return _LOOKS_LIKE_PATH.fullmatch(value) is not None or _LOOKS_LIKE_CALL.fullmatch(value) is not None


def check_values(value: Mapping[str, Json], pointer: Pointer, fields: Fields, language: Language, report: Report) -> None:
    """The type and range of every known field of an object."""
    for name, inner in value.items():
        if name in fields and not is_placeholder(inner):
            check_value(fields[name].kind, name, inner, (*pointer, name), language, report)


def check_value(  # noqa: PLR0913, PLR0917 - a field, its value, its place, and the report
    kind: str, name: str, value: Json, pointer: Pointer, language: Language, report: Report
) -> None:
    """The type and range of one field. Dynamic values of a JSONata state cannot be checked."""
    if language == "JSONata" and is_expression(value) and kind not in _NEVER_EVALUATED:
        return
    if kind in _NUMBERS:
        _number(kind, name, value, pointer, report)
    elif kind in _TYPES:
        types, what = _TYPES[kind]
        if not isinstance(value, types):
            report.add("WRONG_TYPE", pointer, f"{name} is {what}, not {a_type(value)}")
        elif kind == "timestamp" and isinstance(value, str) and parse_instant(value) is None:
            report.add("WRONG_VALUE", pointer, f"{name} is an ISO-8601 instant such as 2026-01-31T12:00:00Z, not {shown(value)}")


def _number(kind: str, name: str, value: Json, pointer: Pointer, report: Report) -> None:
    least, most, whole = _NUMBERS[kind]
    what = "a whole number" if whole else "a number"
    if not is_number(value) or (whole and not _is_whole(value)):
        report.add("WRONG_TYPE", pointer, f"{name} is {what}, not {shown(value)}" if is_number(value) else _is(name, what, value))
    elif value < least or (most is not None and value > most):
        span = f"from {least} to {most}" if most is not None else f"of at least {least}"
        report.add("WRONG_VALUE", pointer, f"{name} is {what} {span}, not {shown(value)}")


def _is_whole(value: float) -> bool:
    return isinstance(value, int) or value.is_integer()


def _is(name: str, what: str, value: Json) -> str:
    return f"{name} is {what}, not {a_type(value)}"


def check_word(  # noqa: PLR0913 - as check_value
    name: str, value: Json, words: tuple[str, ...], pointer: Pointer, report: Report, *, dynamic: bool = False
) -> None:
    """A field that takes one of some words."""
    if value in words or is_placeholder(value) or (dynamic and is_expression(value)):
        return
    report.add("WRONG_VALUE", pointer, f"{name} is one of {', '.join(words)}, not {shown(value)}")


def check_exclusive(value: Mapping[str, Json], pointer: Pointer, fields: Fields, report: Report) -> None:
    """Fields that exclude each other."""
    for group in EXCLUSIVE:
        present = [name for name in group if name in value and name in fields]
        if len(present) > 1:
            report.add("EXCLUSIVE_FIELDS", (*pointer, present[1]), f"{present[0]} and {present[1]} exclude each other")
