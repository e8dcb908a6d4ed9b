"""One read-only transaction in a PostgreSQL database: how to connect, and how errors are worded.

If `PGHOST`, `PGHOSTADDR` or `PGSERVICE` is set, libpq's variables and files say how to connect
(https://www.postgresql.org/docs/current/libpq-envars.html), and no secret is read: this is for
developers' machines. Otherwise the secret says how to connect: see `databases.login`, also for TLS.
"""

import json
import os
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from extract_job.databases.drivers import no_driver
from extract_job.databases.login import hidden_texts, password_of, port_of, secret_of, tls_of
from extract_job.databases.postgresql import settings
from extract_job.databases.postgresql.failures import failure_of
from extract_job.databases.secret import Secret

if TYPE_CHECKING:
    from extract_job.arguments.model import Arguments

LIBPQ_VARIABLES = ("PGHOST", "PGHOSTADDR", "PGSERVICE")
CONNECT_SECONDS = 30
DEFAULT_PORT = 5432
BATCH_BYTES = 16 * 2**20


class Session:
    """One transaction; all its statements read the same snapshot."""

    def __init__(self, connection: Any, database: str, secret: Secret | None, search_path: tuple[str, ...]) -> None:
        self._connection = connection
        self._database = database
        self.secret = secret
        """How this session logged in; None: by libpq's variables."""
        self.batch_bytes = BATCH_BYTES
        self.search_path = search_path
        """The schemas in which a table without a schema is looked up. The transaction itself uses `pg_catalog` only."""

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Return all rows of a small answer."""
        with self._connection.cursor() as cursor:
            cursor.execute(query)
            rows: list[tuple[Any, ...]] = cursor.fetchall()
            return rows

    def plan(self, query: str) -> Any:
        """Return the server's plan of a query, from its JSON. COPY, by which the driver reads else, does not take EXPLAIN."""
        from adbc_driver_postgresql import StatementOptions

        with self._connection.cursor(adbc_stmt_kwargs={StatementOptions.USE_COPY.value: "false"}) as cursor:
            cursor.execute(f"EXPLAIN (FORMAT JSON) {query}")
            ((text,),) = cursor.fetchall()
        return json.loads(text)[0]["Plan"]

    def text(self, query: str) -> str | None:
        """Return the only value of an answer as text."""
        ((value,),) = self.rows(query)
        return None if value is None else str(value)

    def number(self, query: str) -> int:
        """Return the only value of an answer, a whole number."""
        return int(self.text(query) or "0")

    def exported(self) -> str:
        """Return the name under which other sessions can use the snapshot, as long as this transaction is open.

        https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-SNAPSHOT-SYNCHRONIZATION
        """
        ((name,),) = self.rows("SELECT pg_export_snapshot()")
        return str(name)

    def cancel(self) -> None:
        """Make the present statement fail, from another thread."""
        self._connection.adbc_cancel()

    def rows_if_allowed(self, query: str) -> list[tuple[Any, ...]]:
        """Return all rows of a small answer, or none if the server refuses the query."""
        from adbc_driver_postgresql import dbapi

        self._execute("SAVEPOINT question")
        try:
            rows = self.rows(query)
        except dbapi.Error:
            self._execute("ROLLBACK TO SAVEPOINT question")
            return []
        self._execute("RELEASE SAVEPOINT question")
        return rows

    def check(self, query: str) -> None:
        """Let the server parse and plan a query that reads no row; raise `JobError` if it refuses, which ends the transaction."""
        from adbc_driver_postgresql import dbapi

        try:
            self.rows(query)
        except dbapi.Error as error:
            raise failure_of(self._database, error, hidden_of(self.secret)) from None

    def _execute(self, statement: str) -> None:
        with self._connection.cursor() as cursor:
            cursor.execute(statement)

    def batches(self, query: str) -> Generator[Any, None, None]:
        """Yield the answer as Arrow record batches, as they arrive; may raise `JobError`."""
        import pyarrow as pa
        from adbc_driver_postgresql import StatementOptions

        options = {StatementOptions.BATCH_SIZE_HINT_BYTES.value: str(self.batch_bytes)}
        with self._connection.cursor(adbc_stmt_kwargs=options) as cursor:
            cursor.execute(query)
            batches = cursor.fetch_record_batch()
            while True:
                try:
                    batch = batches.read_next_batch()
                except StopIteration:
                    return
                except (pa.ArrowException, OSError) as error:  # errors of the database between batches arrive as Arrow errors
                    raise failure_of(self._database, error, hidden_of(self.secret)) from None
                yield batch


@contextmanager
def session(arguments: "Arguments", snapshot: str | None = None) -> Iterator[Session]:
    """Connect and begin; raise `JobError` if the database or its driver refuses, then or later.

    REPEATABLE READ makes the transaction a snapshot
    (https://www.postgresql.org/docs/current/transaction-iso.html#XACT-REPEATABLE-READ). The settings of the user, of the
    database and of the server change nothing: see `settings`. `snapshot`: the name of one that another session has exported.
    """
    try:
        from adbc_driver_postgresql import dbapi
    except ImportError as error:
        raise no_driver("postgres") from error
    from_environment = any(os.environ.get(name) for name in LIBPQ_VARIABLES)
    secret = None if from_environment else login_secret(arguments)
    uri = connection_uri(arguments, secret, os.environ)
    try:
        with ExitStack() as stack:
            connection = stack.enter_context(dbapi.connect(uri))
            schemas = _begun(connection, snapshot)
            if isinstance(schemas, bytes):
                # The driver did not recognise the types of the database, because a setting changes how the catalog spells them.
                connection.close()
                connection = stack.enter_context(dbapi.connect(f"{uri}&options={quote(settings.options(os.environ), safe='')}"))
                _begun(connection, snapshot)
            _execute(connection, f"SET LOCAL search_path = {settings.SEARCH_PATH}")
            _execute(connection, settings.statement(arguments))
            yield Session(connection, arguments.database, secret, tuple(json.loads(schemas)))
    except dbapi.Error as error:
        # Not from the error: its text is not checked for secrets.
        raise failure_of(arguments.database, error, hidden_of(secret)) from None


def _begun(connection: Any, snapshot: str | None) -> str | bytes:
    """Begin the transaction; return the schemas of the search path as a JSON list, as bytes if the driver reads no text."""
    _execute(connection, "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    if snapshot is not None:
        _execute(connection, f"SET TRANSACTION SNAPSHOT '{snapshot}'")
    ((schemas,),) = _execute(connection, "SELECT pg_catalog.array_to_json(pg_catalog.current_schemas(false))::pg_catalog.text")
    answer: str | bytes = schemas
    return answer


def _execute(connection: Any, statement: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement)
        rows: list[tuple[Any, ...]] = cursor.fetchall() if cursor.description else []
        return rows


def login_secret(arguments: "Arguments") -> Secret:
    """Return the secret that the arguments name, with a token as its password if it asks for one; raise `JobError`."""
    secret = secret_of(arguments, "set PGHOST, PGUSER and PGPASSWORD (or a password file)")
    return replace(secret, password=password_of(secret, port_of(arguments.port or secret.port, DEFAULT_PORT)))


def connection_uri(arguments: "Arguments", secret: Secret | None, environ: Mapping[str, str]) -> str:
    """Return libpq's URI; libpq completes the parts that it leaves out."""
    parts = {
        "dbname": arguments.database,
        "application_name": "extract_job",
        "client_encoding": "UTF8",
        "connect_timeout": str(CONNECT_SECONDS),
    }
    port = arguments.port
    if secret is not None:
        parts |= {"host": secret.host, "user": secret.user, "password": secret.password}
        tls = tls_of(secret.host, environ, secret)
        if tls.verify:  # https://www.postgresql.org/docs/current/libpq-ssl.html: verify-full checks certificate and host name
            parts |= {"sslmode": "verify-full", "sslrootcert": tls.authority or "system"}
        port = port or secret.port
    elif environ.get("PGPORT") or environ.get("PGSERVICE"):
        port = None
    if port:
        parts["port"] = port
    return "postgresql://?" + "&".join(f"{key}={quote(value, safe='')}" for key, value in parts.items())


def hidden_of(secret: Secret | None) -> tuple[str, ...]:
    """Return the texts that no message may show. libpq's own variables are left to libpq, which shows no password."""
    return hidden_texts(secret.password) if secret else ()
