"""A MySQL or MariaDB table for the Spark engine: each part is one statement, and brings the figures of its own rows.

These servers cannot share a snapshot between connections. So the source's session decides the window, and each part reads it in
the snapshot of its statement, in which the same statement also counts the rows: what is proved is what was read. A row that
moves from one part to another between their statements can be read twice or not at all; the result says `per_partition`.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from extract_job.arguments.model import Arguments
from extract_job.databases.arrow_types import schema_of
from extract_job.databases.conditions import Condition
from extract_job.databases.delivered import Digests
from extract_job.databases.jdbc import CarriedRows, Connection, Misfit, PartQuery, Remainder, no_driver
from extract_job.databases.mapping import Column, Kind
from extract_job.databases.misfits import MisfitError, misfit, place
from extract_job.databases.mysql.arrow import RowMisfitError, row_misfit, table_of
from extract_job.databases.mysql.connection import Session, settings_of
from extract_job.databases.mysql.failures import failure_of
from extract_job.databases.mysql.figures import FigureQuery
from extract_job.databases.mysql.recognising import flags, recognised
from extract_job.databases.tables import SourceTable
from extract_job.databases.window import Window
from extract_job.errors import FailureClass, JobError
from extract_job.proof.figures import Figures

_DRIVERS = {"com.mysql.cj.jdbc.Driver": "jdbc:mysql", "org.mariadb.jdbc.Driver": "jdbc:mariadb"}
_AT_ONCE = ("sql_mode", "time_zone")
"""Settings without which Spark's first question, for the columns of the query, would not be understood."""
_OPTIONS = {
    "useCursorFetch": "true",  # MySQL's driver would read the whole answer into memory
    "tinyInt1isBit": "false",
    "yearIsDateType": "false",
    "zeroDateTimeBehavior": "EXCEPTION",  # no value arrives as a date: all are texts
    "connectTimeout": "30000",
}
_FETCHED = 10_000
_BETWEEN, _NOTHING = "|", "~"
"""In the text of figures: what separates them, and what stands for NULL. Figures are numbers, dates and times."""


class MysqlJdbc:
    """See `jdbc.JdbcReader`."""

    once = True

    def __init__(self, session: Session, table: SourceTable, arguments: Arguments, window: Window, known: bytes) -> None:
        self._session = session
        self._table = table
        self._arguments = arguments
        self._window = window
        self._known = known
        self.alone = bool(known)

    def connection(self, has_driver: Callable[[str], bool]) -> Connection:
        """See `jdbc.JdbcReader.connection`."""
        driver = next(filter(has_driver, _DRIVERS), None)
        if driver is None:
            raise no_driver("MySQL and MariaDB", tuple(_DRIVERS), "/usr/share/java/mariadb-java-client.jar")
        address, settings = self._session.address, settings_of(self._session, self._arguments)
        host = f"[{address.host}]" if ":" in address.host else address.host
        url = f"{_DRIVERS[driver]}://{host}:{address.port}/{self._arguments.database}"
        options = {
            "user": address.user,
            "password": address.password,
            "sessionVariables": ",".join(f"{name}={settings[name]}" for name in _AT_ONCE),
            "sessionInitStatement": "SET SESSION " + ", ".join(f"{name} = {value}" for name, value in settings.items()),
            "fetchsize": str(self._arguments.fetchsize or _FETCHED),
        }
        return Connection(driver, url, _OPTIONS | self._encryption(driver) | options)

    def _encryption(self, driver: str) -> dict[str, str]:
        """Return TLS as the session has it: the certificate is checked, or not."""
        tls = self._session.address.tls
        if not tls.verify:
            (answer,) = self._session.rows("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
            return {"useSSL": "true", "trustServerCertificate": "true", "sslMode": "trust"} if answer[1] else {"useSSL": "false"}
        if "mariadb" not in driver and tls.authority:
            raise JobError(
                f"the JDBC driver of MySQL cannot read the file of CAs {tls.authority!r}; add the driver of MariaDB instead (its "
                "jar with --jars), or leave MySQL's out",
                FailureClass.CONFIG,
            )
        if "mariadb" not in driver:
            return {"sslMode": "VERIFY_IDENTITY"}
        return {"useSSL": "true", "sslMode": "verify-full"} | ({"serverSslCert": tls.authority} if tls.authority else {})

    def query(self, part: Condition, verify: str, counted: Condition | None = None) -> PartQuery:
        """See `jdbc.JdbcReader.query`: the first column holds the figures, in one row; the second is 1 in rows of the table."""
        columns = [*map(_carried, self._table.columns), *flags(self._window)]
        types = ["STRING", "INT"]
        types += ["BINARY" if column.kind is Kind.BINARY else "STRING" for column in self._table.columns]
        types += ["INT"] * (len(columns) - len(self._table.columns))
        rows, proved = self._window.rows & part, self._window.rows & (counted or part)
        return PartQuery(self._query(columns, rows, proved, verify), tuple(types), counted="count(c1)")

    def _query(self, columns: Sequence[str], rows: Condition, proved: Condition, verify: str) -> str:
        table = self._table.sql
        named = ", ".join(f"{sql} AS c{number}" for number, sql in enumerate(columns, start=2))
        if verify == "off":
            return f"SELECT CAST(NULL AS CHAR) AS c0, 1 AS c1, {named} FROM {table} WHERE {rows.sql}"  # noqa: S608 - identifiers are quoted by `quoted`, marks by `literal`
        names = ", ".join(f"r.c{number}" for number in range(1, len(columns) + 2))
        figures = f"SELECT COUNT(*) AS c0 FROM {table} WHERE {proved.sql}"  # noqa: S608 - as above
        if verify == "full":
            query = FigureQuery(self._table.columns, table, proved)
            texts = ", ".join(f"COALESCE(CONVERT({sql} USING utf8mb4), '{_NOTHING}')" for sql in query.expressions)
            figures = f"SELECT CONCAT_WS('{_BETWEEN}', {texts}) AS c0 {query.rows}"
        # A UNION of rows and figures would be stored as a whole before its first row is sent. This join is not: its first row
        # is joined with the figures, its second one with all rows of the table.
        return (
            f"SELECT f.c0, {names} FROM (SELECT 0 AS n UNION ALL SELECT 1) AS k "  # noqa: S608 - as above
            f"LEFT JOIN (SELECT 1 AS c1, {named} FROM {table} WHERE {rows.sql}) AS r ON k.n = 1 "
            f"LEFT JOIN ({figures}) AS f ON k.n = 0"
        )

    def conversion(self, verify: str) -> "MysqlConversion":
        """See `jdbc.JdbcReader.conversion`."""
        table = self._table
        return MysqlConversion(table.name, table.row_id, tuple(table.columns), self._known, verify, table.sql)

    def misfit(self, error: Misfit) -> JobError:
        """See `jdbc.JdbcReader.misfit`. A task that knows the row words the error itself."""
        column = self._table.column("columns", error.column)
        return misfit(place(self._table.name, column, None, None), MisfitError(column, error.rows, error.why), None)

    def failure(self, state: str, code: int, text: str) -> JobError:
        """See `jdbc.JdbcReader.failure`. The drivers have no number for a connection that they cannot make or that is lost."""
        lost = 2013 if state.startswith("08") and not code else code
        words = text.partition(") ")[2] if text.startswith("(conn") else text
        return failure_of(self._arguments.database, Exception(lost, words), self._session.address.hidden)


def _carried(column: Column) -> str:
    """Return the expression whose value travels: the text that the server's own protocol would send, or bytes."""
    return column.value if column.kind in (Kind.BINARY, Kind.TEXT) else f"CONVERT({column.value} USING utf8mb4)"


@dataclass(frozen=True, slots=True)
class MysqlConversion:
    """See `jdbc.Conversion`. `known`: the digests of rows that were delivered."""

    table: str
    key: str | None
    columns: tuple[Column, ...]
    known: bytes
    verify: str
    sql: str

    def begin(self) -> "_Converter":
        """See `jdbc.Conversion.begin`."""
        return _Converter(self)


class _Converter:
    def __init__(self, conversion: MysqlConversion) -> None:
        self._of = conversion
        self._schema = schema_of(conversion.columns)
        self._digests = Digests(conversion.known)
        self._figures: str | None = None

    def rows(self, batch: Any) -> CarriedRows:
        figures, is_row, *values = batch.columns
        if is_row.null_count:
            self._figures = next(iter(figures.drop_null().to_pylist()), self._figures)
            values = [array.filter(is_row.is_valid()) for array in values]
        count = len(self._of.columns)
        octets, marked = [array.cast(pa.binary()) for array in values[:count]], values[count:]
        if not marked:
            return CarriedRows(self._converted(octets))
        is_new = self._new(octets, *marked)
        if pc.all(is_new, min_count=0).as_py():
            return CarriedRows(self._converted(octets))
        parts = ([array.filter(mask) for array in octets] for mask in (is_new, pc.invert(is_new)))
        return CarriedRows(*map(self._converted, parts))

    def ended(self) -> Remainder:
        return Remainder(self._digests.remembered, self._counted())

    def _counted(self) -> Figures | None:
        if self._of.verify == "off":
            return None
        if self._figures is None:
            raise JobError(f"table {self._of.table!r}: the figures of a part did not arrive", FailureClass.PROOF)
        if self._of.verify == "count":
            return Figures(int(self._figures))
        answer = [None if text == _NOTHING else text for text in self._figures.split(_BETWEEN)]
        return FigureQuery(self._of.columns, self._of.sql, Condition("1")).figures(answer)

    def _new(self, octets: Sequence[Any], overlap: Any, remember: Any) -> Any:
        marked = pc.or_(pc.equal(overlap, 1), pc.equal(remember, 1)).to_pylist()
        is_new = [True] * len(marked)
        for row, is_marked in enumerate(marked):
            if is_marked:
                values = tuple(array[row].as_py() for array in octets)
                is_new[row] = recognised(
                    self._digests, values, overlap=overlap[row].as_py() == 1, remember=remember[row].as_py() == 1
                )
        return pa.array(is_new, pa.bool_())

    def _converted(self, octets: Sequence[Any]) -> Any:
        try:
            return table_of(self._of.columns, self._schema, octets)
        except RowMisfitError as error:
            row = [array[error.row].as_py() for array in octets]
            raise row_misfit(self._of.table, self._of.key, self._of.columns, error, row) from error
