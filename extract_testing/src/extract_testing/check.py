"""One check of the contract: its name, the rule in one sentence, and the function that looks for breaches."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from extract_core.wording import described
from extract_testing.breaches import Breach, ContractBroken, NotChecked, one_per_kind
from extract_testing.made_from import naming_its_members

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from extract_testing.subject.subject import Subject


@dataclass(frozen=True, slots=True)
class Check:
    """A check. The docs and the suite show `rule`; call the check with a Subject to run it.

    If one of the checks in `after` is broken, this one would report the same mistake again, so it is left out.
    """

    name: str
    rule: str
    breaches: Callable[[Subject], Iterator[Breach]]
    after: tuple[Check, ...] = ()

    def __call__(self, subject: Subject) -> None:
        """Raise ContractBroken with all breaches, one per kind, or NotChecked with the reason."""
        __tracebackhide__ = True  # pytest shows the breach, not the kit
        for earlier in self.after:
            if earlier.is_broken(subject):
                raise NotChecked(f"left out: {earlier.name} is broken; fix that first")
        subject.broken[self.name] = True
        try:
            self._run(subject)
        except NotChecked:
            subject.broken[self.name] = False
            raise
        subject.broken[self.name] = False

    def is_broken(self, subject: Subject) -> bool:
        """Whether the check reports a breach. It runs once per subject."""
        if self.name not in subject.broken:
            with suppress(ContractBroken, NotChecked):
                self(subject)
        return subject.broken.get(self.name, False)

    def _run(self, subject: Subject) -> None:
        __tracebackhide__ = True
        breaches: dict[Breach, None] = {}
        try:
            breaches.update((breach, None) for breach in self.breaches(subject))
        except NotChecked:
            if not breaches:
                raise
        except Exception as error:
            breach = _of_the_plugin(self.name, error, subject.package)
            if breach is None and not breaches:
                text = f"left out: the kit itself failed with {described(error)}; please report it"
                raise NotChecked(text) from error
            breaches.update({breach: None} if breach else {})
        if breaches:
            named = [naming_its_members(breach, subject.job_type) for breach in one_per_kind(breaches)]
            raise ContractBroken(subject.plugin, named)


def _of_the_plugin(name: str, error: Exception, package: str) -> Breach | None:
    """An exception that left the plugin's code in a place where the kit expects none."""
    trace = error.__traceback__
    while trace is not None:
        if str(trace.tb_frame.f_globals.get("__name__", "")).partition(".")[0] == package:
            code = trace.tb_frame.f_code
            return Breach(
                f"{code.co_name}()", f"it raised {described(error)}, in {name}", "let it return a value of the right type"
            )
        trace = trace.tb_next
    return None


def check(function: Callable[[Subject], Iterator[Breach]]) -> Check:
    """Declare a check by a generator of breaches: it has the function's name, and its docstring is the rule."""
    rule = re.sub(r"\s+", " ", function.__doc__ or "").strip().removesuffix(".")
    return Check(function.__name__, rule, function)


def check_after(*earlier: Check) -> Callable[[Callable[[Subject], Iterator[Breach]]], Check]:
    """As `check`, for a check that is left out if one of the `earlier` checks is broken."""
    return lambda function: replace(check(function), after=earlier)
