"""The digest of rows as PostgreSQL computes it: see `databases.postgresql.figures`.

Each value is hashed by the hash function of its type, with the number of its column as the seed. A
row is the XOR of its values, hashed once more; NULL counts as 0. The digest is the sum of all rows.
"""

import hashlib
from collections.abc import Mapping
from typing import Any, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from extract_job.proof.arrow import has_sum, numbers_of
from extract_job.proof.decimals import decimal_texts
from extract_job.proof.lookup3 import LONGEST, Hashes, hash_of_bytes, hash_of_floats, hash_of_integers, total_of

Array: TypeAlias = Any  # pyarrow ships no types

_SINCE_2000 = 946_684_800_000_000
"""PostgreSQL counts the microseconds of timestamps from the year 2000."""


class Lookup3:
    """See `arrow.Hasher`."""

    name = "lookup3"

    def __call__(self, batch: Any) -> tuple[tuple[int, ...], Mapping[str, int]]:
        """See `arrow.Hasher.__call__`."""
        rows = np.zeros(batch.num_rows, np.uint64)
        sums = {}
        for seed, (field, array) in enumerate(zip(batch.schema, batch.columns, strict=True), start=1):
            hashes = _hashed(array, seed)
            if array.null_count:
                hashes[array.is_null().to_numpy(zero_copy_only=False)] = 0
            if not has_sum(field.type):
                sums[field.name] = total_of(hashes)
            rows ^= hashes
        return (total_of(hash_of_integers(rows.view(np.int64), 0)),), sums


def _hashed(array: Array, seed: int) -> Hashes:
    """Hash the values; the value at a NULL has no meaning."""
    kind = array.type
    if pa.types.is_floating(kind):
        return hash_of_floats(numbers_of(array.cast(pa.float64())), seed)
    if pa.types.is_decimal(kind):
        return _texts(decimal_texts(array), seed)
    if pa.types.is_string(kind) or pa.types.is_binary(kind):
        return _texts(_shortened(array), seed)
    numbers = numbers_of(array).astype(np.int64)
    return hash_of_integers(numbers - _SINCE_2000 if pa.types.is_timestamp(kind) else numbers, seed)


def _texts(array: Array, seed: int) -> Hashes:
    _, offsets, data = array.buffers()
    places = np.frombuffer(offsets, np.int32)[array.offset : array.offset + len(array) + 1].astype(np.int64)
    first, last = int(places[0]), int(places[-1])
    octets = b"" if data is None else data.slice(first, last - first).to_pybytes()
    return hash_of_bytes(octets, places[:-1] - first, np.diff(places), seed)


def _shortened(array: Array) -> Array:
    """Return the values, and instead of those of more than `LONGEST` bytes their SHA-256 in hex."""
    long = pc.fill_null(pc.greater(pc.binary_length(array), LONGEST), fill_value=False)
    if not pc.any(long).as_py():
        return array
    values = array.filter(long).cast(pa.binary()).to_pylist()
    digests = [hashlib.sha256(value).hexdigest() for value in values]
    return pc.replace_with_mask(array, long, pa.array(digests, pa.string()).cast(array.type))
