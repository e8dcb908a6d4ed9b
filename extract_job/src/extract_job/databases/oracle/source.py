"""An Oracle table as a `Source`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from extract_job.arguments.model import Arguments
from extract_job.databases.batch_source import BatchSource
from extract_job.databases.conditions import Condition
from extract_job.databases.oracle.connection import Session, session
from extract_job.databases.oracle.tables import find_table
from extract_job.databases.oracle.watermark import OracleWatermark
from extract_job.last_result import LastResult
from extract_job.result import SourceInfo

if TYPE_CHECKING:
    from extract_job.databases.oracle.figures import OracleFigures

_VERSION = "SELECT VERSION FROM PRODUCT_COMPONENT_VERSION WHERE ROWNUM = 1"
_CHARACTER_SET = "SELECT VALUE FROM NLS_DATABASE_PARAMETERS WHERE PARAMETER = 'NLS_CHARACTERSET'"
_TIME = "SELECT TO_CHAR(SYS_EXTRACT_UTC(SYSTIMESTAMP), 'YYYY-MM-DD\"T\"HH24:MI:SS.FF6') FROM DUAL"


@contextmanager
def open_oracle(arguments: Arguments, last: LastResult) -> Iterator["OracleSource"]:
    """Open the table in a snapshot; for errors see `connection.session`."""
    with session(arguments) as transaction:
        table = find_table(transaction, arguments.table, arguments.selection)
        info = SourceInfo("oracle", transaction.text(_VERSION) or "", f"{transaction.text(_TIME)}+00:00", None)
        yield OracleSource(transaction, table, arguments, last, info)


class OracleSource(BatchSource):
    """See `source.Source`."""

    watermark_column = OracleWatermark
    _session: Session

    def count_up_to(self, rows: Condition, most: int) -> int:
        """See `BatchSource.count_up_to`."""
        return self._session.number(f"SELECT COUNT(*) FROM {self._table.sql} WHERE ({rows.sql}) AND ROWNUM <= {most}")  # noqa: S608 - identifiers are quoted by `quoted`, marks by `literal`

    def check_figures(self) -> None:
        """See `BatchSource.check_figures`."""
        from extract_job.databases.oracle.figures import CHARACTER_SET, LARGE

        large = next((column for column in self.columns if column.base in LARGE), None)
        if large is not None:
            raise self._refused(
                f"cannot check column {large.name!r} of table {self._table.name!r}: SQL of Oracle has no hash of {large.base}",
                "set verify: count, or leave the column out with exclude_columns",
            )
        character_set = self._session.text(_CHARACTER_SET)
        if character_set != CHARACTER_SET:
            raise self._refused(f"requires the character set {CHARACTER_SET}, and this database has {character_set}")

    def figure_sql(self) -> "OracleFigures":
        """See `BatchSource.figure_sql`."""
        from extract_job.databases.oracle.figures import OracleFigures

        return OracleFigures()
