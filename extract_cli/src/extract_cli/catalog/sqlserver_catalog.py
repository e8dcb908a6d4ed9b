"""The catalog of a SQL Server database, as tables.

https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/object-catalog-views-transact-sql: the views show
what this user owns, or has some right on.
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

_OURS: Final = "o.type IN ('U', 'V') AND o.is_ms_shipped = 0"
# https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-partitions-transact-sql: index 0 is the heap
# and 1 the clustered index, so each row is counted once; `rows` is approximate.
# https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-security-predicates-transact-sql: type 0
# is a filter.
_RELATIONS: Final = f"""
SELECT s.name, o.name, o.type, p.size, p.parts, f.filters
FROM sys.objects AS o JOIN sys.schemas AS s ON s.schema_id = o.schema_id
LEFT JOIN (
  SELECT object_id, SUM(rows) AS size, COUNT(*) AS parts FROM sys.partitions WHERE index_id IN (0, 1) GROUP BY object_id
) AS p ON p.object_id = o.object_id
LEFT JOIN (
  SELECT t.target_object_id, COUNT(*) AS filters FROM sys.security_predicates AS t
  JOIN sys.security_policies AS y ON y.object_id = t.object_id
  WHERE t.predicate_type = 0 AND y.is_enabled = 1 GROUP BY t.target_object_id
) AS f ON f.target_object_id = o.object_id
WHERE {_OURS} ORDER BY s.name, o.name
"""  # noqa: S608 - nothing of it comes from outside
# https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-types-transact-sql: an alias type is read as
# its base type; a type of the CLR has its own name.
_COLUMNS: Final = f"""
SELECT s.name, o.name, c.name, t.name, COALESCE(b.name, t.name), c.is_nullable
FROM sys.columns AS c JOIN sys.objects AS o ON o.object_id = c.object_id JOIN sys.schemas AS s ON s.schema_id = o.schema_id
JOIN sys.types AS t ON t.user_type_id = c.user_type_id
LEFT JOIN sys.types AS b ON t.is_user_defined = 1 AND t.is_assembly_type = 0 AND b.user_type_id = t.system_type_id
WHERE {_OURS} ORDER BY s.name, o.name, c.column_id
"""  # noqa: S608 - as above
# https://learn.microsoft.com/en-us/sql/relational-databases/system-catalog-views/sys-indexes-transact-sql: types 1 and 2 are
# clustered and nonclustered rowstore. key_ordinal 0: the index merely includes the column.
_INDEXES: Final = f"""
SELECT s.name, o.name, i.index_id, i.is_primary_key, i.is_unique, c.name
FROM sys.indexes AS i JOIN sys.objects AS o ON o.object_id = i.object_id JOIN sys.schemas AS s ON s.schema_id = o.schema_id
JOIN sys.index_columns AS k ON k.object_id = i.object_id AND k.index_id = i.index_id
JOIN sys.columns AS c ON c.object_id = k.object_id AND c.column_id = k.column_id
WHERE {_OURS} AND i.type IN (1, 2) AND i.has_filter = 0 AND i.is_disabled = 0 AND i.is_hypothetical = 0 AND k.key_ordinal > 0
ORDER BY s.name, o.name, i.index_id, k.key_ordinal
"""  # noqa: S608 - as above
_ME: Final = "SELECT DB_NAME(), SCHEMA_NAME(), USER_NAME()"
_LOST: Final = ("Communication link failure", "Connection not open", "Connection failure during transaction")
"""SQLSTATEs 08S01, 08003 and 08007, in the words of the driver."""
_NO_RIGHT: Final = ("permission was denied on the object", "permission was denied on the column")
_ROWVERSION: Final = "timestamp"
"""The catalog's name of rowversion, which is not a time."""


class Catalog(Listing):
    """See `Listing`."""

    text = "CONVERT(varchar(40), {}, 121)"
    tomorrow = "DATEADD(day, 1, SYSDATETIME())"
    first = "SELECT TOP ({most}) 1 AS one FROM {sql}"
    nothing = "SELECT TOP (0) * FROM {}"

    def database(self, address: Address, *, compared: Collection[str] | None) -> Database:
        """All tables that this user may read. `compared` is as for `read_database`."""
        ((name, schema, user),) = self._rows(_ME)
        rows = self._rows(_RELATIONS)
        names = Names(((row[0], row[1]) for row in rows), (schema or "dbo", "dbo"), fold=str.lower)
        relations = (
            Relation(
                (owner, table),
                None if size is None else int(size),
                "views" if kind.strip() == "V" else "",
                _notes(parts, filters),
            )
            for owner, table, kind, size, parts, filters in rows
        )
        columns, indexes = self._rows(_COLUMNS), self._rows(_INDEXES)
        tables, left_out = self._listed(relations, names, columns, indexes, str(user), compared=compared is not None)
        return Database(
            engine="sqlserver",
            name=str(name),
            host=address.host,
            user=address.user,
            port=address.port or 1433,
            tables=tables,
            names=names,
            left_out=left_out,
        )

    def _column(self, row: Row) -> Column:
        name, kind, base, nullable = row
        word = "rowversion" if base == _ROWVERSION else base
        return Column(name=name, type=word if kind == base else f"{kind} ({word})", nullable=bool(nullable), base=base)

    def _is_lost(self, error: Exception) -> bool:
        return getattr(error, "driver_error", "") in _LOST

    def _refused(self, error: Exception, sql: str, user: str) -> str:
        said = said_by(error)
        if any(text in said for text in _NO_RIGHT):
            return f"user {user!r} may not read all of it: {said}; GRANT SELECT ON {sql} TO {_quoted(user)}"
        return f"the server refuses it: {said}; for a view, the tables that it reads must still fit it"


def said_by(error: Exception) -> str:
    """The server's or driver's own text, in one line."""
    said = str(getattr(error, "ddbc_error", "") or error)
    return re.sub(r"\s+", " ", re.sub(r"^(\[[^\]]*\])+", "", said)).strip(" .") or type(error).__name__


def _quoted(name: str) -> str:
    return f"[{name.replace(']', ']]')}]"


def _notes(parts: int | None, filters: int | None) -> tuple[str, ...]:
    notes = []
    if parts is not None and int(parts) > 1:
        notes.append("partitioned: a run reads all partitions as one table")
    if filters:
        notes.append("a security policy filters its rows: a run reads the rows that it shows to the user of the job")
    return tuple(notes)
