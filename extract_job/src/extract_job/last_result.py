"""Reads the result object of the table's last committed attempt (`--last_result`)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from extract_job.storage.opening import result_in
from extract_job.storage.places import Place


@dataclass(frozen=True, slots=True)
class LastResult:
    """The last committed attempt: the members of its result, or the reason why there are none.

    `problem` is None, or begins a sentence about why nothing is known of the rows that the attempt
    delivered: "the last result 's3://…' does not exist".
    """

    members: Mapping[str, Any]
    problem: str | None = None


NOTHING = LastResult({}, "no result of an earlier attempt is known")


def read_last_result(place: Place | None, table: str) -> LastResult:
    """Read the object; a missing or damaged one is a problem of the overlap, not of the attempt.

    Raises `JobError` if the place refuses: the next attempt may be able to read the object.
    """
    if place is None:
        return NOTHING
    name = f"the last result {str(place)!r}"
    data = result_in(place).read()
    if data is None:
        return LastResult({}, f"{name} does not exist")
    try:
        members = json.loads(data)
    except (ValueError, RecursionError) as error:
        return LastResult({}, f"{name} is damaged ({error})")
    problem = _problem(members, table)
    return LastResult(members if isinstance(members, dict) else {}, f"{name} {problem}" if problem else None)


def _problem(members: object, table: str) -> str | None:
    if not isinstance(members, dict) or "error" in members:
        return "is not the result of a successful attempt"
    if members.get("version", 1) == 1:
        return "was written by an older version of the job"
    if members.get("table") != table:
        return f"is of table {members.get('table')!r}, not of {table!r}"
    return None
