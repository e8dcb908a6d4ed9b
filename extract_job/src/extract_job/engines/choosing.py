"""Which engine copies a table."""

from typing import TYPE_CHECKING

from extract_job.arguments.model import Arguments
from extract_job.databases.jdbc import JdbcSource
from extract_job.engines.copied import Copied
from extract_job.engines.spark.session import runs_in_spark

if TYPE_CHECKING:
    from extract_job.databases.source import Source


def copied_by_engine(arguments: Arguments, source: "Source") -> Copied:
    """Copy with the engine that `--job_engine` names.

    `auto`: Spark copies if this process is a driver of Spark and the database can be read over JDBC. Raises `JobError`, or
    `Stopped` on a signal.
    """
    by_spark = runs_in_spark() and isinstance(source, JdbcSource)
    if arguments.job_engine == "spark" or (arguments.job_engine == "auto" and by_spark):
        from extract_job.engines.spark.engine import copied
    else:
        from extract_job.engines.arrow import copied
    return copied(arguments, source)
