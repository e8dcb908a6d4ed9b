"""Names of tables in a config: what one means in a database, and how a table is written so that it is the only one meant.

It is the rule of the reference job, which shares no code with the command: ``tests/shared_fixtures/table_names.py`` holds
the cases of both.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

Place: TypeAlias = "tuple[str, str]"
"""Schema and table."""

_PART: Final = r'"(?:[^"]|"")+"|[^".]+'
_QUOTED: Final = re.compile(rf"(?:(?P<schema>{_PART})\.)?(?P<table>{_PART})")
_ODD: Final = re.compile(r'[."]|^\s|\s$')


class Names:
    """The tables of a database by name. `search_path` are the schemas of names without a schema.

    `default`: the schema that a config leaves out (SQLite). `fold` maps spellings that mean the same to one text.
    """

    def __init__(
        self, places: Iterable[Place], search_path: Sequence[str], default: str | None = None, fold: Callable[[str], str] = str
    ) -> None:
        self._fold, self._search_path, self._default = fold, search_path, default
        self._exact = set(places)
        self._folded = {(fold(schema), fold(table)): (schema, table) for schema, table in self._exact}
        self._tables = {fold(table) for _, table in self._exact}

    def meant(self, name: str) -> list[Place]:
        """The tables that a name can mean, sorted: none, one, or several, which the job refuses."""
        places = set()
        for schema, table in _readings(name):
            for path in self._search_path if schema is None else (schema,):
                place = (path, table) if (path, table) in self._exact else self._folded.get((self._fold(path), self._fold(table)))
                if place is not None:
                    places.add(place)
                    break
        return sorted(places)

    def written(self, place: Place) -> str:
        """The table as a config has it: in quotes only if the name without them could mean another table."""
        schema, table = place
        plain = table if schema == self._default else f"{schema}.{table}"
        if schema == self._default:
            is_clear = self.meant(plain) == [place] and plain == plain.strip()
        else:
            is_clear = not _ODD.search(schema) and not _ODD.search(table) and self._fold(plain) not in self._tables
        return plain if is_clear else quoted_name(place)


def quoted_name(place: Place) -> str:
    """The name that can only mean this table."""
    schema, table = place
    return f"{_quoted(schema) if _ODD.search(schema) else schema}.{_quoted(table)}"


def _readings(name: str) -> list[tuple[str | None, str]]:
    """What a name can mean, as schema and table; the schema None is the search path."""
    match = _QUOTED.fullmatch(name) if '"' in name else None
    if match:
        return [(match["schema"] and _plain(match["schema"]), _plain(match["table"]))]
    dots = [position for position, letter in enumerate(name) if letter == "."]
    return [(None, name), *((name[:dot], name[dot + 1 :]) for dot in dots if name[:dot] and name[dot + 1 :])]


def _plain(part: str) -> str:
    return part[1:-1].replace('""', '"') if part.startswith('"') else part


def _quoted(part: str) -> str:
    return '"' + part.replace('"', '""') + '"'
