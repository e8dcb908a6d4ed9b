"""The Parquet files of each table: those in the result objects of its succeeded attempts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from extract_core.contract import JobState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extract_core.tracking.records import AttemptRow
    from extract_core.tracking.store import TrackingStore


def parquet_files(tracking: TrackingStore, runs: Sequence[str]) -> dict[str, list[Path]]:
    """Files per table of these runs, in order: a full extract replaces earlier files, an incremental extract adds files."""
    files: dict[str, list[Path]] = {}
    for run in runs:
        for row in tracking.attempts(run):
            if row.state is JobState.SUCCEEDED:
                before = files.get(row.table, []) if row.watermark_low is not None else []
                files[row.table] = before + _of(row)
    return dict(sorted(files.items()))


def _of(row: AttemptRow) -> list[Path]:
    files: Sequence[Mapping[str, object]] = row.files or ()
    folder = Path(unquote(urlsplit(row.extract_s3_uri or "").path))
    return [folder / str(file["name"]) for file in files]
