"""The databases that the scenarios write to: the table `t` with an id, a mark and a token, in each database.

A `Session` is one transaction of a writer. SQLite lets one transaction write at a time, so it gets no second one.
"""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING, Any

import psycopg
import pymysql

if TYPE_CHECKING:
    from pathlib import Path


class Sqlite:
    """A file in write-ahead mode: the job reads while a transaction is open."""

    engine = "sqlite"
    has_versions = False
    """Whether the database keeps a version per row, so that an update without a new mark is seen."""
    writes_at_once = False
    """Whether another transaction may write while one is open."""

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
    """A separate database on a server of the tests."""

    engine = "postgres"
    has_versions = True
    writes_at_once = True

    def __init__(self, name: str) -> None:
        self.name = name
        with psycopg.connect(dbname="postgres", autocommit=True) as server:
            server.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
            server.execute(f"CREATE DATABASE {name}")
        self._admin = psycopg.connect(dbname=name, autocommit=True)

    def create(self, *, keyed: bool) -> None:
        """Make the table anew."""
        self.execute("DROP TABLE IF EXISTS t")
        self.execute(f"CREATE TABLE t (id bigint{' PRIMARY KEY' if keyed else ''}, mark bigint, token bigint)")
        self.execute("CREATE INDEX ON t (mark)")

    def execute(self, statement: str, *values: Any) -> None:
        """Change the table in a transaction that commits at once."""
        self._admin.execute(_marked(statement), values or None)

    def session(self) -> ServerSession:
        """Open a transaction."""
        return ServerSession(psycopg.connect(dbname=self.name))

    def close(self) -> None:
        """End all."""
        self._admin.close()


class Mariadb:
    """A separate database on a server of the tests."""

    engine = "mariadb"
    has_versions = False
    writes_at_once = True

    def __init__(self, name: str) -> None:
        self.name = name
        with self._connect(None) as server, server.cursor() as cursor:
            cursor.execute(f"DROP DATABASE IF EXISTS {name}")
            cursor.execute(f"CREATE DATABASE {name}")
        self._admin = self._connect(name)

    @staticmethod
    def _connect(name: str | None, *, autocommit: bool = True) -> Any:
        connection = pymysql.connect(
            host=os.environ["MYSQL_HOST"], port=int(os.environ["MYSQL_TCP_PORT"]), user=os.environ["MYSQL_USER"],
            password=os.environ["MYSQL_PWD"], database=name, autocommit=autocommit,
        )  # fmt: skip
        with connection.cursor() as cursor:  # no locks between rows: two writers change different ones
            cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED")
        return connection

    def create(self, *, keyed: bool) -> None:
        """Make the table anew."""
        self.execute("DROP TABLE IF EXISTS t")
        key = "PRIMARY KEY (id)" if keyed else "KEY (id)"
        self.execute(f"CREATE TABLE t (id bigint, mark bigint, token bigint, {key}, KEY (mark))")

    def execute(self, statement: str, *values: Any) -> None:
        """Change the table in a transaction that commits at once."""
        with self._admin.cursor() as cursor:
            cursor.execute(_marked(statement), values or None)

    def session(self) -> ServerSession:
        """Open a transaction."""
        return ServerSession(self._connect(self.name, autocommit=False))

    def close(self) -> None:
        """End all."""
        self._admin.close()


class ServerSession:
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
                cursor.execute(_marked(statement), values or None)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _marked(statement: str) -> str:
    """The statement with %s in place of ?, as psycopg and PyMySQL want it."""
    return statement.replace("?", "%s")
