"""A run in memory, of any number of tables: its rows as tracking would have them, and its document."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from extract_core import FailureClass, JobState
from extract_core.objects.routed import open_objects
from extract_core.runs.view.build import run_results
from extract_core.runs.view.document import Prices
from extract_core.tracking.records import AttemptRow, Policy, RunRecord

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from extract_core.runs.view.document import RunResults

START = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "</script><script>alert(2)</script>",
    "{{ 7 * 7 }}{% raw %}",
    "اسم الجدول",  # right to left
    "safe\u202egnp.exe",  # turns the direction of what follows
    "x" * 200,
    "👩‍👩‍👧‍👦 📦",
    "a\x1b[31mred\x00",
    "'; rm -rf ~; '",
    "half \ud83d",
    "tables & <b>more</b>",
)
_TYPES = ("glue", "emr", "ecs")
_UNITS = {"glue": {"dpu_seconds": 480.0}, "emr": {}, "ecs": {"vcpu_hours": 0.5, "memory_gb_hours": 1.0}}


class Rows:
    """The part of a tracking store that a document is made from. It holds this run and an earlier one."""

    def __init__(self, record: RunRecord, rows: Sequence[AttemptRow], earlier: Iterable[AttemptRow] = ()) -> None:
        self._rows = {record.run_id: list(rows), "before": list(earlier)}
        before = RunRecord(
            run_id="before", execution_id="e", source=record.source, started_at=(START - timedelta(days=1)).isoformat(),
            planned=len(self._rows["before"]), summary={"state": "SUCCEEDED"},
        )  # fmt: skip
        self._runs = [record, *([before] if self._rows["before"] else [])]

    def attempts(self, run_id):
        return iter(self._rows[run_id])

    def runs(self, limit=20):
        return self._runs[:limit]


def row(number: int, name: str, *, failure: FailureClass | None = None, attempt: int = 1, at: int = 40, **more) -> AttemptRow:
    """An attempt whose times depend on its number: `at` tables at once, each of 10 to 70 seconds."""
    begin = (number // at) * 45 + number % at * 0.7 + (attempt - 1) * 80
    job_type = _TYPES[number % 3]
    values = {
        "run_id": "run-1", "source": "sales", "table": name, "attempt": attempt, "job_type": job_type,
        "state": JobState.FAILED if failure else JobState.SUCCEEDED, "failure": failure,
        "message": f"{failure}: job jr_{number:08x} of {name} ended" if failure else None,
        "job_run_id": f"jr_{number}", "log_url": f"https://console.aws.amazon.com/logs/{number}",
        "recorded_at": (START + timedelta(seconds=begin + 90)).isoformat(),
        "started_at": (START + timedelta(seconds=begin)).isoformat(),
        "ended_at": (START + timedelta(seconds=begin + 10 + number * 7 % 60)).isoformat(),
        "cost_basis": _UNITS[job_type],
        "rows": None if failure else number * 1_234, "bytes": None if failure else number * 98_765,
        "files": None if failure else [{"name": "part-00000.parquet", "bytes": 9}],
    }  # fmt: skip
    return AttemptRow(**{**values, **more})


def results(rows: Sequence[AttemptRow], *, state: str | None = None, earlier: Iterable[AttemptRow] = (), **more) -> RunResults:
    """The document of a run of these attempts, which ended at their last end."""
    tables = {attempt.table for attempt in rows}
    state = state or ("FAILED" if any(attempt.failure for attempt in rows) else "SUCCEEDED")
    ended = max((attempt.ended_at for attempt in rows if attempt.ended_at), default=START.isoformat())
    record = RunRecord(
        run_id="run-1", execution_id="arn:aws:states:us-east-1:000000000000:execution:extract:run-1", source="sales",
        started_at=START.isoformat(), planned=len(tables), policy=Policy(), event={"source": "sales", "tables": "*"},
        versions={"extract-sfn": "0.1.0"}, summary={"state": state, "ended_at": ended}, **more,
    )  # fmt: skip
    prices = {"ecs": Prices(as_of="2026-11-01", region="us-east-1", usd={"vcpu_hours": 0.04, "memory_gb_hours": 0.004})}
    return run_results(Rows(record, rows, earlier), open_objects(), record, state, prices=prices, now=START + timedelta(hours=2))


def many(count: int) -> RunResults:
    """A run of `count` tables: every 50th failed, some after a retry, each class of failure and each hostile name among them."""
    classes = list(FailureClass)
    rows = []
    for number in range(count):
        name = (
            HOSTILE[number // 7 % len(HOSTILE)]
            if number % 7 == 3 and number < 7 * len(HOSTILE)
            else f"schema_{number % 9}.table_{number:05}"
        )
        failure = (
            classes[number // 50 % len(classes)]
            if number % 50 == 4
            else classes[number]
            if count > 200 and number < len(classes)
            else None
        )
        if number % 97 == 5:
            rows.append(row(number, name, failure=FailureClass.CAPACITY))
            rows.append(row(number, name, failure=failure, attempt=2))
        else:
            rows.append(row(number, name, failure=failure))
    earlier = [
        row(number, attempt.table, run_id="before") for number, attempt in enumerate(rows[: count // 2]) if attempt.attempt == 1
    ]
    return results(rows, earlier=earlier)
