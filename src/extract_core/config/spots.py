"""The place of each key and value of a YAML file. Built only if there is a finding."""

from __future__ import annotations

import re
from dataclasses import field
from typing import TYPE_CHECKING, TypeAlias

from extract_core.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Sequence

Path: TypeAlias = "tuple[str | int, ...]"
"""The way to a value from the root: ``("extract", "tables", "public.accounts", "fetchsize")``."""

_WORD = re.compile(r"[A-Za-z_-][A-Za-z0-9_-]*")


@dataclass(slots=True)
class Spot:
    """One value: its own place, its key's place (lines and columns from 1), and what is inside. Aliases share one Spot."""

    line: int
    column: int
    key_line: int = 0
    key_column: int = 0
    children: dict[str | int, Spot] = field(default_factory=dict)

    def place(self, path: Sequence[str | int], *, of_key: bool = False) -> tuple[int, int]:
        """Line and column of the value at `path`, or of the innermost value around it that the file has."""
        spot = self
        for depth, segment in enumerate(path):
            inner = spot.children.get(segment)
            if inner is None and isinstance(segment, str):  # the name of a table that is escaped in the file
                inner = spot.children.get(segment.replace("${ENV:", "$${ENV:"))
            if inner is None:
                break
            if of_key and depth == len(path) - 1 and inner.key_line:
                return inner.key_line, inner.key_column
            spot = inner
        return spot.line, spot.column


def path_text(path: Sequence[str | int]) -> str:
    """The path as messages show it: ``extract.tables."public.accounts".fetchsize``, ``source_owners[1]``."""
    text = ""
    for segment in path:
        if isinstance(segment, int):
            text += f"[{segment}]"
        else:
            word = segment if _WORD.fullmatch(segment) else '"' + segment.replace("\\", "\\\\").replace('"', '\\"') + '"'
            text += f".{word}" if text else word
    return text
