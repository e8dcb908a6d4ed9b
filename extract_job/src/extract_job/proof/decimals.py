"""The text of decimals as databases write it: all digits after the point, no exponent."""

from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

Array: TypeAlias = Any  # pyarrow ships no types

_PLAIN = 6
"""Digits after the point up to which Arrow's own text never has an exponent (Decimal::ToString)."""


def decimal_texts(array: Array) -> Array:
    """Return the texts of a decimal array, such as `-0.50` for decimal(4,2)."""
    scale = array.type.scale
    if scale <= _PLAIN:
        return array.cast(pa.string())
    digits = whole_numbers(array).cast(pa.string())
    sign = pc.if_else(pc.starts_with(digits, "-"), "-", "")
    padded = pc.utf8_lpad(pc.utf8_ltrim(digits, "-"), scale + 1, "0")
    before, after = pc.utf8_slice_codeunits(padded, 0, -scale), pc.utf8_slice_codeunits(padded, -scale)
    return pc.binary_join_element_wise(sign, before, ".", after, "")


def whole_numbers(array: Array) -> Array:
    """Return the decimals times 10 to the power of their scale: the same bytes, read as whole numbers."""
    kind = array.type
    whole = (pa.decimal128 if kind.bit_width == 128 else pa.decimal256)(kind.precision, 0)
    return pa.Array.from_buffers(whole, len(array), array.buffers(), array.null_count, array.offset)


def units_of(text: str, scale: int) -> int:
    """Return the decimal that a database wrote, such as `-.5`, in units of its last digit."""
    before, _, after = text.partition(".")
    return int(before + after.ljust(scale, "0"))
