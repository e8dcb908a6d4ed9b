"""Members of an answer by their path: ``Status``, ``Execution.Status.State``, ``Tasks[0].Status``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from extract_core.contract import Json

_STEP: Final = re.compile(r"([^.\[\]]+)|\[(\d+)\]")


def steps(path: str) -> list[str | int]:
    """The names and list positions of a path."""
    return [int(position) if position else name for name, position in _STEP.findall(path)]


def at(value: Json, path: str) -> Json:
    """The value at this path; None if a part of the path is missing."""
    for step in steps(path):
        if isinstance(step, int):
            is_there = isinstance(value, Sequence) and not isinstance(value, str) and step < len(value)
            value = value[step] if is_there else None  # type: ignore[index] # as `is_there` says
        else:
            value = value.get(step) if isinstance(value, Mapping) else None
    return value


def said(value: Json, path: str) -> str | None:
    """The text at this path, stripped, or the digits of a whole number, also of ``10.0``; None if there is neither."""
    written = at(value, path)
    if isinstance(written, float) and written.is_integer():  # Step Functions compares it as the number that it is
        written = int(written)
    if isinstance(written, int) and not isinstance(written, bool):
        return str(written)
    return (written.strip() or None) if isinstance(written, str) else None


def put(path: str, value: Json, into: Mapping[str, Json]) -> dict[str, Json]:
    """A copy of `into` with this value at the path; missing objects and lists are made."""
    changed = _put(steps(path), value, into)
    return dict(changed) if isinstance(changed, Mapping) else {}


def _put(ahead: list[str | int], value: Json, into: Json) -> Json:
    if not ahead:
        return value
    step, *rest = ahead
    if isinstance(step, int):
        there = list(into) if isinstance(into, Sequence) and not isinstance(into, str) else []
        there += [{}] * (step + 1 - len(there))
        there[step] = _put(rest, value, there[step])
        return there
    members = into if isinstance(into, Mapping) else {}
    return {**members, step: _put(rest, value, members.get(step))}
