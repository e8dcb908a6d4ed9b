"""The demo's comparison of the rows in the Parquet files with the rows in the database.

It reads both sides with `sqlite3` and pyarrow only, without code of the extract job or the core. Each value becomes a canonical
text by its declared type, each row a 64-bit hash of its texts, each table the sum of its rows' hashes. The order of rows does not
matter; a missing, repeated or changed row does.
"""

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import partial
from hashlib import blake2b
from pathlib import Path
from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.parquet as pq

from extract_local.demo.canonical import (
    Texts,
    arrow_name,
    database_texts,
    parquet_texts,
)

Batches: TypeAlias = Iterator[list[str]]

_BATCH = 16_384
_EXAMPLE = 240
"""Characters of a row that a difference shows."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """The result for one table. `difference` says what differs; None if both sides are equal (then `ok`).

    A checksum has 16 hexadecimal digits. It is empty if the side cannot be read as rows of this table.
    """

    table: str
    rows_database: int
    rows_parquet: int
    checksum_database: str
    checksum_parquet: str
    ok: bool
    difference: str | None


@dataclass(slots=True)
class _Sum:
    """The number of rows and the sum of their hashes."""

    rows: int = 0
    total: int = 0

    @property
    def checksum(self) -> str:
        return f"{self.total & 0xFFFFFFFFFFFFFFFF:016x}"


class _FaultError(Exception):
    """A side cannot be read as rows of the table."""


def compare(database: Path, tables: Mapping[str, Sequence[Path]]) -> list[Comparison]:
    """Compare each table with its Parquet files: a full extract, and its increments if there are any.

    Raises FileNotFoundError without a database, and sqlite3.Error if it cannot be read. Everything else is a difference.
    """
    if not database.is_file():
        raise FileNotFoundError(f"there is no database {str(database)!r} to compare with")
    with closing(sqlite3.connect(f"{database.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        return [_compared(connection, table, files) for table, files in tables.items()]


def _compared(connection: sqlite3.Connection, table: str, files: Sequence[Path]) -> Comparison:
    columns = [(row[1], row[2]) for row in connection.execute(f"PRAGMA table_xinfo({_quoted(table)})")]
    if not columns:
        return Comparison(table, 0, 0, "", "", ok=False, difference=f"the database has no table {table!r}")
    in_database = partial(_database_rows, connection, table, columns)
    in_parquet = partial(_parquet_rows, columns, files)
    left, right = _Sum(), _Sum()
    try:
        _add(left, in_database())
    except _FaultError as fault:
        return Comparison(table, left.rows, 0, "", "", ok=False, difference=str(fault))
    try:
        _add(right, in_parquet())
    except _FaultError as fault:
        return Comparison(table, left.rows, right.rows, left.checksum, "", ok=False, difference=str(fault))
    difference = None
    if (left.rows, left.checksum) != (right.rows, right.checksum):
        counts = f"{left.rows} rows in the database, {right.rows} in Parquet"
        surplus = _surplus([name for name, _ in columns], in_database, in_parquet)
        difference = surplus if left.rows == right.rows else f"{counts}; {surplus}"
    return Comparison(table, left.rows, right.rows, left.checksum, right.checksum, difference is None, difference)


def _add(total: _Sum, batches: Batches) -> None:
    for batch in batches:
        total.rows += len(batch)
        total.total += sum(map(_hash, batch))


def _hash(row: str) -> int:
    return int.from_bytes(blake2b(row.encode(), digest_size=8).digest(), "little")


def _database_rows(connection: sqlite3.Connection, table: str, columns: Sequence[tuple[str, str]]) -> Batches:
    """The canonical texts of all rows, in batches."""
    try:
        readers = [database_texts(declared) for _, declared in columns]
    except ValueError as error:
        raise _FaultError(str(error)) from error
    names = ", ".join(_quoted(name) for name, _ in columns)
    cursor = connection.execute(f"SELECT {names} FROM {_quoted(table)}")  # noqa: S608 - quoted
    while rows := cursor.fetchmany(_BATCH):
        try:
            texts = [reader(values) for reader, values in zip(readers, zip(*rows, strict=True), strict=True)]
        except (ValueError, TypeError, LookupError) as error:
            raise _FaultError(f"the database has a value that is not of its declared type: {error}") from error
        yield _joined(texts)


def _parquet_rows(columns: Sequence[tuple[str, str]], files: Sequence[Path]) -> Batches:
    """The canonical texts of the rows of all files, in batches. A file with other columns or types is a fault."""
    for path in files:
        try:
            with pq.ParquetFile(path) as file:
                _check_schema(path, columns, file.schema_arrow)
                readers: list[Callable[[Any], Texts]] = [parquet_texts(declared) for _, declared in columns]
                for batch in file.iter_batches(_BATCH):
                    yield _joined([reader(values) for reader, values in zip(readers, batch.columns, strict=True)])
        except (OSError, pa.ArrowException) as error:
            raise _FaultError(f"cannot read {str(path)!r}: {str(error).splitlines()[0]}") from error


def _check_schema(path: Path, columns: Sequence[tuple[str, str]], schema: Any) -> None:  # pyarrow ships no types
    names = [name for name, _ in columns]
    if schema.names != names:
        raise _FaultError(f"{path.name} has the columns {schema.names}, the database {names}")
    for (name, declared), kind in zip(columns, schema.types, strict=True):
        if str(kind) != arrow_name(declared):
            raise _FaultError(f"{path.name}: column {name!r} is {kind}, but {declared} in the database is {arrow_name(declared)}")


def _joined(texts: Sequence[Texts]) -> list[str]:
    return list(map("\x1f".join, zip(*texts, strict=True)))


def _surplus(names: Sequence[str], in_database: Callable[[], Batches], in_parquet: Callable[[], Batches]) -> str:
    """The rows that only one side has: their number and the first. Only here are the rows' hashes in memory."""
    balance: Counter[int] = Counter()
    for batch in in_database():
        balance.update(map(_hash, batch))
    for batch in in_parquet():
        balance.subtract(map(_hash, batch))
    parts = []
    for side, sign, batches in (("the database", 1, in_database()), ("Parquet", -1, in_parquet())):
        count = sum(1 for value in balance.values() if value * sign > 0)
        if count:
            row = next(row for batch in batches for row in batch if balance[_hash(row)] * sign > 0)
            parts.append(f"{count} more in {side}, such as {_shown(names, row)}")
    return "; ".join(parts)


def _shown(names: Sequence[str], row: str) -> str:
    """A row's canonical texts, shortened. A text with a separator in it may be cut wrongly: this is only for reading."""
    pairs = ", ".join(f"{name}={value[1:]!r}" for name, value in zip(names, row.split("\x1f"), strict=False))
    return pairs if len(pairs) <= _EXAMPLE else pairs[: _EXAMPLE - 1] + "…"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
