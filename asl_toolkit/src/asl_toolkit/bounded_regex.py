"""Regular expressions whose time is bounded: what may backtrack for long is matched in a process of its own, which is ended.

Python's matcher cannot be stopped, and an expression such as `(a+)+$` takes years on thirty characters. How often a matcher may
go back is estimated from the pattern and the length of the text; what is cheap, and most is, is matched right here.
"""

import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from asl_toolkit.errors import AslError

_MOST_STEPS: Final = 2e7  # about half a second
_MOST_SECONDS: Final = 5.0
_ENDLESS: Final = 1_000  # an exponent: over any number of steps as soon as there is a text
_QUANTIFIER: Final = re.compile(r"[*+?][+?]?|\{(\d*)(?:(,)(\d*))?\}[+?]?")
_CHILD: Final = """
import json, re, sys
asked = json.load(sys.stdin)
pattern = re.compile(asked["pattern"], asked["flags"])
call, text = asked["call"], asked["text"]
if call == "sub":
    try:
        found = pattern.sub(asked["replacement"], text, asked["count"])
    except (re.error, IndexError) as error:
        found = {"error": str(error)}
elif call == "split":
    found = pattern.split(text, asked["count"])
elif call == "fullmatch":
    found = pattern.fullmatch(text) is not None
else:
    matches = pattern.finditer(text)
    found = [[match.span(group) for group in range(pattern.groups + 1)] for match in matches]
json.dump(found, sys.stdout)
"""


class TooSlow(AslError):  # noqa: N818 - named after what happened
    """Matching takes too long; the text names the expression."""


@dataclass(frozen=True, slots=True)
class Match:
    """A match that was found in another process: what JSONata's functions ask of one."""

    text: str
    spans: Sequence[tuple[int, int]]

    def group(self, number: int = 0) -> str | None:
        """What a group matched; None when it took no part."""
        start, end = self.spans[number]
        return None if start < 0 else self.text[start:end]

    def groups(self) -> tuple[str | None, ...]:
        """All groups but the whole match."""
        return tuple(self.group(number) for number in range(1, len(self.spans)))

    def groupdict(self) -> dict[str, str | None]:
        """Named groups: those of another process have no names."""
        return {}

    def start(self) -> int:
        """Where it begins."""
        return self.spans[0][0]

    def end(self) -> int:
        """Where it ends."""
        return self.spans[0][1]


class BoundedPattern:
    """A compiled expression with the methods of `re.Pattern` that JSONata's library calls; TooSlow from each of them.

    re.error when the expression cannot be read.
    """

    def __init__(self, pattern: str, flags: int = 0) -> None:
        self._compiled = re.compile(pattern, flags)
        self.pattern = pattern
        self._flags = int(flags)
        self._power, self._factor = _cost(pattern, anchored=pattern.startswith("^") and not flags & re.MULTILINE)
        self._hopeless: str | None = None  # the text that took too long last

    def search(self, text: str) -> "re.Match[str] | Match | None":
        """The first match."""
        if self._cheap(text):
            return self._compiled.search(text)
        return next(iter(self._found(text)), None)

    def finditer(self, text: str) -> "Iterator[re.Match[str] | Match]":
        """All matches."""
        return self._compiled.finditer(text) if self._cheap(text) else iter(self._found(text))

    def fullmatch(self, text: str) -> bool:
        """Whether the whole text matches."""
        if self._cheap(text):
            return self._compiled.fullmatch(text) is not None
        return bool(self._ask("fullmatch", text))

    def split(self, text: str, maxsplit: int = 0) -> list[str | Any]:  # as re.split
        """The parts between the matches."""
        return self._compiled.split(text, maxsplit) if self._cheap(text) else list(self._ask("split", text, count=maxsplit))

    def sub(self, replacement: str | Callable[[Any], str], text: str, count: int = 0) -> str:  # Any: a match
        """The text with its matches replaced."""
        if self._cheap(text):
            return self._compiled.sub(replacement, text, count)
        if isinstance(replacement, str):
            replaced = self._ask("sub", text, replacement=replacement, count=count)
            if isinstance(replaced, dict):
                raise re.error(replaced["error"])
            return str(replaced)
        parts, position = [], 0
        for match in self._found(text)[: count or None]:
            parts += [text[position : match.start()], replacement(match)]
            position = match.end()
        return "".join([*parts, text[position:]])

    def _cheap(self, text: str) -> bool:
        length = len(text) + 1
        return self._power < _ENDLESS and self._factor * length**self._power <= _MOST_STEPS

    def _found(self, text: str) -> list[Match]:
        return [Match(text, [(start, end) for start, end in spans]) for spans in self._ask("find", text)]

    def _ask(self, call: str, text: str, **more: Any) -> Any:  # what the child answers
        if text == self._hopeless:
            raise self._slow(text)
        asked = json.dumps({"pattern": self.pattern, "flags": self._flags, "call": call, "text": text, **more})
        command = [sys.executable, "-I", "-S", "-c", _CHILD]
        limit = _MOST_SECONDS
        try:
            done = subprocess.run(command, input=asked, capture_output=True, text=True, check=True, timeout=limit)  # noqa: S603
        except subprocess.TimeoutExpired:
            self._hopeless = text
            raise self._slow(text) from None
        except (OSError, subprocess.CalledProcessError) as error:
            why = f"the regular expression /{self.pattern}/ needs a process of its own, and none could be run"
            raise TooSlow(why) from error
        return json.loads(done.stdout)

    def _slow(self, text: str) -> TooSlow:
        took = f"takes over {_MOST_SECONDS:.0f} seconds on a text of {len(text)} characters"
        return TooSlow(f"the regular expression /{self.pattern}/ {took}; avoid repetitions inside of repetitions")


def _cost(pattern: str, *, anchored: bool) -> tuple[int, float]:
    """(power, factor): matching takes at most about factor x length ** power steps."""
    stack = [_Part()]
    position = 0
    while position < len(pattern):
        character = pattern[position]
        position += 1
        inner = _Part(power=int(character == "\\" and pattern[position : position + 1].isdigit()))  # a reference back
        if character == "\\":
            position += 1
        elif character == "[":
            position = _class_end(pattern, position)
        elif character == "(":
            stack.append(_Part())
            continue
        elif character == "|":
            stack[-1].factor += 1
            continue
        elif character == ")" and len(stack) > 1:
            inner = stack.pop()
        if match := _QUANTIFIER.match(pattern, position):
            position = match.end()
            inner = inner.repeated(match)
        stack[-1].power += inner.power
        stack[-1].factor *= inner.factor
    whole = stack[0]
    return whole.power + (not anchored), whole.factor


@dataclass(slots=True)
class _Part:
    """A part of a pattern: in how many ways it may match."""

    power: int = 0
    factor: float = 1.0

    def repeated(self, quantifier: re.Match[str]) -> "_Part":
        """The part with a quantifier behind it."""
        least, comma, most = quantifier.groups()
        sign = quantifier.group()[0]
        endless = sign in "*+" or (comma is not None and not most)
        times = 1 if sign == "?" else int(most or least or 0)
        if (self.power or self.factor > 1) and (endless or times > 1):
            return _Part(_ENDLESS)
        if endless:
            return _Part(self.power + 1, self.factor)
        choices = 2 if sign == "?" else (int(most or 0) - int(least or 0) + 1 if comma else 1)
        return _Part(self.power, self.factor * max(1, choices))


def _class_end(pattern: str, position: int) -> int:
    """Behind the `]` of a class that begins before `position`."""
    if pattern.startswith("^", position):
        position += 1
    if pattern.startswith("]", position):
        position += 1
    while position < len(pattern) and pattern[position] != "]":
        position += 2 if pattern[position] == "\\" else 1
    return position + 1
