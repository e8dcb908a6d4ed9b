"""The command line as pairs of names and values, before their meaning is checked.

Arguments are `--key value` pairs, or one `--extract_arguments` that holds them all or names the
object that does.
"""

import base64
import binascii
import json
from collections.abc import Mapping, Sequence

from extract_job.arguments.model import KNOWN
from extract_job.arguments.object import arguments_at
from extract_job.errors import ArgumentError


def pairs_of(argv: Sequence[str]) -> dict[str, str]:
    """Return all pairs, known and unknown. Only an unknown key may come without a value."""
    pairs: dict[str, str] = {}
    position = 0
    while position < len(argv):
        word = argv[position]
        if not word.startswith("--") or word == "--":
            raise ArgumentError(f"expected the name of an argument instead of {word!r}; write --key value")
        key = word[2:]
        position += 1
        if position < len(argv) and not argv[position].startswith("--"):
            value = argv[position]
            position += 1
        elif key in KNOWN or key == "extract_arguments":
            raise ArgumentError(f"--{key} has no value; if the value begins with '--', set argument_encoding: json")
        else:
            value = ""
        if key in pairs and (key in KNOWN or key == "extract_arguments"):
            raise ArgumentError(f"--{key} is given twice: {pairs[key]!r} and {value!r}")
        pairs[key] = value
    encoded = pairs.pop("extract_arguments", None)
    if encoded is None:
        return pairs
    both = sorted(pairs.keys() & KNOWN)
    if both:
        raise ArgumentError(f"--{both[0]} and --extract_arguments cannot be combined; use one of them")
    return pairs | _decoded(encoded)


def _decoded(encoded: str) -> dict[str, str]:
    """Read `--extract_arguments`: base64url of a JSON object in UTF-8, or the URI of one.

    The padding of base64 is optional.
    """
    in_object = "://" in encoded
    try:
        raw = (
            arguments_at(encoded)
            if in_object
            else base64.b64decode(encoded + "=" * (-len(encoded) % 4), altchars=b"-_", validate=True)
        )
        values = json.loads(raw)
    except (binascii.Error, UnicodeDecodeError, ValueError) as error:
        problem = f" {encoded!r} is not a JSON object" if in_object else " is not base64url of a JSON object"
        raise ArgumentError(f"--extract_arguments{problem}: {error}") from error
    if not isinstance(values, Mapping):
        raise ArgumentError(f"--extract_arguments is a JSON {type(values).__name__}, not a JSON object of arguments")
    pairs = {}
    for name, value in values.items():
        key = name.removeprefix("--")
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, (str, int)):
            if key in KNOWN:
                raise ArgumentError(f"--extract_arguments: {key!r} is {json.dumps(value)}; it must be a string")
            value = json.dumps(value)  # noqa: PLW2901 - an argument that the job ignores may have any value
        pairs[key] = str(value)
    return pairs
