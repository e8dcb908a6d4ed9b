"""Texts of numbers to Arrow decimals, exactly.

Arrow (up to 26 at least) checks a decimal's digits only after it has moved the point, and by then a number that is too large has
wrapped around: '1e30' as decimal128(38, 18) comes out as another number, without an error. So how many digits stand before the
point is asked of the text itself.
"""

from typing import Any, TypeAlias

import pyarrow as pa
import pyarrow.compute as pc

Array: TypeAlias = Any  # pyarrow ships no types


def decimals_of(texts: Array, precision: int, scale: int) -> Array:
    """Turn an array of strings into decimals; raises pa.ArrowInvalid for one that is no plain number, or doesn't fit exactly."""
    most = precision - scale
    beyond = rf"^[+-]?0*[1-9][0-9]{{{most}}}|[eE]"
    if pc.any(pc.match_substring_regex(texts, beyond)).as_py():
        raise pa.ArrowInvalid(f"a number has an exponent, or more than {most} digits before the point")
    kind = (pa.decimal128 if precision <= 38 else pa.decimal256)(precision, scale)
    return texts.cast(kind)
