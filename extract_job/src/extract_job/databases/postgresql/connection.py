"""One read-only transaction in a PostgreSQL database: where it is, as whom, and what goes wrong there.

Where `PGHOST`, `PGHOSTADDR` or `PGSERVICE` is set, libpq's own variables and files say how to connect
(https://www.postgresql.org/docs/current/libpq-envars.html) and no secret is asked for: that is the way on a developer's machine.
Elsewhere the secret says it.
"""

import os
import re
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from extract_job.databases.secret import Secret, read_secret
from extract_job.errors import JobError

if TYPE_CHECKING:
    from extract_job.arguments.parsing import Arguments

OWN = ("PGHOST", "PGHOSTADDR", "PGSERVICE")
CONNECT_SECONDS = 30
BATCH_BYTES = 16 * 2**20


class Session:
    """One transaction. `cursor` makes further statements of it; they read the same snapshot."""

    def __init__(self, connection: Any, database: str, secret: Secret | None) -> None:
        self._connection = connection
        self._database = database
        self._secret = secret

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Give all rows of a small answer."""
        with self._connection.cursor() as cursor:
            cursor.execute(query)
            found: list[tuple[Any, ...]] = cursor.fetchall()
            return found

    def batches(self, query: str) -> Generator[Any, None, None]:
        """Give the answer as Arrow record batches, as they come over the wire; raises `JobError`."""
        import pyarrow as pa
        from adbc_driver_postgresql import StatementOptions

        options = {StatementOptions.BATCH_SIZE_HINT_BYTES.value: str(BATCH_BYTES)}
        with self._connection.cursor(adbc_stmt_kwargs=options) as cursor:
            cursor.execute(query)
            batches = cursor.fetch_record_batch()
            while True:
                try:
                    batch = batches.read_next_batch()
                except StopIteration:
                    return
                except (pa.ArrowException, OSError) as error:  # what the database says in the middle comes as Arrow's
                    raise JobError(f"database {self._database!r}: {_said(error, self._secret)}") from error
                yield batch


@contextmanager
def session(arguments: "Arguments") -> Iterator[Session]:
    """Connect and begin; raises `JobError` for all that the database or its driver refuses, now and while it is open.

    The snapshot is the transaction's (REPEATABLE READ,
    https://www.postgresql.org/docs/current/transaction-iso.html#XACT-REPEATABLE-READ); dates come in ISO form and times in UTC.
    """
    try:
        from adbc_driver_postgresql import dbapi
    except ImportError as error:
        raise JobError(
            "--db_engine 'postgres' needs a driver; install it with: pip install 'extract-sfn-job[postgres]'"
        ) from error
    own = any(os.environ.get(name) for name in OWN)
    secret = None if own else _secret(arguments)
    try:
        with dbapi.connect(connection_uri(arguments, secret, os.environ)) as connection:
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                for setting, value in _SETTINGS.items():
                    cursor.execute(f"SET LOCAL {setting} = '{value}'")
                cursor.execute(f"SET LOCAL lock_timeout = '{arguments.lock_wait_seconds}s'")
            yield Session(connection, arguments.database, secret)
    except dbapi.Error as error:
        raise JobError(f"database {arguments.database!r}: {_said(error, secret)}") from error


_SETTINGS = {
    "TimeZone": "UTC",
    "DateStyle": "ISO",
    "IntervalStyle": "iso_8601",
    "extra_float_digits": "1",
    "standard_conforming_strings": "on",
    "statement_timeout": "0",
}


def _secret(arguments: "Arguments") -> Secret:
    if arguments.secret is None:
        raise JobError(
            f"nothing says where the database {arguments.database!r} is: give --db_secret, or set PGHOST, PGUSER and PGPASSWORD "
            "(or a password file) in the job's environment"
        )
    try:
        return read_secret(arguments.secret)
    except JobError as error:
        raise JobError(f"{error} (on a machine of your own, PGHOST, PGUSER and PGPASSWORD are taken instead)") from error


def connection_uri(arguments: "Arguments", secret: Secret | None, environ: Mapping[str, str]) -> str:
    """Give libpq's URI; what it leaves out, libpq finds itself."""
    parts = {
        "dbname": arguments.database,
        "application_name": "extract_job",
        "client_encoding": "UTF8",
        "connect_timeout": str(CONNECT_SECONDS),
    }
    port = arguments.port
    if secret is not None:
        parts |= {"host": secret.host, "user": secret.user, "password": secret.password}
        port = port or secret.port
    elif environ.get("PGPORT") or environ.get("PGSERVICE"):
        port = None
    if port:
        parts["port"] = port
    return "postgresql://?" + "&".join(f"{key}={quote(value, safe='')}" for key, value in parts.items())


def _said(error: Exception, secret: Secret | None) -> str:
    """What the driver said, in one line and without the secret."""
    text = re.sub(r"\s+", " ", str(error)).strip()
    text = re.sub(r"^([A-Z_]+: )?(\[libpq\] )?(Execution error \[\w+\]: |Failed to execute query: )?", "", text)
    text = text.removeprefix("could not begin COPY: ")
    text = re.sub(r" Query was: COPY .*?(?= SQLSTATE|$)", "", text)
    text, _, state = text.partition(" SQLSTATE: ")
    if state.startswith("42501"):  # insufficient_privilege
        text = f"{text.rstrip('.')}; grant this user what it lacks (SELECT on the table, USAGE on its schema)"
    for hidden in (secret.password, quote(secret.password, safe="")) if secret else ():
        text = text.replace(hidden, "…")
    return text
