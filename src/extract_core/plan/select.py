"""Select the tables of a source that an event names. A pattern that matches no table is an error.

A pattern is a table's name, a glob (``crm.*``), ``tag:large`` (also ``tag:nightly-*``), ``failed:RUN_ID`` (the tables that did
not succeed in that run), or ``*``. The exact name of a table always selects that table.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from fnmatch import translate
from itertools import accumulate
from typing import TYPE_CHECKING, Final

from extract_core.config.values import BadValue, names
from extract_core.errors import UsageError
from extract_core.wording import counted, did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from extract_core.config.model import SourceConfig
    from extract_core.plan.event import ExtractEvent

    Failed = Callable[[str], Collection[str]]

_MOST_SHOWN: Final = 10  # searching 10,000 names for the nearest one is slow
_WILDCARD: Final = re.compile(r"[*?]|\[!?\]?[^\]]*\]")  # as fnmatch reads them: a [ that is not closed is a text
_FAR_FEWER: Final = 8  # a candidate costs about as much as eight matches
_TAG: Final = "tag:"
_FAILED: Final = "failed:"


def select_tables(config: SourceConfig, event: ExtractEvent, *, failed: Failed | None = None) -> tuple[str, ...]:
    """The tables of the event, in the order of the config.

    `failed` returns the tables that did not succeed in a run. Raises UsageError if a pattern of `tables` or `exclude`
    matches no table, or if no table is left; and what `failed` raises.
    """
    return select_names(config.tables, event, place=config.text.file, tags=lambda: tags_of(config), failed=failed)


def tags_of(config: SourceConfig) -> dict[str, Sequence[str]]:
    """The tags of the tables that have any. Wrong tags are left out: they become the table's plan error."""
    tags: dict[str, Sequence[str]] = {}
    for table, raw in config.extract.tables.items():
        if isinstance(raw, dict) and "tags" in raw:
            try:
                tags[table] = names(raw["tags"])
            except BadValue:
                continue
    return tags


def select_names(
    tables: Sequence[str],
    event: ExtractEvent,
    *,
    place: str,
    tags: Callable[[], Mapping[str, Sequence[str]]] = dict,
    failed: Failed | None = None,
) -> tuple[str, ...]:
    """As `select_tables`, from these tables; messages name `place`. `tags` is called only if a pattern needs it."""
    selection = _Selection(tables, tags, failed)
    selected, lost = selection.matching(event.tables)
    excluded, lost_excludes = selection.matching(event.exclude)
    misses = [("", pattern) for pattern in lost] + [("exclude: ", pattern) for pattern in lost_excludes]
    if misses:
        complaints = [f"{key}{selection.lost(pattern)}" for key, pattern in misses[:_MOST_SHOWN]]
        if len(misses) > _MOST_SHOWN:
            complaints.append(f"and {len(misses) - _MOST_SHOWN} more that match no table")
        raise UsageError(f"{place}: " + "; ".join(complaints))
    chosen = tuple(name for name in tables if name in selected and name not in excluded)
    if not chosen:
        raise UsageError(
            f"{place}: no table is left of the {len(selected)} that were selected: exclude ({', '.join(event.exclude)}) "
            "takes them all; narrow it"
        )
    return chosen


class _Selection:
    """The tables that can be chosen, and how patterns find them."""

    def __init__(self, tables: Sequence[str], tags: Callable[[], Mapping[str, Sequence[str]]], failed: Failed | None) -> None:
        self._tables, self._failed, self._ask_tags = tables, failed, tags
        self._names = frozenset(tables)
        self._found_tags: dict[str, set[str]] | None = None
        self._text = "\n".join(tables)
        self._starts = list(accumulate((len(table) + 1 for table in tables), initial=0))

    def matching(self, patterns: Iterable[str]) -> tuple[set[str], list[str]]:
        """The tables that match any of the patterns, and the patterns that match none."""
        names: set[str] = set()
        lost = []
        for pattern in patterns:
            if pattern in self._names:
                names.add(pattern)
            elif pattern == "*":
                names |= self._names
            else:
                matched = self._matched(pattern)
                names |= matched
                if not matched:
                    lost.append(pattern)
        return names, lost

    def lost(self, pattern: str) -> str:
        """The message for a pattern that matches no table."""
        if pattern.startswith(_TAG):
            return _lost(
                pattern.removeprefix(_TAG), sorted(self._tags()), "no table has the tag", "it has the tags", "it has no tags"
            )
        below = sum(name.startswith(f"{pattern}.") for name in self._tables)
        if below and not _is_glob(pattern):
            return f"there is no table {pattern!r}; did you mean '{pattern}.*' ({counted(below, 'table')})?"
        what = "no table matches" if _is_glob(pattern) else "there is no table"
        return _lost(pattern, self._tables, what, f"it has {len(self._tables)}", "it has none")

    def _matched(self, pattern: str) -> set[str]:
        if pattern.startswith(_TAG):
            wanted = re.compile(translate(pattern.removeprefix(_TAG))).match
            return {table for tag, tables in self._tags().items() if wanted(tag) for table in tables}
        if pattern.startswith(_FAILED) and self._failed is not None:
            return self._of_run(pattern.removeprefix(_FAILED))
        if not _is_glob(pattern):
            return set()
        match = re.compile(translate(pattern)).match
        return {name for name in self._candidates(pattern) if match(name)}

    def _candidates(self, glob: str) -> Iterable[str]:
        """The names that hold the rarest text of a glob. To find them in one text is faster than to match all names."""
        texts = [text for text in _WILDCARD.split(glob) if text]
        rarest = min(texts, key=self._text.count, default="")
        if not rarest or self._text.count(rarest) * _FAR_FEWER > len(self._tables):
            yield from self._tables
            return
        at = self._text.find(rarest)
        while at >= 0:
            place = bisect_right(self._starts, at) - 1
            yield self._tables[place]
            at = self._text.find(rarest, at + 1)

    def _of_run(self, run_id: str) -> set[str]:
        """The failed tables of a run. All of them must still be in the config."""
        failed = set(self._failed(run_id)) if self._failed is not None else set()
        gone = sorted(failed - self._names)
        if gone:
            raise UsageError(
                f"failed:{run_id}: {', '.join(map(repr, gone[:_MOST_SHOWN]))} failed in that run and "
                f"{'is' if len(gone) == 1 else 'are'} no longer in the config: put back what was removed, or name the others"
            )
        return failed

    def _tags(self) -> dict[str, set[str]]:
        if self._found_tags is None:
            self._found_tags = {}
            for table, tags in self._ask_tags().items():
                for tag in tags if table in self._names else ():
                    self._found_tags.setdefault(tag, set()).add(table)
        return self._found_tags


def _is_glob(pattern: str) -> bool:
    return any(character in pattern for character in "*?[")


def _lost(pattern: str, known: Sequence[str], what: str, has: str, has_none: str) -> str:
    listed = f"{has}: {', '.join(known[:5])}{', …' if len(known) > 5 else ''}" if known else has_none
    without_wildcards = re.sub(r"[*?\[\]]", "", pattern)
    return f"{what} {pattern!r}{did_you_mean(without_wildcards, known, most=3) or f'; {listed}'}"
