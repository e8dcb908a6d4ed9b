"""A pipeline whose tables share jobs, and what a shared job does: it reads its list, and reports one table after the other."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from shared_fixtures.pipeline import Press

from extract_core import FailureClass, JobState, JobStatus
from extract_core.registry.routing import GROUP
from extract_core.status.record import record

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from shared_fixtures.pipeline import Pipeline

FATES = ("ok", "fail", "retry", "die", "hang", "oom", "over")
"""What becomes of an attempt: rows, its own failure (for good, or for now), the death of the job, a turn without end, too
little memory for the job, or the time limit of the job, which a table with its own job does not reach."""
_DEATHS = {
    "die": ("INTERRUPTED", "the host went away"),
    "oom": ("OUT_OF_MEMORY", "killed for its memory"),
    "over": ("TIMEOUT", "over its limit"),
}


class SharingPress(Press):
    """Its jobs may be shared. The name of an error is the class of the failure."""

    shares = True

    def status(self, outcome):
        if outcome.error is not None:
            failure = FailureClass(outcome.error)
            state = JobState.TIMED_OUT if failure is FailureClass.TIMEOUT else JobState.FAILED
            state = JobState.STOPPED if failure is FailureClass.STOPPED else state
            retryable = failure in (FailureClass.INTERRUPTED, FailureClass.CAPACITY)
            return JobStatus(
                state=state, failure=failure, retryable=retryable, message=outcome.cause, cost_basis={"dpu_seconds": 60.0}
            )
        return super().status(outcome)

    def escalate(self, settings, status, attempt):
        """One more worker after each attempt that had too little memory."""
        return settings.model_copy(update={"workers": settings.workers + 1}) if status.failure == "OUT_OF_MEMORY" else None


def config_of(tables: list[str], *, attempts: int = 3) -> str:
    """A config whose tables share jobs from their first run on."""
    lines = "".join(f"    {table}: {{}}\n" for table in tables)
    return (
        "source_name: sales\nsource_type: jdbc\nextract:\n  job_type: press\n  db_engine: sqlite\n  share: true\n"
        f"  max_attempts: {attempts}\n  retry_wait_seconds: 1\n  tables:\n{lines}"
    )


def machine_of(tables: int = 50, *, kind: str = "INLINE", **more: Any) -> dict[str, Any]:
    """The facts of a machine whose jobs have at most so many tables."""
    return {
        "name": "extract", "map": kind, "max_concurrency": 10, "retry_loop": True, "contract": [1, 0], "versions": {},
        "job_types": {"press": {}}, "share": {"tables": tables, "seconds": 400}, **more,
    }  # fmt: skip


class Iterations:
    """Runs the items of a run as the machine does. `fate` gives what becomes of an attempt, by table and counted attempt."""

    def __init__(self, pipeline: Pipeline, fate: Callable[[str, int], str]) -> None:
        self.pipeline = pipeline
        self.fate = fate
        self.jobs: list[list[str]] = []
        self.handled: list[dict[str, Any]] = []
        """What the status handler got, for status events that come twice or late."""

    def steps(self, item: dict[str, Any] | None) -> Iterator[dict[str, Any]]:
        """Run the jobs of one iteration. Yields what the handler gets, before it gets it."""
        while item is not None:
            done = self.job(item)
            self.handled.append(done)
            yield done
            answer = record(self.pipeline.parts, json.loads(json.dumps(done)))
            item = answer if "retry_wait_seconds" in answer else None

    def run(self, item: dict[str, Any]) -> None:
        """One iteration from its start to its end."""
        for _ in self.steps(item):
            pass

    def job(self, item: dict[str, Any]) -> dict[str, Any]:
        """The item after its job: the job writes what it reports, and ends well or not."""
        if GROUP not in item:
            return self._alone(item)
        arguments = json.loads(self.pipeline.path(item["arguments"]["--extract_arguments"]).read_text(encoding="utf-8"))
        refs = {ref["table"]: ref for ref in item[GROUP]["members"]}
        assert [table["extract_table"] for table in arguments["tables"]] == list(refs)
        self.jobs.append(list(refs))
        failed = False
        for table in arguments["tables"]:
            ref = refs[table["extract_table"]]
            assert int(table["attempt"]) == ref["attempt"]
            fate = self.fate(ref["table"], ref["attempt"] - ref.get("uncounted", 0))
            if fate in _DEATHS:
                return {**item, "job_error": dict(zip(("Error", "Cause"), _DEATHS[fate], strict=True))}
            failed = failed or fate != "ok"
            self._report(table, fate, alone=fate == "hang")
        if failed:
            return {**item, "job_error": {"Error": "USER_CODE", "Cause": "exit code 1"}}
        return {**item, "job_result": {"State": "DONE"}}

    def _alone(self, item: dict[str, Any]) -> dict[str, Any]:
        self.jobs.append([item["table"]])
        fate = self.fate(item["table"], item["attempt"] - item.get("uncounted", 0))
        fate = "ok" if fate == "over" else fate
        errors = {**_DEATHS, "hang": _DEATHS["over"]}
        if fate in errors:
            error, cause = errors[fate]
            return {**item, "job_error": {"Error": error, "Cause": cause}}
        self._report({**item["arguments"], **{key: item[key] for key in ("extract_s3_uri", "result_uri", "run_id")},
                      "attempt": item["attempt"], "extract_table": item["table"]}, fate)  # fmt: skip
        if fate == "ok":
            return {**item, "job_result": {"State": "DONE"}}
        return {**item, "job_error": {"Error": "USER_CODE", "Cause": "exit code 1"}}

    def _report(self, table: dict[str, Any], fate: str, *, alone: bool = False) -> None:
        if fate == "ok":
            item = {**table, "attempt": int(table["attempt"]), "watermark": {"low": None}}
            turn = {"started_at": "2026-03-01T06:01:00+00:00", "ended_at": "2026-03-01T06:01:02+00:00"}
            self.pipeline.report(item, table=table["extract_table"], turn=turn)
            return
        error = {"class": "USER_CODE" if fate == "fail" else "CAPACITY", "message": fate, "retryable": fate != "fail"}
        report = {
            "run_id": table["run_id"], "attempt": int(table["attempt"]), "table": table["extract_table"],
            "error": {**error, **({"alone": True} if alone else {})},
        }  # fmt: skip
        self.pipeline.put(table["result_uri"], json.dumps(report))


def expected(fates: list[str], attempts: int) -> tuple[JobState, int]:
    """How a table ends that has its own job for each attempt, and how many attempts it needs."""
    for number in range(1, attempts + 1):
        fate = fates[min(number, len(fates)) - 1]
        if fate in ("ok", "over"):
            return JobState.SUCCEEDED, number
        if fate in ("fail", "hang"):
            return (JobState.TIMED_OUT if fate == "hang" else JobState.FAILED), number
    return JobState.FAILED, attempts
