"""The catalog of an Oracle database, as tables: those of all schemas that Oracle does not maintain itself.

The views show what this user has some right on: https://docs.oracle.com/en/database/oracle/oracle-database/23/refrn/ALL_TABLES.html
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from extract_cli.catalog.listing import Listing, Relation
from extract_cli.catalog.names import Names
from extract_cli.catalog.tables import Column, Database

if TYPE_CHECKING:
    from collections.abc import Collection

    from extract_cli.catalog.address import Address
    from extract_cli.catalog.looking import Row

# https://docs.oracle.com/en/database/oracle/oracle-database/23/refrn/ALL_USERS.html
_OURS: Final = "NOT IN (SELECT USERNAME FROM ALL_USERS WHERE ORACLE_MAINTAINED = 'Y')"
# The table of a materialized view has its name. NUM_ROWS is NULL before DBMS_STATS has gathered statistics.
_RELATIONS: Final = f"""
SELECT T.OWNER, T.TABLE_NAME, CASE WHEN M.MVIEW_NAME IS NULL THEN 'TABLE' ELSE 'MVIEW' END, T.NUM_ROWS, T.PARTITIONED
FROM ALL_TABLES T LEFT JOIN ALL_MVIEWS M ON M.OWNER = T.OWNER AND M.MVIEW_NAME = T.TABLE_NAME
WHERE T.OWNER {_OURS} AND T.NESTED = 'NO' AND T.SECONDARY = 'N' AND T.DROPPED = 'NO'
AND (T.IOT_TYPE IS NULL OR T.IOT_TYPE = 'IOT')
UNION ALL SELECT V.OWNER, V.VIEW_NAME, 'VIEW', NULL, 'NO' FROM ALL_VIEWS V WHERE V.OWNER {_OURS}
ORDER BY 1, 2
"""  # noqa: S608 - nothing of it comes from outside
# https://docs.oracle.com/en/database/oracle/oracle-database/23/refrn/ALL_TAB_COLS.html
_COLUMNS: Final = f"""
SELECT C.OWNER, C.TABLE_NAME, C.COLUMN_NAME, C.DATA_TYPE, C.NULLABLE FROM ALL_TAB_COLS C
WHERE C.OWNER {_OURS} AND C.HIDDEN_COLUMN = 'NO' ORDER BY C.OWNER, C.TABLE_NAME, C.COLUMN_ID
"""  # noqa: S608 - as above
# https://docs.oracle.com/en/database/oracle/oracle-database/23/refrn/ALL_INDEXES.html: a part of a function-based index has a
# made-up name. The index of a primary key need not be unique, so the constraint is asked too.
_INDEXES: Final = f"""
SELECT K.OWNER, K.TABLE_NAME, K.CONSTRAINT_NAME, 1, 1, C.COLUMN_NAME, C.POSITION
FROM ALL_CONSTRAINTS K JOIN ALL_CONS_COLUMNS C ON C.OWNER = K.OWNER AND C.CONSTRAINT_NAME = K.CONSTRAINT_NAME
WHERE K.OWNER {_OURS} AND K.CONSTRAINT_TYPE = 'P' AND K.STATUS = 'ENABLED' AND K.VALIDATED = 'VALIDATED'
UNION ALL
SELECT I.TABLE_OWNER, I.TABLE_NAME, I.OWNER || '.' || I.INDEX_NAME, 0, CASE WHEN I.UNIQUENESS = 'UNIQUE' THEN 1 ELSE 0 END,
  CASE WHEN I.INDEX_TYPE LIKE 'FUNCTION-BASED%' THEN NULL ELSE C.COLUMN_NAME END, C.COLUMN_POSITION
FROM ALL_INDEXES I JOIN ALL_IND_COLUMNS C ON C.INDEX_OWNER = I.OWNER AND C.INDEX_NAME = I.INDEX_NAME
WHERE I.TABLE_OWNER {_OURS} AND I.STATUS <> 'UNUSABLE' AND I.INDEX_TYPE <> 'DOMAIN'
ORDER BY 1, 2, 3, 7
"""  # noqa: S608 - as above
_ME: Final = "SELECT SYS_CONTEXT('USERENV', 'CURRENT_SCHEMA'), SYS_CONTEXT('USERENV', 'SESSION_USER') FROM DUAL"
_KINDS: Final = {"VIEW": "views", "MVIEW": "materialized views", "TABLE": ""}
_LOST: Final = frozenset({"ORA-00028", "ORA-01012", "ORA-03113", "ORA-03114", "DPY-1001", "DPY-4011"})
_NO_RIGHT: Final = frozenset({"ORA-00942", "ORA-01031", "ORA-41900"})


class Catalog(Listing):
    """See `Listing`."""

    text = "TO_CHAR({}, 'YYYY-MM-DD HH24:MI:SS')"
    tomorrow = "SYSTIMESTAMP + INTERVAL '1' DAY"
    first = "SELECT 1 AS one FROM {sql} WHERE ROWNUM <= {most}"
    nothing = "SELECT * FROM {} WHERE 1 = 0"

    def database(self, address: Address, *, compared: Collection[str] | None) -> Database:
        """All tables that this user may read. `compared` is as for `read_database`."""
        ((schema, user),) = self._rows(_ME)
        rows = self._rows(_RELATIONS)
        names = Names(((row[0], row[1]) for row in rows), (schema,), fold=str.upper)
        relations = (
            Relation((owner, table), None if estimate is None else int(estimate), _KINDS[kind], _notes(partitioned))
            for owner, table, kind, estimate, partitioned in rows
        )
        columns, indexes = self._rows(_COLUMNS), [row[:6] for row in self._rows(_INDEXES)]
        tables, left_out = self._listed(relations, names, columns, indexes, str(user), compared=compared is not None)
        return Database(
            engine="oracle",
            name=address.name,
            host=address.host,
            user=address.user,
            port=address.port or 1521,
            tables=tables,
            names=names,
            left_out=left_out,
        )

    def _column(self, row: Row) -> Column:
        name, declared, nullable = row
        base = re.sub(r"\(\d+\)", "", declared)
        # A DATE has a time of day: https://docs.oracle.com/en/database/oracle/oracle-database/23/sqlrf/Data-Types.html
        return Column(name=name, type="date with time" if base == "DATE" else base.lower(), nullable=nullable == "Y", base=base)

    def _is_lost(self, error: Exception) -> bool:
        return code_of(error) in _LOST

    def _refused(self, error: Exception, sql: str, user: str) -> str:
        said = said_by(error)
        if code_of(error) in _NO_RIGHT:
            return f'user {user!r} may not read it: {said}; GRANT SELECT ON {sql} TO "{user}"'
        return f"the server refuses it: {said}; for a view, the rights of its owner count"


def code_of(error: Exception) -> str:
    """The code of an error of python-oracledb, such as ``ORA-01017``; empty for another one."""
    return str(getattr(error.args[0] if error.args else None, "full_code", "") or "")


def said_by(error: Exception) -> str:
    """What the server or the driver said, in one line, without its links."""
    text = re.sub(r"(?m)^(Help|Docs): .*$", "", str(error))
    return re.sub(r"\s+", " ", text).strip(" .") or type(error).__name__


def _notes(partitioned: str) -> tuple[str, ...]:
    return ("partitioned: a run reads all partitions as one table",) if partitioned == "YES" else ()
