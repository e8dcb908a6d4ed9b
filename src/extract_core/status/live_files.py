"""Which files hold the rows of a table now: those of its newest base and of all increments after it, read from its manifest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from extract_core.dataclass import dataclass
from extract_core.errors import ObjectError
from extract_core.plan.places import folder
from extract_core.status.manifest import manifest_place, number_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extract_core.objects.store import ObjectStore


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveAttempt:
    """A committed attempt whose files are live. `mode` is full, incremental or backfill; `files` are URIs.

    `is_base`: it read the whole table. `rows` is None if the job did not say how many rows it wrote.
    """

    run_id: str
    attempt: int
    mode: str
    is_base: bool
    recorded_at: str
    rows: int | None
    files: Sequence[str]


def live_attempts(
    objects: ObjectStore, data_uri: str, source: str, table: str, *, until_run: str | None = None
) -> list[LiveAttempt]:
    """The attempts that hold the table's rows, oldest first; empty if no attempt was committed.

    The first is the newest base: a full extract, or an incremental one without a low mark. `until_run` gives the rows as that
    run left them; an empty list if it committed nothing here. The manifest is read from its end, back to the base. Raises
    ObjectError if it cannot be read, or if an entry is damaged: a list without its files would be wrong.
    """
    attempts: list[LiveAttempt] = []
    entries = [
        uri for uri in objects.list(manifest_place(data_uri, source, table)) if number_of(uri.rpartition("/")[2]) is not None
    ]
    for uri in reversed(entries):
        attempt = _attempt(objects, uri)
        if until_run is not None and not attempts and attempt.run_id != until_run:
            continue
        attempts.append(attempt)
        if attempt.is_base:
            break
    return attempts[::-1]


def _attempt(objects: ObjectStore, uri: str) -> LiveAttempt:
    try:
        entry: Any = json.loads(objects.read(uri))
        place, mode = folder(entry["extract_s3_uri"]), entry["mode"]
        files = None if entry["files"] is None else [f"{place}{_in_uri(place, file['name'])}" for file in entry["files"]]
        return LiveAttempt(
            run_id=entry["run_id"],
            attempt=entry["attempt"],
            mode=mode,
            is_base=mode == "full" or (mode == "incremental" and entry["low_watermark"] is None),
            recorded_at=entry["recorded_at"],
            rows=entry["rows"],
            files=list(objects.list(place)) if files is None else files,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ObjectError(
            f"the manifest entry {uri!r} is damaged: {type(error).__name__}: {error}; restore it from a backup"
        ) from error


def _in_uri(place: str, name: str) -> str:
    """The name as a part of a URI: escaped below file://, and as it is in S3."""
    return quote(name) if place.startswith("file://") else name
