"""Intrinsic functions on strings and JSON."""

import base64
import binascii
import hashlib
import re

from asl_toolkit.intrinsics.arguments import IntrinsicFault, text
from asl_toolkit.json_value import Json, dumps, loads

_LONGEST = 10_000
_PLACES = re.compile(r"\\(.)|(\{\})|([{}])", re.DOTALL)
_HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


def base64_encode(value: Json) -> str:
    """States.Base64Encode."""
    return base64.b64encode(text("States.Base64Encode", value, _LONGEST).encode()).decode()


def base64_decode(value: Json) -> str:
    """States.Base64Decode."""
    try:
        return base64.b64decode(text("States.Base64Decode", value, _LONGEST), validate=True).decode()
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        raise IntrinsicFault(f"Invalid arguments in States.Base64Decode: {error}") from error


def digest(value: Json, algorithm: Json) -> str:
    """States.Hash: lower-case hexadecimal; what is no string is hashed as its JSON text."""
    known = _HASHES.get(text("States.Hash", algorithm))
    if known is None:
        raise IntrinsicFault(f"Invalid arguments in States.Hash: the algorithm {algorithm!r} is none of {', '.join(_HASHES)}")
    data = value if isinstance(value, str) else dumps(value)
    if len(data) > _LONGEST:
        raise IntrinsicFault(f"Invalid arguments in States.Hash: the data is longer than {_LONGEST} characters")
    return hashlib.new(known, data.encode(), usedforsecurity=False).hexdigest()


def json_merge(first: Json, second: Json, deep: Json) -> Json:
    """States.JsonMerge: shallow only, members of the second win."""
    if not isinstance(first, dict) or not isinstance(second, dict):
        raise IntrinsicFault("Invalid arguments in States.JsonMerge: two objects are needed")
    if deep is not False:
        raise IntrinsicFault("Invalid arguments in States.JsonMerge: deep merging is not supported, pass false")
    return {**first, **second}


def string_to_json(value: Json) -> Json:
    """States.StringToJson; a blank string is null."""
    data = text("States.StringToJson", value)
    if not data.strip():
        return None
    try:
        return loads(data)
    except ValueError as error:
        raise IntrinsicFault(f"Invalid arguments in States.StringToJson: {error}") from error


def json_to_string(value: Json) -> str:
    """States.JsonToString: compact."""
    return dumps(value)


def string_split(value: Json, delimiters: Json) -> list[str]:
    """States.StringSplit: each character of the second argument separates; empty pieces are dropped."""
    data, marks = text("States.StringSplit", value), text("States.StringSplit", delimiters)
    if not marks:
        return [data] if data else []
    return [piece for piece in re.split(f"[{re.escape(marks)}]", data) if piece]


def format_text(template: Json, *values: Json) -> str:
    r"""States.Format: each `{}` takes the next value; `\{`, `\}`, `\'` and `\\` stand for themselves."""
    source = text("States.Format", template)
    left = iter(values)
    count = 0

    def put(match: re.Match[str]) -> str:
        nonlocal count
        if match[1] is not None:
            return match[1] if match[1] in "{}'\\" else match[0]
        if match[3] is not None:
            raise IntrinsicFault(f"Invalid arguments in States.Format: a single {match[3]!r} must be escaped")
        count += 1
        try:
            return java_text(next(left))
        except StopIteration:
            raise IntrinsicFault(f"Invalid arguments in States.Format: more places {{}} than the {len(values)} values") from None

    result = _PLACES.sub(put, source)
    if count != len(values):
        raise IntrinsicFault(f"Invalid arguments in States.Format: {count} places {{}} for {len(values)} values")
    return result


def java_text(value: Json) -> str:
    """A value as Java's String.valueOf prints it: that is what AWS puts into States.Format (`{Id=1, Name=a}`)."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}={java_text(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(java_text(inner) for inner in value) + "]"
    return _java_number(value)


def _java_number(value: float) -> str:
    if isinstance(value, int) or value == 0 or 1e-3 <= abs(value) < 1e7:
        return repr(value)
    spelled = next(text for precision in range(18) if float(text := f"{value:.{precision}e}") == value)
    mantissa, power = spelled.split("e")
    return f"{mantissa if '.' in mantissa else mantissa + '.0'}E{int(power)}"
