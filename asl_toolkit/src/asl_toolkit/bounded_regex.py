"""Regular expressions with a time limit, for expressions that users write: `(a|aa)+$` takes years on sixty characters.

The library `regex` counts processor time. It also writes repetitions with a fixed count out in full, so their number is
limited here: `(?:a{10000}){10000}` would need gigabytes.
"""

import math
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeAlias

import regex

from asl_toolkit.errors import AslError

IGNORECASE: Final = int(regex.IGNORECASE)
MULTILINE: Final = int(regex.MULTILINE)
DOTALL: Final = int(regex.DOTALL)
VERBOSE: Final = int(regex.VERBOSE)
ASCII: Final = int(regex.ASCII)
_MOST_SECONDS: Final = 5.0
_MOST_REPETITIONS: Final = 100_000
_COUNT: Final = re.compile(r"\{(\d{1,9})")
_GROUP: Final = re.compile(r"\\g<(\d+)>")

Match: TypeAlias = Any  # regex.Match, which has the methods of re.Match


class TooSlow(AslError):  # noqa: N818 - named after what happened
    """Matching takes too long; the text names the expression."""


class BoundedPattern:
    """A compiled expression with the methods of `re.Pattern` that JSONata's library calls. Each may raise TooSlow.

    The constructor raises re.error if the expression cannot be read. `noted` is called with each match of `finditer`, and
    may raise.
    """

    def __init__(self, pattern: str, flags: int = 0, noted: Callable[[Match], None] | None = None) -> None:
        if math.prod(max(1, int(count)) for count in _COUNT.findall(pattern)) > _MOST_REPETITIONS:
            raise re.error(f"its counts ask for more than {_MOST_REPETITIONS} repetitions")
        try:
            self._compiled = regex.compile(pattern, flags | regex.VERSION0)
        except (regex.error, OverflowError, RecursionError) as error:
            raise re.error(str(error)) from error
        self.pattern = pattern
        self._noted = noted
        self._too_slow_for: str | None = None

    def search(self, text: str) -> Match | None:
        """The first match."""
        with self._limit(text):
            return self._compiled.search(text, timeout=_MOST_SECONDS)

    def finditer(self, text: str) -> Iterator[Match]:
        """All matches."""
        with self._limit(text):
            for match in self._compiled.finditer(text, timeout=_MOST_SECONDS):
                if self._noted is not None:
                    self._noted(match)
                yield match

    def fullmatch(self, text: str) -> bool:
        """Whether the whole text matches."""
        with self._limit(text):
            return self._compiled.fullmatch(text, timeout=_MOST_SECONDS) is not None

    def split(self, text: str, maxsplit: int = 0) -> list[str | Any]:  # as re.split
        """The parts between the matches."""
        with self._limit(text):
            return list(self._compiled.split(text, maxsplit, timeout=_MOST_SECONDS))

    def sub(self, replacement: str | Callable[[Match], str], text: str, count: int = 0) -> str:
        """The text with its matches replaced. Raises re.error, in Python's words, if the replacement names an unknown group."""
        if isinstance(replacement, str):
            for group in _GROUP.finditer(replacement):
                if int(group[1]) > self._compiled.groups:
                    raise re.error(f"invalid group reference {group[1]}", replacement, group.start(1))
        with self._limit(text):
            return str(self._compiled.sub(replacement, text, count, timeout=_MOST_SECONDS))

    @contextmanager
    def _limit(self, text: str) -> Iterator[None]:
        """Raises TooSlow after the time limit, and at once if the same text was too slow before."""
        took = f"takes over {_MOST_SECONDS:.0f} seconds on a text of {len(text)} characters"
        slow = TooSlow(f"the regular expression /{self.pattern}/ {took}; avoid repetitions inside of repetitions")
        if text == self._too_slow_for:
            raise slow
        try:
            yield
        except TimeoutError:
            self._too_slow_for = text
            raise slow from None
