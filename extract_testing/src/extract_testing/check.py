"""One check of the contract: its name, the rule in one sentence, and the function that looks for breaches."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from extract_testing.breaches import ContractBroken, NotChecked, one_per_kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from extract_testing.breaches import Breach
    from extract_testing.subject.subject import Subject


@dataclass(frozen=True, slots=True)
class Check:
    """A check. `rule` stands in the docs and in the suite; call the check with a Subject to run it."""

    name: str
    rule: str
    breaches: Callable[[Subject], Iterator[Breach]]

    def __call__(self, subject: Subject) -> None:
        """Raise ContractBroken with all breaches, one per kind, or NotChecked with the reason."""
        __tracebackhide__ = True  # pytest shows the breach, not the kit
        breaches: dict[Breach, None] = {}
        try:
            breaches.update((breach, None) for breach in self.breaches(subject))
        except NotChecked:
            if not breaches:
                raise
        if breaches:
            raise ContractBroken(subject.plugin, one_per_kind(breaches))


def check(function: Callable[[Subject], Iterator[Breach]]) -> Check:
    """Declare a check by a generator of breaches: it has the function's name, and its docstring is the rule."""
    rule = re.sub(r"\s+", " ", function.__doc__ or "").strip().removesuffix(".")
    return Check(function.__name__, rule, function)
