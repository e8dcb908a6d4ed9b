"""What a check says: that the contract is broken (where, how, what to do), or that it could not be made, and why."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import wraps
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from extract_testing.subject import Subject


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


class TooLong(Refused):
    """A table of which the job type says ArgumentsTooLong: it is tried with its arguments in an object, as the core does."""


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
