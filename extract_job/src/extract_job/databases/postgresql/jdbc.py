"""A PostgreSQL table for the Spark engine: all parts read the snapshot of the source's own transaction.

The source's transaction exports its snapshot, and each task's connection begins with it. So rows, mark, figures and old rows are
of one instant, also if a task is tried again (https://www.postgresql.org/docs/current/functions-admin.html#FUNCTIONS-SNAPSHOT-SYNCHRONIZATION).
Spark runs `sessionInitStatement` before the query, in the transaction of the query: its dialect turns autocommit off if
`fetchsize` is above 0 (PostgresDialect.beforeFetch, Spark 3.5).
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pyarrow as pa

from extract_job.arguments.model import Arguments
from extract_job.databases.arrow_types import arrow_type, schema_of
from extract_job.databases.conditions import Condition
from extract_job.databases.delivered import Digests
from extract_job.databases.jdbc import CarriedRows, Connection, Misfit, PartQuery, Remainder, no_driver
from extract_job.databases.login import tls_of
from extract_job.databases.mapping import Column, Kind
from extract_job.databases.misfits import MisfitError
from extract_job.databases.postgresql import settings
from extract_job.databases.postgresql.arrow import misfit_in_time, table_of
from extract_job.databases.postgresql.connection import CONNECT_SECONDS, Session, hidden_of
from extract_job.databases.postgresql.digests import COLUMNS, digest_columns, parted
from extract_job.databases.postgresql.failures import failure_of
from extract_job.databases.tables import SourceTable
from extract_job.databases.window import Window
from extract_job.errors import FailureClass, JobError

if TYPE_CHECKING:
    from extract_job.databases.secret import Secret

DRIVER = "org.postgresql.Driver"
_SPARK_TYPES = {
    Kind.SMALLINT: "SHORT", Kind.INTEGER: "INT", Kind.BIGINT: "LONG", Kind.BOOLEAN: "BOOLEAN", Kind.REAL: "FLOAT",
    Kind.DOUBLE: "DOUBLE", Kind.BINARY: "BINARY", Kind.TIME: "LONG",
}  # fmt: skip
"""Types that Spark carries as they are; a time is its microseconds. All others are texts: Spark 3.5 has no TIME, moves
timestamps by the zone of the JVM, rounds decimals, and has no infinity (PostgresDialect, JdbcUtils)."""
_CARRIED = {
    Kind.TIME: "round(extract(epoch FROM ({})) * 1000000)::int8",
    Kind.DATE: "({})::text",
    Kind.TIMESTAMP: "({})::text",
    Kind.INSTANT: "(({}) AT TIME ZONE 'UTC')::text",
}
_FETCHED = 10_000
"""Rows per round trip, unless `--fetchsize` says otherwise."""


class PostgresqlJdbc:
    """See `jdbc.JdbcReader`."""

    once = False

    def __init__(  # noqa: PLR0913 - the parts of a source
        self,
        session: Session,
        table: SourceTable,
        arguments: Arguments,
        window: Window,
        *,
        old: Condition | None,
        known: bytes | None,
        misfit: Callable[[MisfitError], JobError],
    ) -> None:
        self._session = session
        self._table = table
        self._arguments = arguments
        self._window = window
        self._old = old
        self._known = known
        self.alone = bool(known)
        self._misfit = misfit

    def connection(self, has_driver: Callable[[str], bool]) -> Connection:
        """See `jdbc.JdbcReader.connection`."""
        if not has_driver(DRIVER):
            raise no_driver("PostgreSQL", (DRIVER,), "/usr/share/java/postgresql.jar")
        ((snapshot,),) = self._session.rows("SELECT pg_catalog.pg_export_snapshot()")
        begin = [
            "SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY",
            f"SET TRANSACTION SNAPSHOT '{snapshot}'",
            f"SET LOCAL search_path = {settings.SEARCH_PATH}",
            settings.statement(self._arguments),
        ]
        url, login = address(self._arguments, self._session.secret, os.environ)
        options = {"sessionInitStatement": ";\n".join(begin), "fetchsize": str(self._arguments.fetchsize or _FETCHED)}
        return Connection(DRIVER, url, options | login)

    def query(self, part: Condition, verify: str, counted: Condition | None = None) -> PartQuery:  # noqa: ARG002 - figures are the source's
        """See `jdbc.JdbcReader.query`. The old rows that the server knows do not travel."""
        columns = [f"{carried(column)} AS c{number}" for number, column in enumerate(self._table.columns)]
        types = [_SPARK_TYPES.get(column.kind, "STRING") for column in self._table.columns]
        if self._known is not None:
            names = [f"c{len(columns) + number}" for number in range(COLUMNS)]
            columns += [
                f"{sql} AS {name}" for sql, name in zip(digest_columns(self._table.columns, self._window), names, strict=True)
            ]
            types += ["BINARY", "BOOLEAN", "BOOLEAN"]
        rows = self._window.rows if self._old is None else self._window.rows & Condition(f"NOT ({self._old.sql})")
        select = f"SELECT {', '.join(columns)} FROM {self._table.sql} WHERE "  # noqa: S608 - identifiers are quoted by `quoted`
        return PartQuery(select + (rows & part).sql, tuple(types))

    def conversion(self, verify: str) -> "PostgresqlConversion":  # noqa: ARG002 - as above
        """See `jdbc.JdbcReader.conversion`."""
        return PostgresqlConversion(tuple(self._table.columns), self._known)

    def misfit(self, error: Misfit) -> JobError:
        """See `jdbc.JdbcReader.misfit`."""
        return self._misfit(MisfitError(self._table.column("columns", error.column), error.rows, error.why))

    def failure(self, state: str, code: int, text: str) -> JobError:  # noqa: ARG002 - PostgreSQL's codes are states
        """See `jdbc.JdbcReader.failure`."""
        return failure_of(self._arguments.database, _SqlError(state, text), hidden_of(self._session.secret))


class _SqlError(Exception):
    def __init__(self, sqlstate: str, text: str) -> None:
        super().__init__(text)
        self.sqlstate = sqlstate


@dataclass(frozen=True, slots=True)
class PostgresqlConversion:
    """See `jdbc.Conversion`. `known`: the digests of rows that were delivered; None: rows have no digests."""

    columns: tuple[Column, ...]
    known: bytes | None

    def begin(self) -> "_Converter":
        """See `jdbc.Conversion.begin`."""
        return _Converter(self.columns, None if self.known is None else Digests(self.known))


class _Converter:
    def __init__(self, columns: Sequence[Column], digests: Digests | None) -> None:
        self._columns = columns
        self._schema = schema_of(columns)
        self._digests = digests

    def rows(self, batch: Any) -> CarriedRows:
        if self._digests is None:
            return CarriedRows(self._converted(batch))
        new, old = parted(batch, self._digests)
        return CarriedRows(self._converted(new), self._converted(old) if old.num_rows else None)

    def ended(self) -> Remainder:
        return Remainder(self._digests.remembered if self._digests else b"")

    def _converted(self, batch: Any) -> Any:
        arrays = [_uncarried(column, array) for column, array in zip(self._columns, batch.columns, strict=True)]
        names = [field.name for field in self._schema]
        return table_of(self._columns, self._schema, pa.RecordBatch.from_arrays(arrays, names=names))


def carried(column: Column) -> str:
    """Return the expression whose value travels."""
    return _CARRIED.get(column.kind, "{}").format(column.value)


def _uncarried(column: Column, array: Any) -> Any:
    """Return what the Arrow engine's driver would have returned; raise `MisfitError` for a text that is not such a value."""
    if column.kind not in _CARRIED:
        return array
    kind = arrow_type(column)
    try:
        return array.cast(pa.timestamp("us")).cast(kind) if column.kind is Kind.INSTANT else array.cast(kind)
    except pa.ArrowInvalid as error:  # infinity, years before 1 or after 9999
        raise misfit_in_time(column) from error


def address(arguments: Arguments, secret: "Secret | None", environ: Mapping[str, str]) -> tuple[str, dict[str, str]]:
    """Return the URL without a login, and user and password, for the same server as `connection.connection_uri`.

    Raises `JobError` for ways to connect that JDBC does not know.
    """
    if environ.get("PGSERVICE") and secret is None:
        raise JobError("the Spark engine cannot read PGSERVICE; set PGHOST, PGUSER and PGPASSWORD, or --db_secret", _CONFIG)
    port = arguments.port or (secret.port if secret else None)
    if secret:
        host, user, password = secret.host, secret.user, secret.password
    else:
        host = environ.get("PGHOSTADDR") or environ.get("PGHOST") or "localhost"
        user, password = environ.get("PGUSER") or environ.get("USER") or "", environ.get("PGPASSWORD") or ""
        port = environ.get("PGPORT") or port
    if host.startswith("/"):
        raise JobError(f"the Spark engine cannot connect to the socket {host!r}; set PGHOST to a host name", _CONFIG)
    shown = f"[{host}]" if ":" in host else host
    if secret and (tls := tls_of(secret.host, environ, secret)).verify:
        # Without a file, pgjdbc looks for one in the home folder: this factory uses the CAs of Java.
        trust = {"sslrootcert": tls.authority} if tls.authority else {"sslfactory": "org.postgresql.ssl.DefaultJavaSSLFactory"}
        encryption = {"sslmode": "verify-full"} | trust
    else:
        encryption = {"sslmode": environ.get("PGSSLMODE", "prefer"), "sslrootcert": environ.get("PGSSLROOTCERT", "")}
    parameters = {
        "ApplicationName": "extract_job",
        "connectTimeout": str(CONNECT_SECONDS),
        **encryption,
    }
    pairs = "&".join(f"{name}={quote(value, safe='')}" for name, value in parameters.items() if value)
    url = f"jdbc:postgresql://{shown}:{port or 5432}/{quote(arguments.database, safe='')}?{pairs}"
    return url, {"user": user} | ({"password": password} if password else {})


_CONFIG = FailureClass.CONFIG
