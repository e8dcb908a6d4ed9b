"""Tables as the config manager plans them: what a job type's `arguments` gets, and the item that its branch gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from extract_core.config.job_arguments import encoded
from extract_core.contract import TableRun, Watermark

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import BaseModel

    from extract_core.contract import Json

AWKWARD: Final = 'it\'s "quoted", $HOME; a=b & ünïcode\n{second: line}'
"""A value as people write them: it must reach the job unchanged."""

_SINCE = Watermark(column="updated_at", type="TimestampType", mode="incremental")
_KINDS: Final = (
    ("a full extract", Watermark()),
    ("a first incremental extract", _SINCE),
    ("an incremental extract", Watermark(column="id", type="LongType", low="41", mode="incremental")),
    ("a backfill", Watermark(column="id", type="LongType", low="1", high="40", mode="backfill")),
)


def table_runs(job_type: str, deployment: BaseModel) -> Iterator[tuple[str, TableRun[Any]]]:  # Any: whichever deployment it has
    """Each kind of table by name; the last one has its arguments in one (``argument_encoding: json``)."""
    for attempt, (label, watermark) in enumerate(_KINDS, start=1):
        yield label, _table_run(job_type, deployment, watermark, attempt, in_one=False)
    yield "arguments in one", _table_run(job_type, deployment, Watermark(), 1, in_one=True)


def _table_run(job_type: str, deployment: BaseModel, watermark: Watermark, attempt: int, *, in_one: bool) -> TableRun[Any]:
    flat = {
        "--source_name": "sales",
        "--source_type": "jdbc",
        "--extract_table": "public.accounts",
        "--run_id": "sales-2031-05-04",
        "--attempt": str(attempt),
        "--extract_s3_uri": f"s3://contract-kit-data/sales/public.accounts/run_id=sales-2031-05-04/attempt={attempt}/",
        "--result_uri": f"s3://contract-kit-runs/sales-2031-05-04/results/public.accounts/attempt={attempt}.json",
        "--db_engine": "postgres",
        "--db_name": "sales",
        "--db_secret": "postgres/sales",
        "--db_port": "5432",
        "--extract_type": "FE" if watermark.mode == "full" else "PE",
        **_window(watermark),
        "--fetchsize": "1000",
        "--note": AWKWARD,
    }
    return TableRun(
        source_name=flat["--source_name"],
        source_type=flat["--source_type"],
        table=flat["--extract_table"],
        job_type=job_type,
        run_id=flat["--run_id"],
        run_started_at="2031-05-04T03:02:01Z",
        attempt=attempt,
        extract_s3_uri=flat["--extract_s3_uri"],
        result_uri=flat["--result_uri"],
        watermark=watermark,
        deployment=deployment,
        job_arguments=encoded(flat) if in_one else flat,
    )


def _window(watermark: Watermark) -> dict[str, str]:
    """The arguments that an incremental job gets beside the others."""
    told = {
        "--hwm_col_name": watermark.column,
        "--hwm_column_type": watermark.type,
        "--low_watermark": watermark.low,
        "--high_watermark": watermark.high,
    }
    return {name: value for name, value in told.items() if value is not None}


def item_of(table: TableRun[Any], arguments: Mapping[str, Json], timeout_seconds: int) -> dict[str, Json]:
    """The Map's item: these keys are there for every table (docs/plugins/write-a-job-type.md lists them for authors)."""
    mark = table.watermark
    return {
        "source_name": table.source_name,
        "source_type": table.source_type,
        "extract_table": table.table,
        "job_type": table.job_type,
        "run_id": table.run_id,
        "run_started_at": table.run_started_at,
        "attempt": table.attempt,
        "max_attempts": 3,
        "timeout_seconds": timeout_seconds,
        "extract_s3_uri": table.extract_s3_uri,
        "result_uri": table.result_uri,
        "watermark": {"column": mark.column, "type": mark.type, "low": mark.low, "mode": mark.mode},
        "plan_uri": "s3://contract-kit-runs/sales-2031-05-04/plan.jsonl",
        "plan_line": [0, 1024],
        "arguments": arguments,
    }
