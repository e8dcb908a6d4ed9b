"""Checks in other processes: an import is light, calls leave no trace, and the same input gives the same output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_testing.apart.process import reports_of
from extract_testing.breaches import Breach
from extract_testing.check import check

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_testing.subject.subject import Subject

HEAVY: Final = ("boto3", "botocore", "numpy", "pandas", "pyarrow", "pydantic", "pyspark", "requests", "rich")
"""Libraries that cost tens to hundreds of milliseconds each."""
_LATER: Final = "do it in diagnose() or stop(), or in the job: these calls are made for each table, command and Lambda start"
_REMEDIES: Final = {
    "stdout": "use logging: stdout holds the data of a command",
    "wait": _LATER, "network": _LATER, "process": _LATER, "file": _LATER,
    "slow": "make it faster: it is called for each command, table or end of a job",
    "thread": "start no threads: a Lambda function freezes between two calls",
    "environment": "leave the environment alone: other plugins and the core read it",
    "folder": "leave the current folder alone: the command needs it",
    "warnings": "leave warnings alone, or use warnings.catch_warnings()",
    "process settings": "leave settings of the whole process alone: they belong to the program",
    "state": "keep no state: one instance serves all tables, in any order; for a value that never changes use cached_property",
}  # fmt: skip
_SAME: Final = (
    "build it from the arguments of the call only: use no clock, random number, hash(), order of a set or environment, "
    "and nothing that an earlier call left"
)
_CHANGED: Final = " AND CHANGED "


@check
def imports_stay_light(subject: Subject) -> Iterator[Breach]:
    """Importing the module imports neither boto3, pydantic nor rich."""
    module = type(subject.job_type).__module__
    if heavy := [name for name in reports_of(subject)[0].imported if name in HEAVY]:
        remedy = "import them inside the methods that need them, and put models into a separate module"
        yield Breach(f"module {module}", f"importing it imports {', '.join(heavy)}", remedy)


@check
def calls_leave_no_trace(subject: Subject) -> Iterator[Breach]:
    """Import and calls print nothing, wait for nothing, write nothing, use no network, change no setting, keep no state."""
    module = type(subject.job_type).__module__
    for kind, place, what in reports_of(subject)[0].seen:
        where = f"import of {module}" if place == "import" else place
        yield Breach(where, f"{kind}: {what}", _REMEDIES[kind])


@check
def same_input_same_output(subject: Subject) -> Iterator[Breach]:
    """The same input gives the same output, in any process and order of calls; a call does not change its input."""
    first, second = reports_of(subject)
    for place, output in first.outputs.items():
        if _CHANGED in output:
            remedy = "work on a copy: the caller goes on with what it has passed"
            yield Breach(place, f"it changes {output.rpartition(_CHANGED)[2]}", remedy)
        elif second.outputs.get(place, output) != output:
            yield Breach(place, f"two processes get {_difference(output, second.outputs[place])}", _SAME)


def _difference(first: str, second: str) -> str:
    """The first place where two texts differ, with what is around it."""
    at = next(
        (i for i, (one, other) in enumerate(zip(first, second, strict=False)) if one != other), min(len(first), len(second))
    )
    begin = max(0, at - 30)
    return f"…{first[begin : at + 40]}… and …{second[begin : at + 40]}…"
