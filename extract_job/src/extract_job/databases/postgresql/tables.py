"""Finds a table and its columns in the catalog of PostgreSQL."""

from extract_job.databases.names import column_name, nearest, quoted
from extract_job.databases.postgresql.columns import Column, column_of
from extract_job.databases.postgresql.connection import Session
from extract_job.databases.tables import SourceTable
from extract_job.errors import FailureClass, JobError

# A domain is read as its base type, with the modifier of the domain or the column.
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


def find_table(session: Session, database: str, name: str, text_columns: tuple[str, ...]) -> SourceTable[Column]:
    """Find a table by its whole name on the search path, else as `schema.table`.

    Columns in `text_columns` become text. Raises `JobError` with the nearest names.
    """
    tables = session.rows(_TABLES)
    matches = [row for row in tables if row[2] == name and row[3]] or [row for row in tables if f"{row[1]}.{row[2]}" == name]
    if not matches:
        known = nearest(name, [f"{schema}.{table}" for _, schema, table, *_ in tables])
        raise JobError(f"database {database!r} has no table {name!r} that this user can see; {known}", FailureClass.CONFIG)
    oid, schema, table, _, stored = matches[0]
    rows = session.rows(_COLUMNS.format(oid=oid))
    as_text = {column_name(name, "text_columns", text, [row[0] for row in rows]) for text in text_columns}
    columns = tuple(column_of(name, *row, as_text=row[0] in as_text) for row in rows)
    if not columns:
        raise JobError(f"table {name!r} has no columns to read", FailureClass.CONFIG)
    # Only stored rows have a ctid; the rows of a view or a foreign table do not.
    return SourceTable(name, f"{quoted(schema)}.{quoted(table)}", columns, "ctid" if stored else None)
