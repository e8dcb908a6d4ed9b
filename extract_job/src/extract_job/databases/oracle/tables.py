"""Finds a table and its columns in the catalog of Oracle Database.

The catalog shows the tables that this user may read; a right to read is one to all columns.
"""

import re
from dataclasses import replace
from typing import TYPE_CHECKING

from extract_job.arguments.selection import Selection
from extract_job.databases.mapping import UNBOUNDED, Column, Kind
from extract_job.databases.names import nearest, quoted
from extract_job.databases.oracle.mapping import MAPPING
from extract_job.databases.selection import Described, Dialect, selected
from extract_job.databases.table_names import find_name, spelled
from extract_job.databases.tables import SourceTable
from extract_job.errors import FailureClass, JobError

if TYPE_CHECKING:
    from extract_job.databases.oracle.connection import Session

# https://docs.oracle.com/en/database/oracle/oracle-database/23/refrn/ALL_TABLES.html: what this user may read
_TABLES = """
SELECT OWNER, TABLE_NAME FROM ALL_TABLES WHERE NESTED = 'NO' AND SECONDARY = 'N'
UNION SELECT OWNER, VIEW_NAME FROM ALL_VIEWS UNION SELECT OWNER, MVIEW_NAME FROM ALL_MVIEWS
"""
_COLUMNS = """
SELECT COLUMN_NAME, DATA_TYPE, DATA_PRECISION, DATA_SCALE, CHAR_LENGTH, NULLABLE FROM ALL_TAB_COLS
WHERE OWNER = {owner} AND TABLE_NAME = {table} AND HIDDEN_COLUMN = 'NO' ORDER BY COLUMN_ID
"""
_KEY = """
SELECT C.COLUMN_NAME FROM ALL_CONSTRAINTS K JOIN ALL_CONS_COLUMNS C ON C.OWNER = K.OWNER AND C.CONSTRAINT_NAME = K.CONSTRAINT_NAME
WHERE K.OWNER = {owner} AND K.TABLE_NAME = {table} AND K.CONSTRAINT_TYPE = 'P'
"""
_MOST_DIGITS = 38
"""Digits of a NUMBER(*, s)."""


def find_table(session: "Session", name: str, selection: Selection) -> SourceTable:
    """Find the table that `name` means (see `table_names`), with what is selected of it.

    Names that are not quoted are in upper case in Oracle: `hr.jobs` finds `HR.JOBS`. Raises `JobError` with the nearest names.
    """
    tables = {(owner, table) for owner, table in session.rows(_TABLES)}
    path = session.text("SELECT SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA') FROM DUAL") or ""
    place = find_name(name, session.database, tables, (path,), str.upper)
    if place is None:
        own = [table if owner == path else spelled(owner, table) for owner, table in tables]
        raise JobError(
            f"database {session.database!r} has no table {name!r} that this user may read; {nearest(name.upper(), own)}; if it "
            "exists, grant this user SELECT on it",
            FailureClass.CONFIG,
        )
    names = {"owner": literal(place[0]), "table": literal(place[1])}
    rows = {row[0]: row[1:] for row in session.rows(_COLUMNS.format(**names))}

    def column(one: str, as_text: bool) -> Column:  # noqa: FBT001 - see `Described`
        kind, precision, scale, length, nullable = rows[one]
        declared, digits = _declared(kind, precision, scale, length), decimal_digits(precision, scale)
        return replace(
            MAPPING.column(name, one, declared, base_of(kind), digits=digits, as_text=as_text), nullable=nullable == "Y"
        )

    key = [column for (column,) in session.rows(_KEY.format(**names))]
    described = Described(name, ".".join(map(quoted, place)), list(rows), column, key[0] if len(key) == 1 else None)
    return selected(described, selection, Dialect(literal, str.upper, moment=_moment))


def base_of(kind: str) -> str:
    """Return the name of a type without its digits: `TIMESTAMP(6) WITH TIME ZONE` is `TIMESTAMP WITH TIME ZONE`."""
    return re.sub(r"\(\d+\)", "", kind)


def decimal_digits(precision: int | None, scale: int | None) -> tuple[int, int]:
    """Return all digits of a NUMBER, and those after the point.

    https://docs.oracle.com/en/database/oracle/oracle-database/23/sqlrf/Data-Types.html: a negative scale means zeros before the
    point, a scale above the precision means zeros after it. A FLOAT has no scale.
    """
    if scale is None:
        return UNBOUNDED
    digits = precision or _MOST_DIGITS
    return (digits - scale, 0) if scale < 0 else (max(digits, scale), scale)


def literal(text: str) -> str:
    """Return a text in SQL."""
    return "'" + text.replace("'", "''") + "'"


def _moment(kind: Kind, text: str) -> str:
    """A date or a timestamp in SQL, whatever the formats of the session are."""
    moment = f"TO_TIMESTAMP({literal(text)}, 'YYYY-MM-DD HH24:MI:SS.FF6')"
    return f"FROM_TZ({moment}, 'UTC')" if kind is Kind.INSTANT else moment


def _declared(kind: str, precision: int | None, scale: int | None, length: int | None) -> str:
    if kind == "NUMBER" and scale is not None:
        return f"NUMBER({'*' if precision is None else precision},{scale})"
    if kind == "FLOAT" and precision is not None:
        return f"FLOAT({precision})"
    return f"{kind}({length})" if length and kind.endswith(("CHAR", "CHAR2")) else kind
