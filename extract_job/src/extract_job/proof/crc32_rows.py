"""The digest of rows as it is computed within SQLite, which has no hash function: CRC-32 of zlib.

See `databases.sqlite.figures`. A row is the texts of its values, joined. The digest is the sum of
the CRCs of all rows, and the sum of the products of their halves: CRCs alone are linear, and two
rows that swap a value could have the same sum.
"""

from collections.abc import Mapping
from typing import Any, TypeAlias
from zlib import crc32

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from extract_job.proof.arrow import has_sum
from extract_job.proof.decimals import whole_numbers

Array: TypeAlias = Any  # pyarrow ships no types

BETWEEN = b"\x1f"
NULL = bytes.fromhex("7c1ed0b5a94f4e02b86d3a5c90f127e4")
"""Stands for NULL: 16 random bytes, because no short text is sure to be no value."""


class Crc32:
    """See `arrow.Hasher`."""

    name = "crc32"

    def __call__(self, batch: Any) -> tuple[tuple[int, ...], Mapping[str, int]]:
        """See `arrow.Hasher.__call__`."""
        octets = [self.octets(array) for array in batch.columns]
        sums = {
            field.name: int(_hashes(values.drop_null()).sum())
            for field, values in zip(batch.schema, octets, strict=True)
            if not has_sum(field.type)
        }
        joined = [self.joined(values) for values in octets]
        rows = pc.binary_join_element_wise(*joined, pa.scalar(BETWEEN), null_handling="replace", null_replacement=NULL)
        hashes = _hashes(rows)
        return (int(hashes.sum()), int(((hashes & 0xFFFF) * (hashes >> 16)).sum())), sums

    @staticmethod
    def octets(array: Array) -> Array:
        """Return the bytes that stand for the values of a column."""
        kind = array.type
        if pa.types.is_floating(kind):
            array = array.view(pa.int64()).view(pa.binary(8))
        elif pa.types.is_decimal(kind):
            array = whole_numbers(array).cast(pa.string())
        elif pa.types.is_timestamp(kind):
            array = array.view(pa.timestamp("us")).cast(pa.string())
        elif pa.types.is_boolean(kind):
            array = array.cast(pa.uint8()).cast(pa.string())
        elif not (pa.types.is_string(kind) or pa.types.is_binary(kind)):
            array = array.cast(pa.string())
        return array.cast(pa.binary())

    @staticmethod
    def joined(octets: Array) -> Array:
        """Return what stands for a value in its row."""
        return octets


def _hashes(octets: Array) -> Any:
    return np.fromiter(map(crc32, octets.to_pylist()), np.int64, len(octets))
