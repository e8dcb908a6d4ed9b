"""One session in a SQL Server database: how to connect, and what the session sets.

If `SQLCMDSERVER` is set, the variables of sqlcmd say how to connect (`SQLCMDSERVER` is a host or `host,port`, `SQLCMDUSER`,
`SQLCMDPASSWORD`), and no secret is read. Otherwise the secret says it: see `databases.login`.
"""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from extract_job.databases.dbapi_session import DbapiSession
from extract_job.databases.drivers import no_driver
from extract_job.databases.login import Login, Variables, login_of, port_of, tls_of
from extract_job.databases.sqlserver.failures import failure_of

if TYPE_CHECKING:
    from extract_job.arguments.model import Arguments

CONNECT_SECONDS = 30
DEFAULT_PORT = 1433
VARIABLES = Variables("SQLCMDSERVER", "SQLCMDPORT", "SQLCMDUSER", "SQLCMDPASSWORD")
_SETTINGS = (
    # https://learn.microsoft.com/en-us/sql/t-sql/statements/set-statements-transact-sql
    "LANGUAGE us_english", "DATEFORMAT ymd", "QUOTED_IDENTIFIER ON", "ANSI_NULLS ON", "ANSI_PADDING ON", "ANSI_WARNINGS ON",
    "ARITHABORT ON", "CONCAT_NULL_YIELDS_NULL ON", "NUMERIC_ROUNDABORT OFF", "ROWCOUNT 0", "TEXTSIZE 2147483647", "NOCOUNT ON",
    "XACT_ABORT ON",
)  # fmt: skip
"""What a login or a database could have set otherwise. Names and texts are quoted as in standard SQL."""
_ALLOWS_SNAPSHOT = "SELECT snapshot_isolation_state FROM sys.databases WHERE database_id = DB_ID()"


class Session(DbapiSession):
    """One transaction. With `has_snapshot`, all its statements read the same rows."""

    def __init__(self, connection: Any, database: str, login: Login) -> None:
        super().__init__(connection, database, login)
        self.has_snapshot = False

    def commit(self) -> None:
        """End the transaction; the next statement begins another one."""
        self._connection.commit()

    def batches(self, query: str, rows: int) -> Iterator[Any]:
        """See `batch_source.BatchSession`."""
        import pyarrow as pa

        with closing(self._connection.cursor()) as cursor:
            cursor.execute(query)
            with closing(cursor.arrow_reader(rows)) as reader:
                while True:
                    try:
                        batch = reader.read_next_batch()
                    except StopIteration:
                        return
                    except pa.ArrowException as error:
                        raise failure_of(self.database, error, self._hidden) from None
                    yield batch


@contextmanager
def session(arguments: "Arguments") -> Iterator[Session]:
    """Connect and begin; raise `JobError` if the database or its driver refuses, then or later."""
    try:
        import mssql_python
    except ImportError as error:
        raise no_driver("sqlserver") from error
    address = login(arguments)
    try:
        try:
            connection = mssql_python.connect(connection_string(arguments.database, address), timeout=CONNECT_SECONDS)
        except ImportError as error:  # the driver imports its ODBC library when it connects
            raise no_driver("sqlserver") from error
        with closing(connection):
            opened = Session(connection, arguments.database, address)
            _begin(opened, arguments)
            yield opened
    except mssql_python.Error as error:
        # Not from the error: its text is not checked for secrets.
        raise failure_of(arguments.database, error, address.hidden) from None


def login(arguments: "Arguments") -> Login:
    """Return how to log in; raise `JobError`."""
    server = os.environ.get(VARIABLES.host)
    if not server:
        return login_of(arguments, VARIABLES, DEFAULT_PORT)
    host, _, port = server.removeprefix("tcp:").partition(",")
    number = port_of(port or os.environ.get(VARIABLES.port) or arguments.port, DEFAULT_PORT)
    user, password = (os.environ.get(name, "") for name in (VARIABLES.user, VARIABLES.password))
    return Login(host, number, user, password, tls_of(host, os.environ))


def connection_string(database: str, address: Login) -> str:
    """Return the connection string of ODBC; `{…}` encloses a value with any characters, and `}}` is one `}`.

    https://learn.microsoft.com/en-us/sql/connect/odbc/dsn-connection-string-attribute
    """
    parts = {
        "Server": f"tcp:{address.host},{address.port}",
        "Database": database,
        "UID": address.user,
        "PWD": address.password,
        "Encrypt": "yes" if address.tls.verify else "no",
        "TrustServerCertificate": "no",
    }
    if address.tls.authority:
        parts["ServerCertificate"] = address.tls.authority
    return ";".join(f"{name}={{{value.replace('}', '}}')}}}" for name, value in parts.items())


def literal(text: str) -> str:
    """Return a text in SQL."""
    return "N'" + text.replace("'", "''") + "'"


def _begin(opened: Session, arguments: "Arguments") -> None:
    """Set the session, and begin a snapshot if the database allows one.

    https://learn.microsoft.com/en-us/sql/t-sql/statements/set-transaction-isolation-level-transact-sql: under SNAPSHOT, all
    statements of a transaction read the rows as they were when it began, and wait for no writer.
    """
    for setting in _SETTINGS:
        opened.run(f"SET {setting}")
    opened.run(f"SET LOCK_TIMEOUT {arguments.lock_wait_seconds * 1000}")
    opened.has_snapshot = opened.number(_ALLOWS_SNAPSHOT) == 1
    opened.commit()  # a transaction that has begun cannot change to SNAPSHOT (error 3951)
    opened.run(f"SET TRANSACTION ISOLATION LEVEL {'SNAPSHOT' if opened.has_snapshot else 'READ COMMITTED'}")
