"""Behaviour that Step Functions inherits from the JVM: seeded random numbers, hash codes, the order of a HashSet.

Sources: the documented algorithms of java.util.Random, String.hashCode, List.hashCode, AbstractMap.hashCode and HashMap
(Java SE API). AWS's results were measured; see the functions that use this module.
"""

import struct
from collections.abc import Callable, Sequence

from asl_toolkit.json_value import Json

_MULTIPLIER = 0x5DEECE66D
_STATE = (1 << 48) - 1
_LONG = 1 << 64
_SMALLEST_TABLE = 16


class JavaRandom:
    """java.util.Random: the same seed gives the same numbers."""

    def __init__(self, seed: int) -> None:
        self._state = (seed ^ _MULTIPLIER) & _STATE

    def _bits(self, count: int) -> int:
        self._state = (self._state * _MULTIPLIER + 0xB) & _STATE
        return self._state >> (48 - count)

    def fraction(self) -> float:
        """nextDouble(): from 0 (included) to 1 (excluded)."""
        return float(((self._bits(26) << 27) + self._bits(27)) * 2.0**-53)

    def below(self, bound: int) -> int:
        """nextInt(bound): from 0 (included) to `bound` (excluded; 1 to 2³¹-1)."""
        if bound & (bound - 1) == 0:
            return (bound * self._bits(31)) >> 31
        while True:
            bits = self._bits(31)
            value = bits % bound
            if bits - value + bound - 1 < 1 << 31:
                return value


def to_int(value: float) -> int:
    """Java's `(int)` of a double: the fraction is cut off, larger values become the largest int, NaN becomes 0."""
    if value != value:  # noqa: PLR0124 - NaN
        return 0
    return int(max(-(2.0**31), min(value, 2.0**31 - 1)))


def hash_set_order(values: Sequence[Json]) -> list[Json]:
    """The values of a list in the order of a Java HashSet: each once, by buckets."""
    wanted = max(int(len(values) / 0.75) + 1, _SMALLEST_TABLE)
    table = 1 << (wanted - 1).bit_length()
    entries: dict[object, tuple[int, int, Json]] = {}
    for place, value in enumerate(values):
        key = _identity(value)
        if key not in entries:
            code = _hash_code(value) & 0xFFFFFFFF
            entries[key] = (code ^ (code >> 16)) & (table - 1), place, value
    return [value for _, _, value in sorted(entries.values(), key=lambda entry: entry[:2])]


def _identity(value: Json) -> object:
    """The key that equals() compares: an Integer never equals a Double, and members of a Map have no order."""
    if isinstance(value, dict):
        return dict, frozenset((name, _identity(inner)) for name, inner in value.items())
    if isinstance(value, list):
        return list, tuple(map(_identity, value))
    return type(value), value


def _hash_code(value: Json) -> int:
    return _HASHES[type(value)](value)


def _of_text(text: str) -> int:
    code = 0
    units = text.encode("utf-16-be", "surrogatepass")
    for (unit,) in struct.iter_unpack(">H", units):
        code = (31 * code + unit) & 0xFFFFFFFF
    return code


def _of_long(value: int) -> int:
    if -(1 << 31) <= value < 1 << 31:
        return value
    if -(1 << 63) <= value < 1 << 63:
        unsigned = value % _LONG
        return unsigned ^ (unsigned >> 32)
    words, code = abs(value), 0
    for place in reversed(range(0, words.bit_length(), 32)):
        code = (31 * code + (words >> place & 0xFFFFFFFF)) & 0xFFFFFFFF
    return code if value > 0 else -code


def _of_double(value: float) -> int:
    bits = int.from_bytes(struct.pack(">d", value))
    return bits ^ (bits >> 32)


def _of_list(values: list[Json]) -> int:
    code = 1
    for value in values:
        code = (31 * code + _hash_code(value)) & 0xFFFFFFFF
    return code


def _of_map(values: dict[str, Json]) -> int:
    return sum((_of_text(name) ^ (_hash_code(inner) & 0xFFFFFFFF)) & 0xFFFFFFFF for name, inner in values.items())


_HASHES: dict[type, Callable[[Json], int]] = {
    type(None): lambda _value: 0,
    bool: lambda value: 1231 if value else 1237,
    str: _of_text,
    int: _of_long,
    float: _of_double,
    list: _of_list,
    dict: _of_map,
}
