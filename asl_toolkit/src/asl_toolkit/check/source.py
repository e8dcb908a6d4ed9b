"""The text of a definition: its value, its syntax faults, and the line of each element, computed only on demand."""

import json
import re
from collections.abc import Mapping
from typing import NamedTuple

from asl_toolkit.check.findings import ROOT, Report
from asl_toolkit.check.sizes import LARGEST_DEFINITION
from asl_toolkit.json_value import Json, finite
from asl_toolkit.pointers import below, steps_of

_TOKEN = re.compile(r'\s*(?:("(?:[^"\\]|\\.)*")|([{}\[\]:,])|([^\s{}\[\]:,"]+))')
_BYTE_ORDER_MARK = "\ufeff"
MOST_READ = 4 * 1_048_576  # characters or bytes: four times what AWS accepts, for blanks, and for templates


class _Duplicate:
    """Notes whether an object of the document has a member twice."""

    def __init__(self) -> None:
        self.seen = False

    def __call__(self, pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        value = dict(pairs)
        self.seen = self.seen or len(value) < len(pairs)
        return value


class Places(NamedTuple):
    """Offsets of the elements of a JSON text, by pointer: that of a member's name, or of an array's element."""

    text: str
    offsets: Mapping[str, int]
    duplicates: tuple[tuple[str, str, int], ...]  # (pointer, member, offset) of each repeated name

    def line_column(self, offset: int) -> tuple[int, int]:
        """Line and column, from 1."""
        start = self.text.rfind("\n", 0, offset) + 1
        return self.text.count("\n", 0, offset) + 1, offset - start + 1

    def of(self, pointer: str) -> tuple[int, int]:
        """Line and column of an element, or of the nearest existing element around it."""
        while pointer and pointer not in self.offsets:
            pointer = pointer.rsplit("/", 1)[0]
        return self.line_column(self.offsets.get(pointer, 0))


def read_text(text: str | bytes, report: Report) -> tuple[Json, str, tuple[int, int] | None]:
    """Value, text, and the place of a syntax fault (then the value is None, and the report has the fault)."""
    if len(text) > MOST_READ:
        report.add("TOO_LARGE", ROOT, f"the text has {len(text):,} bytes, so it is not read: AWS accepts {LARGEST_DEFINITION:,}")
        return None, "", (1, 1)
    if isinstance(text, bytes):
        try:
            text = text.decode("utf-8")
        except UnicodeDecodeError as error:
            report.add("JSON_SYNTAX", ROOT, f"the text is not UTF-8 (byte {error.start})", remedy="Save it as UTF-8")
            return None, "", (1, 1)
    text = text.removeprefix(_BYTE_ORDER_MARK)
    duplicate = _Duplicate()
    try:
        value = json.loads(text, object_pairs_hook=duplicate, parse_constant=_refuse, parse_float=finite)
    except json.JSONDecodeError as error:
        remedy = "Substitute the ${…} placeholders first" if text.startswith("${", error.pos) else None
        why = error.msg if text.strip() else "it is empty"
        report.add("JSON_SYNTAX", ROOT, f"the definition is not JSON: {why}", remedy=remedy)
        return None, text, (error.lineno, error.colno)
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        report.add("JSON_SYNTAX", ROOT, f"the definition is not JSON: {why}")
        return None, text, (1, 1)
    if duplicate.seen:
        for pointer, name, _ in find_places(text).duplicates:
            report.add("DUPLICATE_KEY", (*steps_of(pointer), name), f"the member {name!r} is here more than once")
    return value, text, None


def _refuse(name: str) -> Json:
    raise ValueError(f"{name} is not a JSON number")


def find_places(text: str) -> Places:
    """The offset of every element of a JSON text that `json` can read."""
    offsets = {"": 0}
    duplicates: list[tuple[str, str, int]] = []
    stack: list[tuple[str, set[str] | None, int]] = []  # pointer, names of an object (None: an array), position in the array
    pointer, naming = "", False
    position = 0
    while (match := _TOKEN.match(text, position)) is not None:
        position = match.end()
        string, mark, _ = match.groups()
        start = match.start(match.lastindex or 0)
        if stack and stack[-1][1] is None and (mark is None or mark in "{["):
            pointer = f"{stack[-1][0]}/{stack[-1][2]}"
            offsets.setdefault(pointer, start)
        if mark is not None and mark in "{[":
            stack.append((pointer, set() if mark == "{" else None, 0))
            naming = mark == "{"
        elif mark is not None and mark in "}]":
            stack.pop()
        elif mark == ",":
            outer, names, place = stack[-1]
            stack[-1] = (outer, names, place + 1)
            naming = names is not None
        elif mark == ":":
            naming = False
        elif string is not None and naming:
            outer, names, _ = stack[-1]
            name = json.loads(string)
            pointer = below(outer, name)
            if names is not None and name in names:
                duplicates.append((outer, name, start))
            offsets[pointer] = start
            if names is not None:
                names.add(name)
    return Places(text, offsets, tuple(duplicates))
