"""What a check says: that the contract is broken (where, how, what to do), or that it could not be made, and why."""

from __future__ import annotations

import re
import sysconfig
import traceback
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from types import FrameType

    from extract_core.testing.subject import Subject


@dataclass(frozen=True, slots=True)
class Breach:
    """One thing that is wrong: `place` in the plugin, `problem`, and `remedy`, what to do about it.

    `alike` counts further breaches of the same kind: for other tables, other examples, other outcomes.
    """

    place: str
    problem: str
    remedy: str
    alike: int = 0

    def __str__(self) -> str:
        more = f" (and {self.alike} more of this kind)" if self.alike else ""
        return f"{self.place}: {self.problem}; {self.remedy}{more}"


class ContractBroken(AssertionError):  # noqa: N818 - named after what happened
    """A job type does not keep the contract. One line a breach, each naming the plugin, the place and the remedy."""

    def __init__(self, whom: str, breaches: Iterable[Breach]) -> None:
        self.whom = whom
        self.breaches = tuple(breaches)
        super().__init__("\n".join(f"{whom}: {breach}" for breach in self.breaches))


class NotChecked(Exception):  # noqa: N818 - not an error: the check says aloud that it is left out
    """A check that can't be made here; its text says why and what it takes. Pytest shows it as skipped."""


class Fails(NotChecked):
    """A method of the job type that can't be asked: a breach of its own, and a reason to leave out what builds on it."""

    def __init__(self, breach: Breach) -> None:
        self.breach = breach
        super().__init__(f"left out: {breach.place} does not answer, which another check tells")


class Refused(NotChecked):
    """A table that the job type says it can't run, by ValueError, as it may: left out, as long as others are taken."""


def check(function: Callable[[Subject], Iterator[Breach]]) -> Callable[[Subject], None]:
    """Make a check of a generator of breaches: it raises ContractBroken with all of them, each kind once."""

    @wraps(function)
    def checked(subject: Subject) -> None:
        __tracebackhide__ = True  # pytest shows the breach, not the kit
        found: dict[Breach, None] = {}
        try:
            found.update((breach, None) for breach in function(subject))
        except NotChecked:
            if not found:
                raise
        if found:
            raise ContractBroken(subject.whom, _each_kind_once(found))

    return checked


_VARIES: Final = re.compile(
    r"settings example \d+(?:, [a-z ]+?(?= and a job|$))?|exit code -?\d+|injected '\w+'| after [A-Z_]+|'aws-[a-z-]+'"
)
"""The part of a place that says for which of many examples something is wrong."""


def _each_kind_once(breaches: Iterable[Breach]) -> list[Breach]:
    kinds: dict[tuple[str, str], list[Breach]] = {}
    for breach in breaches:
        kinds.setdefault((_VARIES.sub("", breach.place), breach.remedy), []).append(breach)
    return [replace(alike[0], alike=len(alike) - 1) for alike in kinds.values()]


def told(error: BaseException) -> str:
    """The type, the text and the place in the plugin of an error: ``KeyError: 'x' (acme_drum.py:30)``.

    Its place is the plugin's own last line on the way there, not one of a library that the plugin called.
    """
    text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
    frames = [(frame.f_code.co_filename, _package(frame), line) for frame, line in traceback.walk_tb(error.__traceback__)]
    outside = [each for each in frames if not each[0].startswith((_KIT, "<")) and not _is_stdlib(each[0])]
    plugin = next((package for _, package, _ in outside if package not in _LIBRARIES), None)
    own = [each for each in outside if each[1] == plugin] or outside
    return f"{text} ({Path(own[-1][0]).name}:{own[-1][2]})" if own else text


def _package(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0]


def _is_stdlib(file: str) -> bool:
    return file.startswith(_STDLIB) and "site-packages" not in file


_LIBRARIES: Final = frozenset({"annotated_types", "botocore", "boto3", "hypothesis", "pluggy", "pydantic", "pydantic_core"})
"""What may stand between the kit and the plugin: a model's validators are called by pydantic."""
_KIT: Final = str(Path(__file__).parent)
_STDLIB: Final = sysconfig.get_paths()["stdlib"]
