"""The catalog of a PostgreSQL database (https://www.postgresql.org/docs/current/catalogs.html), as tables."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from extract_cli.catalog.names import Names
from extract_cli.catalog.propose import times
from extract_cli.catalog.tables import WHOLE, Column, Database, Table

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from extract_cli.catalog.address import Address
    from extract_cli.catalog.names import Place

    Cursor = Any  # of adbc_driver_postgresql.dbapi, which is an extra
    Row = Sequence[Any]

_COUNTED: Final = 100_000  # rows that are counted where the statistics know nothing
_LOOKED_AT: Final = 1_000_000  # rows that are looked at without an index
_LOST: Final = ("08", "57P")  # the connection is gone (https://www.postgresql.org/docs/current/errcodes-appendix.html)
_LET: Final = "let the job use a role with BYPASSRLS, or write row_security: allow to read the visible rows only"
_KINDS: Final = {"v": "views", "m": "materialized views", "f": "foreign tables"}
_OURS: Final = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'"

_RELATIONS: Final = rf"""
SELECT n.nspname::text, c.relname::text, c.relkind::text, c.reltuples::float8::bigint, row_security_active(c.oid),
  has_schema_privilege(n.oid, 'USAGE'), has_table_privilege(c.oid, 'SELECT')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND {_OURS}
ORDER BY 1, 2
"""  # noqa: S608 - nothing of it comes from outside
# A domain is looked through, as the job does.
_COLUMNS: Final = rf"""
WITH RECURSIVE base AS (
  SELECT a.attrelid, a.attnum, a.atttypid AS type
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
  WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND {_OURS}
  UNION ALL
  SELECT b.attrelid, b.attnum, t.typbasetype FROM base b JOIN pg_type t ON t.oid = b.type WHERE t.typtype = 'd'
)
SELECT n.nspname::text, c.relname::text, a.attname::text, format_type(a.atttypid, NULL)::text, a.attnotnull, t.typname::text,
  has_column_privilege(c.oid, a.attnum, 'SELECT')
FROM base b JOIN pg_type t ON t.oid = b.type AND t.typtype <> 'd'
JOIN pg_attribute a ON a.attrelid = b.attrelid AND a.attnum = b.attnum
JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
ORDER BY 1, 2, a.attnum
"""  # noqa: S608 - nothing of it comes from outside
# Of an index: the columns of its key (not those it merely includes), whether it holds all rows, and whether it is unique.
_INDEXES: Final = rf"""
SELECT n.nspname::text, c.relname::text, i.indexrelid::bigint, i.indisprimary, i.indisunique AND i.indimmediate,
  i.indpred IS NULL, i.indexprs IS NULL, k.place::int, a.attname::text
FROM pg_index i JOIN pg_class c ON c.oid = i.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace
CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k(attnum, place)
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum
WHERE i.indisvalid AND k.place <= i.indnkeyatts AND NOT c.relispartition AND {_OURS}
ORDER BY 1, 2, i.indexrelid, k.place
"""  # noqa: S608 - nothing of it comes from outside
_HEIRS: Final = r"""
SELECT pn.nspname::text, p.relname::text, cn.nspname::text, c.relname::text
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid JOIN pg_namespace cn ON cn.oid = c.relnamespace
JOIN pg_class p ON p.oid = i.inhparent JOIN pg_namespace pn ON pn.oid = p.relnamespace
WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition
ORDER BY 1, 2, 3, 4
"""
_TYPES: Final[dict[str, str]] = {
    "timestamp without time zone": "timestamp",
    "timestamp with time zone": "timestamp with time zone",
    "character varying": "varchar",
}


class Catalog:
    """One reading of one catalog. `failure` is what the driver raises; `schemas` are those of the user's search path."""

    def __init__(self, cursor: Cursor, failure: type[Exception], schemas: tuple[str, ...]) -> None:
        self._cursor, self._failure, self._schemas = cursor, failure, schemas

    def database(self, address: Address, *, compared: Collection[str] | None) -> Database:
        """All tables that this user may read whole. `compared` is as for `read_database`."""
        port_of = "coalesce(inet_server_port(), current_setting('port')::int)"
        ((name, port, user),) = self._rows(f"SELECT current_database()::text, {port_of}, current_user::text")
        relations = self._rows(_RELATIONS)
        columns = _grouped(self._rows(_COLUMNS))
        indexes = _grouped(self._rows(_INDEXES))
        heirs = self._rows(_HEIRS)
        names = Names(((row[0], row[1]) for row in relations), self._schemas)
        wanted = {place for each in compared or () for place in names.meant(each)}
        tables = []
        left_out = defaultdict(list)
        for schema, relation, kind, estimate, hides_rows, *rights in relations:
            place = (schema, relation)
            table = _table(place, names.written(place), columns.get(place, []), indexes.get(place, []))
            refusal = _refusal(user, table, columns.get(place, []), *rights)
            if compared is not None:
                table = replace(table, refusal=refusal, hides_rows=_hides(user) if hides_rows else None)
                is_view = kind == "v" and place in wanted and refusal is None and table.columns
                tables.append(self._tried(table) if is_view else table)
            elif kind in _KINDS:
                left_out[_KINDS[kind]].append(table.name)
            elif refusal is not None:
                left_out["tables that this user cannot read"].append(table.name)
            elif not table.columns:
                left_out["tables without columns"].append(table.name)
            else:
                notes = _notes(place, heirs, is_parted=kind == "p", hides_rows=hides_rows)
                tables.append(replace(self._filled(table, place, estimate), notes=notes))
        return Database(
            engine="postgres",
            name=str(name),
            host=address.host,
            user=address.user,
            port=address.port or int(port),
            tables=tuple(tables),
            names=names,
            left_out=tuple(f"{what}: {', '.join(names)}" for what, names in left_out.items()),
        )

    def _rows(self, query: str) -> list[Row]:
        self._cursor.execute(query)
        columns = [column.to_pylist() for column in self._cursor.fetch_arrow_table().columns]  # fetchall converts value by value
        return list(zip(*columns, strict=True))

    def _looked(self, query: str, width: int) -> Row:
        """The one row that a query on a table returns. NULLs if it takes too long or the server refuses it."""
        try:
            return self._rows(query)[0]
        except self._failure as error:
            state = str(getattr(error, "sqlstate", None) or "")
            if not state or state.startswith(_LOST):
                raise
            return (None,) * width

    def _tried(self, view: Table) -> Table:
        """The view with what the server says to a query without rows: the rights of its owner count.

        With row_security off, the server refuses a view whose rows would be hidden.
        """
        query = f"SELECT * FROM {'.'.join(map(_quoted, view.place))} LIMIT 0"  # noqa: S608 - quoted
        self._cursor.execute("SET row_security = off")
        try:
            self._cursor.execute(query)
            self._cursor.fetchall()
        except self._failure as error:
            said = " ".join(str(error).split())
            state = str(getattr(error, "sqlstate", None) or "")
            if not state or state.startswith(_LOST):
                raise
            said = re.sub(r"^.*?ERROR: |\.? (HINT|Query was|LINE 1|SQLSTATE): ?.*$|[ .]+$", "", said)
            if "row-level security" in said:
                return replace(view, hides_rows=f"the server says: {said}; {_LET}")
            return replace(view, refusal=f"the server refuses it: {said}; for a view, the rights of its owner count")
        finally:
            self._cursor.execute("SET row_security = on")
        return view

    def _filled(self, table: Table, name: Place, estimate: int) -> Table:
        """The table with its number of rows, and with what a query on its rows shows."""
        sql = ".".join(map(_quoted, name))
        rows = estimate if estimate > 0 else self._counted(sql)
        filled = replace(table, rows=rows, columns=self._times(table, sql, rows))
        if len(table.key) != 1 or table.column(table.key[0]).type not in WHOLE:
            return filled
        key = _quoted(table.key[0])
        least, greatest = self._looked(f"SELECT min({key})::bigint, max({key})::bigint FROM {sql}", 2)  # noqa: S608 - quoted
        return replace(filled, least=least, greatest=greatest)

    def _counted(self, sql: str) -> int | None:
        """The number of rows of a table that was never analysed. None if there are too many to count now."""
        (rows,) = self._looked(f"SELECT count(*) FROM (SELECT 1 FROM {sql} LIMIT {_COUNTED}) AS counted", 1)  # noqa: S608 - quoted
        return int(rows) if rows is not None and rows < _COUNTED else None

    def _times(self, table: Table, sql: str, rows: int | None) -> tuple[Column, ...]:
        """The columns. Those that could be a watermark say whether they are always NULL, or ahead of the clock."""
        is_small = rows is not None and rows <= _LOOKED_AT
        candidates = [column for column in times(table.columns) if column.indexed or is_small] if rows != 0 else []
        if not candidates:
            return table.columns
        greatest = (f"max({_quoted(column.name)})" for column in candidates)
        wanted = ", ".join(f"{most}::text, {most} > now() + interval '1 day', {most} IS NULL" for most in greatest)
        values = self._looked(f"SELECT {wanted} FROM {sql}", 3 * len(candidates))  # noqa: S608 - quoted
        seen = {
            column.name: replace(column, is_empty=bool(is_empty), ahead=most if is_ahead else None)
            for column, most, is_ahead, is_empty in zip(candidates, values[::3], values[1::3], values[2::3], strict=True)
        }
        return tuple(seen.get(column.name, column) for column in table.columns)


def _grouped(rows: Iterable[Row]) -> dict[Place, list[Row]]:
    grouped: dict[Place, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row[0], row[1]].append(row[2:])
    return grouped


def _table(place: Place, name: str, columns: list[Row], indexes: list[Row]) -> Table:
    """Name, columns and key. Without a primary key, the shortest unique key of columns that are never NULL."""
    never_null = {column for column, _, not_null, *_ in columns if not_null}
    indexed = {column for _, _, _, is_whole, _, place, column in indexes if place == 1 and is_whole}
    keys: dict[int, list[str]] = defaultdict(list)
    primary: tuple[str, ...] = ()
    for index, is_primary, is_unique, is_whole, is_plain, _, column in indexes:
        if is_primary:
            primary = (*primary, column)
        elif is_unique and is_whole and is_plain:
            keys[index].append(column)
    unique = [tuple(key) for key in keys.values() if never_null.issuperset(key)]
    described = tuple(
        Column(name=column, type=_TYPES.get(kind) or str(kind), nullable=not not_null, indexed=column in indexed, base=base)
        for column, kind, not_null, base, _ in columns
    )
    key = primary or min(unique, key=len, default=())
    return Table(name=name, place=place, columns=described, key=key, is_primary=bool(primary) or not key)


def _refusal(user: str, table: Table, columns: list[Row], has_schema: bool, has_table: bool) -> str | None:
    """The right that this user lacks to read the whole table, and the statement that grants it."""
    schema, relation = map(_quoted, table.place)
    if not has_schema:
        return f"user {user!r} has no USAGE right on its schema; GRANT USAGE ON SCHEMA {schema} TO {_quoted(user)}"
    if has_table:
        return None
    hidden = [column for column, *_, is_readable in columns if not is_readable]
    of = "" if len(hidden) == len(columns) else f" of column {', '.join(map(repr, hidden))}"
    return f"user {user!r} has no SELECT right{of}; GRANT SELECT ON {schema}.{relation} TO {_quoted(user)}"


def _hides(user: str) -> str:
    return f"row-level security hides rows from user {user!r}; {_LET}"


def _notes(name: Place, heirs: list[Row], *, is_parted: bool, hides_rows: bool) -> tuple[str, ...]:
    below = [f"{schema}.{table}" for *parent, schema, table in heirs if tuple(parent) == name]
    above = [f"{row[0]}.{row[1]}" for row in heirs if (row[2], row[3]) == name]
    notes = []
    if is_parted:
        notes.append("partitioned: a run reads all partitions as one table")
    if below:
        notes.append(f"a run also reads the rows of the tables that inherit from it: {', '.join(below)}")
    if above:
        notes.append(f"inherits from {', '.join(above)}, and its rows are read there too: leave out one of them")
    if hides_rows:
        notes.append("row-level security hides rows from this user: the job refuses the table, unless it has row_security: allow")
    return tuple(notes)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
