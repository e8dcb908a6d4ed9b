"""Tables as the config manager plans them: the input of a job type's `arguments`, and the item that enters its branch."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from extract_core.config.reserved import ENCODED
from extract_core.contract import TableRun, Watermark
from extract_core.plan.job_arguments import encoded
from extract_core.plan.places import segment

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic import BaseModel

    from extract_core.contract import Json

AWKWARD: Final = 'it\'s "quoted", $HOME; a=b & ünïcode\n{second: line}'
"""A value as users write them. It must reach the job unchanged."""

_SINCE = Watermark(column="updated_at", type="TimestampType", mode="incremental")
_LONG_SOURCE: Final = "warehouse_of_the_northern_region_and_all_of_its_outlying_branches"
_LONG_TABLE: Final = "reporting_for_the_board.Monthly Revenue (by branch, currency & product group, after tax)"


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of table: how it differs from an ordinary full extract."""

    label: str
    watermark: Watermark = field(default_factory=Watermark)
    attempt: int = 1
    source: str = "sales"
    table: str = "public.accounts"
    run_id: str = "sales-2031-05-04"
    in_one: bool = False


LONG_NAMES: Final = "long names"
"""The label of a table with long and unusual names."""
_LONG: Final = _Kind(
    LONG_NAMES, source=_LONG_SOURCE, table=_LONG_TABLE + " 1", run_id=f"{_LONG_SOURCE[:59]}-20310504T030201-3f9a"
)
_KINDS: Final = (
    _Kind("a full extract"),
    _Kind("a first incremental extract", _SINCE, attempt=2, table="accounts"),
    _Kind("an incremental extract", replace(_SINCE, low="2031-05-03T02:01:00.5Z"), attempt=3),
    _Kind("a backfill", Watermark(column="id", type="LongType", low="1", high="40", mode="backfill"), attempt=4, table="t"),
    _Kind("arguments in one", in_one=True),
    _LONG,
    replace(_LONG, label="the next attempt at it", attempt=2),
    replace(_LONG, label="a table of nearly its name", table=_LONG_TABLE + " 2"),
    replace(_LONG, label="the next run of it", run_id=f"{_LONG_SOURCE[:59]}-20310504T040201-9b0c"),
)


def table_runs(job_type: str, deployment: BaseModel) -> Iterator[tuple[str, TableRun[Any]]]:  # Any: the job type's own deployment
    """Each kind of table with its label. One has all arguments in one (``argument_encoding: json``), four have long names."""
    for kind in _KINDS:
        yield kind.label, _table_run(job_type, deployment, kind)


def _table_run(job_type: str, deployment: BaseModel, kind: _Kind) -> TableRun[Any]:
    place = f"{segment(kind.source)}/{segment(kind.table)}"
    flat = {
        "--source_name": kind.source,
        "--source_type": "jdbc",
        "--extract_table": kind.table,
        "--run_id": kind.run_id,
        "--attempt": str(kind.attempt),
        "--extract_s3_uri": f"s3://contract-kit-data/{place}/run_id={kind.run_id}/attempt={kind.attempt}/",
        "--result_uri": f"s3://contract-kit-runs/{kind.run_id}/results/{segment(kind.table)}/attempt={kind.attempt}.json",
        "--db_engine": "postgres",
        "--db_name": "sales",
        "--db_secret": "postgres/sales",
        "--db_port": "5432",
        "--extract_type": "FE" if kind.watermark.mode == "full" else "PE",
        **_window(kind.watermark),
        "--fetchsize": "1000",
        "--note": AWKWARD,
    }
    return TableRun(
        source=kind.source,
        source_type=flat["--source_type"],
        table=kind.table,
        job_type=job_type,
        run_id=kind.run_id,
        run_started_at="2031-05-04T03:02:01Z",
        attempt=kind.attempt,
        extract_s3_uri=flat["--extract_s3_uri"],
        result_uri=flat["--result_uri"],
        watermark=kind.watermark,
        deployment=deployment,
        job_arguments=encoded(flat) if kind.in_one else flat,
    )


def spilled(table: TableRun[Any]) -> TableRun[Any]:  # Any: the job type's own deployment
    """The table as the core plans it if its arguments are too long: they lie in an object, and the job gets its URI."""
    return replace(table, job_arguments={ENCODED: f"s3://contract-kit-runs/arguments/attempt={table.attempt}.json"})


def _window(watermark: Watermark) -> dict[str, str]:
    """The further arguments of an incremental job."""
    window = {
        "--hwm_col_name": watermark.column,
        "--hwm_column_type": watermark.type,
        "--low_watermark": watermark.low,
        "--high_watermark": watermark.high,
    }
    return {name: value for name, value in window.items() if value is not None}


def item_of(table: TableRun[Any], arguments: Mapping[str, Json], timeout_seconds: int) -> dict[str, Json]:
    """The Map's item. Every table has these keys (docs/plugins/write-a-job-type.md lists them for authors)."""
    mark = table.watermark
    return {
        "source": table.source,
        "source_type": table.source_type,
        "table": table.table,
        "job_type": table.job_type,
        "run_id": table.run_id,
        "run_started_at": table.run_started_at,
        "attempt": table.attempt,
        "max_attempts": 3,
        "timeout_seconds": timeout_seconds,
        "extract_s3_uri": table.extract_s3_uri,
        "result_uri": table.result_uri,
        "watermark": {"column": mark.column, "type": mark.type, "low": mark.low, "mode": mark.mode, "version": 0},
        "result": "required",
        "lease": {"fencing": 1},
        "plan_uri": f"s3://contract-kit-runs/{table.run_id}/plan.jsonl",
        "plan_line": [0, 1024],
        "arguments": arguments,
    }
