"""Check of the names that a branch gives to jobs: no two tables, attempts or runs share one that the service takes once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_testing.broken import Breach, NotChecked, check
from extract_testing.checks.branch import walked_or_left_out
from extract_testing.own_names import own_names
from extract_testing.service_models import ModelsMissing, request_of
from extract_testing.tables import LONG_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from extract_testing.subject import Subject

_REMEDY: Final = (
    "make it of table.run_id, table.table and table.attempt, cut with a hash of the whole where fewer characters are taken: "
    "the service refuses a second one, or takes it for the first"
)


@check
def jobs_have_names_of_their_own(subject: Subject) -> Iterator[Breach]:
    """A name (or a token) that the service takes once is another one for each table, attempt and run."""
    seen = dict[tuple[str, str, str], tuple[tuple[object, ...], str]]()
    left_out = dict[str, None]()
    for case in subject.cases:
        whose = (case.table.run_id, case.table.source_name, case.table.table, case.table.attempt)
        for request in walked_or_left_out(subject, case).requests:
            try:
                operation, sent, _ = request_of(request)
            except ModelsMissing as missing:
                left_out[str(missing)] = None
                continue
            for member, value in own_names(operation, sent):
                first, label = seen.setdefault((request.state_name, member, value), (whose, case.label))
                if first != whose:
                    place = f"branch(target), state {request.state_name!r}, with {case.label}"
                    call = f"{request.service}:{request.action}"
                    yield Breach(place, f"{call} gets the {member} {value!r}, as it does with {label}", _REMEDY)
    untried = [each for each in subject.refused if LONG_NAMES in each]
    if untried:
        left_out[f"tables of long names that arguments() refuses, so no long name was tried: {untried[0]}"] = None
    if left_out:
        raise NotChecked("left out: " + "; ".join(left_out))
