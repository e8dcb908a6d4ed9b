"""What a scalar of YAML means in a config: null, a boolean, a number that would be written back the same, else text."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from extract_core.contract import Json

STARTS: Final = frozenset("-0123456789~nNtTfF")
"""First characters of plain scalars that may be other values than text."""

_CONSTANTS: Final[dict[str, bool | None]] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]{0,17})")
_FLOAT: Final = re.compile(r"-?(0|[1-9][0-9]*)\.[0-9]+")
_STANDARD: Final = "tag:yaml.org,2002:"


def plain(text: str) -> Json:
    """The value of a scalar without quotes and tag."""
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _INTEGER.fullmatch(text):
        return int(text) if text != "-0" else text
    if _FLOAT.fullmatch(text):
        number = float(text)
        return number if repr(number) == text else text
    return text


def tagged(text: str, tag: str) -> Json:
    """The value of a scalar with a tag. Raises ValueError that says what is wrong with it."""
    name = tag.removeprefix(_STANDARD)
    if tag in ("!", f"{_STANDARD}str"):
        return text
    value = plain(text)
    if name == "float" and type(value) is int:
        return float(value)
    fits = {"null": value is None, "bool": isinstance(value, bool), "int": type(value) is int, "float": isinstance(value, float)}
    if tag == name or name not in fits:
        raise ValueError(unsupported(tag))
    if not fits[name]:
        raise ValueError(f"{text!r} is not a valid {name}, although its tag is !!{name}; write the value without the tag")
    return value


def check_collection_tag(tag: str | None, kind: str) -> None:
    """Raises ValueError for a mapping (`kind` map) or list (seq) with another tag than its own."""
    if tag not in (None, "!", f"{_STANDARD}{kind}"):
        raise ValueError(unsupported(str(tag)))


def unsupported(tag: str) -> str:
    """The message about a tag, which is shown as the file has it."""
    shown = "!!" + tag.removeprefix(_STANDARD) if tag.startswith(_STANDARD) else tag
    return f"the tag {shown} is not supported here; write the value without it"
