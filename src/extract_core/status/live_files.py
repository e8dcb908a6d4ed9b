"""Which files hold the rows of a table now: those of its newest base and of all increments after it, read from its manifest."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from extract_core.contract import LiveAttempt
from extract_core.errors import ObjectError
from extract_core.plan.places import folder, manifest_place, uri_in
from extract_core.status.manifest import number_of

if TYPE_CHECKING:
    from extract_core.objects.store import ObjectStore


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
        files = None if entry["files"] is None else [uri_in(place, file["name"]) for file in entry["files"]]
        return LiveAttempt(
            run_id=entry["run_id"],
            attempt=entry["attempt"],
            mode=mode,
            is_base=mode == "full" or (mode == "incremental" and entry["low_watermark"] is None),
            recorded_at=entry["recorded_at"],
            rows=entry["rows"],
            files=list(objects.list(place)) if files is None else files,
            folder=place,
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ObjectError(
            f"the manifest entry {uri!r} is damaged: {type(error).__name__}: {error}; restore it from a backup"
        ) from error
