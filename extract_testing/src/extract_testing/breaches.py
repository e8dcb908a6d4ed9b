"""What a check reports: how the contract is broken and how to fix it, or why the check was skipped."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True, slots=True)
class Breach:
    """One thing that is wrong: `place` in the plugin, `problem`, and `remedy`, which says how to fix it.

    `alike` counts further breaches of the same kind: for other tables, examples or outcomes.
    """

    place: str
    problem: str
    remedy: str
    alike: int = 0

    def __str__(self) -> str:
        more = f" (and {self.alike} more of this kind)" if self.alike else ""
        return f"{self.place}: {self.problem}; {self.remedy}{more}"


class ContractBroken(AssertionError):  # noqa: N818 - named after what happened
    """A job type breaks the contract. The text has one line per breach with the plugin, the place and the remedy."""

    def __init__(self, plugin: str, breaches: Iterable[Breach]) -> None:
        self.plugin = plugin
        self.breaches = tuple(breaches)
        super().__init__("\n".join(f"{plugin}: {breach}" for breach in self.breaches))


class NotChecked(Exception):  # noqa: N818 - not an error: the check is skipped
    """This check cannot run here. The text says why and what it needs. Pytest shows the test as skipped."""


class Fails(NotChecked):
    """A method of the job type fails. This is a breach, and checks that need the method's result are skipped."""

    def __init__(self, breach: Breach) -> None:
        self.breach = breach
        super().__init__(f"left out: {breach.place} fails, which another check reports")


class Refused(NotChecked):
    """The job type refuses a table with ValueError. It may: the table is skipped if others are accepted."""


class TooLong(Refused):
    """The job type raises ArgumentsTooLong for a table. Then the kit puts the arguments into an object, as the core does."""


_VARIES: Final = re.compile(
    r"settings example \d+(?:, [a-z ]+?(?= and a job|$))?|exit code -?\d+|injected '\w+'| after [A-Z_]+|outcome \d+|'aws-[a-z-]+'"
    r"|(?<=of a table with )--.*|(?<=', )[\w.]+ '[^']*'$"
)
"""The part of a place that names one of many examples."""


def one_per_kind(breaches: Iterable[Breach]) -> list[Breach]:
    """The first breach of each kind, with the number of the others."""
    kinds: dict[tuple[str, str], list[Breach]] = {}
    for breach in breaches:
        kinds.setdefault((_VARIES.sub("", breach.place), breach.remedy), []).append(breach)
    return [replace(alike[0], alike=len(alike) - 1) for alike in kinds.values()]
