"""The manifest of a table: one object a committed attempt, put once its end is recorded, for readers who know only the data.

``<data_uri>/<source>/<table>/_committed/<fencing>-<attempt>.json``: names sort in the order of the commits. A reader lists them
and reads the files they name; whatever else lies below the table (a job that failed, ran late or lost its lease) is not data.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from extract_core.config.places import folder, segment
from extract_core.contract import JobState
from extract_core.errors import ObjectError, TrackingUnavailable
from extract_core.handlers.payloads import item_key
from extract_core.handlers.stored_plan import stored_items

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from extract_core.contract import Json
    from extract_core.handlers.parts import Parts
    from extract_core.handlers.payloads import ItemKey
    from extract_core.tracking import AttemptRow, RunRecord


def publish(parts: Parts, key: ItemKey, item: Mapping[str, Json], row: AttemptRow) -> bool:
    """Put the entry of an attempt that is recorded as SUCCEEDED, unless it is there. Whether it was put now.

    Raises TrackingUnavailable where it can't be written: the machine calls the handler again, which finds the row and comes here.
    """
    if row.state is not JobState.SUCCEEDED:
        return False
    data = json.dumps(entry(item, row), ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace")
    uri = entry_place(parts.data_uri, key)
    try:
        return parts.objects.write(uri, data, if_absent=True)
    except ObjectError as error:
        raise TrackingUnavailable(f"the attempt is recorded, but its manifest can't be written: {error}") from error


def publish_all(parts: Parts, record: RunRecord, rows: Iterable[AttemptRow]) -> int:
    """Put the entries of a run that are missing; `rows` are its last attempts. How many were put now.

    Raises ObjectError where the plan can't be read, and TrackingUnavailable.
    """
    good = {row.table: row for row in rows if row.state is JobState.SUCCEEDED}
    if record.plan_uri is None or not good:
        return 0
    put = 0
    for item in stored_items(parts.objects, record.plan_uri):
        key = item_key(item)
        row = good.get(key.table)
        if row is not None:
            put += publish(parts, replace(key, attempt=row.attempt), item, row)
    return put


def entry(item: Mapping[str, Json], row: AttemptRow) -> dict[str, Json]:
    """What an entry says. `mode` is full, incremental or backfill; `files` null: all below `extract_s3_uri` counts."""
    mark: Any = item.get("watermark")
    return {
        "source_name": row.source,
        "table": row.table,
        "run_id": row.run_id,
        "attempt": row.attempt,
        "recorded_at": row.recorded_at,
        "mode": mark.get("mode", "full") if isinstance(mark, dict) else "full",
        "low_watermark": row.low_watermark,
        "high_watermark": row.high_watermark,
        "rows": row.rows,
        "bytes": row.bytes,
        "extract_s3_uri": row.extract_s3_uri,
        "files": row.files,
        "result_uri": row.result_uri,
    }


def entry_place(data_uri: str, key: ItemKey) -> str:
    """Where the entry of an attempt lies. The fencing number rises with each run that takes the table."""
    return f"{manifest_place(data_uri, key.source, key.table)}{key.fencing:010}-{key.attempt:04}.json"


def manifest_place(data_uri: str, source: str, table: str) -> str:
    """The folder of a table's entries. Readers of Hive's kind pass over names that begin with ``_``."""
    return f"{folder(data_uri)}{segment(source)}/{segment(table)}/_committed/"
