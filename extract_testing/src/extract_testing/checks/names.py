"""Check of job names: a service accepts some names once only, so tables, attempts and runs must not share them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_testing.breaches import Breach, NotChecked
from extract_testing.check import check
from extract_testing.services.models import ModelsMissing, request_of
from extract_testing.services.own_names import unique_members
from extract_testing.subject.run import walk_or_skip
from extract_testing.subject.tables import LONG_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_testing.subject.subject import Subject

_REMEDY: Final = (
    "build it from table.run_id, table.table and table.attempt; if it is too long, cut it and add a hash of the whole: "
    "the service refuses a second job of this name, or returns the first one"
)


@check
def job_names_are_unique(subject: Subject) -> Iterator[Breach]:
    """No two tables, attempts or runs share a name or token that the service accepts once only."""
    seen = dict[tuple[str, str, str], tuple[tuple[object, ...], str]]()
    left_out = dict[str, None]()
    for case in subject.cases:
        owner = (case.table.run_id, case.table.source, case.table.table, case.table.attempt)
        for request in walk_or_skip(subject, case).requests:
            try:
                operation, sent, _ = request_of(request)
            except ModelsMissing as missing:
                left_out[str(missing)] = None
                continue
            for member, value in unique_members(operation, sent):
                first, label = seen.setdefault((request.state_name, member, value), (owner, case.label))
                if first != owner:
                    place = f"branch(target), state {request.state_name!r}, with {case.label}"
                    call = f"{request.service}:{request.action}"
                    yield Breach(place, f"{call} gets the {member} {value!r}, the same as with {label}", _REMEDY)
    refused = [reason for reason in subject.refused if LONG_NAMES in reason]
    if refused:
        left_out[f"arguments() refuses tables with long names, so no long name was tested: {refused[0]}"] = None
    if left_out:
        raise NotChecked("left out: " + "; ".join(left_out))
