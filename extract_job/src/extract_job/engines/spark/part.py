"""What a task of Spark does: it converts the rows of one part and writes its files."""

import json
import pickle
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa

from extract_job.arguments.model import Arguments
from extract_job.databases.jdbc import Conversion, Remainder
from extract_job.databases.misfits import MisfitError
from extract_job.engines.spark.folders import part_folder
from extract_job.engines.writing import writer
from extract_job.errors import JobError
from extract_job.parquet import ParquetTarget, trust
from extract_job.partitioning import PartitionedTarget
from extract_job.proof.figures import Figures
from extract_job.result import DataFile
from extract_job.storage.part_folder import NumberedFolder

OUTCOME = "outcome binary"
"""The rows that a task returns: one, which holds an `Outcome`."""
FAILED = "extract_job failed: "
"""Begins a line of JSON in the text of an exception: Spark passes on nothing else of it."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one part wrote: its files under the names of `folders`, and their figures, read back, one per file.

    `left_out` are the figures of rows that were delivered before. `figures` is empty if nothing is proved.
    """

    files: tuple[DataFile, ...]
    figures: tuple[Figures, ...]
    left_out: Figures
    remainder: Remainder


@dataclass(frozen=True, slots=True)
class Writing:
    """Writes one part of a number of `parts`. An instance travels to the process of a task.

    `token` is in the names of all files of the attempt. `hasher` names the hashes of `--verify full`; `read_back` is False for
    `--verify off`.
    """

    conversion: Conversion
    schema: Any  # pyarrow ships no types
    arguments: Arguments
    token: str
    number: int
    parts: int
    hasher: str | None
    read_back: bool

    def __call__(self, batches: Iterator[Any]) -> Iterator[Any]:
        """Write the rows of all batches; yield one batch with the outcome. Errors carry the text of `_text_of`."""
        try:
            outcome = self._written(batches)
        except (MisfitError, JobError) as error:
            raise RuntimeError(self._text_of(error)) from error
        yield pa.RecordBatch.from_pydict({"outcome": pa.array([pickle.dumps(outcome)], pa.binary())})

    def _written(self, batches: Iterator[Any]) -> Outcome:
        converter, reading = self.conversion.begin(), _ReadBack(self.hasher)
        left_out = Figures()
        target: ParquetTarget | PartitionedTarget | None = None
        with ExitStack() as stack:
            for batch in batches:
                rows = converter.rows(batch)
                if rows.old is not None:
                    left_out += reading.figures_of(rows.old)
                if rows.new.num_rows:
                    if target is None:
                        target = self._target(reading)
                        stack.push(target)
                    target.write(rows.new)
            files = tuple(target.finish()) if target else ()
        return Outcome(files, tuple(reading.files), left_out, converter.ended())

    def _target(self, reading: "_ReadBack") -> ParquetTarget | PartitionedTarget:
        folder = part_folder(self.arguments.folder, self.token, self.number, self.parts)
        read_back = reading if self.read_back else trust
        token = f"{self.token}-{self.number}"
        return writer(self.arguments, NumberedFolder(folder), self.schema, read_back, token=token)

    def _text_of(self, error: MisfitError | JobError) -> str:
        """Return the text from which the driver makes the error again."""
        if isinstance(error, JobError):
            members: dict[str, Any] = {"class": error.failure.value, "message": str(error), "retryable": error.retryable}
        else:
            members = {"column": error.column.name, "rows": error.rows.sql, "why": error.why}
        return FAILED + json.dumps(members)


class _ReadBack:
    """Computes the figures of each closed file, from the file itself."""

    def __init__(self, hasher: str | None) -> None:
        from extract_job.proof.hashers import HASHERS

        self.files: list[Figures] = []
        self._hasher = HASHERS[hasher] if hasher else None

    def __call__(self, path: Path) -> None:
        from extract_job.proof.certificate import figures_back

        self.files.append(figures_back(path, self._hasher))

    def figures_of(self, rows: Any) -> Figures:
        from extract_job.proof.arrow import figures_of

        if self._hasher is None:
            return Figures(rows.num_rows)
        return sum((figures_of(batch, self._hasher) for batch in rows.to_batches()), Figures())
