"""A cursor over the text of a path, a filter or an intrinsic function. It reads tokens and reports where reading failed."""

import re
from collections.abc import Iterator
from contextlib import contextmanager

from asl_toolkit.errors import SyntaxFault

_INTEGER = re.compile(r"-?\d{1,18}", re.ASCII)
_NUMBER = re.compile(r"-?\d{1,400}(?:\.\d{1,400})?(?:[eE][+-]?\d{1,3})?", re.ASCII)
_DEEPEST = 40


class Scanner:
    """Reads a text from left to right. No method moves backwards."""

    __slots__ = ("_depth", "position", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self._depth = 0

    def fault(self, reason: str) -> SyntaxFault:
        """The exception to raise: the reason, the text and the column (from 1)."""
        return SyntaxFault(f"{reason} at column {self.position + 1} of {self.text!r}")

    def at_end(self) -> bool:
        """Whether everything is read."""
        return self.position >= len(self.text)

    def only_blanks(self) -> bool:
        """Whether only blanks follow; Jayway trims them (developer guide, tutorial-gather-s3-bucket-info)."""
        return self.text[self.position :].isspace()

    def peek(self) -> str:
        """The next character, or an empty text at the end."""
        return self.text[self.position : self.position + 1]

    def take(self, expected: str) -> bool:
        """Step over `expected` if it comes next."""
        if not self.text.startswith(expected, self.position):
            return False
        self.position += len(expected)
        return True

    def skip_blanks(self) -> None:
        """Step over spaces, tabs and line ends."""
        while self.position < len(self.text) and self.text[self.position] in " \t\r\n":
            self.position += 1

    def take_until(self, ends: frozenset[str]) -> str:
        """The text up to the first of `ends` or the end."""
        start = self.position
        while self.position < len(self.text) and self.text[self.position] not in ends:
            self.position += 1
        return self.text[start : self.position]

    def quoted(self) -> str:
        """A text in single or double quotes; a backslash escapes only the quote and itself, as AWS reads it."""
        quote = self.peek()
        if quote not in {"'", '"'}:
            raise self.fault("a quoted text is missing")
        self.position += 1
        parts: list[str] = []
        while not self.at_end():
            character = self.peek()
            self.position += 1
            if character == quote:
                return "".join(parts)
            if character == "\\" and self.peek() in {quote, "\\"}:
                character = self.peek()
                self.position += 1
            parts.append(character)
        raise self.fault(f"the closing {quote} is missing")

    def integer(self) -> int | None:
        """A whole number, or None if none comes next."""
        match = _INTEGER.match(self.text, self.position)
        if match is None:
            return None
        self.position = match.end()
        return int(match.group())

    def number(self) -> int | float | None:
        """A JSON number, or None if none comes next."""
        match = _NUMBER.match(self.text, self.position)
        if match is None:
            return None
        self.position = match.end()
        text = match.group()
        return float(text) if any(mark in text for mark in ".eE") else int(text)

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Limits the nesting depth of brackets, filters and calls (40)."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise self.fault(f"nested deeper than {_DEEPEST}")
        try:
            yield
        finally:
            self._depth -= 1
