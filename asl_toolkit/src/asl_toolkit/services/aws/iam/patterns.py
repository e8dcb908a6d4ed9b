"""Patterns of IAM: texts with ``*`` and ``?``, and with variables such as ``${aws:username}``.

Source: IAM user guide, "IAM JSON policy elements: Resource" and "Variables and tags".
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

_VARIABLE: Final = re.compile(r"\$\{([^}]*)\}")
_ESCAPES: Final = {"*": "*", "?": "?", "$": "$"}
Values = Mapping[str, tuple[str, ...]]
"""The context of a request: the values of each key, by the key in lower case."""


def filled(text: str, context: Values, *, wildcards: bool = True) -> str | None:
    """The pattern with its variables filled in, as a regular expression; None if a variable has no single value.

    ``${name, 'default'}`` has a default; ``${*}``, ``${?}`` and ``${$}`` are these characters.
    """
    write = _glob if wildcards else re.escape
    parts, end = [], 0
    for match in _VARIABLE.finditer(text):
        name, _, default = match[1].partition(",")
        value = _ESCAPES.get(name) or _single(context.get(name.strip().lower()), default.strip().strip("'"))
        if value is None:
            return None
        parts += [write(text[end : match.start()]), re.escape(value)]
        end = match.end()
    return "".join([*parts, write(text[end:])])


def _single(values: tuple[str, ...] | None, default: str) -> str | None:
    if values is None:
        return default or None
    return values[0] if len(values) == 1 else None


def _glob(text: str) -> str:
    return "".join(".*" if part == "*" else "." if part == "?" else re.escape(part) for part in re.split(r"([*?])", text))


def matches(pattern: str, value: str, context: Values, *, ignore_case: bool = False, wildcards: bool = True) -> bool:
    """Whether the whole value matches. Without `wildcards`, ``*`` and ``?`` are themselves."""
    expression = filled(pattern, context, wildcards=wildcards)
    return expression is not None and _compiled(expression, ignore_case).fullmatch(value) is not None


@lru_cache(maxsize=4096)
def _compiled(expression: str, ignore_case: bool) -> re.Pattern[str]:  # noqa: FBT001 - a key of the cache
    return re.compile(expression, re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def arn_matches(pattern: str, value: str, context: Values) -> bool:
    """Whether an ARN matches, each of its six parts by itself. ``*`` alone matches everything."""
    if pattern == "*":
        return True
    wanted, parts = pattern.split(":", 5), value.split(":", 5)
    return len(wanted) == len(parts) and all(matches(one, part, context) for one, part in zip(wanted, parts, strict=True))
