"""Attempts of one table in a folder, each with a place of its own, as the core starts them: for tests of resumed reads."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


def places(folder: Path, attempt: int) -> dict[str, str]:
    """The arguments of the job that name the attempt."""
    return {
        "extract_s3_uri": f"{folder.as_uri()}/data/attempt={attempt}/",
        "result_uri": f"{folder.as_uri()}/results/attempt={attempt}.json",
        "attempt": str(attempt),
    }


def result_of(folder: Path, attempt: int) -> Any:
    """The result object of an attempt."""
    return json.loads((folder / "results" / f"attempt={attempt}.json").read_text(encoding="utf-8"))


def rows_of(folder: Path, attempt: int) -> list[tuple[Any, ...]]:
    """All rows of the files that the result names, sorted."""
    import pyarrow.parquet as pq

    data = folder / "data" / f"attempt={attempt}"
    files = [pq.read_table(data / file["name"]) for file in result_of(folder, attempt)["files"]]
    return sorted(tuple(row.values()) for file in files for row in file.to_pylist())
