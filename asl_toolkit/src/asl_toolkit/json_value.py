"""JSON values and their text, always in one spelling, so that sizes and histories agree with AWS."""

import json
import json.encoder
from collections.abc import Callable
from math import inf, isfinite
from typing import Any, TypeAlias

Json: TypeAlias = Any  # a JSON value; a recursive alias cannot be narrowed by mypy without a cast at each step


def dumps(value: Json) -> str:
    """The compact JSON text of a value, as Jackson writes it. Raises ValueError or TypeError if JSON cannot represent it."""
    try:
        return _encode(value)
    except RecursionError as error:
        raise ValueError("the JSON value is nested too deeply") from error


def loads(text: str | bytes) -> Json:
    """The value of a JSON text. Raises ValueError, also for NaN, Infinity and a text that is nested too deeply."""
    try:
        return _decode(text if isinstance(text, str) else text.decode(json.detect_encoding(text), "surrogatepass"))
    except RecursionError as error:
        raise ValueError("the JSON text is nested too deeply") from error


def _refuse_constant(name: str) -> Json:
    raise ValueError(f"{name} is not JSON")


def finite(text: str) -> float:
    """The number of a JSON text. Raises ValueError if no double holds it (1e999): it could not be written again."""
    number = float(text)
    if not isfinite(number):
        raise ValueError(f"the number {text[:40]} is too large")
    return number


def _encoder() -> Callable[[Json], str]:
    """JSONEncoder.encode makes the encoder written in C anew at each call, which costs more than a small value: make it once.

    Where there is none (it is CPython's, and not documented), the documented way does the same.
    """
    made = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False, check_circular=False)
    make = getattr(json.encoder, "c_make_encoder", None)
    if make is None:
        return made.encode
    encode = make(None, made.default, json.encoder.encode_basestring, None, ":", ",", False, False, False)  # noqa: FBT003 - in C
    join = "".join
    return lambda value: join(encode(value, 0))


_encode = _encoder()
_decode = json.JSONDecoder(
    parse_constant=_refuse_constant, parse_float=finite
).decode  # created once: json.loads creates one at each call with options


_ATOMS = frozenset({str, int, bool, type(None)})


def copied(value: Json) -> Json:
    """A copy that shares no mutable part. Tuples and the like become what their JSON text means.

    Raises ValueError or TypeError if JSON cannot represent the value.
    """
    try:
        return _copy(value)
    except (TypeError, RecursionError):
        return loads(dumps(value))


def _copy(value: Json) -> Json:
    """The copy of a value of plain types. Raises TypeError for others. It is faster than the way over the text."""
    kind = type(value)
    if kind is dict:
        copy = {}
        for name, inner in value.items():
            if type(name) is not str:
                raise TypeError
            copy[name] = inner if type(inner) in _ATOMS else _copy(inner)
        return copy
    if kind is list:
        return [inner if type(inner) in _ATOMS else _copy(inner) for inner in value]
    if kind in _ATOMS or (kind is float and isfinite(value)):
        return value
    raise TypeError


_MARKS = 2  # quotes of a text; quotes and colon of a name, at the least


def longer_than(value: Json, most: int) -> bool:
    """Whether the JSON text of a value surely has more than `most` characters.

    It ends early, so a value that holds one part a million times, or itself, takes no longer than any other.
    """
    length, stack = 0, [value]
    while stack:
        here = stack.pop()
        kind = type(here)
        if kind is str:
            length += len(here)
        elif isinstance(here, dict):
            length += sum(map(len, here)) + _MARKS * len(here)
            stack.extend(here.values())
        elif isinstance(here, list):
            length += len(here)
            if length > most:
                return True
            stack.extend(here)
        length += _MARKS if kind is str else 1
        if length > most:
            return True
    return False


def value_text(value: Json) -> str:
    """A value as AWS's messages quote it: a text as it is, others as JSON."""
    return value if isinstance(value, str) else dumps(value)


def as_double(value: float) -> float:
    """A number as Java reads it: an integer above all doubles is infinite."""
    try:
        return float(value)
    except OverflowError:
        return inf if value > 0 else -inf


def double(value: float) -> float | str:
    """A computed number as JSON: what no JSON number can be is a text (Jackson; floci-io/floci, issue 2737)."""
    if isinstance(value, int) or isfinite(value):
        return value
    return "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"  # noqa: PLR0124 - only NaN differs from itself


def type_name(value: Json) -> str:
    """The JSON type of a value, in the words of AWS's messages: null, boolean, number, string, array, object."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, (int, float)):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


def is_number(value: Json) -> bool:
    """Whether it is a JSON number; True and False are not."""
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_whole(value: Json) -> bool:
    """Whether it is a JSON number without a fraction: 1, 1.0, 10**400."""
    return is_number(value) and (isinstance(value, int) or value.is_integer())


def same(left: Json, right: Json) -> bool:
    """Deep equality of JSON values: numbers by value (1 = 1.0), true is not 1."""
    stack = [(left, right)]
    while stack:
        one, other = stack.pop()
        if isinstance(one, dict):
            if not isinstance(other, dict) or one.keys() != other.keys():
                return False
            stack.extend((value, other[key]) for key, value in one.items())
        elif isinstance(one, list):
            if not isinstance(other, list) or len(one) != len(other):
                return False
            stack.extend(zip(one, other, strict=True))
        elif isinstance(one, bool) or isinstance(other, bool):
            if one is not other:
                return False
        elif one != other:
            return False
    return True
