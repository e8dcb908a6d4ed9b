"""Writes the rows as zstd Parquet files, and hands each finished file to the attempt's folder."""

import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from extract_job.databases.source import Schema, Table
from extract_job.errors import JobError
from extract_job.metadata import MetadataColumn, added, is_metadata, with_metadata
from extract_job.result import DataFile
from extract_job.storage.faults import file_fault
from extract_job.storage.protocols import Folder, file_name

GROUP_ROWS = 131_072
GROUP_BYTES = 32 * 2**20
"""A row group stays in memory until it has this many rows or (Arrow) bytes."""
MEGABYTE = 10**6
FILE_BYTES = 512 * MEGABYTE
"""A file is full after the row group that exceeds this size."""


def dictionary_columns(schema: Schema) -> list[str]:
    """Return the columns that get a dictionary: text, binary, and those with one value per file.

    Numbers and times are PLAIN. A full row group (`GROUP_ROWS` values of 8 bytes) just fits into the
    writer's limit of 1 MiB for a dictionary, so a column of distinct numbers would be stored as a
    dictionary of all values and an index per row. DELTA_BINARY_PACKED would often be smaller than
    PLAIN, but Iceberg's Spark reader did not support it until 2024 or later: it fails unless
    vectorized reads are off (https://github.com/apache/iceberg/issues/7162 and 11371).
    """
    return [
        field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_binary(field.type) or is_metadata(field)
    ]


ReadBack: TypeAlias = Callable[[Path], None]


def trust(_: Path) -> None:
    """Do not read a file back."""


@dataclass(slots=True)
class _OpenFile:
    """The file being written, under its temporary name."""

    path: Path
    sink: Any  # pyarrow ships no types
    writer: Any
    rows: int = 0


class ParquetTarget:
    """Writes tables of one schema to `part-00000.parquet`, …; without rows, to one empty file.

    A context manager: without `finish`, or after an exception, it removes all that it wrote. Raises
    `JobError` if the disk refuses. `read_back` gets each file when it is written and closed, before
    the folder takes it. `schema` is that of the tables; the files have the columns of `metadata` too.
    `below` is a folder in that of the attempt; writers of several such folders share `finished`.
    """

    def __init__(  # noqa: PLR0913 - bounds of a file, and two for tests and tasks
        self,
        folder: Folder,
        schema: Schema,
        rows_per_file: int,
        *,
        file_bytes: int = FILE_BYTES,
        read_back: ReadBack = trust,
        token: str | None = None,
        group_bytes: int = GROUP_BYTES,
        metadata: Sequence[MetadataColumn] = (),
        below: str = "",
        finished: list[tuple[int, int]] | None = None,
    ) -> None:
        self._folder = folder
        self._schema = with_metadata(schema, metadata)
        self._metadata = metadata
        self._rows_per_file = rows_per_file
        self._file_bytes = file_bytes
        self._read_back = read_back
        self._token = token or secrets.token_hex(4)  # another process of the same attempt uses other names
        self._group_bytes = group_bytes
        self._workspace = folder.workspace()
        self._open: _OpenFile | None = None
        self._unfinished: Path | None = None
        """The file on disk that the folder has not taken; known before it exists, because a signal may come at any time."""
        self._pending: list[Table] = []
        self._pending_rows = 0
        self._pending_bytes = 0
        self._below = below
        self.finished: list[tuple[int, int]] = [] if finished is None else finished
        """Bytes and rows of the files that the folder took."""

    def __enter__(self) -> Self:
        """Return itself: the workspace exists already."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Remove all files without a final name."""
        if self._open:
            with suppress(OSError, pa.ArrowException, ValueError):
                self._open.writer.close()
            self._open.writer.is_open = False  # else its destructor closes it again and writes an error to stderr
            with suppress(OSError, pa.ArrowException):
                self._open.sink.close()
        if self._unfinished:
            with suppress(OSError):
                self._unfinished.unlink(missing_ok=True)
        self._folder.discard()

    def write(self, table: Table) -> None:
        """Take the rows of a table; they may stay in memory until their row group is full."""
        try:
            while table.num_rows:
                room = self._rows_per_file - (self._open.rows if self._open else 0) - self._pending_rows
                part = table.slice(0, room)
                table = table.slice(part.num_rows)
                self._pending.append(part)
                self._pending_rows += part.num_rows
                self._pending_bytes += part.nbytes
                if part.num_rows == room:
                    self._close_file()
                elif self._pending_rows >= GROUP_ROWS or self._pending_bytes >= self._group_bytes:
                    self._write_group()
        except OSError as error:
            raise self._refused(error) from error

    def close(self) -> None:
        """Write the remaining rows, so that all files are whole and were read back."""
        try:
            if self._pending or self._open or not self.finished:
                self._close_file()
        except OSError as error:
            raise self._refused(error) from error

    @property
    def pending_bytes(self) -> int:
        """Arrow bytes of the rows in memory."""
        return self._pending_bytes

    @property
    def rows_in_file(self) -> int:
        """Rows in the open file; 0: no file is open."""
        return self._open.rows if self._open else 0

    def flush(self) -> None:
        """Write the rows in memory as a row group."""
        try:
            self._write_group()
        except OSError as error:
            raise self._refused(error) from error

    def close_file(self) -> None:
        """Write the remaining rows and complete the open file; do nothing if there is neither."""
        if self._pending or self._open:
            try:
                self._close_file()
            except OSError as error:
                raise self._refused(error) from error

    def finish(self) -> Sequence[DataFile]:
        """Write the remaining rows, give all files their final names and return them."""
        self.close()
        names = self._folder.finish()
        return [DataFile(name, size, rows) for name, (size, rows) in zip(names, self.finished, strict=True)]

    def _opened(self) -> _OpenFile:
        if self._open is None:
            folder = self._workspace / self._below
            folder.mkdir(parents=True, exist_ok=True)
            path = folder / f".{file_name(len(self.finished))}.{self._token}.tmp"
            self._unfinished = path
            sink = pa.OSFile(str(path), "wb")
            columns = dictionary_columns(self._schema)
            writer = pq.ParquetWriter(sink, self._schema, compression="zstd", use_dictionary=columns)
            self._open = _OpenFile(path, sink, writer)
        return self._open

    def _write_group(self) -> None:
        file = self._opened()
        if self._pending:
            group = pa.concat_tables(self._pending)
            self._pending, self._pending_rows, self._pending_bytes = [], 0, 0
            file.writer.write_table(added(group, self._metadata), row_group_size=max(1, group.num_rows))
            file.rows += group.num_rows
            if file.sink.tell() >= self._file_bytes:
                self._close_file()

    def _close_file(self) -> None:
        self._write_group()
        file = self._open
        if file is None:  # the row group itself filled the file
            return
        file.writer.close()
        file.sink.close()
        size = file.path.stat().st_size
        self._read_back(file.path)
        self._folder.take(file.path, len(self.finished))
        self.finished.append((size, file.rows))
        self._open = self._unfinished = None

    def _refused(self, error: OSError) -> JobError:
        return file_fault(f"cannot write to {str(self._workspace)!r}", error)
