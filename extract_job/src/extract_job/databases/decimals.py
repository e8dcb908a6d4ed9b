"""Arrow decimals, converted from text without loss.

Arrow (up to 26 at least) checks the digits of a decimal only after it has moved the point. By then
a number that is too large has wrapped around: '1e30' as decimal128(38, 18) becomes another number,
without an error. So the digits before the point are counted in the text.
"""

from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

Array: TypeAlias = Any  # pyarrow ships no types


def decimal_type(precision: int, scale: int) -> Any:
    """Return the Arrow type of a decimal of up to 76 digits."""
    return (pa.decimal128 if precision <= 38 else pa.decimal256)(precision, scale)


def decimals_of(texts: Array, precision: int, scale: int) -> Array:
    """Convert strings to decimals; raise pa.ArrowInvalid if one does not fit exactly."""
    most = precision - scale
    beyond = rf"^[+-]?0*[1-9][0-9]{{{most}}}|[eE]"
    if pc.any(pc.match_substring_regex(texts, beyond)).as_py():
        raise pa.ArrowInvalid(f"a number has an exponent, or more than {most} digits before the point")
    return texts.cast(decimal_type(precision, scale))
