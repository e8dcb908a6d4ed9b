"""The catalog of a PostgreSQL database (https://www.postgresql.org/docs/current/catalogs.html), as tables."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from extract_cli.catalog.propose import times
from extract_cli.catalog.tables import WHOLE, Column, Database, Table

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from extract_cli.catalog.address import Address

    Cursor = Any  # of adbc_driver_postgresql.dbapi, which is an extra
    Row = Sequence[Any]
    Name = tuple[str, str]

_COUNTED: Final = 100_000  # rows that are counted where the statistics know nothing
_LOOKED_AT: Final = 1_000_000  # rows that are looked at without an index
_LOST: Final = ("08", "57P")  # the connection is gone (https://www.postgresql.org/docs/current/errcodes-appendix.html)
_KINDS: Final = {"v": "views", "m": "materialized views", "f": "foreign tables"}
_OURS: Final = "n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname !~ '^pg_(toast|temp)'"

_RELATIONS: Final = rf"""
SELECT n.nspname::text, c.relname::text, c.relkind::text, c.reltuples::float8::bigint, c.relrowsecurity,
  has_table_privilege(c.oid, 'SELECT') AND has_schema_privilege(n.oid, 'USAGE')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND {_OURS}
ORDER BY 1, 2
"""  # noqa: S608 - nothing of it comes from outside
_COLUMNS: Final = rf"""
SELECT n.nspname::text, c.relname::text, a.attname::text, format_type(a.atttypid, NULL)::text, a.attnotnull
FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT c.relispartition AND {_OURS}
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
    """One reading of one catalog. `failure` is what the driver raises."""

    def __init__(self, cursor: Cursor, failure: type[Exception]) -> None:
        self._cursor, self._failure = cursor, failure

    def database(self, address: Address, *, names_only: bool) -> Database:
        """All tables that this user may read."""
        port_of = "coalesce(inet_server_port(), current_setting('port')::int)"
        ((name, port),) = self._rows(f"SELECT current_database()::text, {port_of}")
        relations = self._rows(_RELATIONS)
        columns = _grouped(self._rows(_COLUMNS))
        indexes = _grouped(self._rows(_INDEXES))
        heirs = self._rows(_HEIRS)
        tables = []
        left_out = defaultdict(list)
        for schema, relation, kind, estimate, has_policies, readable in relations:
            both = (schema, relation)
            if kind in _KINDS and not names_only:
                left_out[_KINDS[kind]].append(f"{schema}.{relation}")
            elif not readable:
                left_out["tables that this user cannot read"].append(f"{schema}.{relation}")
            elif "." in schema or "." in relation:
                left_out["tables with a dot in their names"].append(f"{schema}.{relation}")
            else:
                table = _table(both, columns.get(both, []), indexes.get(both, []))
                notes = _notes(both, heirs, is_parted=kind == "p", has_policies=has_policies)
                tables.append(table if names_only else replace(self._filled(table, both, estimate), notes=notes))
        return Database(
            engine="postgres",
            name=str(name),
            host=address.host,
            user=address.user,
            port=address.port or int(port),
            tables=tuple(tables),
            left_out=tuple(f"{what}: {', '.join(names)}" for what, names in left_out.items()),
        )

    def _rows(self, query: str) -> list[Row]:
        self._cursor.execute(query)
        rows: list[Row] = self._cursor.fetchall()
        return rows

    def _looked(self, query: str, width: int) -> Row:
        """The one row that a query on a table returns. NULLs if it takes too long or the server refuses it."""
        try:
            return self._rows(query)[0]
        except self._failure as error:
            state = str(getattr(error, "sqlstate", None) or "")
            if not state or state.startswith(_LOST):
                raise
            return (None,) * width

    def _filled(self, table: Table, name: Name, estimate: int) -> Table:
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


def _grouped(rows: Iterable[Row]) -> dict[Name, list[Row]]:
    grouped: dict[Name, list[Row]] = defaultdict(list)
    for row in rows:
        grouped[row[0], row[1]].append(row[2:])
    return grouped


def _table(name: Name, columns: list[Row], indexes: list[Row]) -> Table:
    """Name, columns and key. Without a primary key, the shortest unique key of columns that are never NULL."""
    never_null = {column for column, _, not_null in columns if not_null}
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
        Column(name=column, type=_TYPES.get(kind) or str(kind), nullable=not not_null, indexed=column in indexed)
        for column, kind, not_null in columns
    )
    key = primary or min(unique, key=len, default=())
    return Table(name=".".join(name), columns=described, key=key, is_primary=bool(primary) or not key)


def _notes(name: Name, heirs: list[Row], *, is_parted: bool, has_policies: bool) -> tuple[str, ...]:
    below = [f"{schema}.{table}" for *parent, schema, table in heirs if tuple(parent) == name]
    above = [f"{row[0]}.{row[1]}" for row in heirs if (row[2], row[3]) == name]
    notes = []
    if is_parted:
        notes.append("partitioned: a run reads all partitions as one table")
    if below:
        notes.append(f"a run also reads the rows of the tables that inherit from it: {', '.join(below)}")
    if above:
        notes.append(f"inherits from {', '.join(above)}, and its rows are read there too: leave out one of them")
    if has_policies:
        notes.append("row-level security: the job reads only the rows that its user may see")
    return tuple(notes)


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
