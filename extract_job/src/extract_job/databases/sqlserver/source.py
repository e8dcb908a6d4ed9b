"""A SQL Server table as a `Source`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from extract_job.arguments.model import Arguments
from extract_job.databases.batch_source import BatchSource
from extract_job.databases.conditions import Condition
from extract_job.databases.sqlserver.connection import Session, session
from extract_job.databases.sqlserver.tables import find_table
from extract_job.databases.sqlserver.watermark import SqlServerWatermark
from extract_job.last_result import LastResult
from extract_job.result import SourceInfo

if TYPE_CHECKING:
    from extract_job.databases.sqlserver.figures import SqlServerFigures

_NO_SNAPSHOT = (
    "the database does not allow snapshots: rows that are written while the table is read may be left out or read twice; run "
    "ALTER DATABASE … SET ALLOW_SNAPSHOT_ISOLATION ON, or stop the writers"
)
_INFO = "SELECT CONVERT(varchar(64), SERVERPROPERTY('ProductVersion')), CONVERT(varchar(26), SYSUTCDATETIME(), 126)"


@contextmanager
def open_sqlserver(arguments: Arguments, last: LastResult) -> Iterator["SqlServerSource"]:
    """Open the table in a snapshot; for errors see `connection.session`."""
    with session(arguments) as transaction:
        table = find_table(transaction, arguments.table, arguments.selection)
        ((version, time),) = transaction.rows(_INFO)
        info = SourceInfo("sqlserver", str(version), f"{time}+00:00", None)
        notes = () if transaction.has_snapshot else (_NO_SNAPSHOT,)
        yield SqlServerSource(transaction, table, arguments, last, info, notes)


class SqlServerSource(BatchSource):
    """See `source.Source`."""

    watermark_column = SqlServerWatermark
    _session: Session

    def count_up_to(self, rows: Condition, most: int) -> int:
        """See `BatchSource.count_up_to`."""
        first = f"SELECT TOP ({most}) 1 AS one FROM {self._table.sql} WHERE {rows.sql}"  # noqa: S608 - identifiers are quoted by `quoted`, marks by `literal`
        return self._session.number(f"SELECT COUNT(*) FROM ({first}) AS first")  # noqa: S608 - as above

    def check_figures(self) -> None:
        """See `BatchSource.check_figures`."""
        from extract_job.databases.sqlserver.figures import LEAST_VERSION

        if int(self.info.version.partition(".")[0]) < LEAST_VERSION:
            raise self._refused(f"requires SQL Server 2019 (version {LEAST_VERSION}), and this is {self.info.version}")

    def figure_sql(self) -> "SqlServerFigures":
        """See `BatchSource.figure_sql`."""
        from extract_job.databases.sqlserver.figures import SqlServerFigures

        return SqlServerFigures()
