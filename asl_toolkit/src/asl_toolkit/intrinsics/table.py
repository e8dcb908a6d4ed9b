"""The intrinsic functions by name, with how many arguments each takes.

Source: the Step Functions developer guide, "Intrinsic functions for JSONPath states"; rounding, tokens and the text of
objects as recorded executions show them.
"""

import random
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from asl_toolkit.intrinsics import arrays, texts
from asl_toolkit.intrinsics.arguments import IntrinsicFault, rounded
from asl_toolkit.json_value import Json

__all__ = ["FUNCTIONS", "Intrinsic", "IntrinsicFault"]


@dataclass(frozen=True, slots=True)
class Intrinsic:
    """What computes a function, and the least and the most arguments that it takes (None: any number)."""

    compute: Callable[..., Json]
    least: int
    most: int | None


def _math_add(first: Json, second: Json) -> int:
    return rounded("States.MathAdd", first) + rounded("States.MathAdd", second)


def _math_random(start: Json, end: Json, seed: Json = None) -> int:
    low, high = rounded("States.MathRandom", start), rounded("States.MathRandom", end)
    if low >= high:
        raise IntrinsicFault("Invalid arguments in States.MathRandom: the end must be greater than the start")
    source = random.Random() if seed is None else random.Random(rounded("States.MathRandom", seed))  # noqa: S311 - as AWS's, no secret
    return source.randrange(low, high)


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
    "States.UUID": Intrinsic(lambda: str(uuid.uuid4()), 0, 0),
    "States.Format": Intrinsic(texts.format_text, 1, None),
}
