"""Finds a table and its columns in the catalog of MySQL, and refuses a table that this user may not read whole."""

from collections.abc import Callable
from dataclasses import replace

from extract_job.arguments.selection import Selection
from extract_job.databases.mapping import Column
from extract_job.databases.mysql.columns import column_of
from extract_job.databases.mysql.connection import Session, literal
from extract_job.databases.names import nearest, quoted
from extract_job.databases.selection import Described, Dialect, selected
from extract_job.databases.table_names import find_name, spelled
from extract_job.databases.tables import SourceTable
from extract_job.errors import FailureClass, JobError

_TABLES = """
SELECT TABLE_SCHEMA, TABLE_NAME, ENGINE FROM information_schema.TABLES
WHERE TABLE_SCHEMA NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')
"""
_COLUMNS = """
SELECT COLUMN_NAME, DATA_TYPE, COLUMN_TYPE, NUMERIC_PRECISION, NUMERIC_SCALE, IS_NULLABLE FROM information_schema.COLUMNS
WHERE TABLE_SCHEMA = {schema} AND TABLE_NAME = {table} ORDER BY ORDINAL_POSITION
"""
_KEY = """
SELECT COLUMN_NAME FROM information_schema.STATISTICS
WHERE TABLE_SCHEMA = {schema} AND TABLE_NAME = {table} AND INDEX_NAME = 'PRIMARY'
"""
_SNAPSHOT_ENGINES = frozenset({"InnoDB", "ROCKSDB"})
"""Storage engines whose tables have snapshots (https://mariadb.com/docs/server/server-usage/storage-engines)."""


def find_table(session: Session, name: str, selection: Selection) -> tuple[SourceTable, str | None]:
    """Find the table that `name` means (see `table_names`), with what is selected of it.

    Returns the storage engine too if its tables have no snapshot; None: they have, or the table is a view. Raises `JobError`
    with the nearest names, or with the right that is missing.
    """
    tables = {(_text(schema), _text(table)): engine for schema, table, engine in session.rows(_TABLES)}
    place = find_name(name, session.database, tables, (session.database,), _folding(session))
    if place is None:
        names = nearest(name, [table if schema == session.database else spelled(schema, table) for schema, table in tables])
        raise JobError(
            f"database {session.database!r} has no table {name!r} that this user can see; {names}", FailureClass.CONFIG
        )
    schema, table = place
    sql = f"{quoted(schema)}.{quoted(table)}"
    # information_schema shows only the columns that this user may read: without this check, the others would be missing.
    session.rows(f"SELECT * FROM {sql} LIMIT 0")  # noqa: S608 - quoted
    where = {"schema": literal(schema), "table": literal(table)}
    rows = {_text(row[0]): row[1:] for row in session.rows(_COLUMNS.format(**where))}

    def column(one: str, as_text: bool) -> Column:  # noqa: FBT001 - see `selected`
        base, declared, precision, scale, nullable = rows[one]
        digits = (_number(precision), _number(scale))
        made = column_of(name, one, _text(base), _text(declared), digits, as_text=as_text)
        return replace(made, nullable=nullable == b"YES")

    key = [_text(row[0]) for row in session.rows(_KEY.format(**where))]
    engine = tables[place]
    without = None if engine is None or _text(engine) in _SNAPSHOT_ENGINES else _text(engine)
    row_id = key[0] if len(key) == 1 else None
    return selected(Described(name, sql, list(rows), column, row_id), selection, Dialect(literal, str.lower)), without


def _folding(session: Session) -> Callable[[str], str]:
    return str if session.number("SELECT @@lower_case_table_names") == 0 else str.lower


def _text(value: bytes | None) -> str:
    return (value or b"").decode()


def _number(value: bytes | None) -> int:
    return int(value or b"0")
