"""The checked arguments of one extract."""

from collections.abc import Mapping
from dataclasses import dataclass

from extract_job.arguments.selection import Selection
from extract_job.marks import Watermark
from extract_job.metadata import MetadataColumn
from extract_job.splitting.plan import Split
from extract_job.storage.places import Place

REQUIRED = ("extract_table", "run_id", "attempt", "extract_s3_uri", "result_uri", "db_engine", "db_name")
OPTIONAL = (
    "source_name", "source_type", "db_secret", "db_port", "extract_type", "hwm_col_name", "hwm_column_type",
    "low_watermark", "high_watermark", "lag", "fetchsize", "columns", "exclude_columns", "text_columns", "rename", "where",
    "decimal_overflow", "metadata_columns", "hive_partitions", "target_file_mb", "rows_per_file", "lock_wait_seconds",
    "last_result", "future", "on_mark_behind", "on_schema_change", "verify", "row_security", "job_engine",
    "num_partitions", "partition_column", "lower_bound", "upper_bound", "chunk_rows", "resume_from",
)  # fmt: skip
KNOWN = frozenset(REQUIRED + OPTIONAL)
CHOICES: Mapping[str, tuple[str, ...]] = {
    "future": ("exclude", "read"),
    "on_mark_behind": ("fail", "continue"),
    "on_schema_change": ("warn", "fail", "allow"),
    "verify": ("count", "off", "full"),
    "row_security": ("refuse", "allow"),
    "job_engine": ("auto", "arrow", "spark"),
}
"""The arguments with a closed set of values; the first value is the default."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """What this process must do. `watermark` is None for a full extract.

    `low_mark` is the low mark as configured; the result reports it for a full extract too.
    `last_result` is the result object of the table's last committed attempt. `CHOICES` lists the
    values of the fields from `future` to `job_engine`.
    """

    table: str
    source_name: str | None
    run_id: str
    attempt: int
    folder: Place
    result: Place
    engine: str
    database: str
    secret: str | None
    port: str | None
    watermark: Watermark | None
    low_mark: str | None
    fetchsize: int | None
    selection: Selection
    target_file_mb: int
    rows_per_file: int
    lock_wait_seconds: int
    last_result: Place | None
    future: str
    on_mark_behind: str
    on_schema_change: str
    verify: str
    row_security: str
    job_engine: str
    split: Split
    chunk_rows: int
    resume_from: Place | None
    ignored: tuple[str, ...]
    metadata: tuple[MetadataColumn, ...]
    """The columns that the files get beside those of the table; known once the table was opened."""
