"""The failed tables of a run by class of failure, and in a class by reason."""

from __future__ import annotations

import re
from collections import defaultdict
from typing import TYPE_CHECKING, Final

from extract_core.runs.view.document import FailureGroup, Reason
from extract_core.runs.view.remedies import advice

if TYPE_CHECKING:
    from collections.abc import Iterable

    from extract_core.runs.view.document import TableResult

_DIFFERS: Final = re.compile(r"0x[0-9a-f]+|[0-9a-f]{8,}(?:-[0-9a-f]{4,})*|\d[\d.,:]*", re.IGNORECASE)
"""Parts of a message that differ from job to job: ids, numbers, times, addresses."""
NO_REASON: Final = "no reason is known"


def failure_groups(tables: Iterable[TableResult]) -> list[FailureGroup]:
    """The groups of these tables, which did not succeed: the class with the most tables first, then by name."""
    classes: defaultdict[str, defaultdict[str, list[TableResult]]] = defaultdict(lambda: defaultdict(list))
    for table in tables:
        classes[table.failure or "UNKNOWN"][_sameness(table)].append(table)
    groups = []
    for failure, reasons in classes.items():
        known = advice(failure)
        listed = sorted(reasons.values(), key=lambda same: (-len(same), same[0].table))
        groups.append(
            FailureGroup(
                failure=failure,
                meaning=known.meaning,
                remedy=known.remedy,
                tables=sum(map(len, listed)),
                reasons=[Reason(message=same[0].message or NO_REASON, tables=[table.table for table in same]) for same in listed],
            )
        )
    return sorted(groups, key=lambda group: (-group.tables, group.failure))


def _sameness(table: TableResult) -> str:
    """The message without what differs between tables that fail for the same reason."""
    message = table.message or ""
    for name in (table.table, table.table.rpartition(".")[2]):
        message = message.replace(name, "TABLE") if name else message
    return _DIFFERS.sub("0", message)
