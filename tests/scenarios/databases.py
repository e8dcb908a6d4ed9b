"""The databases that the scenarios write to: the table `t` with an id, a mark and a token, in SQLite and in PostgreSQL.

A `Session` is one transaction of a writer. SQLite lets one transaction write at a time, so it gets no second one.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


class Sqlite:
    """A file in write-ahead mode: the job reads while a transaction is open."""

    engine = "sqlite"
    has_versions = False
    """Whether the database keeps a version per row, so that an update without a new mark is seen."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "source.db"
        self.name = str(self.path)
        self._admin = sqlite3.connect(self.path, isolation_level=None)
        self._admin.execute("PRAGMA journal_mode=WAL")
        self._admin.execute("PRAGMA synchronous=OFF")

    def create(self, *, keyed: bool) -> None:
        """Make the table anew."""
        self._admin.execute("DROP TABLE IF EXISTS t")
        self._admin.execute(f"CREATE TABLE t (id INTEGER{' PRIMARY KEY' if keyed else ''}, mark INTEGER, token INTEGER)")

    def execute(self, statement: str, *values: Any) -> None:
        """Change the table in a transaction that commits at once."""
        self._admin.execute(statement, values)

    def session(self) -> sqlite3.Connection:
        """Open a transaction."""
        connection = sqlite3.connect(self.path, isolation_level=None)
        connection.execute("BEGIN IMMEDIATE")
        return connection

    def close(self) -> None:
        """End all."""
        self._admin.close()


class Postgresql:
    """A database of its own on a server of the tests."""

    engine = "postgres"
    has_versions = True

    def __init__(self, name: str) -> None:
        from adbc_driver_postgresql import dbapi

        self._connect = dbapi.connect
        self.name = name
        with dbapi.connect("postgresql://?dbname=postgres", autocommit=True) as server, server.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            cursor.execute(f"CREATE DATABASE {name}")
        self._admin = self._connect(f"postgresql://?dbname={name}", autocommit=True)

    def create(self, *, keyed: bool) -> None:
        """Make the table anew."""
        self.execute("DROP TABLE IF EXISTS t")
        self.execute(f"CREATE TABLE t (id bigint{' PRIMARY KEY' if keyed else ''}, mark bigint, token bigint)")
        self.execute("CREATE INDEX ON t (mark)")

    def execute(self, statement: str, *values: Any) -> None:
        """Change the table in a transaction that commits at once."""
        with self._admin.cursor() as cursor:
            cursor.execute(_numbered(statement), values or None)

    def session(self) -> PostgresqlSession:
        """Open a transaction."""
        return PostgresqlSession(self._connect(f"postgresql://?dbname={self.name}"))

    def close(self) -> None:
        """End all."""
        self._admin.close()


class PostgresqlSession:
    """One transaction, with the calls of an `sqlite3.Connection`."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def execute(self, statement: str, values: tuple[Any, ...] = ()) -> None:
        """Execute a statement; COMMIT and ROLLBACK end the transaction."""
        if statement == "COMMIT":
            self._connection.commit()
        elif statement == "ROLLBACK":
            self._connection.rollback()
        else:
            with self._connection.cursor() as cursor:
                cursor.execute(_numbered(statement), values or None)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _numbered(statement: str) -> str:
    """The statement with PostgreSQL's placeholders, $1, $2, … instead of ?."""
    parts = statement.split("?")
    return "".join(f"{part}${number}" for number, part in enumerate(parts[:-1], 1)) + parts[-1]
