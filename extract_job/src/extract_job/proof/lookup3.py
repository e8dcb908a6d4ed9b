"""PostgreSQL's 64-bit hash functions over whole arrays.

The functions are those behind hash partitioning (`hashint8extended`, `hashtextextended`,
`hashfloat8extended`). So their values do not change between releases: a dump and an upgrade would
lose partitioned rows (src/common/hashfn.c and src/backend/access/hash/hashfunc.c of PostgreSQL; the
algorithm is Bob Jenkins' lookup3). Servers on big-endian machines hash texts differently.

A hash is a uint64 array.
"""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Words: TypeAlias = NDArray[np.uint32]
Hashes: TypeAlias = NDArray[np.uint64]

LONGEST = 96
"""Texts and blobs of more bytes are replaced by the hex form of their SHA-256 before they are
hashed: this code takes time for each 12 bytes of the longest value."""
_ONES = 0xFFFF_FFFF
_START = 0x9E37_79B9 + 3_923_095
_NAN = 0x7FF8_0000_0000_0000
_MASKS = np.array([0, 0xFF, 0xFFFF, 0xFF_FFFF] + [_ONES] * 9, np.uint32)
"""By the number of bytes that remain: which part of a little-endian word counts."""


def hash_of_integers(values: NDArray[np.int64], seed: int) -> Hashes:
    """Hash int64 numbers as `hashint8extended` does."""
    a, b, c = _seeded(4, seed, len(values))
    a += (values ^ (values >> 32) ^ (values >> 63)).astype(np.uint32)
    return _final(a, b, c)


def hash_of_floats(values: NDArray[np.float64], seed: int) -> Hashes:
    """Hash float64 numbers as `hashfloat8extended` does: both zeros are equal, and all NaN are."""
    bits = values.view(np.uint64).copy()
    bits[np.isnan(values)] = _NAN
    a, b, c = _seeded(8, seed, len(values))
    a += bits.astype(np.uint32)
    b += (bits >> 32).astype(np.uint32)
    hashes = _final(a, b, c)
    hashes[values == 0.0] = seed
    return hashes


def hash_of_bytes(data: bytes, starts: NDArray[np.int64], lengths: NDArray[np.int64], seed: int) -> Hashes:
    """Hash parts of `data` of at most `LONGEST` bytes as `hashtextextended` does."""
    data += bytes(12)
    # A little-endian word at each byte: the words overlap.
    words: Any = np.ndarray((len(data) - 3,), np.dtype("<u4"), data, strides=(1,))
    a, b, c = (part + lengths.astype(np.uint32) for part in _seeded(0, 0, len(starts)))
    if seed:
        a += np.uint32(seed >> 32)
        b += np.uint32(seed & _ONES)
        a, b, c = _mix(a, b, c)
    places, rest = starts.copy(), lengths.copy()
    while (whole := np.flatnonzero(rest >= 12)).size:
        at = places[whole]
        mixed = _mix(a[whole] + words[at], b[whole] + words[at + 4], c[whole] + words[at + 8])
        a[whole], b[whole], c[whole] = mixed
        places[whole] += 12
        rest[whole] -= 12
    a += words[places] & _MASKS[rest]
    b += words[np.where(rest > 4, places + 4, 0)] & _MASKS[np.maximum(rest - 4, 0)]
    # The lowest byte of c is reserved for the length.
    c += (words[np.where(rest > 8, places + 8, 0)] & _MASKS[np.maximum(rest - 8, 0)]) << np.uint32(8)
    return _final(a, b, c)


def total_of(hashes: Hashes) -> int:
    """Return the exact sum of hashes as signed 64-bit numbers, which is what the database adds."""
    return (int((hashes.view(np.int64) >> 32).sum()) << 32) + int((hashes & np.uint64(_ONES)).sum())


def _seeded(length: int, seed: int, size: int) -> tuple[Words, Words, Words]:
    """Return the state before the first word, for `size` values of the same length."""
    a, b, c = (np.full(1, (_START + length) & _ONES, np.uint32) for _ in range(3))
    if seed:
        a += np.uint32(seed >> 32)
        b += np.uint32(seed & _ONES)
        a, b, c = _mix(a, b, c)
    return a.repeat(size), b.repeat(size), c.repeat(size)


def _mix(a: Words, b: Words, c: Words) -> tuple[Words, Words, Words]:
    for first, second, third, bits in (
        (a, c, b, 4), (b, a, c, 6), (c, b, a, 8), (a, c, b, 16), (b, a, c, 19), (c, b, a, 4),
    ):  # fmt: skip
        np.subtract(first, second, out=first)
        np.bitwise_xor(first, _rotated(second, bits), out=first)
        np.add(second, third, out=second)
    return a, b, c


def _final(a: Words, b: Words, c: Words) -> Hashes:
    for first, second, bits in ((c, b, 14), (a, c, 11), (b, a, 25), (c, b, 16), (a, c, 4), (b, a, 14), (c, b, 24)):
        np.bitwise_xor(first, second, out=first)
        np.subtract(first, _rotated(second, bits), out=first)
    return (b.astype(np.uint64) << np.uint64(32)) | c


def _rotated(words: Words, bits: int) -> Words:
    return (words << np.uint32(bits)) | (words >> np.uint32(32 - bits))
