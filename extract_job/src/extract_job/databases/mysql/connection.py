"""One read-only transaction in a MySQL or MariaDB database: how to connect, and what the session sets.

If `MYSQL_HOST` is set, the environment says how to connect (`MYSQL_HOST`, `MYSQL_TCP_PORT`, `MYSQL_USER`, `MYSQL_PWD`), and no
secret is read: this is for developers' machines. Otherwise the secret says how to connect: see `databases.login`, also for TLS.
`MYSQL_SSL_CA` names the file of CAs too. Without a check, TLS is still used if the server offers it.
"""

import os
import ssl
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeAlias

from extract_job.databases.drivers import no_driver
from extract_job.databases.login import Login, Tls, Variables, login_of
from extract_job.databases.mysql.failures import failure_of
from extract_job.errors import FailureClass, JobError

if TYPE_CHECKING:
    from extract_job.arguments.model import Arguments
    from extract_job.databases.mysql.packets import Rows

Row: TypeAlias = tuple[bytes | None, ...]

CONNECT_SECONDS = 30
DEFAULT_PORT = 3306
VARIABLES = Variables("MYSQL_HOST", "MYSQL_TCP_PORT", "MYSQL_USER", "MYSQL_PWD")
WRITE_SECONDS = 3600
"""How long the server waits for a client that writes files between two reads; its default is 60 s."""
_SQL_MODE = "ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PAD_CHAR_TO_FULL_LENGTH"
"""Names and texts are quoted as in standard SQL. CHAR(n) keeps the blanks that fill it
(https://dev.mysql.com/doc/refman/8.4/en/sql-mode.html)."""
_SETTINGS = {
    "sql_mode": f"'{_SQL_MODE}'",
    "time_zone": "'+00:00'",
    "sql_select_limit": "18446744073709551615",
    "sql_big_selects": "1",
    "net_write_timeout": str(WRITE_SECONDS),
    "wait_timeout": str(WRITE_SECONDS),
}
_LIMITS = ("max_statement_time", "max_execution_time")
"""Limits of the time of a statement: the first is MariaDB's name, the second is MySQL's."""


class Session:
    """One transaction; all its statements read the same snapshot of InnoDB tables."""

    def __init__(self, connection: Any, database: str, address: Login) -> None:
        self._connection = connection
        self.address = address
        self._stream: Any = None
        self.database = database

    def rows(self, query: str) -> list[Row]:
        """Return all rows of a small answer."""
        with self._connection.cursor() as cursor:
            cursor.execute(query)
            return list(cursor.fetchall())

    def text(self, query: str) -> str | None:
        """Return the only value of an answer."""
        ((value,),) = self.rows(query)
        return None if value is None else value.decode()

    def number(self, query: str) -> int:
        """Return the only value of an answer, a whole number."""
        return int(self.text(query) or "0")

    def streamed(self, query: str) -> "Rows":
        """Return rows that arrive as they are read; no other query can be sent meanwhile."""
        from pymysql.cursors import SSCursor

        if find_spec("numpy") is None:
            raise no_driver("mysql")
        from extract_job.databases.mysql.packets import Rows

        self._stream = self._connection.cursor(SSCursor)
        self._stream.execute(query)
        return Rows(self._stream._result)  # noqa: SLF001 - it has no public way

    def close(self) -> None:
        """End the session at once, also in the middle of a stream, whose rest the driver would read for hours."""
        if self._stream is not None and self._stream._result is not None:  # noqa: SLF001 - it has no public way
            self._stream._result.unbuffered_active = False  # noqa: SLF001
        if self._connection.open:
            self._connection.close()


@contextmanager
def session(arguments: "Arguments") -> Iterator[Session]:
    """Connect and begin; raise `JobError` if the database or its driver refuses, then or later.

    https://dev.mysql.com/doc/refman/8.4/en/commit.html: WITH CONSISTENT SNAPSHOT takes the snapshot at once.
    """
    try:
        import pymysql
    except ImportError as error:
        raise no_driver("mysql") from error
    address = login(arguments)
    try:
        with closing(Session(pymysql.connect(**parameters(arguments, address)), arguments.database, address)) as opened:
            _begin(opened, arguments)
            yield opened
    except (pymysql.Error, RuntimeError) as error:  # RuntimeError: the driver needs another package to log in
        # Not from the error: its text is not checked for secrets.
        raise failure_of(arguments.database, error, address.hidden) from None


def literal(text: str) -> str:
    """Return a text in SQL. NO_BACKSLASH_ESCAPES makes the backslash an ordinary character."""
    return "'" + text.replace("'", "''") + "'"


def settings_of(opened: Session, arguments: "Arguments") -> dict[str, str]:
    """Return the variables of a session and their values in SQL, as far as this server knows them."""
    wait = str(max(1, arguments.lock_wait_seconds))
    limits = {name: "0" for name in _LIMITS if opened.rows(f"SHOW SESSION VARIABLES LIKE '{name}'")}
    return _SETTINGS | {"lock_wait_timeout": wait, "innodb_lock_wait_timeout": wait} | limits


def _begin(opened: Session, arguments: "Arguments") -> None:
    opened.rows("SET NAMES utf8mb4")
    opened.rows("SET SESSION " + ", ".join(f"{name} = {value}" for name, value in settings_of(opened, arguments).items()))
    opened.rows("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
    opened.rows("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")


def login(arguments: "Arguments") -> Login:
    """Return how to log in; raise `JobError`."""
    address = login_of(arguments, VARIABLES, DEFAULT_PORT)
    authority = os.environ.get("MYSQL_SSL_CA")
    return replace(address, tls=Tls(verify=True, authority=authority)) if authority else address


def parameters(arguments: "Arguments", address: Login) -> dict[str, Any]:
    """Return the parameters of pymysql.connect; raise `JobError`."""
    from pymysql.converters import encoders

    return context_of(address.tls) | {
        "host": address.host,
        "port": address.port,
        "user": address.user,
        "password": address.password,
        "database": arguments.database,
        "charset": "utf8mb4",
        "connect_timeout": CONNECT_SECONDS,
        "use_unicode": False,
        "conv": dict(encoders),  # no decoders: values stay the bytes that the server sends
        "autocommit": None,
        "local_infile": False,
        "program_name": "extract_job",
    }


def context_of(tls: Tls) -> dict[str, Any]:
    """Return the parameters of TLS; without a check, the driver uses TLS if the server offers it."""
    if not tls.verify:
        return {}
    try:
        return {"ssl": ssl.create_default_context(cafile=tls.authority)}
    except (OSError, ssl.SSLError) as error:
        raise JobError(f"cannot read the file of CAs {tls.authority!r}: {error}", FailureClass.CONFIG) from error
