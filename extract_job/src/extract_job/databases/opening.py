"""Opens the table that the arguments name. Only the package of its database is imported."""

from typing import TYPE_CHECKING

from extract_job.arguments.model import Arguments
from extract_job.last_result import LastResult
from extract_job.stopping import StopRequest

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from extract_job.databases.source import Source


def open_source(arguments: Arguments, last: LastResult, stop: StopRequest) -> "AbstractContextManager[Source]":
    """Open the table in a snapshot.

    Opening and reading raise `JobError` for all faults of the source, and `Stopped` on a signal.
    """
    if arguments.engine == "postgres":
        from extract_job.databases.postgresql.source import open_postgresql

        return open_postgresql(arguments, last)
    if arguments.engine == "mysql":
        from extract_job.databases.mysql.source import open_mysql

        return open_mysql(arguments, last)
    if arguments.engine == "sqlserver":
        from extract_job.databases.sqlserver.source import open_sqlserver

        return open_sqlserver(arguments, last)
    if arguments.engine == "oracle":
        from extract_job.databases.oracle.source import open_oracle

        return open_oracle(arguments, last)
    from extract_job.databases.sqlite.source import open_sqlite

    return open_sqlite(arguments, last, stop)
