"""The object at `result_uri`, version 2: the data of this attempt, or the reason why there is none.

The job writes it last. A result names the data files; a failure has the member `error` instead.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from extract_job.errors import JobError

VERSION = 2


@dataclass(frozen=True, slots=True)
class DataFile:
    """One finished data file: its name below `extract_s3_uri`, its size in bytes and its rows."""

    name: str
    bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column of the files: its name, the type that the source declares, and its Arrow type.

    `holds` is None for a column of the source, and else says what the job has written there: see `metadata`.
    """

    column: str
    declared: str
    arrow: str
    nullable: bool
    holds: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the member of `schema`; a column of the source has no `holds`."""
        members = asdict(self)
        if self.holds is None:
            del members["holds"]
        return members


@dataclass(frozen=True, slots=True)
class SourceInfo:
    """The database: `server_time` is ISO 8601 in UTC; `identity` changes if the history does.

    A restored, upgraded or promoted PostgreSQL server has another identity. None: not known.
    """

    engine: str
    version: str
    server_time: str | None
    identity: str | None


@dataclass(frozen=True, slots=True)
class Overlap:
    """What the next attempt must know about the rows that this one read or left out.

    The next attempt reads from `begin` (the high mark minus `lag`) and leaves out what is known.
    `column` is the watermark column. `by` says how rows are recognised: `transactions` or `digests`;
    `remembers` is the object beside the result that holds `rows` of them (None: there are none).
    `tables` are the oids of the table and its partitions (PostgreSQL), `columns` what digests cover.
    """

    begin: str
    lag: str
    column: str
    by: str
    remembers: str | None
    rows: int
    tables: tuple[int, ...] = ()
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What one attempt did; the fields have the names of the JSON object.

    Marks are text as in the source; `low_watermark` is the mark that the job got. `proof` has the
    members of the JSON object. `where` is the config's choice of rows, as JSON text. `chunks`: how
    many key ranges the table has (`all`), and how many of them an earlier attempt had read
    (`earlier`). `notes` are sentences for the user. `turn` is set if several tables share the job:
    when the turn of this one began and ended, ISO 8601 in UTC.
    """

    run_id: str
    attempt: int
    source_name: str | None
    table: str
    files: tuple[DataFile, ...]
    low_watermark: str | None
    high_watermark: str | None
    rows_without_watermark: int
    rows_in_the_future: int = 0
    rows_delivered_before: int = 0
    where: str | None = None
    schema: tuple[ResultColumn, ...] | None = None
    schema_changes: tuple[str, ...] = ()
    source: SourceInfo | None = None
    snapshot: str | None = None
    overlap: Overlap | None = None
    chunks: Mapping[str, int] | None = None
    proof: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()
    turn: tuple[str, str] | None = None

    @property
    def rows(self) -> int:
        """Rows in all files."""
        return sum(file.rows for file in self.files)

    @property
    def bytes(self) -> int:
        """Bytes of all files."""
        return sum(file.bytes for file in self.files)

    def to_json(self) -> str:
        """Return the text of the object at `result_uri`."""
        members = asdict(self)
        if self.schema is not None:
            members["schema"] = [column.to_json() for column in self.schema]
        turn = members.pop("turn")
        if turn is not None:
            members["turn"] = dict(zip(("started_at", "ended_at"), turn, strict=True))
        members = (
            {"version": VERSION}
            | {key: members.pop(key) for key in ("run_id", "attempt", "source_name", "table")}
            | {"rows": self.rows, "bytes": self.bytes}
            | members
        )
        return _text(members | {"checksum": checksum(members)})


def checksum(members: Mapping[str, Any]) -> str:
    """Return the checksum of a result object: the SHA-256 of all other members.

    They are written as JSON without spaces, keys sorted, and other letters than ASCII escaped.
    """
    others = {key: member for key, member in members.items() if key != "checksum"}
    return hashlib.sha256(json.dumps(others, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def failure_json(run_id: str, attempt: int, table: str, error: JobError, *, alone: bool = False) -> str:
    """Return the text of the object that says why an attempt failed.

    `alone`: the table shared the job, and its next attempt needs its own job.
    """
    reason: dict[str, Any] = {"class": error.failure.value, "message": str(error), "retryable": error.retryable}
    if alone:
        reason["alone"] = True
    return _text({"version": VERSION, "run_id": run_id, "attempt": attempt, "table": table, "error": reason})


def object_bytes(text: str) -> bytes:
    """Return the content of the object: a lone surrogate in a name becomes an escape of JSON."""
    return f"{text}\n".encode(errors="backslashreplace")


def _text(members: Mapping[str, Any]) -> str:
    return json.dumps(members, ensure_ascii=False, indent=2)
