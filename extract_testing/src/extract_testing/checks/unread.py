"""Checks that the branch uses what arguments() returns, and that the request carries the arguments of the job."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final

from extract_testing.breaches import Breach
from extract_testing.check import check
from extract_testing.subject.run import walk_or_skip
from extract_testing.subject.texts import collect_texts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_testing.subject.subject import Subject

_MEMBER: Final = re.compile(r"\barguments(?:\.|\[\s*\\?['\"])([^\W\d]\w*)")
_ALL: Final = re.compile(
    r"\barguments\b(?!\.|\[|\\?['\"]\s*\])|\[\s*\\?['\"]arguments\\?['\"]\s*\](?![.\[])|\barguments\.?\[?\*|\"\$\"|\barguments\.\$"
    r"|\$states\.input(?!\.|, \{)"
)
"""All of the arguments, or the whole item."""
JOB_ARGUMENTS: Final = "job_arguments"
"""In `unread_arguments`: the job's own arguments need not be in a request."""


@check
def arguments_are_used(subject: Subject) -> Iterator[Breach]:
    """A state reads each member of `$.arguments`, and a request has each job argument; exceptions are in `unread_arguments`."""
    exceptions = set(getattr(subject.job_type, "unread_arguments", ()))
    text = json.dumps(subject.states)
    members = {member for case in subject.cases for member in case.arguments} - exceptions
    if not _ALL.search(text):
        for member in sorted(members - set(_MEMBER.findall(text))):
            remedy = "read it in the branch (request), leave it out, or name it in the class attribute unread_arguments"
            yield Breach("arguments()", f"it returns {member!r}, and no state reads $.arguments.{member}", remedy)
    if JOB_ARGUMENTS not in exceptions:
        yield from _not_carried(subject)
    elif subject.job_type.shares:
        problem = f'shares is set, and unread_arguments = ("{JOB_ARGUMENTS}",) says that no script reads the tables'
        yield Breach("the class", problem, "leave shares out: each table then has its own job")


def _not_carried(subject: Subject) -> Iterator[Breach]:
    for case in subject.cases:
        requests = walk_or_skip(subject, case).requests
        texts = set[str]()
        for request in requests:
            collect_texts(json.dumps(request.parameters), texts)
        for name, value in case.table.job_arguments.items():
            if requests and not any(value in text for text in texts):
                remedy = (
                    "put table.job_arguments into the request, unchanged; if no program reads them (a query), write "
                    f'unread_arguments = ("{JOB_ARGUMENTS}",) in the class'
                )
                problem = f"no request has the job argument {name} {value!r}"
                yield Breach(f"branch(target), run with {case.label}", problem, remedy)
                break
