"""Finding a table and its columns in PostgreSQL's catalog, and naming them in SQL."""

from dataclasses import dataclass

from extract_job.databases.names import nearest, quoted
from extract_job.databases.postgresql.columns import Column, column_of
from extract_job.databases.postgresql.connection import Session
from extract_job.errors import JobError


@dataclass(frozen=True, slots=True)
class FoundTable:
    """A table or view: `sql` is its quoted name."""

    sql: str
    columns: tuple[Column, ...]
    placed: bool
    """Its rows have a place of their own (ctid); those of a view or a foreign table don't."""

    def column(self, name: str) -> Column | None:
        """Give the column of that name; like PostgreSQL's quoted names, exactly as it is written."""
        return next((column for column in self.columns if column.name == name), None)


def literal(text: str) -> str:
    """Quote a text; the session has standard_conforming_strings on, so a backslash is just that."""
    return "'" + text.replace("'", "''") + "'"


# A domain is read as the type below it, with the modifier that the domain or the column has.
_COLUMNS = """
WITH RECURSIVE base AS (
  SELECT a.attnum, a.attname, a.atttypid AS type, a.atttypmod AS modifier, format_type(a.atttypid, a.atttypmod) AS declared
  FROM pg_attribute a WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT b.attnum, b.attname, t.typbasetype, CASE WHEN b.modifier >= 0 THEN b.modifier ELSE t.typtypmod END, b.declared
  FROM base b JOIN pg_type t ON t.oid = b.type WHERE t.typtype = 'd'
)
SELECT b.attname::text, b.declared::text, t.typname::text, b.modifier::int, t.typcategory::text
FROM base b JOIN pg_type t ON t.oid = b.type WHERE t.typtype <> 'd' ORDER BY b.attnum
"""
_TABLES = """
SELECT c.oid::bigint, n.nspname::text, c.relname::text, pg_table_is_visible(c.oid), c.relkind IN ('r', 'p', 'm')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
ORDER BY n.nspname, c.relname
"""


def find_table(session: Session, database: str, name: str, text_columns: tuple[str, ...]) -> FoundTable:
    """Find the table: the whole name of one on the search path first, then `schema.table`; raises `JobError`."""
    tables = session.rows(_TABLES)
    found = [row for row in tables if row[2] == name and row[3]] or [row for row in tables if f"{row[1]}.{row[2]}" == name]
    if not found:
        known = nearest(name, [f"{schema}.{table}" for _, schema, table, *_ in tables])
        raise JobError(f"database {database!r} has no table {name!r} that this user may see; {known}")
    oid, schema, table, _, placed = found[0]
    rows = session.rows(_COLUMNS.format(oid=oid))
    unknown = [column for column in text_columns if column not in [row[0] for row in rows]]
    if unknown:
        known = nearest(unknown[0], [row[0] for row in rows])
        raise JobError(f"--text_columns: table {name!r} has no column {unknown[0]!r}; {known}")
    columns = tuple(column_of(name, *row, as_text=row[0] in text_columns) for row in rows)
    if not columns:
        raise JobError(f"table {name!r} has no columns: there is nothing to extract")
    return FoundTable(f"{quoted(schema)}.{quoted(table)}", columns, placed)
