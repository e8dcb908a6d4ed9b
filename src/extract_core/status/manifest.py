"""The manifest of a table: one object a committed attempt, put once its end is recorded, for readers who know only the data.

``<data_uri>/<source>/<table>/_committed/<fencing>-<attempt>.json``: names sort in the order of the commits. A reader lists them
and reads the files they name. Other files below the table (of a job that failed, ran late or lost its lease) are not data.
"""

from __future__ import annotations

import json
import logging
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from extract_core.contract import JobState
from extract_core.errors import ObjectError, TrackingUnavailable
from extract_core.plan.item_key import item_key
from extract_core.plan.places import folder, segment
from extract_core.plan.plan_file import stored_items

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from extract_core.contract import Json
    from extract_core.pipeline.parts import Parts
    from extract_core.plan.item_key import ItemKey
    from extract_core.tracking.records import AttemptRow, RunRecord

log: Final = logging.getLogger("extract_core")

_AT_ONCE: Final = 8
_ENTRY: Final = re.compile(r"/(\d+)-\d+\.json$")


def publish(parts: Parts, key: ItemKey, item: Mapping[str, Json], row: AttemptRow) -> bool:
    """Put the entry of an attempt that is recorded as SUCCEEDED, unless it is there. Whether it was put now.

    Where another run has its place (tracking was lost, or is an old copy), it is put behind all entries that stand.

    Raises TrackingUnavailable where it can't be written: the machine calls the handler again, which finds the row and comes here.
    """
    if row.state is not JobState.SUCCEEDED:
        return False
    data = json.dumps(entry(item, row), ensure_ascii=False, indent=1).encode("utf-8", "backslashreplace")
    uri = entry_place(parts.data_uri, key)
    try:
        if parts.objects.write(uri, data, if_absent=True):
            return True
        return not _is_of(parts, uri, row) and _put_behind(parts, key, row, data)
    except ObjectError as error:
        raise TrackingUnavailable(f"the attempt is recorded, but its manifest can't be written: {error}") from error


def highest(parts: Parts, source: str, tables: Sequence[str]) -> dict[str, int]:
    """The highest fencing number in the manifest of each of these tables that has one; for tables that tracking does not know.

    A tracking store that was lost, or replaced, would else count from 1 again, below what readers go by. What can't be listed is
    left out, with a line in the log: `publish` looks again.
    """
    try:
        above = f"{folder(parts.data_uri)}{segment(source)}/"
        if len(tables) > _AT_ONCE and next(iter(parts.objects.list(above)), None) is None:
            return {}  # the source's first run
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="manifests") as pool:
            found = list(pool.map(lambda table: _numbers(parts, source, table), tables))
    except ObjectError as error:
        log.warning("manifests of tables that are new to tracking can't be listed: %s", error)
        return {}
    return {table: max(numbers) for table, numbers in zip(tables, found, strict=True) if numbers}


def _numbers(parts: Parts, source: str, table: str) -> dict[int, list[str]]:
    """The URIs of a table's entries, by fencing number."""
    numbers: dict[int, list[str]] = {}
    for uri in parts.objects.list(manifest_place(parts.data_uri, source, table)):
        if found := _ENTRY.search(uri):
            numbers.setdefault(int(found[1]), []).append(uri)
    return numbers


def _is_of(parts: Parts, uri: str, row: AttemptRow) -> bool:
    """Whether the entry is of this attempt. A run of an earlier tracking store may have had its number, and its name."""
    try:
        stands = json.loads(parts.objects.read(uri))
    except ValueError:
        return False
    mine = {"run_id": row.run_id, "attempt": row.attempt, "recorded_at": row.recorded_at}
    return isinstance(stands, dict) and {name: stands.get(name) for name in mine} == mine


def _put_behind(parts: Parts, key: ItemKey, row: AttemptRow, data: bytes) -> bool:
    """Put the entry behind all that stand, where another run has its number, unless that was done before."""
    while True:
        numbers = _numbers(parts, key.source, key.table)
        if any(_is_of(parts, uri, row) for number in sorted(numbers, reverse=True) for uri in numbers[number]):
            return False
        behind = replace(key, fencing=max(numbers, default=key.fencing) + 1)
        uri = entry_place(parts.data_uri, behind)
        if parts.objects.write(uri, data, if_absent=True):
            fields = {"run_id": key.run_id, "table": key.table, "fencing": key.fencing, "manifest": uri}
            log.error(
                "%s: another run has the manifest entry of fencing number %d, so tracking was lost or is an old copy; the entry "
                "of this run is put behind it: %s", key.table, key.fencing, uri, extra={"extract": fields},
            )  # fmt: skip
            return True


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
    """What an entry says. `mode` is full, incremental or backfill; `files` null: all below `extract_s3_uri` counts.

    Readers outside of this project know these members, so `source_name`, `low_watermark` and `high_watermark` keep their names.
    """
    mark: Any = item.get("watermark")
    return {
        "source_name": row.source,
        "table": row.table,
        "run_id": row.run_id,
        "attempt": row.attempt,
        "recorded_at": row.recorded_at,
        "mode": mark.get("mode", "full") if isinstance(mark, dict) else "full",
        "low_watermark": row.watermark_low,
        "high_watermark": row.watermark_high,
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
