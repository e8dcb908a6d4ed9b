"""The figures of the rows of a table, computed by PostgreSQL itself in one pass.

The hash functions are those of hash partitioning; `proof.lookup3` computes the same from files.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

import pyarrow as pa

from extract_job.databases.mapping import Column, Kind
from extract_job.databases.names import quoted
from extract_job.databases.postgresql.connection import Session
from extract_job.errors import FailureClass, JobError
from extract_job.proof.arrow import has_sum, unit_of
from extract_job.proof.figures import Figures, Number
from extract_job.proof.lookup3 import LONGEST

LEAST_VERSION = 140_000
"""Since PostgreSQL 14 the seconds of a timestamp are an exact numeric, and records have a hash."""
_COLUMNS = 250
"""Columns per query: a SELECT list of PostgreSQL has at most 1,664 entries."""
_HASHES = (
    (pa.types.is_floating, "hashfloat8extended({}::float8, {})"),
    (pa.types.is_decimal, 'hashtextextended({}::text COLLATE "C", {})'),
    (pa.types.is_date32, "hashint8extended({} - date '1970-01-01', {})"),
    (pa.types.is_timestamp, "timestamp_hash_extended({}::timestamp, {})"),
    (pa.types.is_time, "time_hash_extended({}, {})"),
    (pa.types.is_boolean, "hashint8extended({}::int, {})"),
    (pa.types.is_integer, "hashint8extended({}, {})"),
)
"""The hash of a value by its Arrow type, with the number of its column as the seed."""


def figures_in(session: Session, columns: Sequence[Column], schema: Any, rows: str) -> Figures:
    """Return all figures; `rows` is the rest of a SELECT, from FROM on. Raises `JobError`."""
    ((version, encoding),) = session.rows("SELECT current_setting('server_version_num')::int, current_setting('server_encoding')")
    if version < LEAST_VERSION:
        raise JobError("verify: full requires PostgreSQL 14 or later; set verify: count", FailureClass.CONFIG)
    fields = [_Field(number, field.name, field.type, utf8=encoding == "UTF8") for number, field in enumerate(schema, start=1)]
    names = ", ".join(_selected(column) for column in columns)
    subquery = f"(SELECT {names} {rows}) AS rows"
    hashed = " # ".join(f"coalesce({field.hash}, 0)" for field in fields)
    answer: dict[str, dict[str, Number | None]] = {}
    count = digest = 0
    for first in range(0, len(fields), _COLUMNS):
        part = fields[first : first + _COLUMNS]
        head = ["count(*)"] + ([f"coalesce(sum(hashint8extended({hashed}, 0)), 0)"] if first == 0 else [])
        figures = [(field, key, sql) for field in part for key, sql in field.figures()]
        texts = ", ".join(f"({sql})::text" for sql in [*head, *(sql for _, _, sql in figures)])
        ((count_text, *values),) = session.rows(f"SELECT {texts} FROM {subquery}")  # noqa: S608 - identifiers are quoted by `quoted`
        if first == 0:
            count, digest = int(count_text), int(values.pop(0))
        for (field, key, _), text in zip(figures, values, strict=True):
            answer.setdefault(field.name, {})[key] = None if text is None else field.number(key, text)
    return Figures(count, answer, (digest,))


def _selected(column: Column) -> str:
    if column.kind is Kind.DECIMAL:
        name = quoted(column.name)
        return f"{name}::numeric({column.precision},{column.scale}) AS {name}"
    return column.expression


class _Field:
    """A column of the files, and how its figures are computed."""

    def __init__(self, position: int, name: str, kind: Any, *, utf8: bool) -> None:
        self.name = name
        self.kind = kind
        self._sql = quoted(name)
        self._seed = position
        self._utf8 = utf8

    def figures(self) -> Iterator[tuple[str, str]]:
        """Yield the names and expressions, in the order of `proof.arrow`."""
        sql, kind = self._sql, self.kind
        yield "values", f"count({sql})"
        if pa.types.is_boolean(kind):
            yield "sum", f"count(*) FILTER (WHERE {sql})"
        elif pa.types.is_floating(kind):
            for key in ("min", "max"):
                yield key, f"{key}(nullif({sql}, 'NaN'))::float8"
            yield "nan", f"count(*) FILTER (WHERE {sql} = 'NaN')"
            yield "negative_zeros", f"count(*) FILTER (WHERE {sql} = 0 AND {sql}::text = '-0')"
        elif has_sum(kind):
            number = self._number
            yield "min", number.format(f"min({sql})")
            yield "max", number.format(f"max({sql})")
            yield "sum", f"coalesce(sum({number.format(sql)}), 0)"
        else:
            yield "bytes", f"coalesce(sum(octet_length({self._bytes})), 0)"
        if not has_sum(kind):
            yield "hash", f"coalesce(sum({self.hash}), 0)"

    @property
    def _number(self) -> str:
        """The number that a sum adds: days for dates, seconds for times."""
        if pa.types.is_date32(self.kind):
            return "({} - date '1970-01-01')"
        return "{}" if unit_of(self.kind) is None else "extract(epoch FROM {})"

    @property
    def _bytes(self) -> str:
        """The bytes of a text in UTF-8, or of a blob."""
        text = pa.types.is_string(self.kind) and not self._utf8
        return f"convert_to({self._sql}, 'UTF8')" if text else self._sql

    @property
    def hash(self) -> str:
        """The hash of a value; NULL for NULL."""
        sql, kind, seed = self._sql, self.kind, self._seed
        for fits, call in _HASHES:
            if fits(kind):
                return call.format(sql, seed)
        octets = self._bytes
        if octets == sql and pa.types.is_string(kind):
            blob, short = f"convert_to({sql}, 'UTF8')", f'hashtextextended({sql} COLLATE "C", {seed})'
        else:  # the hash function of bytea cannot be called by its name before PostgreSQL 18
            blob, short = octets, f"hash_record_extended(row({octets}), {seed})"
        long = f"hashtextextended(encode(sha256({blob}), 'hex') COLLATE \"C\", {seed})"
        return f"CASE WHEN octet_length({octets}) > {LONGEST} THEN {long} WHEN {sql} IS NOT NULL THEN {short} END"

    def number(self, key: str, text: str) -> Number:
        """Read the text of a figure."""
        if key in ("values", "nan", "negative_zeros", "bytes", "hash"):
            return int(text)
        if pa.types.is_floating(self.kind):
            return float(text)
        if pa.types.is_decimal(self.kind):
            return int(text.replace(".", ""))
        unit = unit_of(self.kind)
        if unit is None:
            return int(text)
        return int(text) * unit if pa.types.is_date32(self.kind) else int(Decimal(text) * 1_000_000)
