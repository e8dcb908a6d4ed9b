"""Finds a table and its columns in the catalog of SQL Server, and refuses a table that this user may not read whole."""

from dataclasses import replace
from typing import TYPE_CHECKING

from extract_job.arguments.selection import Selection
from extract_job.databases.mapping import Column
from extract_job.databases.names import nearest, quoted
from extract_job.databases.selection import Described, Dialect, selected
from extract_job.databases.sqlserver.connection import literal
from extract_job.databases.sqlserver.mapping import MAPPING
from extract_job.databases.table_names import find_name, spelled
from extract_job.databases.tables import SourceTable
from extract_job.errors import FailureClass, JobError

if TYPE_CHECKING:
    from extract_job.databases.sqlserver.connection import Session

# https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-objects-transact-sql
_TABLES = """
SELECT s.name, o.name, o.object_id FROM sys.objects AS o JOIN sys.schemas AS s ON s.schema_id = o.schema_id
WHERE o.type IN ('U', 'V') AND s.name NOT IN ('sys', 'INFORMATION_SCHEMA')
"""
# An alias type (CREATE TYPE … FROM) is read as its base type; a type of the CLR has its own name.
_COLUMNS = """
SELECT c.name, t.name, COALESCE(b.name, t.name), c.precision, c.scale, c.max_length, c.is_nullable
FROM sys.columns AS c JOIN sys.types AS t ON t.user_type_id = c.user_type_id
LEFT JOIN sys.types AS b ON t.is_user_defined = 1 AND t.is_assembly_type = 0 AND b.user_type_id = t.system_type_id
WHERE c.object_id = {table} ORDER BY c.column_id
"""
_KEY = """
SELECT c.name FROM sys.indexes AS i
JOIN sys.index_columns AS k ON k.object_id = i.object_id AND k.index_id = i.index_id
JOIN sys.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
WHERE i.object_id = {table} AND i.is_primary_key = 1 AND k.is_included_column = 0
"""
_WITH_DIGITS = frozenset({"decimal", "numeric"})
_WITH_SCALE = frozenset({"time", "datetime2", "datetimeoffset"})
_WITH_LENGTH = {"char": 1, "varchar": 1, "binary": 1, "varbinary": 1, "nchar": 2, "nvarchar": 2}
"""Types that have a length, and the bytes of one unit."""


def find_table(session: "Session", name: str, selection: Selection) -> SourceTable:
    """Find the table that `name` means (see `table_names`), with what is selected of it.

    Raises `JobError` with the nearest names, or with the right that is missing.
    """
    tables = {(schema, table): int(number) for schema, table, number in session.rows(_TABLES)}
    path = session.text("SELECT SCHEMA_NAME()") or "dbo"
    place = find_name(name, session.database, tables, (path, "dbo"), str.lower)
    if place is None:
        names = nearest(name, [spelled(*known) for known in tables])
        raise JobError(
            f"database {session.database!r} has no table {name!r} that this user can see; {names}", FailureClass.CONFIG
        )
    sql = ".".join(map(quoted, place))
    # The catalog shows only what this user may read: without this question, a hidden column would be missing.
    session.rows(f"SELECT TOP (0) * FROM {sql}")  # noqa: S608 - quoted
    rows = {row[0]: row[1:] for row in session.rows(_COLUMNS.format(table=tables[place]))}

    def column(one: str, as_text: bool) -> Column:  # noqa: FBT001 - see `Described`
        kind, base, precision, scale, length, nullable = rows[one]
        declared = _declared(kind, precision, scale, length)
        made = MAPPING.column(name, one, declared, base, digits=(precision, scale), as_text=as_text)
        return replace(made, nullable=bool(nullable))

    key = [row[0] for row in session.rows(_KEY.format(table=tables[place]))]
    row_id = key[0] if len(key) == 1 else None
    dialect = Dialect(literal, str.lower, booleans=("0", "1"))
    return selected(Described(name, sql, list(rows), column, row_id), selection, dialect)


def _declared(kind: str, precision: int, scale: int, length: int) -> str:
    if kind in _WITH_DIGITS:
        return f"{kind}({precision},{scale})"
    if kind in _WITH_SCALE:
        return f"{kind}({scale})"
    unit = _WITH_LENGTH.get(kind)
    return kind if unit is None else f"{kind}({'max' if length < 0 else length // unit})"
