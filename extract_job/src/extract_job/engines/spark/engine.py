"""The Spark engine: one task per part reads over JDBC, converts with the code of the Arrow engine, and writes its files.

The rows that Spark passes to the tasks are counted on the way (`observe`), so that no table is read a second time. The figures of
the files come from the closed files, read back where they were written.
"""

import pickle
import secrets
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import replace
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

from extract_job.arguments.model import Arguments
from extract_job.databases.conditions import ALL_ROWS, Condition
from extract_job.databases.jdbc import Connection, JdbcReader, JdbcSource, PartQuery
from extract_job.databases.source import PartedSource
from extract_job.engines.copied import Copied
from extract_job.engines.spark.failures import spark_failure
from extract_job.engines.spark.folders import finished, removed
from extract_job.engines.spark.part import OUTCOME, Outcome, Writing
from extract_job.engines.spark.session import spark_session
from extract_job.errors import FailureClass, JobError
from extract_job.parquet import MEGABYTE, ParquetTarget, trust
from extract_job.proof.certificate import Proof, named
from extract_job.proof.figures import Figures
from extract_job.splitting.plan import parts_of
from extract_job.storage.opening import folder_in

if TYPE_CHECKING:
    from extract_job.databases.source import Source


def copied(arguments: Arguments, source: "Source") -> Copied:
    """Copy all rows to deliver; raise `JobError`, or `Stopped` on a signal, without leaving a file."""
    if not isinstance(source, JdbcSource):
        raise JobError(
            f"the Spark engine reads PostgreSQL, MySQL and MariaDB, and not {source.info.engine}; leave --job_engine out",
            FailureClass.CONFIG,
        )
    reader, token = source.by_jdbc(arguments), secrets.token_hex(4)
    parts, notes = _parts(arguments, source, reader)
    try:
        outcomes, carried = _outcomes(arguments, source, reader, parts, token)
        return replace(_proven(arguments, source, outcomes, carried), notes=notes)
    except BaseException:  # also a signal: in S3 the files have their final names
        removed(arguments.folder, token)
        raise


def _parts(arguments: Arguments, source: "Source", reader: JdbcReader) -> tuple[Sequence[Condition], tuple[str, ...]]:
    """Return the parts to read, each by a task, and what the user should know of them."""
    split, because = arguments.split, source.one_reader_because
    if split.parts == 1 or not isinstance(source, PartedSource):
        return (ALL_ROWS,), ()
    if reader.alone:
        note = "num_partitions has no effect: digests recognise the rows that were delivered before, and one task counts them"
        return (ALL_ROWS,), () if split.parts is None else (note,)
    if because is not None and split.parts is None:
        return (ALL_ROWS,), ()
    table = source.split()
    parts = parts_of(table, arguments.table, split, split.parts_for(table.rows()))
    note = (
        f"the table was read in {len(parts)} parts, each in a separate snapshot: a row that moved from one part to another "
        "meanwhile may be missing or be there twice; leave num_partitions out to read all rows of one moment"
    )
    return parts, () if because is None or len(parts) == 1 else (note,)


def _outcomes(
    arguments: Arguments, source: "Source", reader: JdbcReader, parts: Sequence[Condition], token: str
) -> tuple[list[Outcome], int]:
    """Return what the parts wrote, in their order, and how many rows Spark passed to them."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    queries = reader.queries(parts, arguments.verify)
    writing = Writing(
        reader.conversion(arguments.verify),
        source.schema(),
        arguments.folder,
        token,
        len(queries),
        arguments.rows_per_file,
        arguments.target_file_mb * MEGABYTE,
        source.hasher().name if arguments.verify == "full" else None,
        arguments.verify != "off",
    )
    try:
        with spark_session(once=reader.once, batch_rows=arguments.fetchsize) as session:
            _check_place(arguments, session)
            connection = reader.connection(lambda name: _has_class(session, name))
            return _run(session, connection, queries, writing)
    except (Py4JError, PySparkException, OSError) as error:
        raise spark_failure(error, reader) from error


def _run(session: Any, connection: Connection, queries: Sequence[PartQuery], writing: Writing) -> tuple[list[Outcome], int]:
    from pyspark.sql import Observation
    from pyspark.sql.functions import expr

    frames = [_frame(session, connection, query) for query in queries]
    observation = Observation()
    rows = reduce(lambda left, right: left.union(right), frames).observe(observation, expr(queries[0].counted).alias("rows"))
    answer = rows.mapInArrow(writing, OUTCOME).collect()
    outcomes: list[Outcome] = [pickle.loads(bytes(row.outcome)) for row in answer]  # noqa: S301 - from our own tasks
    return sorted(outcomes, key=lambda outcome: outcome.number), int(observation.get["rows"])


def _frame(session: Any, connection: Connection, query: PartQuery) -> Any:
    reader = session.read.format("jdbc").option("url", connection.url).option("driver", connection.driver)
    for name, value in connection.options.items():
        reader = reader.option(name, value)
    return reader.option("query", query.sql).option("customSchema", query.schema).load()


def _proven(arguments: Arguments, source: Any, outcomes: Sequence[Outcome], carried: int) -> Copied:
    """Hold the figures of the files against those of the source, and give the files their names."""
    full = arguments.verify == "full"
    proof = Proof(source.schema(), source.hasher() if full else None)
    if full:
        source.left_out_to(proof.leave_out)
    for outcome in outcomes:
        proof.add(outcome.figures, outcome.left_out if full else Figures())
    left_out = sum(outcome.left_out.rows for outcome in outcomes)
    files = [file for outcome in outcomes for file in outcome.files]
    _check_carried(arguments.table, carried, sum(file.rows for file in files) + left_out)
    source.carried(len(outcomes), left_out, b"".join(outcome.remainder.digests for outcome in outcomes))
    certificate = None
    with ExitStack() as stack:
        # Tasks without rows write no file, and an empty table has one file with its schema.
        empty = None if files else stack.enter_context(_empty(arguments, proof))
        if empty:
            empty.close()
        if arguments.verify != "off":
            if not full:
                proof.leave_out_count(source.rows_left_out())
            certificate = proof.certificate(arguments.table, _figures(source, outcomes, full=full))
        final = tuple(empty.finish()) if empty else finished(arguments.folder, files)
    return Copied(final, certificate and named(certificate, [file.name for file in final]))


def _figures(source: "Source", outcomes: Sequence[Outcome], *, full: bool) -> Figures:
    """Return the figures of the database: those that came with the rows, or those of the source's own snapshot."""
    figures = [outcome.remainder.figures for outcome in outcomes]
    counted = [part for part in figures if part is not None]
    if len(counted) == len(figures):
        return sum(counted, Figures())
    return source.figures() if full else Figures(source.count())


def _empty(arguments: Arguments, proof: Proof) -> ParquetTarget:
    read_back = trust if arguments.verify == "off" else proof.read_back
    return ParquetTarget(folder_in(arguments.folder), proof.schema, arguments.rows_per_file, read_back=read_back)


def _check_carried(table: str, carried: int, written: int) -> None:
    if carried != written:
        raise JobError(
            f"table {table!r}: Spark carried {carried} rows, and the files and the rows left out are {written}. The files are "
            "removed, and nothing is committed. Run the table again",
            FailureClass.PROOF,
        )


def _check_place(arguments: Arguments, session: Any) -> None:
    """Raise `JobError` for a folder on this machine if the tasks run on others."""
    master = session.sparkContext.master
    if isinstance(arguments.folder, Path) and not master.startswith("local"):
        raise JobError(
            f"--extract_s3_uri {str(arguments.folder)!r} is a folder of this machine, and Spark's tasks run on other machines "
            f"(master {master!r}); use an s3:// URI",
            FailureClass.CONFIG,
        )


def _has_class(session: Any, name: str) -> bool:
    from py4j.protocol import Py4JJavaError

    loader = session._jvm.java.lang.Thread.currentThread().getContextClassLoader()  # noqa: SLF001 - the JVM has no public name
    try:
        session._jvm.java.lang.Class.forName(name, False, loader)  # noqa: SLF001, FBT003 - as above; Java has no keywords
    except Py4JJavaError:
        return False
    return True
