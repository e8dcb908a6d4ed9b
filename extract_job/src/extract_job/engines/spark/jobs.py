"""Runs one job of Spark per part, so that the driver knows of each part that is whole as soon as it is."""

import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from extract_job.databases.jdbc import Connection, JdbcReader, PartQuery
from extract_job.engines.spark.failures import spark_failure
from extract_job.engines.spark.part import OUTCOME, Outcome, Writing
from extract_job.errors import FailureClass, JobError
from extract_job.storage.places import Place


@dataclass(frozen=True, slots=True)
class SparkJobs:
    """The jobs of one read. `group` is the name by which Spark cancels them: they run in several threads."""

    session: Any  # pyspark is not always there
    reader: JdbcReader
    connection: Connection
    table: str
    group: str

    @property
    def cancel(self) -> Callable[[], None]:
        """Return what cancels all jobs that run now."""
        return lambda: self.session.sparkContext.cancelJobGroup(self.group)

    def run(self, query: PartQuery, writing: Writing) -> Outcome:
        """Copy one part in one task; raise `JobError`."""
        from py4j.protocol import Py4JError
        from pyspark.errors import PySparkException

        try:
            self.session.sparkContext.setJobGroup(self.group, f"extract {self.table}", interruptOnCancel=True)
            outcome, carried = self._run(query, writing)
        except (Py4JError, PySparkException, OSError) as error:
            raise spark_failure(error, self.reader) from error
        written = sum(file.rows for file in outcome.files) + outcome.left_out.rows
        if carried != written:
            raise JobError(
                f"table {self.table!r}: Spark carried {carried} rows, and the files and the rows left out are {written}. The "
                "files are removed, and nothing is committed. Run the table again",
                FailureClass.PROOF,
            )
        return outcome

    def _run(self, query: PartQuery, writing: Writing) -> tuple[Outcome, int]:
        from pyspark.sql import Observation
        from pyspark.sql.functions import expr

        reader = self.session.read.format("jdbc").option("url", self.connection.url).option("driver", self.connection.driver)
        for name, value in self.connection.options.items():
            reader = reader.option(name, value)
        frame = reader.option("query", query.sql).option("customSchema", query.schema).load()
        observation = Observation()
        rows = frame.observe(observation, expr(query.counted).alias("rows"))
        (row,) = rows.mapInArrow(writing, OUTCOME).collect()
        outcome: Outcome = pickle.loads(bytes(row.outcome))  # noqa: S301 - from our own task
        return outcome, int(observation.get["rows"])


def spark_jobs(session: Any, reader: JdbcReader, table: str, group: str, place: Place) -> SparkJobs:
    """Return what runs the jobs; raise `JobError` for a driver that is missing, or a place that the tasks cannot reach."""
    from py4j.protocol import Py4JError

    master = session.sparkContext.master
    if isinstance(place, Path) and not master.startswith("local"):
        raise JobError(
            f"--extract_s3_uri {str(place)!r} is a folder of this machine, and Spark's tasks run on other machines "
            f"(master {master!r}); use an s3:// URI",
            FailureClass.CONFIG,
        )
    try:
        return SparkJobs(session, reader, reader.connection(lambda name: _has_class(session, name)), table, group)
    except (Py4JError, OSError) as error:
        raise spark_failure(error, reader) from error


def _has_class(session: Any, name: str) -> bool:
    from py4j.protocol import Py4JJavaError

    loader = session._jvm.java.lang.Thread.currentThread().getContextClassLoader()  # noqa: SLF001 - the JVM has no public name
    try:
        session._jvm.java.lang.Class.forName(name, False, loader)  # noqa: SLF001, FBT003 - as above; Java has no keywords
    except Py4JJavaError:
        return False
    return True
