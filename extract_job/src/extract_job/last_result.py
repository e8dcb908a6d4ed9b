"""Reads the result object of the table's last committed attempt (`--last_result`)."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from extract_job.errors import FailureClass, JobError
from extract_job.memory import beside, decoded
from extract_job.result import Overlap
from extract_job.storage.opening import result_in
from extract_job.storage.places import Place


@dataclass(frozen=True, slots=True)
class LastResult:
    """The last committed attempt: the members of its result, its overlap, what it remembers.

    `problem` is None, or a clause about why nothing is known of the rows that the attempt
    delivered: "the last result 's3://…' does not exist". Then there is no overlap.
    """

    members: Mapping[str, Any]
    problem: str | None = None
    overlap: Overlap | None = None
    records: bytes = b""

    def of_rows(self, where: str | None) -> "LastResult":
        """Return the same, or without the overlap if that attempt selected other rows: then it did not deliver all of them."""
        before = self.members.get("where")
        if self.overlap is None or before == where:
            return self
        was = "was not set" if before is None else f"was {before}"
        return LastResult(
            self.members,
            f"where {was} in the last attempt; older rows that only the new one selects are not read, unless you begin anew with "
            "--reingest",
        )


NOTHING = LastResult({}, "no result of a committed attempt is known")


def read_last_result(place: Place | None, table: str) -> LastResult:
    """Read the object and what it remembers.

    A missing or damaged object is a problem of the overlap, not of the attempt. Raises `JobError` if
    the place refuses: the next attempt may be able to read it.
    """
    if place is None:
        return NOTHING
    name = f"the last result {str(place)!r}"
    data = _read(place, name)
    if data is None:
        return LastResult({}, f"{name} does not exist")
    try:
        members = json.loads(data)
    except (ValueError, RecursionError) as error:
        return LastResult({}, f"{name} is damaged ({error})")
    problem = _problem(members, table)
    if not isinstance(members, dict) or problem:
        return LastResult(members if isinstance(members, dict) else {}, f"{name} {problem}")
    return _with_overlap(place, name, members)


def _problem(members: object, table: str) -> str | None:
    if not isinstance(members, dict) or "error" in members:
        return "is not the result of a successful attempt"
    if members.get("version", 1) == 1:
        return "was written by an older version of the job"
    if members.get("table") != table:
        return f"is of table {members.get('table')!r}, not of {table!r}"
    return None


def _with_overlap(place: Place, name: str, members: Mapping[str, Any]) -> LastResult:
    if members.get("overlap") is None:
        return LastResult(members, f"{name} does not say which rows it delivered near its mark")
    try:
        overlap = _overlap(members["overlap"])
    except (KeyError, TypeError, ValueError) as error:
        return LastResult(members, f"{name} has an overlap that this version of the job cannot read ({error!r})")
    if overlap.remembers is None:
        return LastResult(members, None, overlap)
    object_place = beside(place, overlap.remembers)
    label = f"the object {str(object_place)!r}, which lists the rows delivered before,"
    data = _read(object_place, label)
    if data is None:
        return LastResult(members, f"{label} does not exist")
    try:
        return LastResult(members, None, overlap, decoded(data, overlap.by))
    except ValueError as error:
        return LastResult(members, f"{label} is damaged ({error})")


def _read(place: Place, name: str) -> bytes | None:
    try:
        return result_in(place).read()
    except JobError as error:
        if error.failure is FailureClass.PERMISSION:
            # S3 denies access to a missing object if the caller may not list the bucket.
            raise JobError(
                f"{error} ({name} may also be missing: without s3:ListBucket, S3 cannot say so)", error.failure
            ) from error
        raise


def _overlap(members: Mapping[str, Any]) -> Overlap:
    texts = {key: members[key] for key in ("begin", "lag", "column", "by")}
    remembers, rows = members["remembers"], members["rows"]
    tables, columns = tuple(members.get("tables", ())), tuple(members.get("columns", ()))
    if not all(isinstance(text, str) for text in texts.values()) or not isinstance(rows, int):
        raise ValueError("a member has the wrong type")
    if not isinstance(remembers, str | None) or (remembers and ("/" in remembers or "\0" in remembers)):
        raise ValueError(f"remembers is {remembers!r}")
    if not all(isinstance(table, int) for table in tables) or not all(isinstance(column, str) for column in columns):
        raise ValueError("a member has the wrong type")
    return Overlap(**texts, remembers=remembers, rows=rows, tables=tables, columns=columns)
