"""The result object: a JSON object that names the data of this attempt. It is written last."""

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DataFile:
    """One finished data file: its name below `extract_s3_uri`, its size in bytes and its rows."""

    name: str
    bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class Result:
    """What one attempt did; the fields have the names of the JSON object.

    Marks are text as in the source; `low_watermark` is the mark that the job got.
    """

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
        """Return the text of the object at `result_uri`."""
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
