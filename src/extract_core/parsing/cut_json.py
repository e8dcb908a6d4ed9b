"""Repair a JSON object whose end was cut off, as Step Functions may cut a long Cause."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_core.contract import Json

_CLOSER: Final = {"{": "}", "[": "]"}
_TOKEN: Final = re.compile(r'"(?:[^"\\]|\\.)*(?:"|\\?\Z)|[{}\[\],:]', re.DOTALL)
_PLACES: Final = 4  # the last place nearly always parses; the others are for a cut inside a number or a name


def repaired(cause: str) -> Json:
    """The object at the beginning of this text: its complete members, and what is left of a cut text. None if there is none."""
    start = cause.lstrip()
    if not start.startswith("{"):
        return None
    for end, closing in reversed(deque(_places(start), maxlen=_PLACES)):
        try:
            value: Json = json.loads(_without_half_escape(start[:end], closing) + closing, strict=False)
        except (ValueError, RecursionError):
            continue
        return value if isinstance(value, Mapping) else None
    return None


def _places(start: str) -> Iterator[tuple[int, str]]:
    """The places where the text may end, and what closes it there, from the beginning on."""
    closers: list[str] = []
    expects_value = False
    for token in _TOKEN.finditer(start):
        sign = token[0]
        end = token.end()
        text_end = ""
        if sign in _CLOSER:
            closers.append(_CLOSER[sign])
            expects_value = sign == "["
        elif sign in ("}", "]"):
            if not closers or closers.pop() != sign:
                return
        elif sign == ",":
            expects_value = bool(closers) and closers[-1] == "]"
            end = token.start()
        elif sign == ":":
            expects_value = True
            continue
        elif not expects_value:  # the name of a member
            continue
        elif len(sign) == 1 or not sign.endswith('"'):
            text_end = '"'
        yield end, text_end + "".join(reversed(closers))
        if not closers:
            return


def _without_half_escape(text: str, closing: str) -> str:
    r"""A text cut inside ``\u00e9`` or after a backslash loses that half character."""
    return re.sub(r"\\(?:u[0-9a-fA-F]{0,3})?\Z", "", text) if closing.startswith('"') else text
