"""The catalog of a MySQL or MariaDB server (https://dev.mysql.com/doc/refman/8.4/en/information-schema.html), as tables.

A database is a schema here: `init` lists the tables of one, and a config may name tables of others.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from extract_cli.catalog.keys import Index, described
from extract_cli.catalog.looking import COUNTED, Looking, grouped, sql_of
from extract_cli.catalog.names import Names
from extract_cli.catalog.tables import Column, Database, Table

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from extract_cli.catalog.address import Address
    from extract_cli.catalog.names import Place

    Cursor = Any  # of PyMySQL, which is an extra
    Row = Sequence[Any]

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
SELECT TABLE_SCHEMA, TABLE_NAME, INDEX_NAME, NON_UNIQUE, COLUMN_NAME, SUB_PART FROM information_schema.STATISTICS
WHERE TABLE_SCHEMA NOT IN {_SYSTEM} AND INDEX_TYPE IN ('BTREE', 'HASH', 'RTREE') ORDER BY 1, 2, 3, SEQ_IN_INDEX
"""  # noqa: S608 - as above
_SNAPSHOTS: Final = frozenset({"InnoDB", "ROCKSDB"})


class Catalog(Looking):
    """See `Looking`."""

    text = "CAST({} AS CHAR)"
    number = "{}"
    tomorrow = "NOW() + INTERVAL 1 DAY"

    def database(self, address: Address, *, compared: Collection[str] | None) -> Database:
        """The tables of the database in the URL, and those of others that `compared` means. It is as for `read_database`."""
        ((name, version, user, folds),) = self._rows("SELECT DATABASE(), VERSION(), CURRENT_USER(), @@lower_case_table_names")
        relations = sorted(self._rows(_TABLES), key=lambda row: (row[0], row[1]))
        names = Names(((row[0], row[1]) for row in relations), (name,), default=name, fold=str.lower if folds else str)
        wanted = {place for config in compared or () for place in names.meant(config)}
        columns, indexes = grouped(self._rows(_COLUMNS)), grouped(self._rows(_INDEXES))
        tables, left_out = [], defaultdict(list)
        for schema, relation, kind, engine, estimate in relations:
            place = (schema, relation)
            if schema != name and place not in wanted:
                continue
            table = _table(place, names.written(place), columns.get(place, []), indexes.get(place, []))
            table = replace(table, refusal=self._refusal(table, str(user)))
            if compared is not None:
                tables.append(table)
            elif kind == "VIEW":
                left_out["views"].append(table.name)
            elif table.refusal is not None:
                left_out["tables that this user cannot read"].append(table.name)
            else:
                rows = int(estimate or 0)
                if rows < COUNTED:  # the estimate of a small table is rough
                    counted = self._counted(sql_of(place))
                    rows = counted if counted is not None and counted < COUNTED else max(rows, COUNTED)
                tables.append(replace(self._filled(table, rows), notes=_notes(engine)))
        return Database(
            engine="mariadb" if "mariadb" in str(version).lower() else "mysql",
            name=str(name),
            host=address.host,
            user=address.user,
            port=address.port or 3306,
            tables=tuple(tables),
            names=names,
            left_out=tuple(f"{what}: {', '.join(members)}" for what, members in left_out.items()),
        )

    def _rows(self, query: str) -> list[Row]:
        self._cursor.execute(query)
        return list(self._cursor.fetchall())

    def _is_lost(self, error: Exception) -> bool:
        return _parts(error)[0] in _LOST

    def _refusal(self, table: Table, user: str) -> str | None:
        """What the server says to a query without rows, if it refuses it: its catalog hides columns that a user may not read."""
        try:
            self._rows(f"SELECT * FROM {sql_of(table.place)} LIMIT 0")  # noqa: S608 - quoted
        except self._failure as error:
            number, said = _parts(error)
            if number in _LOST:
                raise
            if number in _NO_RIGHT:
                return f"user {user!r} may not read all of it: {said}; GRANT SELECT ON {sql_of(table.place)} TO this user"
            return f"the server refuses it: {said} (error {number}); for a view, the rights of its definer count"
        return None


def _table(place: Place, name: str, columns: list[Row], indexes: list[Row]) -> Table:
    of_index: dict[str, list[Row]] = defaultdict(list)
    for index, *part in indexes:
        of_index[index].append(part)
    return described(
        name,
        place,
        (Column(name=column, type=kind, nullable=nullable == "YES", base=kind) for column, kind, nullable in columns),
        (
            Index(
                columns=tuple(column if length is None else None for _, column, length in parts),
                is_primary=index == "PRIMARY",
                is_unique=not parts[0][0],
            )
            for index, parts in of_index.items()
        ),
    )


def _notes(engine: str | None) -> tuple[str, ...]:
    if engine in _SNAPSHOTS:
        return ()
    return (f"the storage engine {engine} has no snapshots: stop the writers while the table is read, or convert it to InnoDB",)


def _parts(error: Exception) -> tuple[int, str]:
    number, *texts = error.args if error.args and isinstance(error.args[0], int) else (0, *error.args)
    return number, " ".join(" ".join(map(str, texts)).split()).rstrip(".")
