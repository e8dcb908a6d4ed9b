"""Regular expressions in filters, `[?(@.name =~ /a.*/i)]`, as Jayway matches them: the whole text, with Java's flags.

Jayway matches the text of a number or a boolean, any element of an array, and an empty text for all other values
(com.jayway.jsonpath, EvaluatorFactory.RegexpEvaluator). The library `regex` reads the expression; its dialect differs from
Java's in rare details.
"""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from asl_toolkit.errors import RuntimeFailure
from asl_toolkit.json_value import Json, dumps, is_number
from asl_toolkit.jsonpath.path import Predicate

if TYPE_CHECKING:
    from asl_toolkit.bounded_regex import BoundedPattern
    from asl_toolkit.jsonpath.scanner import Scanner

_PATTERN = re.compile(r"/((?:[^/\\]|\\.)+)/([a-zA-Z]*)", re.DOTALL)
_FLAGS = {"i": "IGNORECASE", "m": "MULTILINE", "s": "DOTALL", "x": "VERBOSE", "d": None, "u": None, "U": None}


def read_pattern(scanner: "Scanner") -> "BoundedPattern":
    r"""`/…/flags`; `\/` is a slash of the expression."""
    from asl_toolkit import bounded_regex  # few paths need this library

    match = _PATTERN.match(scanner.text, scanner.position)
    if match is None:
        raise scanner.fault("a regular expression /…/ is missing")
    source, letters = match.groups()
    flags = 0 if "U" in letters else bounded_regex.ASCII
    for letter in letters:
        if letter not in _FLAGS:
            raise scanner.fault(f"{letter!r} is not a flag of a regular expression: the flags are {', '.join(_FLAGS)}")
        name = _FLAGS[letter]
        flags |= 0 if name is None else getattr(bounded_regex, name)
    try:
        pattern = bounded_regex.BoundedPattern(source, flags)
    except re.error as error:
        raise scanner.fault(f"the regular expression /{source}/ cannot be read: {error}") from error
    scanner.position = match.end()
    return pattern


def matching(pattern: "BoundedPattern", operand: Callable[[Json, Json], Json], missing: object) -> Predicate:
    """The predicate of `operand =~ pattern`. It raises RuntimeFailure if matching takes too long."""
    from asl_toolkit.bounded_regex import TooSlow

    def holds(here: Json, root: Json) -> bool:
        value = operand(here, root)
        try:
            if isinstance(value, list):
                return any(isinstance(element, str) and pattern.fullmatch(element) for element in value)
            return pattern.fullmatch("" if value is missing else _text(value))
        except TooSlow as slow:
            raise RuntimeFailure(f"In a filter, {slow}.") from slow

    return holds


def _text(value: Json) -> str:
    if isinstance(value, str):
        return value
    return dumps(value) if isinstance(value, bool) or is_number(value) else ""
