"""The intrinsic functions by name, with their numbers of arguments.

Source: the Step Functions developer guide, "Intrinsic functions for JSONPath states". Rounding, tokens and the text of
objects are taken from recorded executions, limits and faults from AWS's answers to gabrielmoreira/tiny-asl-machine's cases.
"""

import random
from collections.abc import Callable, Mapping
from typing import NamedTuple

from asl_toolkit.intrinsics import arrays, texts
from asl_toolkit.intrinsics.arguments import IntrinsicFault, int32, invalid, rounded, truncated
from asl_toolkit.java import JavaRandom
from asl_toolkit.json_value import Json

__all__ = ["FUNCTIONS", "Intrinsic", "IntrinsicFault"]


class Intrinsic(NamedTuple):
    """A function, and the least and the most arguments that it takes (None: no limit)."""

    compute: Callable[..., Json]
    least: int
    most: int | None

    def takes(self, count: int) -> bool:
        """Whether it accepts this number of arguments. AWS checks this when the call runs, not when the machine is created."""
        return count >= self.least and (self.most is None or count <= self.most)


def _math_add(first: Json, second: Json) -> int:
    name = "States.MathAdd"
    return int32(name, rounded(name, first) + rounded(name, second))


def _math_random(start: Json, end: Json, *seed: Json) -> int:
    """States.MathRandom: from `start` (included) to `end` (excluded); with a seed, the numbers are those of java.util.Random."""
    low, high = truncated("States.MathRandom", start), truncated("States.MathRandom", end)
    if low >= high:
        raise invalid("States.MathRandom")
    if seed:
        return low + JavaRandom(truncated("States.MathRandom", seed[0])).below(min(high - low, (1 << 31) - 1))
    return random.randrange(low, high)  # noqa: S311 - as AWS's, no secret


def _uuid(*_arguments: Json) -> str:
    """States.UUID: AWS ignores its arguments (tiny-asl-machine, States.UUID.ts)."""
    import uuid  # slow to import, and few definitions need it

    return str(uuid.uuid4())


FUNCTIONS: Mapping[str, Intrinsic] = {
    "States.Array": Intrinsic(arrays.array, 0, None),
    "States.ArrayPartition": Intrinsic(arrays.partition, 2, 2),
    "States.ArrayContains": Intrinsic(arrays.contains, 2, 2),
    "States.ArrayRange": Intrinsic(arrays.span, 3, 3),
    "States.ArrayGetItem": Intrinsic(arrays.get_item, 2, 2),
    "States.ArrayLength": Intrinsic(arrays.length, 1, 1),
    "States.ArrayUnique": Intrinsic(arrays.unique, 1, 1),
    "States.Base64Encode": Intrinsic(texts.base64_encode, 1, 1),
    "States.Base64Decode": Intrinsic(texts.base64_decode, 1, 1),
    "States.Hash": Intrinsic(texts.digest, 2, 2),
    "States.JsonMerge": Intrinsic(texts.json_merge, 3, 3),
    "States.StringToJson": Intrinsic(texts.string_to_json, 1, 1),
    "States.JsonToString": Intrinsic(texts.json_to_string, 1, 1),
    "States.MathRandom": Intrinsic(_math_random, 2, 3),
    "States.MathAdd": Intrinsic(_math_add, 2, 2),
    "States.StringSplit": Intrinsic(texts.string_split, 2, 2),
    "States.UUID": Intrinsic(_uuid, 0, None),
    "States.Format": Intrinsic(texts.format_text, 1, None),
}
