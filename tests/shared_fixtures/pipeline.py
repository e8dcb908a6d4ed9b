"""A pipeline in a folder: real stores, its own job type, and the calls that the state machine would make."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from pydantic import BaseModel, ConfigDict

from extract_core import Branch, FailureClass, JobState, JobStatus, JobType
from extract_core.objects.files import file_uri
from extract_core.objects.routed import open_objects
from extract_core.pipeline.parts import Parts
from extract_core.registry.installed import Registry
from extract_core.runs.begin import manage
from extract_core.runs.end import summarise
from extract_core.status.record import record
from extract_core.tracking.sqlite import SQLiteTracking

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

SALES = """
source_name: sales
source_type: jdbc
extract:
  job_type: press
  db_engine: sqlite
  tables:
    public.accounts: {}
    public.orders: {extract_type: PE, hwm_col_name: updated_at, hwm_column_type: TimestampType}
    public.returns: {workers: 3}
"""


PARQUET = b"PAR1\0\0\0\0PAR1"
"""Begins and ends as a Parquet file does."""


class Press(JobType):
    """A service whose answers are easy to write down: ``{"State": "DONE"}`` is its success."""

    name = "press"
    title = "Press"
    api_version = 1

    def settings(self):
        class Settings(BaseModel):
            model_config = ConfigDict(extra="forbid")
            workers: int = 1

        return Settings

    def deployment(self):
        class Deployment(BaseModel):
            hall: str = "south"

        return Deployment

    def branch(self, target):
        return Branch(start="Press", states={"Press": {"Type": "Task", "Resource": "press"}}, job_state="Press")

    def arguments(self, table, settings):
        return {"workers": settings.workers, **table.job_arguments}

    def timeout(self, settings):
        return 600

    def status(self, outcome):
        if outcome.error is not None:
            return JobStatus(state=JobState.FAILED, failure=FailureClass.USER_CODE, message=outcome.cause)
        said = outcome.result
        if said == "raise":
            raise RuntimeError("the parser is broken")
        if said == "nonsense":
            return "SUCCEEDED"
        started = datetime(2026, 3, 1, 6, 1, tzinfo=UTC)
        ended = started + timedelta(seconds=said.get("Seconds", 30))
        state = JobState.SUCCEEDED if said.get("State") == "DONE" else JobState.UNKNOWN
        return JobStatus(state=state, job_run_id="jr_1", started_at=started, ended_at=ended, cost_basis={"dpu_seconds": 60.0})


class Pipeline:
    """Does what the machine does, one call at a time."""

    def __init__(self, folder: Path, tracking: SQLiteTracking) -> None:
        self.folder = folder
        self.running: set[str] = set()
        self.clock = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
        (folder / "config").mkdir()
        self.write(SALES)
        self.parts = Parts(
            objects=open_objects(),
            tracking=tracking,
            registry=Registry.of(Press()),
            config_uri=file_uri(folder / "config") + "/",
            data_uri=file_uri(folder / "data") + "/",
            runs_uri=file_uri(folder / "runs") + "/",
            is_running=lambda execution: execution in self.running,
            now=self.now,
        )

    def now(self) -> datetime:
        self.clock += timedelta(seconds=1)
        return self.clock

    def write(self, text: str, name: str = "sales.yml") -> None:
        (self.folder / "config" / name).write_text(text, encoding="utf-8")

    @property
    def tracking(self) -> SQLiteTracking:
        return self.parts.tracking

    @staticmethod
    def execution(run_id: str) -> dict:
        return {"id": f"exec:{run_id}", "name": run_id, "started_at": "2026-03-01T06:00:00.000Z"}

    def plan(self, run_id="run-1", tables="*", machine=None, **event):
        machine = machine or {"name": "extract", "map": "INLINE", "max_concurrency": 10, "retry_loop": False, "contract": [1, 0],
                              "versions": {}, "job_types": {"press": {}}}  # fmt: skip
        request = {"source": "sales", **({} if tables is None else {"tables": tables}), **event}
        self.running.add(f"exec:{run_id}")
        return manage(self.parts, {"event": request, "execution": self.execution(run_id), "machine": machine})

    def report(self, item, rows=3, high=None, **changes) -> None:
        """What the job writes: its files and, last, its result."""
        folder = self.path(item["extract_s3_uri"])
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "part-00000.parquet").write_bytes(PARQUET)
        result = {
            "run_id": item["run_id"], "attempt": item["attempt"], "rows": rows, "bytes": len(PARQUET),
            "files": [{"name": "part-00000.parquet", "bytes": len(PARQUET)}],
            "low_watermark": item["watermark"]["low"], "high_watermark": high, **changes,
        }  # fmt: skip
        self.put(item["result_uri"], json.dumps(result))

    def put(self, uri, text) -> None:
        path = self.path(uri)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    @staticmethod
    def path(uri) -> Path:
        from pathlib import Path

        return Path(uri.removeprefix("file://"))

    def done(self, item, **more):
        """The job ended well and has reported."""
        self.report(item, **more)
        return self.record(item, {"State": "DONE"})

    def record(self, item, result):
        return record(self.parts, {**item, "job_result": result})

    def fail(self, item, cause="exit code 1"):
        return record(self.parts, {**item, "job_error": {"Error": "States.TaskFailed", "Cause": cause}})

    def summarise(self, run_id="run-1", map_error=None):
        answer = summarise(self.parts, {"run_id": run_id, "execution": self.execution(run_id), "map_error": map_error})
        self.running.discard(f"exec:{run_id}")
        return answer

    def run(self, run_id="run-1", failing=(), **event):
        """A whole run, in which these tables fail."""
        items = self.plan(run_id, **event)["tables_to_extract"]
        for item in items:
            if "plan_error" in item:
                record(self.parts, item)
            elif item["table"] in failing:
                self.fail(item)
            else:
                self.done(item, high=self.next_mark(item) if item["watermark"]["mode"] == "incremental" else None)
        return self.summarise(run_id)

    @staticmethod
    def next_mark(item) -> str:
        """A mark one minute after the low one."""
        low = item["watermark"]["low"]
        first = datetime(2026, 3, 1, 5, 0)  # noqa: DTZ001 - a timestamp without a zone, as in the source
        return str(first if low is None else datetime.fromisoformat(low) + timedelta(minutes=1))

    def row(self, table, run_id="run-1"):
        return next(row for row in self.tracking.attempts(run_id) if row.table == table)

    def state(self, table):
        return self.tracking.states("sales", [table])[table]

    def held(self) -> set[str]:
        states = self.tracking.states("sales", ["public.accounts", "public.orders", "public.returns"])
        return {table for table, state in states.items() if state.owner is not None}


@pytest.fixture
def pipeline(tmp_path) -> Iterator[Pipeline]:
    with SQLiteTracking(tmp_path / "tracking.db") as tracking:
        yield Pipeline(tmp_path, tracking)


@pytest.fixture
def item_of(pipeline):
    """The item of a table in a run that has just been planned."""

    def find(table="public.accounts", **event):
        items = pipeline.plan(**event)["tables_to_extract"]
        return next(item for item in items if item["table"] == table)

    return find
