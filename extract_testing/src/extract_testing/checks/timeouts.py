"""Check of the time limit: the state waits at least as long as the settings let the job run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_testing.breaches import Breach
from extract_testing.check import check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_testing.subject.subject import Subject


@check
def timeout_covers_the_job(subject: Subject) -> Iterator[Breach]:
    """`timeout(settings)` is at least the `timeout_minutes` of the settings, if they have these."""
    for number, settings in enumerate(subject.settings, start=1):
        minutes: object = getattr(settings, "timeout_minutes", None)
        if not isinstance(minutes, int | float):
            continue
        seconds = subject.timeout(settings)
        if seconds < minutes * 60:
            problem = f"it returned {seconds} seconds, less than timeout_minutes, {minutes} minutes"
            remedy = "return timeout_minutes * 60 and a margin: else Step Functions ends the job before its service does"
            yield Breach(f"timeout() of settings example {number}", problem, remedy)
