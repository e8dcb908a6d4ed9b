"""What a name of a table means: the same rule in every database, and in `extract init` and `extract validate`.

`schema.table` is a table in a schema; a name without a schema is looked up on the search path. Since names may hold dots, a
name can mean several tables: then it is refused. A part in double quotes is taken whole, and `""` in it is one `"`:
`public."amb.t"` is a table in `public`, `"amb.t"` is one on the search path, `"a.b"."t"` is in the schema `a.b`.
"""

import re
from collections.abc import Callable, Iterable, Sequence

from extract_job.errors import FailureClass, JobError

_PART = r'"(?:[^"]|"")+"|[^".]+'
_ODD = re.compile(r'[."]|^\s|\s$')
_QUOTED = re.compile(rf"(?:(?P<schema>{_PART})\.)?(?P<table>{_PART})")


def find_name(
    name: str, database: str, tables: Iterable[tuple[str, str]], search_path: Sequence[str], fold: Callable[[str], str] = str
) -> tuple[str, str] | None:
    """Return schema and table that `name` means among `tables`, or None; raise `JobError` if it means several.

    `fold` maps spellings that the database takes for the same name to one text.
    """
    exact = set(tables)
    known: dict[tuple[str, str], tuple[str, str]] = {}  # by folded names, made if a name is not exact: tables may be many
    meant = []
    for schema, table in _readings(name):
        for place in search_path if schema is None else (schema,):
            match: tuple[str, str] | None = (place, table)
            if match not in exact:
                # Of two names that differ only in their case, as Oracle can have, the one in upper case counts.
                known = known or {(fold(schema), fold(table)): (schema, table) for schema, table in sorted(exact, reverse=True)}
                match = known.get((fold(place), fold(table)))
            if match is not None:
                meant.append(match)
                break
    candidates = sorted(set(meant))
    if len(candidates) == 1:
        return candidates[0]
    if candidates:
        ways = " or ".join(written(schema, table) for schema, table in candidates)
        raise JobError(
            f"database {database!r}: the name {name!r} means {len(candidates)} tables; write the one to be read: {ways}",
            FailureClass.CONFIG,
        )
    return None


def spelled(schema: str, table: str) -> str:
    """Return the name as people write it: without quotes, if no part requires them."""
    return written(schema, table) if _ODD.search(table) or _ODD.search(schema) else f"{schema}.{table}"


def written(schema: str, table: str) -> str:
    """Return the name that can only mean this table."""
    return f"{_quoted(schema) if _ODD.search(schema) else schema}.{_quoted(table)}"


def _readings(name: str) -> list[tuple[str | None, str]]:
    """Return what a name can mean, as schema and table; the schema None is the search path."""
    match = _QUOTED.fullmatch(name) if '"' in name else None
    if match:
        return [(match["schema"] and _plain(match["schema"]), _plain(match["table"]))]
    dots = [position for position, letter in enumerate(name) if letter == "."]
    return [(None, name), *((name[:dot], name[dot + 1 :]) for dot in dots if name[:dot] and name[dot + 1 :])]


def _plain(part: str) -> str:
    return part[1:-1].replace('""', '"') if part.startswith('"') else part


def _quoted(part: str) -> str:
    return '"' + part.replace('"', '""') + '"'
