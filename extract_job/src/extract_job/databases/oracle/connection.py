"""One read-only transaction in an Oracle database: how to connect, and what the session sets.

`--db_name` is the service name. If `ORACLE_HOST` is set, the environment says how to connect (`ORACLE_HOST`, `ORACLE_PORT`,
`ORACLE_USER`, `ORACLE_PASSWORD`), and no secret is read. Otherwise the secret says it: see `databases.login`.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Any

from extract_job.databases.dbapi_session import DbapiSession
from extract_job.databases.drivers import no_driver
from extract_job.databases.login import Login, Variables, login_of
from extract_job.databases.oracle.failures import failure_of

if TYPE_CHECKING:
    from extract_job.arguments.model import Arguments

CONNECT_SECONDS = 30
DEFAULT_PORT = 1521
VARIABLES = Variables("ORACLE_HOST", "ORACLE_PORT", "ORACLE_USER", "ORACLE_PASSWORD")
_SETTINGS = {
    # https://docs.oracle.com/en/database/oracle/oracle-database/23/nlspg/setting-up-globalization-support-environment.html
    "TIME_ZONE": "'UTC'",
    "NLS_COMP": "BINARY",
    "NLS_SORT": "BINARY",
    "NLS_CALENDAR": "'GREGORIAN'",
    "NLS_NUMERIC_CHARACTERS": "'.,'",
    "NLS_LANGUAGE": "AMERICAN",
}
"""What a login trigger or the environment of the client could have set otherwise."""


class Session(DbapiSession):
    """One transaction; all its statements read the same rows."""

    def __init__(self, connection: Any, database: str, failures: tuple[type[Exception], ...], login: Login) -> None:
        super().__init__(connection, database, login)
        self._failures = failures

    def batches(self, query: str, rows: int) -> Iterator[Any]:
        """See `batch_source.BatchSession`."""
        import pyarrow as pa

        try:
            for frame in self._connection.fetch_df_batches(statement=query, size=rows):
                yield from pa.table(frame).combine_chunks().to_batches()
        except self._failures as error:
            raise failure_of(self.database, error, self._hidden) from None


@contextmanager
def session(arguments: "Arguments") -> Iterator[Session]:
    """Connect and begin; raise `JobError` if the database or its driver refuses, then or later.

    https://docs.oracle.com/en/database/oracle/oracle-database/23/sqlrf/SET-TRANSACTION.html: in a READ ONLY transaction, all
    queries see the rows that were committed before it began, and wait for no writer.
    """
    try:
        import oracledb
    except ImportError as error:
        raise no_driver("oracle") from error
    address = login(arguments)
    try:
        try:
            connection = oracledb.connect(**parameters(arguments.database, address))
        except OSError as error:  # the driver does not wrap the error of a host without an address
            raise failure_of(arguments.database, error, address.hidden) from None
        with closing(connection):
            opened = Session(connection, arguments.database, (oracledb.Error,), address)
            opened.run("ALTER SESSION SET " + " ".join(f"{name} = {value}" for name, value in _SETTINGS.items()))
            opened.run("SET TRANSACTION READ ONLY")
            yield opened
    except oracledb.Error as error:
        # Not from the error: its text is not checked for secrets.
        raise failure_of(arguments.database, error, address.hidden) from None


def login(arguments: "Arguments") -> Login:
    """Return how to log in; raise `JobError`."""
    return login_of(arguments, VARIABLES, DEFAULT_PORT)


def parameters(service: str, address: Login) -> dict[str, Any]:
    """Return the parameters of oracledb.connect; with TLS, the server must prove its name.

    https://python-oracledb.readthedocs.io/en/latest/user_guide/connection_handling.html: a context of Python's ssl holds the CAs.
    """
    values: dict[str, Any] = {
        "host": address.host,
        "port": address.port,
        "service_name": service,
        "user": address.user,
        "password": address.password,
        "protocol": "tcps" if address.tls.verify else "tcp",
        "tcp_connect_timeout": CONNECT_SECONDS,
    }
    if address.tls.verify:
        import ssl

        values |= {"ssl_context": ssl.create_default_context(cafile=address.tls.authority), "ssl_server_dn_match": True}
    return values
