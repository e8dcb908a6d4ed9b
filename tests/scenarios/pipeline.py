"""A pipeline of one table that runs in this process: the real config manager, job, status handler and summary."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from unittest import mock

import pyarrow.parquet as pq
from pydantic import BaseModel

from extract_core import Branch, FailureClass, JobState, JobStatus, JobType
from extract_core.objects.files import file_uri
from extract_core.objects.routed import open_objects
from extract_core.pipeline.parts import Parts
from extract_core.registry.installed import Registry
from extract_core.runs.begin import manage
from extract_core.runs.end import summarise
from extract_core.status import record as status_record
from extract_core.status.record import record
from extract_core.tracking.sqlite import SQLiteTracking
from extract_job.program import run as run_job
from extract_job.stopping import StopRequest
from extract_job.storage.local import LocalResult

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from extract_core.tracking.records import AttemptRow

CONFIG = """
source_name: s
extract:
  job_type: reference
  db_engine: {engine}
  db_name: {database}
  tables:
    t:
      extract_type: PE
      watermark: {{column: mark, type: IntegerType}}
      lag: {lag}
      verify: full
"""
MACHINE: dict[str, Any] = {
    "name": "extract", "map": "INLINE", "max_concurrency": 10, "retry_loop": False, "contract": [1, 0], "versions": {},
    "job_types": {"reference": {}},
}  # fmt: skip


class Killed(BaseException):
    """A process that ends without a word."""


class Nothing(BaseModel):
    """No settings, no deployment."""


class Reference(JobType):
    """A service that starts the reference job; its answer is the exit code."""

    name = "reference"
    title = "Reference"
    api_version = 1

    def settings(self) -> type[BaseModel]:
        return Nothing

    def deployment(self) -> type[BaseModel]:
        return Nothing

    def branch(self, target: Any) -> Branch:
        return Branch(start="Reference", states={"Reference": {"Type": "Task", "Resource": "reference"}}, job_state="Reference")

    def arguments(self, table: Any, settings: Any) -> Mapping[str, str]:
        return dict(table.job_arguments)

    def timeout(self, settings: Any) -> int:
        return 600

    def status(self, outcome: Any) -> JobStatus:
        if outcome.error is None and outcome.result == 0:
            return JobStatus(state=JobState.SUCCEEDED, job_run_id="job")
        return JobStatus(state=JobState.FAILED, failure=FailureClass.USER_CODE, message=f"exit code {outcome.cause}")


class Pipeline:
    """Runs the table, and reads what readers of the data would read."""

    def __init__(self, folder: Path, engine: str, database: str, lag: int) -> None:
        (folder / "config").mkdir(parents=True)
        (folder / "config/s.yml").write_text(CONFIG.format(engine=engine, database=database, lag=lag), encoding="utf-8")
        self.folder = folder
        self.running: set[str] = set()
        self.runs = 0
        self.tracking = SQLiteTracking(folder / "tracking.db")
        self.parts = Parts(
            objects=open_objects(),
            tracking=self.tracking,
            registry=Registry.of(Reference()),
            config_uri=file_uri(folder / "config") + "/",
            data_uri=file_uri(folder / "data") + "/",
            runs_uri=file_uri(folder / "runs") + "/",
            is_running=lambda execution: execution in self.running,
        )
        self._read: dict[str, Counter[Any]] = {}

    def begin(self, **event: Any) -> dict[str, Any]:
        """Plan a new run; return the table's item."""
        self.runs += 1
        run_id = f"run-{self.runs:04}"
        self.running.add(f"exec:{run_id}")
        payload = {"event": {"source": "s", "tables": "*", **event}, "execution": _execution(run_id), "machine": MACHINE}
        (item,) = manage(self.parts, payload)["tables_to_extract"]
        return dict(item)

    def job(self, item: dict[str, Any], *, killed: bool = False) -> dict[str, Any]:
        """Run the job of an item; return the item as the branch leaves it. `killed`: it dies before it puts its result."""
        argv = [part for pair in item["arguments"].items() for part in pair]
        if not killed:
            return _ended(item, run_job(argv, StopRequest()))
        with mock.patch.object(LocalResult, "put", side_effect=Killed), suppress(Killed):
            run_job(argv, StopRequest())
        return _ended(item, 137)

    def record(self, item: dict[str, Any], *, dies_before_manifest: bool = False) -> None:
        """Handle the end of the job; `dies_before_manifest`: the function dies after the commit, and nobody calls it again."""
        if not dies_before_manifest:
            record(self.parts, item)
            return
        with mock.patch.object(status_record, "publish", side_effect=Killed), suppress(Killed):
            record(self.parts, item)

    def end(self, item: dict[str, Any]) -> AttemptRow:
        """Sum the run up; return the table's last row."""
        run_id = str(item["run_id"])
        summarise(self.parts, {"run_id": run_id, "execution": _execution(run_id), "map_error": None})
        self.running.discard(f"exec:{run_id}")
        return [*self.tracking.attempts(run_id)][-1]

    def dies(self, item: dict[str, Any]) -> None:
        """The execution ends, and nothing of it is recorded."""
        self.running.discard(f"exec:{item['run_id']}")

    def run(self, **event: Any) -> AttemptRow:
        """A whole run."""
        item = self.begin(**event)
        self.record(item if "plan_error" in item else self.job(item))
        return self.end(item)

    def entries(self) -> list[dict[str, Any]]:
        """The manifest of the table, in the order of its commits."""
        return [json.loads(path.read_bytes()) for path in sorted((self.folder / "data/s/t/_committed").glob("*.json"))]

    def live(self) -> Counter[Any]:
        """The rows of all files since the base, backfills left out."""
        entries = [entry for entry in self.entries() if entry["mode"] != "backfill"]
        base = max((number for number, entry in enumerate(entries) if entry["low_watermark"] is None), default=0)
        rows: Counter[Any] = Counter()
        for entry in entries[base:]:
            rows += self.rows_of(entry)
        return rows

    def rows_of(self, entry: Mapping[str, Any]) -> Counter[Any]:
        """The rows of one entry's files."""
        folder = str(entry["extract_s3_uri"])
        if folder not in self._read:
            rows: Counter[Any] = Counter()
            for file in entry["files"]:
                table = pq.read_table(f"{folder.removeprefix('file://')}{file['name']}", columns=["id", "mark", "token"])
                rows.update(zip(*(column.to_pylist() for column in table.columns), strict=True))
            self._read[folder] = rows
        return self._read[folder]


def _execution(run_id: str) -> dict[str, str]:
    return {"id": f"exec:{run_id}", "name": run_id, "started_at": "2026-03-01T06:00:00.000Z"}


def _ended(item: dict[str, Any], code: int) -> dict[str, Any]:
    if code == 0:
        return {**item, "job_result": 0}
    return {**item, "job_error": {"Error": "States.TaskFailed", "Cause": str(code)}}
