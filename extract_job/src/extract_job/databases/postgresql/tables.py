"""Finds a table and its columns in the catalog of PostgreSQL, and refuses a table that this user may not read whole."""

from dataclasses import replace

from extract_job.arguments.selection import Selection
from extract_job.databases.mapping import Column
from extract_job.databases.names import nearest, quoted
from extract_job.databases.postgresql.columns import column_of
from extract_job.databases.postgresql.connection import Session
from extract_job.databases.postgresql.rights import check_rights
from extract_job.databases.postgresql.transactions import literal
from extract_job.databases.selection import Described, Dialect, selected
from extract_job.databases.table_names import find_name, spelled
from extract_job.databases.tables import SourceTable
from extract_job.errors import FailureClass, JobError

# A domain is read as its base type, with the modifier of the domain or the column.
_COLUMNS = """
WITH RECURSIVE base AS (
  SELECT a.attnum, a.attname, a.atttypid AS type, a.atttypmod AS modifier, format_type(a.atttypid, a.atttypmod) AS declared,
    a.attnotnull AS required
  FROM pg_attribute a WHERE a.attrelid = {oid} AND a.attnum > 0 AND NOT a.attisdropped
  UNION ALL
  SELECT b.attnum, b.attname, t.typbasetype, CASE WHEN b.modifier >= 0 THEN b.modifier ELSE t.typtypmod END, b.declared,
    b.required OR t.typnotnull
  FROM base b JOIN pg_type t ON t.oid = b.type WHERE t.typtype = 'd'
)
SELECT b.attname::text, b.declared::text, t.typname::text, b.modifier::int, t.typcategory::text, coalesce(e.typtype::text, ''),
  NOT b.required
FROM base b JOIN pg_type t ON t.oid = b.type LEFT JOIN pg_type e ON e.oid = t.typelem
WHERE t.typtype <> 'd' ORDER BY b.attnum
"""
_TEXTS = ("text", "varchar", "bpchar", "name", "citext")
"""The types that LIKE takes (https://www.postgresql.org/docs/current/functions-matching.html#FUNCTIONS-LIKE); citext is an
extension's (https://www.postgresql.org/docs/current/citext.html)."""
_TABLES = """
SELECT n.nspname::text, c.relname::text, c.oid::bigint, c.relkind IN ('r', 'p', 'm')
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_'
"""


def find_table(session: Session, database: str, name: str, selection: Selection) -> SourceTable:
    """Find the table that `name` means (see `table_names`), with what is selected of it.

    Raises `JobError` with the nearest names, or with the right that is missing.
    """
    tables = {(schema, table): (oid, stored) for schema, table, oid, stored in session.rows(_TABLES)}
    place = find_name(name, database, tables, session.search_path)
    if place is None:
        names = nearest(name, [spelled(*known) for known in tables])
        raise JobError(f"database {database!r} has no table {name!r} that this user can see; {names}", FailureClass.CONFIG)
    schema, table = place
    oid, stored = tables[schema, table]
    check_rights(session, name, schema, table, oid)
    rows = {row[0]: row for row in session.rows(_COLUMNS.format(oid=oid))}

    def column(one: str, as_text: bool) -> Column:  # noqa: FBT001 - see `selected`
        *row, nullable = rows[one]
        return replace(column_of(name, *row, as_text=as_text), nullable=nullable)

    # Only stored rows have a ctid; the rows of a view or a foreign table do not.
    sql, row_id = f"{quoted(schema)}.{quoted(table)}", "ctid" if stored else None
    dialect = Dialect(literal, hidden=("ctid", "xmin", "tableoid") if stored else (), texts=_TEXTS)
    described = Described(name, sql, list(rows), column, row_id)
    for compared, comparisons in selection.where.items():
        one = selected(described, replace(selection, where={compared: comparisons}), dialect)
        _check_comparison(session, name, one, compared)
    return selected(described, selection, dialect)


def _check_comparison(session: Session, name: str, table: SourceTable, compared: str) -> None:
    """Raise `JobError` for a value that is not one of the column's type: only the server knows the forms of a uuid or an enum."""
    try:
        session.check(f"SELECT FROM {table.sql} LIMIT 0")
    except JobError as error:
        if error.retryable or error.failure is FailureClass.PERMISSION:
            raise
        declared = table.column("where", compared).declared
        raise JobError(
            f"table {name!r}: --where compares column {compared!r} ({declared}) with a value that does not fit it; change the "
            f"value in where, or compare another column. PostgreSQL says: {str(error).partition(' LINE 1: ')[0]}",
            FailureClass.CONFIG,
        ) from error
