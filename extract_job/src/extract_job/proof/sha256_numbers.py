"""The digest of rows as SQL Server and Oracle compute it: numbers of 56 bits, from SHA-256. See `databases.number_figures`.

Each value is a number: decimals and whole numbers as they are, dates as days, times and moments as microseconds since 1970, and
texts, bytes and doubles as the first seven bytes of their SHA-256. A row is the texts of its numbers, each after a `|`; NULL is
empty. The SHA-256 of that text is the number of the row, and the digest is the sum of these numbers.
"""

from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from math import isnan
from struct import pack
from typing import Any, TypeAlias, TypeVar

import pyarrow as pa
import pyarrow.compute as pc

from extract_job.proof.arrow import has_sum, integer_sum
from extract_job.proof.decimals import decimal_texts

Array: TypeAlias = Any  # pyarrow ships no types
T = TypeVar("T")

BETWEEN = "|"
BYTES = 7
"""Bytes of a SHA-256 that are a number: it has no sign, and a sum of many fits into a decimal of 38 digits."""
_COLUMNS = 90
"""Numbers in one text: a text of Oracle has at most 4,000 bytes, and a number at most 40 digits, a point and a sign."""
NAN = bytes.fromhex("7ff8000000000000")
"""The double that stands for each NaN, in big-endian order."""


def folded(texts: Sequence[T], number: Callable[[Sequence[T]], T], text: Callable[[T], T]) -> T:
    """Return the number of a row, from the texts of the numbers of its values.

    `number` makes one from at most 90 texts; `text` writes it.
    """
    while len(texts) > _COLUMNS:
        texts = [text(number(texts[first : first + _COLUMNS])) for first in range(0, len(texts), _COLUMNS)]
    return number(texts)


class Sha256Numbers:
    """See `arrow.Hasher`."""

    name = "sha256-numbers"

    def __call__(self, batch: Any) -> tuple[tuple[int, ...], Mapping[str, int]]:
        """See `arrow.Hasher.__call__`."""
        hashes = {field.name: _hashes(_octets(batch.column(field.name))) for field in batch.schema if not has_sum(field.type)}
        texts = [_text(hashes.get(field.name, array)) for field, array in zip(batch.schema, batch.columns, strict=True)]
        rows = folded(texts, _row, _text)
        return (integer_sum(rows),), {name: integer_sum(numbers) for name, numbers in hashes.items()}


def number_of(octets: bytes) -> int:
    """Return the number that stands for some bytes."""
    return int.from_bytes(sha256(octets).digest()[:BYTES])


def _row(texts: Sequence[Array]) -> Array:
    rows = pc.binary_join_element_wise("", *texts, BETWEEN, null_handling="replace", null_replacement="")
    return _hashes(rows.cast(pa.binary()))


def _hashes(octets: Array) -> Array:
    return pa.array([None if value is None else number_of(value) for value in octets.to_pylist()], pa.int64())


def _octets(array: Array) -> Array:
    """Return the bytes of texts and of bytes, and those of doubles in big-endian order."""
    if not pa.types.is_floating(array.type):
        return array.cast(pa.binary())
    doubles = array.cast(pa.float64())
    return pa.array(
        [None if value is None else NAN if isnan(value) else pack(">d", value) for value in doubles.to_pylist()], pa.binary()
    )


def _text(array: Array) -> Array:
    """Return the text of the numbers of an array."""
    kind = array.type
    if pa.types.is_decimal(kind):
        return decimal_texts(array)
    if pa.types.is_boolean(kind):
        array = array.cast(pa.uint8())
    elif pa.types.is_temporal(kind):
        array = array.view(pa.int32() if kind.bit_width == 32 else pa.int64())
    return array.cast(pa.string())
