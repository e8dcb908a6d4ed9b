"""The catalog of a PostgreSQL database (https://www.postgresql.org/docs/current/catalogs.html), as tables."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from extract_cli.catalog.keys import Index, described
from extract_cli.catalog.looking import COUNTED, Looking, grouped, quoted, sql_of
from extract_cli.catalog.names import Names
from extract_cli.catalog.tables import Column, Database, Table

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from extract_cli.catalog.address import Address
    from extract_cli.catalog.names import Place

    Cursor = Any  # of adbc_driver_postgresql.dbapi, which is an extra
    Row = Sequence[Any]

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


class Catalog(Looking):
    """See `Looking`. `schemas` are those of the user's search path."""

    text = "{}::text"
    tomorrow = "now() + interval '1 day'"

    def __init__(self, cursor: Cursor, failure: type[Exception], schemas: tuple[str, ...]) -> None:
        super().__init__(cursor, failure)
        self._schemas = schemas

    def database(self, address: Address, *, compared: Collection[str] | None) -> Database:
        """All tables that this user may read whole. `compared` is as for `read_database`."""
        port_of = "coalesce(inet_server_port(), current_setting('port')::int)"
        ((name, port, user),) = self._rows(f"SELECT current_database()::text, {port_of}, current_user::text")
        relations = self._rows(_RELATIONS)
        columns = grouped(self._rows(_COLUMNS))
        indexes = grouped(self._rows(_INDEXES))
        heirs = self._rows(_HEIRS)
        names = Names(((row[0], row[1]) for row in relations), self._schemas)
        wanted = {place for table in compared or () for place in names.meant(table)}
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
                rows = estimate if estimate > 0 else self._counted(sql_of(place))
                tables.append(replace(self._filled(table, None if estimate <= 0 and rows == COUNTED else rows), notes=notes))
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

    def _is_lost(self, error: Exception) -> bool:
        state = str(getattr(error, "sqlstate", None) or "")
        return not state or state.startswith(_LOST)

    def _tried(self, view: Table) -> Table:
        """The view with what the server says to a query without rows: the rights of its owner count.

        With row_security off, the server refuses a view whose rows would be hidden.
        """
        query = f"SELECT * FROM {sql_of(view.place)} LIMIT 0"  # noqa: S608 - quoted
        self._cursor.execute("SET row_security = off")
        try:
            self._cursor.execute(query)
            self._cursor.fetchall()
        except self._failure as error:
            said = " ".join(str(error).split())
            if self._is_lost(error):
                raise
            said = re.sub(r"^.*?ERROR: |\.? (HINT|Query was|LINE 1|SQLSTATE): ?.*$|[ .]+$", "", said)
            if "row-level security" in said:
                return replace(view, hides_rows=f"the server says: {said}; {_LET}")
            return replace(view, refusal=f"the server refuses it: {said}; for a view, the rights of its owner count")
        finally:
            self._cursor.execute("SET row_security = on")
        return view


def _table(place: Place, name: str, columns: list[Row], indexes: list[Row]) -> Table:
    of_index: dict[int, list[Row]] = defaultdict(list)
    for index, *part in indexes:
        of_index[index].append(part)
    return described(
        name,
        place,
        (
            Column(name=column, type=_TYPES.get(kind) or str(kind), nullable=not not_null, base=base)
            for column, kind, not_null, base, _ in columns
        ),
        (_index(parts) for parts in of_index.values() if parts[0][2]),
    )


def _index(parts: list[Row]) -> Index:
    """An index of all rows, of which only the columns are listed: expressions are None."""
    is_primary, is_unique, _, is_plain, _, _ = parts[0]
    columns = {place: column for *_, place, column in parts}
    last = max(columns) + (0 if is_plain else 1)
    return Index(columns=tuple(columns.get(place) for place in range(1, last + 1)), is_primary=is_primary, is_unique=is_unique)


def _refusal(user: str, table: Table, columns: list[Row], has_schema: bool, has_table: bool) -> str | None:
    """The right that this user lacks to read the whole table, and the statement that grants it."""
    schema, relation = map(quoted, table.place)
    if not has_schema:
        return f"user {user!r} has no USAGE right on its schema; GRANT USAGE ON SCHEMA {schema} TO {quoted(user)}"
    if has_table:
        return None
    hidden = [column for column, *_, is_readable in columns if not is_readable]
    of = "" if len(hidden) == len(columns) else f" of column {', '.join(map(repr, hidden))}"
    return f"user {user!r} has no SELECT right{of}; GRANT SELECT ON {schema}.{relation} TO {quoted(user)}"


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
