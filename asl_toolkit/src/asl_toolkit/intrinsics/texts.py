"""Intrinsic functions on strings and JSON."""

import base64
import re

from asl_toolkit.intrinsics.arguments import IntrinsicFault, invalid, short_text, text
from asl_toolkit.intrinsics.java_text import java_text
from asl_toolkit.json_value import Json, dumps, loads

_LONGEST = 10_000
_PLACES = re.compile(r"\\(.)|(\{\})|([{}])", re.DOTALL)
_OTHER = {"{": "}", "}": "{"}
_NO_BASE64 = re.compile(r"[^A-Za-z0-9+/]")
_HASHES = {"MD5": "md5", "SHA-1": "sha1", "SHA-256": "sha256", "SHA-384": "sha384", "SHA-512": "sha512"}


def base64_encode(value: Json) -> str:
    """States.Base64Encode."""
    return base64.b64encode(short_text("States.Base64Encode", value).encode(errors="replace")).decode()


def base64_decode(value: Json) -> str:
    """States.Base64Decode: other characters are skipped, the first `=` ends the data, and padding may be missing.

    AWS decodes ` YWJjZA== `, `abc`, `ab==cd` and `!!!invalid!!!` (tiny-asl-machine, States.Base64Decode.ts), as Apache
    Commons Codec does. So its other rules apply too: `-` and `_` mean `+` and `/`, and a single character at the end is
    dropped.
    """
    data, _, _ = short_text("States.Base64Decode", value).partition("=")
    data = _NO_BASE64.sub("", data.replace("-", "+").replace("_", "/"))
    if len(data) % 4 == 1:
        data = data[:-1]
    return base64.b64decode(data + "=" * (-len(data) % 4)).decode(errors="replace")


def digest(value: Json, algorithm: Json) -> str:
    """States.Hash: lower-case hexadecimal; a value that is not a string is hashed as its JSON text."""
    data = value if isinstance(value, str) else dumps(value)
    if text("States.Hash", algorithm) not in _HASHES or len(data) > _LONGEST:
        raise invalid("States.Hash")
    return hexadecimal(data, algorithm)


def hexadecimal(data: str, algorithm: str) -> str:
    """The hash of a text. Raises KeyError for an algorithm that AWS does not know."""
    import hashlib  # slow to import, and few definitions need it

    return hashlib.new(_HASHES[algorithm], data.encode(errors="replace"), usedforsecurity=False).hexdigest()


def json_merge(first: Json, second: Json, deep: Json) -> Json:
    """States.JsonMerge: a shallow merge; members of the second object win.

    As on AWS, a flag that is not a boolean means false.
    """
    if not isinstance(first, dict) or not isinstance(second, dict) or deep is True:
        raise invalid("States.JsonMerge")
    return {**first, **second}


def string_to_json(value: Json) -> Json:
    """States.StringToJson; a blank string is null."""
    data = text("States.StringToJson", value)
    if not data.strip():
        return None
    try:
        return loads(data)
    except ValueError as error:
        raise IntrinsicFault(f"Cannot convert String to Json in States.StringToJson, caused by: {error}") from error


def json_to_string(value: Json) -> str:
    """States.JsonToString: compact."""
    return dumps(value)


def string_split(value: Json, delimiters: Json) -> list[str]:
    """States.StringSplit: each character of the second argument is a separator; empty pieces are dropped."""
    data, marks = text("States.StringSplit", value), text("States.StringSplit", delimiters)
    if not marks:
        return [data] if data else []
    return [piece for piece in re.split(f"[{re.escape(marks)}]", data) if piece]


def format_text(template: Json, *values: Json) -> str:
    r"""States.Format: each `{}` takes the next value; `\{`, `\}`, `\'` and `\\` stand for themselves."""
    pieces: list[str | None] = []
    source = text("States.Format", template)
    end = 0
    for match in _PLACES.finditer(source):
        pieces.append(source[end : match.start()])
        end = match.end()
        if match[3] is not None:
            raise IntrinsicFault(f"Invalid template in States.Format: matching '{_OTHER[match[3]]}' not found for '{match[3]}'.")
        if match[2] is not None:
            pieces.append(None)
        else:
            pieces.append(match[1] if match[1] in "{}'\\" else match[0])
    if pieces.count(None) != len(values):
        raise IntrinsicFault("Invalid arguments in States.Format: number of arguments do not match the occurrences of {}.")
    left = iter(values)
    return "".join(java_text(next(left)) if piece is None else piece for piece in [*pieces, source[end:]])
