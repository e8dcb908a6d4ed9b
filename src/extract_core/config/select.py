"""Which tables of a source an event means: names and globs to configured tables. Nothing asked for is dropped silently."""

from __future__ import annotations

import difflib
import re
from fnmatch import translate
from typing import TYPE_CHECKING

from extract_core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from extract_core.config.event import ExtractEvent
    from extract_core.config.model import SourceConfig


def select_tables(config: SourceConfig, event: ExtractEvent) -> tuple[str, ...]:
    """The tables of the event, in the order of the config.

    Raises UsageError where a name or glob of `extract_tables` or `exclude` matches no table, or where no table is left.
    """
    tables = config.tables
    asked, lost = _matching(tables, event.extract_tables)
    excluded, lost_excludes = _matching(tables, event.exclude)
    complaints = [_lost("extract_tables", pattern, tables) for pattern in lost]
    complaints += [_lost("exclude", pattern, tables) for pattern in lost_excludes]
    if complaints:
        raise UsageError(f"{config.text.file}: " + "; ".join(complaints))
    chosen = tuple(name for name in tables if name in asked and name not in excluded)
    if not chosen:
        raise UsageError(
            f"{config.text.file}: no table is left of the {len(asked)} in extract_tables: exclude ({', '.join(event.exclude)}) "
            "takes them all; narrow it"
        )
    return chosen


def _matching(tables: Sequence[str], patterns: Iterable[str]) -> tuple[set[str], list[str]]:
    """The tables that match any of the patterns, and the patterns that match none. A table's exact name is never a glob."""
    names = set(tables)
    found: set[str] = set()
    lost = []
    for pattern in patterns:
        if pattern in names:
            found.add(pattern)
        elif pattern == "*":
            found |= names
        else:
            matched = []
            if _is_glob(pattern):
                match = re.compile(translate(pattern)).match
                matched = [name for name in tables if match(name)]
            found.update(matched)
            if not matched:
                lost.append(pattern)
    return found, lost


def _is_glob(pattern: str) -> bool:
    return any(character in pattern for character in "*?[")


def _lost(key: str, pattern: str, tables: Sequence[str]) -> str:
    what = "no table matches" if _is_glob(pattern) else "there is no table"
    plain = re.sub(r"[*?\[\]]", "", pattern)
    lowered = [name for name in tables if name.lower() == plain.lower()]
    near = lowered[:3] or difflib.get_close_matches(plain, tables, n=3, cutoff=0.5)
    if near:
        hint = f"; the nearest are {', '.join(map(repr, near))}"
    else:
        hint = f"; it has {len(tables)}: {', '.join(tables[:5])}{', …' if len(tables) > 5 else ''}"
    return f"{key}: {what} {pattern!r}{hint}"
