"""The texts of failed expressions: those of jsonata-js, which AWS prints, made from the library's exceptions.

Source: floci-io/floci issues 2668 and 2736 (149 expressions through TestState: `… threw an error during evaluation. CODE:
text` for errors of the language, `…: text` for limits, an unnamed internal error for all others). The library has the table
of jsonata-java, in which `function` had become `Object`.
"""

import re
from collections.abc import Mapping
from math import isfinite
from typing import Any, Final

from asl_toolkit.json_value import dumps
from asl_toolkit.jsonata.library import JException, Utils

MEMORY: Final = "Expression evaluation memory limit exceeded: Check for excessive memory usage"
INTERNAL: Final = " an internal error during evaluation."
_PLACE = re.compile(r"\{\{\{\w+\}\}\}|\{\{\w+\}\}")
_ARRAYS_OF: Mapping[str, str] = {
    "a": "arrays",
    "b": "booleans",
    "f": "functions",
    "n": "numbers",
    "o": "objects",
    "s": "strings",
}
_UNCODED: Mapping[str, str] = {  # texts that the library gives for a code
    "Second argument of replace function cannot be an empty string": "D3010",
    "Fourth argument of replace function must evaluate to a positive number": "D3011",
}


class LimitReached(Exception):  # noqa: N818 - named after what happened
    """The expression exceeds a limit of AWS; the text is AWS's."""


def tail_of(error: JException, deepest: int) -> str:
    """The text behind `threw an error during evaluation`: the separator, the code and the message."""
    if error.error == "D1011":
        return (
            ": Stack overflow error: Check for non-terminating recursive function.  Consider rewriting as tail-recursive. "
            f"Depth={deepest + 1} max={deepest}"
        )
    if error.error == "D1012":
        return ": Expression evaluation timeout: Check for infinite loop"
    code = _UNCODED.get(error.error, error.error)
    template = JException.error_codes.get(code)
    if template is None:
        return f": {error.error}"
    values = iter(_values(code, error))

    def put(match: re.Match[str]) -> str:
        value = next(values, None)
        return str(value) if match[0].startswith("{{{") else _shown(value)

    return f". {code}: {_PLACE.sub(put, template.replace('Object', 'function'))}"


def _values(code: str, error: JException) -> list[Any]:  # the library's values
    """The values of a template's placeholders, in its order."""
    details = [error.current, error.expected, error.extra]
    if code == "T0412":
        return [*details[:2], _ARRAYS_OF.get(str(error.extra)[:1])]
    if code == "T0411":
        return [error.expected, error.extra]
    if code == "D1002":
        return [error.expected]
    if code == "D3100":
        return [error.location]
    return details


def _shown(value: Any) -> str:  # the library's values
    """The value as JSON.stringify writes it."""
    if value is None:
        return "undefined"
    if value is Utils.NULL_VALUE or (isinstance(value, float) and not isfinite(value)):
        return "null"
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    try:
        return dumps(value)
    except (TypeError, ValueError):
        return "null"
