"""`hive_partitions`: rows in folders like `country=DE/`, by the values of columns of the files.

The columns stay in the files too, so a list of files is read without a look at their folders. NULL and the empty text are
`__HIVE_DEFAULT_PARTITION__`, and letters that a path cannot have are percent-encoded, as in Hive
(https://github.com/apache/hive/blob/master/common/src/java/org/apache/hadoop/hive/common/FileUtils.java, escapePathName).
Hive's list begins at U+0001; U+0000 is encoded here too, because no path can have it.
"""

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any, Self, TypeAlias

import numpy as np
import pyarrow as pa

from extract_job.arguments.selection import Partition
from extract_job.errors import FailureClass, JobError
from extract_job.metadata import MetadataColumn, added
from extract_job.parquet import ParquetTarget
from extract_job.result import DataFile
from extract_job.storage.protocols import Folder

Schema: TypeAlias = Any  # pyarrow ships no types
Table: TypeAlias = Any

DEFAULT = "__HIVE_DEFAULT_PARTITION__"
MOST = 1000
"""Partitions that one writer may have: each has at least one file."""
MOST_OPEN = 64
"""Files that one writer has open: a process may have about 1,000, and there are several writers."""
MOST_BYTES = 128 * 2**20
"""The most bytes of rows in memory, in all partitions together."""
_LONGEST = 255  # bytes of a name in common file systems
_ESCAPED = frozenset([*map(chr, range(32)), *"\"#%'*/:=?\\\x7f{[]^"])


def check_partitions(table: str, partitions: Sequence[Partition], schema: Schema) -> None:
    """Raise `JobError` if the files have no such column, or one whose values cannot be the name of a folder."""
    for partition in partitions:
        name = partition.column
        if name not in schema.names:
            raise JobError(
                f"table {table!r}: hive_partitions names the column {name!r}, which the files do not have; they have "
                f"{', '.join(map(repr, schema.names))}",
                FailureClass.CONFIG,
            )
        kind = schema.field(name).type
        is_moment = pa.types.is_date(kind) or pa.types.is_timestamp(kind)
        if partition.by_day and not is_moment:
            raise JobError(
                f"table {table!r}: hive_partitions takes the day of {name!r}, which is {kind} in the files; name a column of "
                "dates or timestamps, or write the column alone",
                FailureClass.CONFIG,
            )
        if not partition.by_day and (
            pa.types.is_floating(kind) or pa.types.is_binary(kind) or pa.types.is_time(kind) or pa.types.is_timestamp(kind)
        ):
            day = f"; for its days: {{day: {name}}}" if pa.types.is_timestamp(kind) else ""
            raise JobError(
                f"table {table!r}: hive_partitions names {name!r}, which is {kind} in the files; name a column of texts, whole "
                f"numbers, decimals, booleans or dates{day}",
                FailureClass.CONFIG,
            )
        if partition.by_day and partition.key.casefold() in map(str.casefold, schema.names):
            raise JobError(
                f"table {table!r}: hive_partitions calls the day of {name!r} {partition.key!r}, and the files have a column of "
                "this name; choose another name",
                FailureClass.CONFIG,
            )


def folder_name(key: str, value: str | None) -> str:
    """Return the name of a partition's folder: `country=DE`. Raises ValueError if it is too long."""
    name = f"{_escaped(key)}={_escaped(value) if value else DEFAULT}"
    if len(name.encode()) > _LONGEST:
        raise ValueError(f"{name[:60]}… has more than {_LONGEST} bytes, too many for the name of a folder")
    return name


def _escaped(text: str) -> str:
    return "".join(f"%{ord(letter):02X}" if letter in _ESCAPED else letter for letter in text)


class PartitionedTarget:
    """Writes each row into a file of its partition. It has the methods of `ParquetTarget`, one of which writes each partition.

    `target` makes the writer of a partition from the name of its folder, and from the list to which it adds its finished files.
    """

    def __init__(
        self,
        table: str,
        partitions: Sequence[Partition],
        metadata: Sequence[MetadataColumn],
        folder: Folder,
        target: Callable[[str, list[tuple[int, int]]], ParquetTarget],
    ) -> None:
        self._table = table
        self._partitions = partitions
        self._metadata = metadata
        self._folder = folder
        self._target = target
        self._targets: dict[str, ParquetTarget] = {}
        self.finished: list[tuple[int, int]] = []
        """Bytes and rows of the files that the folder took."""

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        """Remove all files without a final name."""
        for target in self._targets.values():
            target.__exit__(kind, error, trace)
        self._folder.discard()

    def write(self, table: Table) -> None:
        """Take the rows of a table; they may stay in memory until the row group of their partition is full."""
        folders, numbers = _folders(self._table, self._partitions, added(table, self._metadata))
        order = np.argsort(numbers, kind="stable")
        ends = np.cumsum(np.bincount(numbers, minlength=len(folders)))
        rows = table if len(folders) == 1 else table.take(pa.array(order))
        begin = 0
        for folder, end in zip(folders, map(int, ends), strict=True):
            self._of(folder).write(rows.slice(begin, end - begin))
            begin = end
        self._bound()

    def close(self) -> None:
        """Write the remaining rows, so that all files are whole and were read back; without rows, one empty file."""
        for target in self._targets.values():
            target.close_file()
        if not self.finished:
            self._of("").close()

    def finish(self) -> Sequence[DataFile]:
        """Write the remaining rows, give all files their final names and return them."""
        self.close()
        names = self._folder.finish()
        return [DataFile(name, size, rows) for name, (size, rows) in zip(names, self.finished, strict=True)]

    def _of(self, folder: str) -> ParquetTarget:
        if folder not in self._targets:
            if len(self._targets) == MOST:
                raise JobError(
                    f"table {self._table!r}: hive_partitions makes more than {MOST:,} partitions, the next one is {folder!r}; "
                    "name columns with fewer different values, or the day of a timestamp",
                    FailureClass.CONFIG,
                )
            self._targets[folder] = self._target(folder, self.finished)
        return self._targets[folder]

    def _bound(self) -> None:
        """Keep the rows in memory and the number of open files within their bounds."""
        while sum(target.pending_bytes for target in self._targets.values()) > MOST_BYTES:
            max(self._targets.values(), key=lambda target: target.pending_bytes).flush()
        open_now = [target for target in self._targets.values() if target.rows_in_file]
        for target in sorted(open_now, key=lambda target: -target.rows_in_file)[: max(0, len(open_now) - MOST_OPEN)]:
            target.close_file()


def _folders(table: str, partitions: Sequence[Partition], rows: Table) -> tuple[list[str], Any]:
    """Return the folders of the partitions of these rows, and the number of the folder of each row."""
    names: list[str] = [""]
    numbers = np.zeros(rows.num_rows, np.int64)
    for partition in partitions:
        values = rows.column(partition.column)
        if partition.by_day:
            values = values.cast(pa.date32()) if not pa.types.is_date(values.type) else values
        codes = values.cast(pa.string()).combine_chunks().dictionary_encode(null_encoding="encode")
        texts = codes.dictionary.to_pylist()
        both = numbers * len(texts) + codes.indices.to_numpy(zero_copy_only=False)
        used, numbers = np.unique(both, return_inverse=True)
        try:
            names = [
                "/".join(filter(None, (names[code // len(texts)], folder_name(partition.key, texts[code % len(texts)]))))
                for code in map(int, used)
            ]
        except ValueError as error:
            raise JobError(f"table {table!r}: hive_partitions by {partition.column!r}: {error}", FailureClass.CONFIG) from error
    return names, numbers.reshape(-1)
