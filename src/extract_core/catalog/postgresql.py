"""The catalog of a PostgreSQL database (https://www.postgresql.org/docs/current/catalogs.html), through ADBC, reading only."""

from __future__ import annotations

import re
from collections import defaultdict
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote, urlsplit

from extract_core.catalog.tables import WHOLE, Column, Database, Table
from extract_core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    Cursor = Any  # of adbc_driver_postgresql.dbapi, which is an extra
    Row = Sequence[Any]

_COUNTED: Final = 100_000  # rows that are counted where the statistics know nothing
_PATIENCE: Final = "15s"  # for one query
_KINDS: Final = {"v": "views", "m": "materialized views", "f": "foreign tables"}

_RELATIONS: Final = r"""
SELECT n.nspname::text, c.relname::text, c.relkind::text, c.reltuples::float8::bigint, has_table_privilege(c.oid, 'SELECT')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
ORDER BY 1, 2
"""
_COLUMNS: Final = r"""
SELECT n.nspname::text, c.relname::text, a.attname::text, format_type(a.atttypid, NULL)::text, a.attnotnull
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p') AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
ORDER BY 1, 2, a.attnum
"""
_INDEXES: Final = r"""
SELECT n.nspname::text, c.relname::text, i.indisprimary, k.place::int, a.attname::text
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place)
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
WHERE i.indisvalid AND NOT c.relispartition
  AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'
ORDER BY 1, 2, i.indexrelid, k.place
"""
_TYPES: Final[dict[str, str]] = {
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamp with time zone",
    "character varying": "varchar",
}


def read_postgresql(url: str) -> Database:
    """The tables of a PostgreSQL database that this user may read.

    Raises UsageError where it can't be reached or the driver is missing.
    """
    shown = _shown(url)
    try:
        from adbc_driver_postgresql import dbapi
    except ImportError as error:
        raise UsageError(f"the database {shown} needs a driver; install it with: pip install 'extract-core[postgres]'") from error
    try:
        with (
            closing(dbapi.connect(url.replace("postgres://", "postgresql://", 1), autocommit=True)) as connection,
            closing(connection.cursor()) as cursor,
        ):
            return _read(cursor, url)
    except dbapi.Error as error:
        raise UsageError(f"the database {shown} can't be read: {_said(error, url)}") from error


def _read(cursor: Cursor, url: str) -> Database:
    cursor.execute("SET SESSION CHARACTERISTICS AS TRANSACTION READ ONLY")
    cursor.execute(f"SET statement_timeout = '{_PATIENCE}'")
    ((name, port),) = _rows(cursor, "SELECT current_database()::text, coalesce(inet_server_port(), current_setting('port')::int)")
    relations = _rows(cursor, _RELATIONS)
    columns = _grouped(_rows(cursor, _COLUMNS))
    indexes = _grouped(_rows(cursor, _INDEXES))
    tables = []
    left_out = defaultdict(list)
    for schema, relation, kind, estimate, readable in relations:
        if kind in _KINDS:
            left_out[_KINDS[kind]].append(f"{schema}.{relation}")
        elif not readable:
            left_out["tables that this user may not read"].append(f"{schema}.{relation}")
        elif "." in schema or "." in relation:
            left_out["tables with a dot in their names"].append(f"{schema}.{relation}")
        else:
            found = columns.get((schema, relation), []), indexes.get((schema, relation), [])
            tables.append(_table(cursor, (schema, relation), estimate, *found))
    return Database(
        engine="postgres",
        name=str(name),
        port=urlsplit(url).port or int(port),
        tables=tuple(tables),
        left_out=tuple(f"{what}: {', '.join(names)}" for what, names in left_out.items()),
    )


def _rows(cursor: Cursor, query: str) -> list[Row]:
    cursor.execute(query)
    found: list[Row] = cursor.fetchall()
    return found


def _grouped(rows: Iterable[Row]) -> dict[tuple[str, str], list[Row]]:
    found: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        found[row[0], row[1]].append(row[2:])
    return found


def _table(cursor: Cursor, name: tuple[str, str], estimate: int, columns: list[Row], indexes: list[Row]) -> Table:
    key = tuple(column for primary, _, column in indexes if primary)
    indexed = {column for _, place, column in indexes if place == 1}
    found = tuple(
        Column(name=column, type=_TYPES.get(kind) or str(kind), nullable=not not_null, indexed=column in indexed)
        for column, kind, not_null in columns
    )
    sql = ".".join('"' + part.replace('"', '""') + '"' for part in name)
    rows = estimate if estimate > 0 else _counted(cursor, sql)
    least = greatest = None
    if len(key) == 1 and next(column.type for column in found if column.name == key[0]) in WHOLE:
        quoted = '"' + key[0].replace('"', '""') + '"'
        ((least, greatest),) = _rows(cursor, f"SELECT min({quoted})::bigint, max({quoted})::bigint FROM {sql}")  # noqa: S608 - quoted
    return Table(name=".".join(name), columns=found, key=key, rows=rows, least=least, greatest=greatest)


def _counted(cursor: Cursor, sql: str) -> int | None:
    """The rows of a table that was never analysed; None where they are too many to be counted now."""
    ((rows,),) = _rows(cursor, f"SELECT count(*) FROM (SELECT 1 FROM {sql} LIMIT {_COUNTED}) AS counted")  # noqa: S608 - quoted
    return int(rows) if rows < _COUNTED else None


def _shown(url: str) -> str:
    """The URL without its password."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")
    user = host[0].partition(":")[0]
    return f"{parts.scheme}://{user}{'@' if user else ''}{host[2]}{parts.path}"


def _said(error: Exception, url: str) -> str:
    """What the driver said, in one line and without the password."""
    said = re.sub(r"\s+", " ", str(error)).strip().removeprefix("IO: ").removeprefix("[libpq] ")
    password = urlsplit(url).password
    for secret in (password, unquote(password)) if password else ():
        said = said.replace(secret, "…")
    return said
