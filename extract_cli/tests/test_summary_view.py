"""A large run that has ended is shown without reading its attempts."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

from extract_cli.pipeline_runs import PipelineRuns
from extract_cli.views.report import show
from extract_cli.views.summary import is_large, show_summary
from extract_core.contract import FailureClass, JobState
from extract_core.tracking.records import AttemptRow, Guard, Owner, Policy, RunRecord
from extract_core.tracking.sqlite import SQLiteTracking

SUMMARY = {
    "run_id": "one", "state": "FAILED", "planned": 5_000, "succeeded": 4_999, "failed": 1, "rows": 123_456, "seconds": 61.5,
    "failed_tables": [{"table": "public.a", "state": "FAILED", "failure": "USER_CODE", "message": "no such column"}],
    "slowest": [{"table": "public.b", "seconds": 1_200.0}], "skipped": [], "skipped_tables": 0, "rows_without_watermark": 1_234,
}  # fmt: skip
RECORD = RunRecord(run_id="one", execution_id="e", source="sales", started_at="t", planned=5_000, summary=SUMMARY)


def test_which_runs_are_large():
    assert is_large(RECORD)
    assert not is_large(RunRecord(run_id="one", execution_id="e", source="s", started_at="t", planned=5_000))
    assert not is_large(RunRecord(run_id="one", execution_id="e", source="s", started_at="t", planned=9, summary=SUMMARY))


def test_it_is_drawn(capsys):
    show_summary(RECORD, output="text")
    shown = capsys.readouterr()
    assert "run one: FAILED" in shown.out
    assert "5,000" in shown.out
    assert "public.a" in shown.out
    assert "no such column" in shown.out
    assert " rows left out because their watermark is NULL: 1,234; for their tables see: extract status --all\n" in shown.out
    assert "slow: public.b, 1,200 s" in shown.out
    assert shown.err == "every table: extract status --all\n"


class Alive:
    """An engine whose run of many tables is alive. Its history names two of those at work."""

    options = ()

    def __init__(self, tracking):
        self.tracking = tracking

    def parts(self):
        return self

    def is_running(self, execution_id):
        return True

    def history(self, run_id):
        counts = {"total": 5_000, "running": 40, "succeeded": 4_000, "failed": 0}
        yield {"id": 0, "type": "MapRunCounted", "mapRunCountedEventDetails": counts}
        for number in (1, 2):
            item = json.dumps({"table": f"t{number}", "job_type": "glue"})
            details = {"name": "Glue Start", "input": item}
            at = datetime.now(UTC) - timedelta(seconds=90)
            yield {"id": number, "type": "TaskStateEntered", "timestamp": at.isoformat(), "stateEnteredEventDetails": details}


def test_a_large_run_that_is_alive_is_told_by_its_counts_its_failures_and_what_runs(tmp_path, capsys):
    with SQLiteTracking(tmp_path / "t.db") as tracking:
        tracking.start_run(RunRecord(run_id="one", execution_id="e", source="sales", started_at="2026-03-01T06:00:00Z"))
        tracking.plan_run("one", plan_uri="file:///p", planned=5_000, policy=Policy(), skipped=[])
        owner = Owner(execution_id="e", run_id="one", started_at="2026-03-01T06:00:00Z", bound="2100-01-01T00:00:00+00:00")
        tracking.take("sales", ["done0", "done1"], owner, is_running=lambda _: True, now=datetime.now(UTC), all_or_nothing=True)
        for number, (state, failure) in enumerate(((JobState.SUCCEEDED, None), (JobState.FAILED, FailureClass.OUT_OF_MEMORY))):
            row = AttemptRow(
                run_id="one", source="sales", table=f"done{number}", attempt=1, job_type="glue", state=state, failure=failure,
                message="java.lang.OutOfMemoryError" if failure else None, recorded_at="2026-03-01T06:10:00+00:00",
            )  # fmt: skip
            tracking.finish(row, guard=Guard(run_id="one", fencing=1, attempt=1))
        runs = PipelineRuns.of(Alive(tracking))
        show(runs, tracking.run("one"), output="text", every=False)
        shown = capsys.readouterr()
        show(runs, tracking.run("one"), output="json", every=False)
        document = json.loads(capsys.readouterr().out)
    assert [line.split() for line in shown.out.splitlines()[4:7]] == [
        ["done1", "glue", "FAILED", "OUT_OF_MEMORY"], ["t1", "glue", "RUNNING", "90.0"], ["t2", "glue", "RUNNING", "90.0"],
    ]  # fmt: skip
    assert shown.err == "4,000 of 5,000 tables have ended (1 failed), 40 at work, 960 waiting\n"
    assert (document["tables_are"], [row["table"] for row in document["tables"]]) == ("those that did not succeed", ["done1"])
    assert (document["at_work"], [row["table"] for row in document["running"]]) == (40, ["t1", "t2"])


def test_it_is_json(capsys):
    show_summary(RECORD, output="json")
    shown = json.loads(capsys.readouterr().out)
    assert (shown["state"], shown["tables"]) == ("FAILED", SUMMARY["failed_tables"])
