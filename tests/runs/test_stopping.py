"""Jobs that outlive their execution: reconcile stops each, whatever becomes of the others."""

from __future__ import annotations

import json
import threading
from dataclasses import replace

import pytest

from extract_core import JobState
from extract_core.registry.installed import Registry
from extract_core.registry.routing import CHOOSE, HANDLE_STATUS
from extract_core.runs import stop_jobs as stopping
from extract_core.runs.reconcile import reconcile
from extract_core.runs.started_jobs import StartedJob, StartedJobs


class History:
    """Events in the shape of GetExecutionHistory, each following the last one of its table."""

    def __init__(self):
        self.events = []
        self._last = {}

    def add(self, table, **details):
        number = len(self.events) + 1
        self.events.append({"id": number, "previousEventId": self._last.get(table, 0), "type": "x", **details})
        self._last[table] = number
        return self

    def enter(self, item, state="Press"):
        text = item if isinstance(item, str) else json.dumps(item)
        table = "" if isinstance(item, str) else item["table"]
        return self.add(table, stateEnteredEventDetails={"name": state, "input": text})

    def submit(self, item, **answer):
        answer |= {"SdkHttpMetadata": {"HttpStatusCode": 200}, "SdkResponseMetadata": {}}
        self.add(item["table"]).add(item["table"])  # TaskScheduled, TaskStarted
        return self.add(item["table"], taskSubmittedEventDetails={"output": json.dumps(answer)})

    def leave(self, item, state="Press"):
        return self.add(item["table"], stateExitedEventDetails={"name": state, "output": json.dumps(item)})


@pytest.fixture
def stops():
    """What the job type was asked to stop: table → what was told of its job, and the session."""
    return {}


@pytest.fixture
def dead(pipeline, stops, monkeypatch):
    """A planned run and its history; ``dead.end()`` reconciles it."""
    monkeypatch.setattr(stopping, "SECONDS", 0.05)

    class Stoppable(type(pipeline.parts.registry.job_type("press"))):
        def stop(self, outcome, aws):
            table = outcome.item["table"]
            stops.setdefault(table, []).append((outcome.result, outcome.item["attempt"], aws))
            if table == "public.orders":
                raise PermissionError("press:Stop is not allowed")
            if table == "public.returns":
                threading.Event().wait()

    class Dead:
        def __init__(self):
            self.history = History()
            self.items = {item["table"]: item for item in pipeline.plan()["tables_to_extract"]}

        def end(self, status="ABORTED", **parts):
            registry, history = Registry.of(Stoppable()), lambda execution: iter(self.history.events)
            changes = {"registry": registry, "history": history, "aws": lambda: "session", **parts}
            return reconcile(replace(pipeline.parts, **changes), "run-1", status, "by ann")

    return Dead()


def messages(pipeline):
    return {row.table: row.message for row in pipeline.tracking.attempts("run-1")}


def test_each_job_is_stopped_and_one_that_fails_or_hangs_stops_no_other(pipeline, dead, stops, caplog):
    for number, item in enumerate(dead.items.values()):
        dead.history.enter(item, CHOOSE).enter(item).submit(item, JobRunId=f"jr_{number}")
    summary = dead.end()
    assert stops == {
        "public.accounts": [({"JobRunId": "jr_0"}, 1, "session")],
        "public.orders": [({"JobRunId": "jr_1"}, 1, "session")],
        "public.returns": [({"JobRunId": "jr_2"}, 1, "session")],
    }
    refused, hung = "PermissionError: press:Stop is not allowed", "TimeoutError: no answer within 0.05 seconds"
    assert summary["stopped_jobs"] == [
        {"table": "public.accounts", "attempt": 1, "job_type": "press", "known": True, "error": None},
        {"table": "public.orders", "attempt": 1, "job_type": "press", "known": True, "error": refused},
        {"table": "public.returns", "attempt": 1, "job_type": "press", "known": True, "error": hung},
    ]
    assert messages(pipeline) == {
        "public.accounts": "by ann; its job is stopped",
        "public.orders": f"by ann; its job may still run, it could not be stopped: {refused}",
        "public.returns": f"by ann; its job may still run, it could not be stopped: {hung}",
    }
    assert f"the job of public.orders could not be stopped: {refused}" in caplog.text


def test_twice_is_once(pipeline, dead, stops):
    item = dead.items["public.accounts"]
    dead.history.enter(item).submit(item, JobRunId="jr_0")
    assert dead.end() == dead.end("TIMED_OUT")
    assert len(stops["public.accounts"]) == 1


def test_a_call_that_dies_after_the_stop_is_made_good(pipeline, dead, stops, monkeypatch):
    item = dead.items["public.accounts"]
    dead.history.enter(item).submit(item, JobRunId="jr_0")

    def die(*args, **kwargs):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(type(pipeline.tracking), "finish", die)
        with pytest.raises(KeyboardInterrupt):
            dead.end()
    assert dead.end()["stopped_jobs"] == [
        {"table": "public.accounts", "attempt": 1, "job_type": "press", "known": True, "error": None}
    ]
    assert len(stops["public.accounts"]) == 2


def test_only_jobs_that_may_run_are_stopped(pipeline, dead, stops):
    """One had ended, one never started: neither is touched."""
    ended, chosen = dead.items["public.accounts"], dead.items["public.orders"]
    pipeline.report(ended)
    dead.history.enter(ended).submit(ended, JobRunId="jr_0")
    dead.history.enter({**ended, "job_result": {"State": "DONE"}}, HANDLE_STATUS).enter(chosen, CHOOSE)
    summary = dead.end()
    assert stops == {}
    assert "stopped_jobs" not in summary
    assert {row.table: row.state for row in pipeline.tracking.attempts("run-1")} == {
        "public.accounts": JobState.SUCCEEDED, "public.orders": JobState.STOPPED, "public.returns": JobState.STOPPED,
    }  # fmt: skip


def test_without_a_history_any_job_may_run(pipeline, dead, stops):
    def refused(execution):
        raise PermissionError("not allowed")

    summary = dead.end(history=refused)
    assert stops["public.accounts"] == [(None, 1, "session")]
    assert set(stops) == set(dead.items)
    assert [job["known"] for job in summary["stopped_jobs"]] == [False, False, False]
    assert messages(pipeline)["public.accounts"] == "by ann; whether its job was started is not known: it may still run"


def test_an_end_that_is_no_abort_stops_its_jobs_too(pipeline, dead, stops):
    item = dead.items["public.accounts"]
    dead.history.enter(item).submit(item, JobRunId="jr_0")
    summary = dead.end("FAILED")
    assert summary["reason"] == "the execution ended FAILED without a summary: by ann"
    assert stops["public.accounts"] == [({"JobRunId": "jr_0"}, 1, "session")]


def test_on_one_machine_its_processes_are_ended_and_no_service_is_asked(pipeline, dead, stops):
    item = dead.items["public.accounts"]
    dead.history.enter(item).submit(item, ProcessId=1234)
    ended = []
    summary = dead.end(aws=None, stop_here=lambda outcome: ended.append(outcome.result) is None)
    assert (ended, stops) == ([{"ProcessId": 1234}], {})
    assert [job["table"] for job in summary["stopped_jobs"]] == ["public.accounts"]
    assert messages(pipeline)["public.accounts"] == "by ann; its job is stopped"


def test_processes_that_do_not_heed_a_signal_are_waited_for_at_once(pipeline):
    count = 40
    all_at_work = threading.Barrier(count, timeout=30)
    parts = replace(pipeline.parts, aws=None, stop_here=lambda _: all_at_work.wait() >= 0)
    item = {"run_id": "r", "job_type": "press"}
    jobs = {(f"t{number}", 1): StartedJob(item=item, answer={"ProcessId": number}) for number in range(count)}
    stopped = stopping.stop_jobs(parts, jobs)
    assert {(job.error, job.note) for job in stopped.values()} == {(None, "its job is stopped")}


def test_a_process_that_had_ended_by_itself_is_not_said_to_be_stopped(pipeline, dead):
    item = dead.items["public.accounts"]
    dead.history.enter(item).submit(item, ProcessId=1234)
    assert "stopped_jobs" not in dead.end(aws=None, stop_here=lambda _: False)
    assert messages(pipeline)["public.accounts"] == "by ann; its job had ended by itself; its result was not recorded"


def test_where_no_service_can_be_asked_nothing_is_said(pipeline, dead, stops):
    item = dead.items["public.accounts"]
    dead.history.enter(item).submit(item, JobRunId="jr_0")
    assert "stopped_jobs" not in dead.end(aws=None)
    assert messages(pipeline)["public.accounts"] == "by ann"


def jobs_of(history):
    started = StartedJobs()
    for _ in started.watching(history.events):
        pass
    return {key: (job.item.get("job_result"), job.answer) for key, job in started.jobs.items()}


def test_a_branch_of_many_states_is_known_by_its_last_result():
    """Started by a function: the answer stands in the item, once its state has been left."""
    item = {"table": "t", "attempt": 2}
    started = {**item, "job_result": {"job": {"id": "q-1"}}}
    history = History().enter(item, "Redshift Start")
    assert jobs_of(history) == {("t", 2): (None, None)}
    history.leave(started, "Redshift Start")
    assert jobs_of(history) == {("t", 2): (started["job_result"], started["job_result"])}
    history.enter(started, "Redshift Wait")
    assert jobs_of(history) == {("t", 2): (started["job_result"], started["job_result"])}


def test_events_of_tables_that_run_at_once_are_kept_apart():
    a, b = ({"table": name, "attempt": 1} for name in "ab")
    history = History().enter(a).enter(b)
    history.add("b").add("a")
    history.add("b", taskSubmittedEventDetails={"output": '{"Id": "b-1"}'}).add("a", taskSubmittedEventDetails={"output": "{cut"})
    assert jobs_of(history) == {("a", 1): (None, None), ("b", 1): (None, {"Id": "b-1"})}


def test_a_state_inside_of_a_branchs_own_map_belongs_to_its_table():
    item = {"table": "t", "attempt": 1}
    history = History().enter(item, "Own Map")
    history.add("t", stateEnteredEventDetails={"name": "Part", "input": "7"})
    history.add("t", taskSubmittedEventDetails={"output": '{"Id": "p-7"}'})
    assert jobs_of(history) == {("t", 1): (None, {"Id": "p-7"})}


def test_the_deployment_of_the_plan_is_passed_to_a_method_that_takes_it(pipeline, dead):
    halls = []

    class Placed(type(pipeline.parts.registry.job_type("press"))):
        def stop(self, outcome, aws, deployment):
            halls.append(deployment.hall)

    item = dead.items["public.accounts"]
    dead.history.enter(item).submit(item, JobRunId="jr_0")
    dead.end(registry=Registry.of(Placed()))
    assert halls == ["south"]


def test_a_plan_that_cannot_be_read_is_the_reason(pipeline, dead):
    class Placed(type(pipeline.parts.registry.job_type("press"))):
        def stop(self, outcome, aws, deployment):
            raise AssertionError("without a deployment")

    item = dead.items["public.accounts"]
    dead.history.enter({**item, "plan_uri": f"{item['plan_uri']}.gone"}).submit(item, JobRunId="jr_0")
    (stopped,) = dead.end(registry=Registry.of(Placed()))["stopped_jobs"]
    assert "plan.jsonl.gone" in stopped["error"]


def test_a_polled_job_is_known_by_the_answer_to_its_start(pipeline, dead, stops):
    item = dead.items["public.accounts"]
    started = {**item, "started": {"Id": "7"}}
    dead.history.enter(item).leave(started).enter(started, "Press Wait")
    dead.end()
    assert stops["public.accounts"] == [({"Id": "7"}, 1, "session")]
    assert messages(pipeline)["public.accounts"] == "by ann; its job is stopped"
