"""Imports the JSONata library without its side effect: it sets the recursion limit of the process to 10,000."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_LIMIT: Final = sys.getrecursionlimit()

from jsonata import Jsonata  # noqa: E402 - the limit is read before
from jsonata.functions import Functions  # noqa: E402 - as above
from jsonata.jexception import JException  # noqa: E402 - as above
from jsonata.regex_engine import RegexFlags  # noqa: E402 - as above
from jsonata.signature import Signature  # noqa: E402 - as above
from jsonata.utils import Utils  # noqa: E402 - as above

sys.setrecursionlimit(_LIMIT)

_DEEPEST: Final = 10_000


@contextmanager
def deep_recursion() -> Iterator[None]:
    """Allows the library's deep recursion for one evaluation."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _DEEPEST))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


__all__ = ["Functions", "JException", "Jsonata", "RegexFlags", "Signature", "Utils", "deep_recursion"]
