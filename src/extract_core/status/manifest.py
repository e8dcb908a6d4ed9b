"""The manifest of a table: one object per committed attempt, written after its end is recorded, for readers of the data alone.

``<data_uri>/<source>/<table>/_committed/<fencing>-<attempt>.json``: names sort in the order of the commits. A reader lists them
and reads the files they name. Other files below the table (of a job that failed, ran late or lost its lease) are not data.

An entry is made from the attempt's row alone, and its place follows from the place of the data. So whoever has the row can write
a missing entry: the status handler, the summary, the next config manager, `extract reconcile`.
"""

from __future__ import annotations

import json
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from extract_core.contract import JobState
from extract_core.dataclass import dataclass
from extract_core.errors import ObjectError, ObjectNotFound, ObjectUnavailable
from extract_core.plan.item_key import item_key
from extract_core.plan.plan_file import readable_items

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from extract_core.contract import Json
    from extract_core.pipeline.parts import Parts
    from extract_core.tracking.records import AttemptRow, RunRecord

log: Final = logging.getLogger("extract_core")

AT_ONCE: Final = 16
"""Requests at once: the client of S3 keeps as many connections."""
_ENTRY: Final = re.compile(r"([0-9]{10})-[0-9]{4,}\.json")
"""As `entry_place` names entries. Other objects there are not ours: a longer number would not sort with them."""
_LAST: Final = 9_999_999_998  # the next one must fit into ten digits


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """How many entries were written, and why others could not be, by table."""

    written: int
    failed: Mapping[str, str]


def publish(parts: Parts, row: AttemptRow) -> bool:
    """Write the entry of an attempt that is recorded as SUCCEEDED, unless it exists. Returns whether it was written now.

    If another run has its place (tracking was lost, or is an old copy), it is put behind all existing entries.

    Raises ObjectError if it can't be written, and ObjectUnavailable if that may pass.
    """
    if row.state is not JobState.SUCCEEDED:
        return False
    uri = entry_place(row)
    data = json.dumps(entry(_with_files(parts, row)), ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace")
    if parts.objects.write(uri, data, if_absent=True):
        return True
    return not _is_of(parts, uri, row) and _put_behind(parts, row, data)


def publish_missing(parts: Parts, rows: Iterable[AttemptRow]) -> Published:
    """Write the entries that are missing, several at once. One request per row tells whether its entry exists.

    Rows of version 0.1.0 are left out. A table whose entry can't be written does not stop the others. Raises ObjectUnavailable.
    """
    good = [row for row in rows if row.state is JobState.SUCCEEDED and row.fencing is not None and row.extract_s3_uri]

    def put(row: AttemptRow) -> bool | str:
        try:
            if parts.objects.exists(entry_place(row)):
                return False
        except ObjectUnavailable:
            raise
        except ObjectError as error:  # S3 refuses the question without the right to list the bucket
            log.info("%s: %s", row.table, error)
        try:
            return publish(parts, row)
        except ObjectUnavailable:
            raise
        except ObjectError as error:
            fields = {"run_id": row.run_id, "table": row.table}
            log.error("%s: its manifest can't be written: %s", row.table, error, extra={"extract": fields})  # noqa: TRY400 - no traceback for an expected error
            return str(error)

    if len(good) <= 1:
        done = list(map(put, good))
    else:
        with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="manifests") as pool:
            done = list(pool.map(put, good))
    failed = {row.table: problem for row, problem in zip(good, done, strict=True) if isinstance(problem, str)}
    return Published(written=done.count(True), failed=failed)


def _numbers(parts: Parts, manifest: str) -> dict[int, list[str]]:
    """The URIs of a table's entries, by fencing number."""
    numbers: dict[int, list[str]] = {}
    for uri in parts.objects.list(manifest):
        number = number_of(uri.rpartition("/")[2])
        if number is not None:
            numbers.setdefault(number, []).append(uri)
    return numbers


def number_of(name: str) -> int | None:
    """The fencing number in the name of an entry; None: it is another object, which was not written here."""
    match = _ENTRY.fullmatch(name)
    return int(match[1]) if match and int(match[1]) <= _LAST else None


def _is_of(parts: Parts, uri: str, row: AttemptRow) -> bool:
    """Whether the entry is of this attempt. A run of an earlier tracking store may have had its number, and its name."""
    try:
        stands = json.loads(parts.objects.read(uri))
    except ValueError:
        return False
    mine = {"run_id": row.run_id, "attempt": row.attempt, "recorded_at": row.recorded_at}
    return isinstance(stands, dict) and {name: stands.get(name) for name in mine} == mine


def _put_behind(parts: Parts, row: AttemptRow, data: bytes) -> bool:
    """Put the entry behind all that exist, because another run has its number, unless that was done before."""
    while True:
        numbers = _numbers(parts, manifest_of(row))
        if any(_is_of(parts, uri, row) for number in sorted(numbers, reverse=True) for uri in numbers[number]):
            return False
        behind = replace(row, fencing=max(numbers, default=row.fencing or 0) + 1)
        uri = entry_place(behind)
        if parts.objects.write(uri, data, if_absent=True):
            fields = {"run_id": row.run_id, "table": row.table, "fencing": row.fencing, "manifest": uri}
            log.error(
                "%s: another run has the manifest entry of fencing number %d, so tracking was lost or is an old copy; the entry "
                "of this run is put behind it: %s", row.table, row.fencing, uri, extra={"extract": fields},
            )  # fmt: skip
            return True


def publish_all(parts: Parts, record: RunRecord, rows: Iterable[AttemptRow]) -> Published:
    """Write the entries of a run that are missing; `rows` are its last attempts.

    Rows of version 0.1.0 have no fencing number: it is read from the plan, and without the plan they are left out. Raises
    ObjectUnavailable.
    """
    good = {row.table: row for row in rows if row.state is JobState.SUCCEEDED}
    old = {table for table, row in good.items() if row.fencing is None}
    if old and record.plan_uri is not None:
        try:
            items, problems = readable_items(parts.objects, record.plan_uri)
        except ObjectUnavailable:
            raise
        except ObjectError as error:
            items, problems = [], [str(error)]
        for problem in problems:
            log.warning("manifest entries of run %s can't be completed: %s", record.run_id, problem)
        for item in items:
            key, mark = item_key(item), item.get("watermark")
            if key.table in old:
                mode = mark.get("mode") if isinstance(mark, dict) else None
                good[key.table] = replace(good[key.table], fencing=key.fencing, mode=str(mode or "full"))
    return publish_missing(parts, good.values())


def entry(row: AttemptRow) -> dict[str, Json]:
    """What an entry says. `mode` is full, incremental or backfill; `files` null: all below `extract_s3_uri` counts.

    Readers outside of this project know these members, so `source_name`, `low_watermark` and `high_watermark` keep their names.
    """
    return {
        "source_name": row.source,
        "table": row.table,
        "run_id": row.run_id,
        "attempt": row.attempt,
        "recorded_at": row.recorded_at,
        "mode": row.mode or "full",
        "low_watermark": row.watermark_low,
        "high_watermark": row.watermark_high,
        "rows": row.rows,
        "bytes": row.bytes,
        "rows_without_watermark": row.rows_without_watermark,
        "rows_in_the_future": row.rows_in_the_future,
        "rows_delivered_before": row.rows_delivered_before,
        "schema_changes": list(row.schema_changes or ()),
        "notes": list(row.notes or ()),
        "proof": dict(row.proof) if row.proof is not None else None,
        "extract_s3_uri": row.extract_s3_uri,
        "files": None if row.files is None else [dict(file) for file in row.files],
        "result_uri": row.result_uri,
    }


def _with_files(parts: Parts, row: AttemptRow) -> AttemptRow:
    """The row with its files. A row of DynamoDB has no room for very long lists; the result object has them all.

    Without the result object, the files stay unknown, and all that is below the attempt's folder counts.
    """
    if row.files is not None or row.rows is None or row.result_uri is None:
        return row
    try:
        result: Any = json.loads(parts.objects.read(row.result_uri))
        return replace(row, files=result["files"])
    except (ObjectNotFound, ValueError, KeyError, TypeError) as error:
        log.warning("%s: the files of the attempt are not known: %s", row.table, error)
        return row


def entry_place(row: AttemptRow) -> str:
    """Where the entry of an attempt is: beside its data. The fencing number rises with each run that takes the table."""
    return f"{manifest_of(row)}{row.fencing:010}-{row.attempt:04}.json"


def manifest_of(row: AttemptRow) -> str:
    """The folder of the entries of a row's table: ``<table>/_committed/`` for data in ``<table>/run_id=…/attempt=…/``."""
    return f"{str(row.extract_s3_uri).rsplit('/', 3)[0]}/_committed/"
