"""The result object: the one JSON file that says which data this attempt wrote. It is put last."""

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

from extract_job.errors import JobError


@dataclass(frozen=True, slots=True)
class DataFile:
    """One finished file of data: its name below `extract_s3_uri`, its size in bytes and its rows."""

    name: str
    bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class Result:
    """What one attempt did. Marks are text as the source has it; `low_watermark` is the one that was given."""

    run_id: str
    attempt: int
    files: tuple[DataFile, ...]
    low_watermark: str | None
    high_watermark: str | None
    rows_without_watermark: int

    @property
    def rows(self) -> int:
        """Rows in all files."""
        return sum(file.rows for file in self.files)

    @property
    def bytes(self) -> int:
        """Bytes of all files."""
        return sum(file.bytes for file in self.files)

    def to_json(self) -> str:
        """Give the object as it stands at `result_uri`."""
        return json.dumps(
            {
                "run_id": self.run_id,
                "attempt": self.attempt,
                "rows": self.rows,
                "bytes": self.bytes,
                "files": [{"name": file.name, "bytes": file.bytes, "rows": file.rows} for file in self.files],
                "low_watermark": self.low_watermark,
                "high_watermark": self.high_watermark,
                "rows_without_watermark": self.rows_without_watermark,
            },
            ensure_ascii=False,
            indent=2,
        )


def withdraw_result(path: Path) -> None:
    """Remove the result of an earlier process of the same attempt: from here on its files may be replaced."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise JobError(f"cannot remove the old result {str(path)!r}: {error.strerror}") from error


def put_result(path: Path, result: Result) -> None:
    """Write `result` to `path` in one step: a reader sees the whole object or none."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with temporary.open("x", encoding="utf-8") as file:
                file.write(result.to_json() + "\n")
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
            sync_folder(path.parent)
        finally:
            temporary.unlink(missing_ok=True)
    except OSError as error:
        raise JobError(f"cannot write the result {str(path)!r}: {error.strerror}") from error


def sync_folder(folder: Path) -> None:
    """Make the names in `folder` last through a power cut: a rename alone doesn't."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
