"""What a check says: that the contract is broken (where, how, what to do), or that it could not be made, and why."""

from __future__ import annotations

from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from extract_core.testing.subject import Subject


@dataclass(frozen=True, slots=True)
class Breach:
    """One thing that is wrong: `place` in the plugin, `problem`, and `remedy`, what to do about it."""

    place: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.place}: {self.problem}; {self.remedy}"


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


def check(function: Callable[[Subject], Iterator[Breach]]) -> Callable[[Subject], None]:
    """Make a check of a generator of breaches: it raises ContractBroken with all of them, each once."""

    @wraps(function)
    def checked(subject: Subject) -> None:
        __tracebackhide__ = True  # pytest shows the breach, not the kit
        breaches = dict.fromkeys(function(subject))
        if breaches:
            raise ContractBroken(subject.whom, breaches)

    return checked
