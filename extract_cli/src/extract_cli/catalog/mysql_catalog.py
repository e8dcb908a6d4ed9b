"""The catalog of a MySQL or MariaDB server (https://dev.mysql.com/doc/refman/8.4/en/information-schema.html), as tables.

A database is a schema here: `init` lists the tables of one, and a config may name tables of others.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_cli.catalog.listing import Listing, Relation
from extract_cli.catalog.names import Names
from extract_cli.catalog.tables import Column, Database

if TYPE_CHECKING:
    from collections.abc import Collection

    from extract_cli.catalog.address import Address
    from extract_cli.catalog.looking import Row

_LOST: Final = frozenset({2006, 2013, 2055})  # the connection is gone
_NO_RIGHT: Final = frozenset({1142, 1143})
_SYSTEM: Final = "('information_schema', 'mysql', 'performance_schema', 'sys')"
_TABLES: Final = f"""
SELECT TABLE_SCHEMA, TABLE_NAME, TABLE_TYPE, ENGINE, TABLE_ROWS FROM information_schema.TABLES
WHERE TABLE_SCHEMA NOT IN {_SYSTEM} AND TABLE_TYPE IN ('BASE TABLE', 'VIEW', 'SYSTEM VERSIONED')
"""  # noqa: S608 - nothing of it comes from outside
_COLUMNS: Final = f"""
SELECT TABLE_SCHEMA, TABLE_NAME, COLUMN_NAME, DATA_TYPE, IS_NULLABLE FROM information_schema.COLUMNS
WHERE TABLE_SCHEMA NOT IN {_SYSTEM} ORDER BY 1, 2, ORDINAL_POSITION
"""  # noqa: S608 - as above
# SUB_PART: the index holds the first letters only. COLUMN_NAME is NULL for an expression.
_INDEXES: Final = f"""
SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, INDEX_NAME = 'PRIMARY', NON_UNIQUE = 0, IF(SUB_PART IS NULL, COLUMN_NAME, NULL)
FROM information_schema.STATISTICS
WHERE TABLE_SCHEMA NOT IN {_SYSTEM} AND INDEX_TYPE IN ('BTREE', 'HASH', 'RTREE') ORDER BY 1, 2, 3, SEQ_IN_INDEX
"""  # noqa: S608 - as above
_SNAPSHOTS: Final = frozenset({"InnoDB", "ROCKSDB"})


class Catalog(Listing):
    """See `Listing`."""

    text = "CAST({} AS CHAR)"
    tomorrow = "NOW() + INTERVAL 1 DAY"

    def database(self, address: Address, *, compared: Collection[str] | None) -> Database:
        """The tables of the database in the URL, and those of others that `compared` means. It is as for `read_database`."""
        ((name, version, user, folds),) = self._rows("SELECT DATABASE(), VERSION(), CURRENT_USER(), @@lower_case_table_names")
        rows = sorted(self._rows(_TABLES), key=lambda row: (row[0], row[1]))
        names = Names(((row[0], row[1]) for row in rows), (name,), default=name, fold=str.lower if folds else str)
        wanted = {place for config in compared or () for place in names.meant(config)}
        relations = (
            Relation((schema, table), int(estimate or 0), "views" if kind == "VIEW" else "", _notes(engine))
            for schema, table, kind, engine, estimate in rows
            if schema == name or (schema, table) in wanted
        )
        columns, indexes = self._rows(_COLUMNS), self._rows(_INDEXES)
        tables, left_out = self._listed(relations, names, columns, indexes, str(user), compared=compared is not None)
        return Database(
            engine="mariadb" if "mariadb" in str(version).lower() else "mysql",
            name=str(name),
            host=address.host,
            user=address.user,
            port=address.port or 3306,
            tables=tables,
            names=names,
            left_out=left_out,
        )

    def _column(self, row: Row) -> Column:
        name, kind, nullable = row
        return Column(name=name, type=kind, nullable=nullable == "YES", base=kind)

    def _is_lost(self, error: Exception) -> bool:
        return _parts(error)[0] in _LOST

    def _refused(self, error: Exception, sql: str, user: str) -> str:
        number, said = _parts(error)
        if number in _NO_RIGHT:
            return f"user {user!r} may not read all of it: {said}; GRANT SELECT ON {sql} TO this user"
        return f"the server refuses it: {said} (error {number}); for a view, the rights of its definer count"


def _notes(engine: str | None) -> tuple[str, ...]:
    if engine in _SNAPSHOTS:
        return ()
    return (f"the storage engine {engine} has no snapshots: stop the writers while the table is read, or convert it to InnoDB",)


def _parts(error: Exception) -> tuple[int, str]:
    number, *texts = error.args if error.args and isinstance(error.args[0], int) else (0, *error.args)
    return number, " ".join(" ".join(map(str, texts)).split()).rstrip(".")
