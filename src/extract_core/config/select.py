"""Which tables of a source an event means: names and globs to configured tables. Nothing asked for is dropped silently."""

from __future__ import annotations

import difflib
import re
from fnmatch import translate
from typing import TYPE_CHECKING, Final

from extract_core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from extract_core.config.event import ExtractEvent
    from extract_core.config.model import SourceConfig

_MOST_SHOWN: Final = 10  # looking for the nearest of 10,000 names takes a while


def select_tables(config: SourceConfig, event: ExtractEvent) -> tuple[str, ...]:
    """The tables of the event, in the order of the config.

    Raises UsageError where a name or glob of `extract_tables` or `exclude` matches no table, or where no table is left.
    """
    return select_names(config.tables, event, place=config.text.file)


def select_names(tables: Sequence[str], event: ExtractEvent, *, place: str) -> tuple[str, ...]:
    """As `select_tables`, of these tables; `place` is where they stand, for complaints."""
    asked, lost = _matching(tables, event.extract_tables)
    excluded, lost_excludes = _matching(tables, event.exclude)
    misses = [("extract_tables", pattern) for pattern in lost] + [("exclude", pattern) for pattern in lost_excludes]
    if misses:
        complaints = [_lost(key, pattern, tables) for key, pattern in misses[:_MOST_SHOWN]]
        if len(misses) > _MOST_SHOWN:
            complaints.append(f"and {len(misses) - _MOST_SHOWN} more that match no table")
        raise UsageError(f"{place}: " + "; ".join(complaints))
    chosen = tuple(name for name in tables if name in asked and name not in excluded)
    if not chosen:
        raise UsageError(
            f"{place}: no table is left of the {len(asked)} in extract_tables: exclude ({', '.join(event.exclude)}) "
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
    near = lowered[:3] or difflib.get_close_matches(plain, tables, n=3, cutoff=0.6)
    if near:
        hint = f"; the nearest are {', '.join(map(repr, near))}"
    else:
        hint = f"; it has {len(tables)}: {', '.join(tables[:5])}{', …' if len(tables) > 5 else ''}"
    return f"{key}: {what} {pattern!r}{hint}"
