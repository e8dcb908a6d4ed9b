"""The Spark engine: a task per part reads over JDBC, converts with the code of the Arrow engine, and writes its files.

The rows that Spark passes to the tasks are counted on the way (`observe`), so that no table is read a second time. The figures of
the files come from the closed files, read back where they were written.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from threading import Event
from typing import TYPE_CHECKING

from extract_job.arguments.model import Arguments
from extract_job.databases.conditions import ALL_ROWS, Condition, any_of
from extract_job.databases.jdbc import JdbcSource
from extract_job.databases.source import PartedSource
from extract_job.engines.at_once import at_once
from extract_job.engines.copied import Copied
from extract_job.engines.part import PartCopy, PartFile
from extract_job.engines.reading import Reading
from extract_job.engines.spark.folders import removed
from extract_job.engines.spark.jobs import SparkJobs, spark_jobs
from extract_job.engines.spark.part import Outcome, Writing
from extract_job.engines.spark.session import spark_session
from extract_job.errors import FailureClass, JobError
from extract_job.parquet import ParquetTarget, trust
from extract_job.proof.certificate import Proof
from extract_job.proof.figures import Figures
from extract_job.splitting.plan import parts_of
from extract_job.storage.part_folder import PartFolder

if TYPE_CHECKING:
    from extract_job.databases.source import Source
    from extract_job.engines.chunked import Chunked

MOST_AT_ONCE = 128
"""Jobs of Spark at once at most: each has a thread in the driver."""


def copied(arguments: Arguments, source: "Source") -> Copied:
    """Copy all rows to deliver: see `Reading.copied`."""
    if not (isinstance(source, JdbcSource) and isinstance(source, PartedSource)):
        raise JobError(
            f"the Spark engine reads PostgreSQL, MySQL and MariaDB, and not {source.info.engine}; leave --job_engine out",
            FailureClass.CONFIG,
        )
    reading = _SparkReading(arguments, source)
    try:
        return reading.copied()
    except BaseException:  # also a signal: in S3 the files have their final names
        reading.clean()
        raise


@dataclass(frozen=True, slots=True)
class _Plan:
    """The parts, how many of them are read at once, and what the user should know.

    `whole`: one statement must read all chunks that are missing, because several would not see the same rows.
    """

    parts: Sequence[Condition]
    at_once: int = 1
    notes: tuple[str, ...] = ()
    whole: bool = False


class _SparkReading(Reading):
    """One read of a table: as a whole, in parts at once, or in chunks. Each part is a job of Spark with one task."""

    def __init__(self, arguments: Arguments, source: "Source") -> None:
        super().__init__(arguments, source)
        self._parted: PartedSource = source  # type: ignore[assignment]  # see `copied`
        self._jdbc: JdbcSource = source  # type: ignore[assignment]
        self._reader = self._jdbc.by_jdbc(arguments)
        self._token = secrets.token_hex(4)
        """It is in the names of all files of the tasks."""
        self._outcomes: list[Outcome] = []
        self._earlier = Figures()
        """Figures of the chunks of earlier attempts: those of the database are equal."""

    def clean(self) -> None:
        """Remove the files of tasks that no chunk list names."""
        removed(self.arguments.folder, self._token, self.chunked.files().values() if self.chunked else ())

    def _copied(self) -> Copied:
        plan = self._plan()
        if self.chunked:
            self.chunked.adopt(self._parted, self.numbers)
        read = self._read_whole if plan.whole else self._read_parts
        copies = read(plan)
        if not any(copy.files for copy in copies):
            copies = [*copies, self._empty()]  # tasks without rows write no file
        statements = len(self._outcomes) + (self.chunked is not None and self.chunked.earlier > 0 and not plan.whole)
        return self.proven([*copies, self._left_out(statements)], self._figures, plan.notes, len(plan.parts))

    def _plan(self) -> _Plan:
        source, split, because = self._parted, self.arguments.split, self.source.one_reader_because
        table = source.split()
        rows = cache(table.rows)
        chunks = self.cut(source, rows)
        whole = because is not None and split.parts in (1, None)
        if chunks:
            number = split.parts or split.parts_for(rows())
            return _Plan(chunks.parts, number, () if because is None or whole else (_apart(len(chunks.parts)),), whole)
        if split.parts == 1 or whole:
            return _Plan((ALL_ROWS,))
        if self._reader.alone:
            note = "num_partitions has no effect: digests recognise the rows that were delivered before, and one task counts them"
            return _Plan((ALL_ROWS,), notes=() if split.parts is None else (note,))
        parts = parts_of(table, self.arguments.table, split, split.parts_for(rows()))
        return _Plan(parts, len(parts), () if because is None or len(parts) == 1 else (_apart(len(parts)),))

    def _read_parts(self, plan: _Plan) -> list[PartCopy]:
        """Copy each part that no earlier attempt has copied; return the copies in the order of the parts."""
        chunks = self.chunked
        copies: dict[int, PartCopy] = dict(chunks.copies) if chunks else {}
        self._earlier = _figures(list(copies.values()))
        missing = [number for number in range(len(plan.parts)) if number not in copies]
        if missing:
            with self._jobs() as jobs:

                def copy(jobs: SparkJobs, number: int) -> None:
                    copies[number] = self._copy(jobs, number, len(plan.parts), plan.parts[number])
                    if chunks:
                        chunks.done(number, copies[number])

                workers = max(1, min(plan.at_once, len(missing), MOST_AT_ONCE))
                at_once([jobs] * workers, missing, copy, Event())
        return [copies[number] for number in range(len(plan.parts))]

    def _read_whole(self, plan: _Plan) -> list[PartCopy]:
        """Copy all that is missing with one statement, which also counts the whole table.

        If the chunks of earlier attempts have changed between their check and the statement, the whole table is read.
        """
        chunks: Chunked = self.chunked  # type: ignore[assignment]  # see `_copied`
        missing = [rows for number, rows in enumerate(plan.parts) if number not in chunks.copies]
        earlier = list(chunks.copies.values())
        if not missing:
            return earlier
        with self._jobs() as jobs:
            if not earlier:
                return [self._copy(jobs, 0, 2, ALL_ROWS)]
            copies = [*earlier, self._copy(jobs, 0, 2, any_of(missing), counted=ALL_ROWS)]
            if self._outcomes[0].remainder.figures == _figures(copies):
                return copies
            chunks.forget()
            for file in copies[-1].files:
                self.folder.drop(file.number)
            self._outcomes.clear()
            return [self._copy(jobs, 1, 2, ALL_ROWS)]

    @contextmanager
    def _jobs(self) -> Iterator[SparkJobs]:
        with spark_session(once=self._reader.once, batch_rows=self.arguments.fetchsize) as session:
            yield spark_jobs(session, self._reader, self.arguments.table, f"extract-{self._token}", self.arguments.folder)

    def _copy(self, jobs: SparkJobs, number: int, parts: int, rows: Condition, *, counted: Condition | None = None) -> PartCopy:
        arguments = self.arguments
        writing = Writing(
            self._reader.conversion(arguments.verify),
            self.source.schema(),
            arguments,
            self._token,
            number,
            parts,
            self.source.hasher().name if arguments.verify == "full" else None,
            arguments.verify != "off",
        )
        outcome = jobs.run(self._reader.query(rows, arguments.verify, counted), writing)
        self._outcomes.append(outcome)
        files = []
        for file, figures in zip(outcome.files, outcome.figures or [Figures()] * len(outcome.files), strict=True):
            free = next(self.numbers)
            self.folder.register(file.name, free)
            files.append(PartFile(free, self.folder.name_of(free), file.bytes, file.rows, figures))
        return PartCopy(tuple(files), outcome.left_out if arguments.verify == "full" else Figures())

    def _empty(self) -> PartCopy:
        """Write a file with the schema and without rows."""
        arguments, proof = self.arguments, self._proof()
        folder = PartFolder(self.folder, self.numbers)
        read_back = trust if arguments.verify == "off" else proof.read_back
        with ParquetTarget(
            folder, proof.schema, arguments.rows_per_file, read_back=read_back, metadata=arguments.metadata
        ) as target:
            target.close()
        (number,), ((size, rows),) = folder.taken, target.finished
        (figures,) = proof.parts[0] or [Figures()]
        return PartCopy((PartFile(number, folder.name_of(number), size, rows, figures),), Figures())

    def _left_out(self, statements: int) -> PartCopy:
        """Return the figures of the rows that the database knows as delivered, or the number of all that were left out."""
        proof = self._proof()
        full = self.arguments.verify == "full"
        if full:
            self.source.left_out_to(proof.leave_out)
        left_out = sum(outcome.left_out.rows for outcome in self._outcomes)
        self._jdbc.carried(statements, left_out, b"".join(outcome.remainder.digests for outcome in self._outcomes))
        if not full:
            proof.leave_out_count(self.source.rows_left_out())
        return PartCopy((), proof.parts[1])

    def _proof(self) -> Proof:
        return Proof(self.source.schema(), self.source.hasher() if self.arguments.verify == "full" else None)

    def _figures(self) -> Figures:
        """Return the figures of the database: those that came with the rows, or those of the source's own snapshot."""
        counted = [outcome.remainder.figures for outcome in self._outcomes]
        known = [figures for figures in counted if figures is not None]
        return sum(known, self._earlier) if known else self.figures()


def _apart(parts: int) -> str:
    return (
        f"the table was read in {parts} parts, each in a separate snapshot: a row that moved from one part to another "
        "meanwhile may be missing or be there twice; leave num_partitions out to read all rows of one moment"
    )


def _figures(copies: Sequence[PartCopy]) -> Figures:
    return sum((file.figures for copy in copies for file in copy.files), Figures())
