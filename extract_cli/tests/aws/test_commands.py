"""The commands on AWS: what they do on this machine, they do there, by the same code."""

from __future__ import annotations

import json
import threading

import pytest

from extract_core import JobState
from extract_core.objects.routed import open_objects

EXECUTION = "arn:aws:states:eu-central-1:123456789012:execution:extract-sales"


def document_of(said):
    return json.loads(said.out)


both_maps = pytest.mark.parametrize("cloud", ["distributed", "inline"], indirect=True)


def rows(answer):
    return {row["table"]: (row["state"], row["failure"], row["rows"]) for row in answer["tables"]}


@both_maps
def test_a_run_is_started_and_followed_and_its_failed_table_run_again(cloud, cli):
    cloud.deploy()
    cloud.glue.failing = {"public.events"}
    run = cli("run", "sales", "--run-id", "one", "--output", "json")
    assert run.code == 1
    good = ("SUCCEEDED", None, 7)
    assert rows(document_of(run)) == {
        "public.accounts": good, "public.events": ("FAILED", "USER_CODE", None), "public.orders": good,
    }  # fmt: skip
    assert document_of(run)["execution_id"] == f"{EXECUTION}:one"
    assert "✓ public.orders" in run.err
    assert "✗ public.events" in run.err
    assert run.err.endswith(
        "1 of 3 tables did not succeed. What their jobs wrote: extract logs one TABLE\n"
        "Run just these again, with the settings of this run:\n  extract rerun one\n"
    )
    assert document_of(cli("status", "one", "--output", "json")) == document_of(run)
    cloud.glue.failing = set()
    both = cli("rerun", "one", "public.events", "--failed")
    assert both.err == "extract: --failed means all failed tables, and TABLES means some of them: give only one of the two\n"
    again = cli("rerun", "one", "--failed", "--run-id", "two", "--output", "json")
    assert (again.code, rows(document_of(again)), document_of(again)["rerun_of"]) == (0, {"public.events": good}, "one")
    nothing = cli("rerun", "one")
    assert nothing.code == 0
    assert nothing.err.endswith(
        "extract: nothing of run 'one' is left to run again: public.events: succeeded since, in run 'two'; 2 tables succeeded "
        "in it\n"
    )


@both_maps
def test_the_report_of_a_run_has_its_states_and_is_beside_its_plan(cloud, cli, tmp_path):
    cloud.deploy()
    cloud.glue.failing = {"public.events"}
    cli("run", "sales", "--run-id", "one")
    document = document_of(cli("report", "one", "-o", "json"))
    states = {state["state"]: (state["entered"], state["failed"]) for state in document["states"]}
    assert states["Glue Start Extract Job Run"] == (3, 1)
    assert (document["state"], document["rerun"]) == ("FAILED", "extract rerun one")
    said = cli("report", "one", "-o", tmp_path / "one.html")
    assert (said.code, said.err) == (0, "")
    assert "3, 1 failed" in (tmp_path / "one.html").read_text(encoding="utf-8")
    beside = open_objects().read(document["plan_uri"].replace("plan.jsonl", "report.html")).decode()
    assert "extract logs one public.events" in beside


def test_to_leave_a_watch_is_not_to_stop_the_run(cloud, cli, monkeypatch):
    def leave(engine, record, form):
        raise KeyboardInterrupt

    cloud.deploy()
    cli("run", "sales", "--run-id", "one")
    monkeypatch.setattr("extract_cli.commands.watch._draw", leave)
    left = cli("watch", "one")
    assert (left.code, left.out, left.err) == (1, "", "extract: left; the run goes on: extract watch one\n")


@both_maps
def test_a_run_that_has_ended_is_watched_from_its_history(cloud, cli):
    cloud.deploy()
    cloud.glue.failing = {"public.events"}
    cli("run", "sales", "--run-id", "one")
    watched = cli("watch", "one", "--output", "json")
    assert watched.code == 1
    lines = [json.loads(line) for line in watched.out.splitlines()]
    assert lines[0]["planned"] == 3
    assert {line["table"] for line in lines if "started" in line} == {"public.accounts", "public.events", "public.orders"}
    ends = {line["table"]: line["state"] for line in lines[:-1] if "state" in line}
    assert ends == {"public.accounts": "SUCCEEDED", "public.events": "FAILED", "public.orders": "SUCCEEDED"}
    assert (lines[-1]["run_id"], lines[-1]["state"]) == ("one", "FAILED")
    counts = [line["counts"]["succeeded"] for line in lines if "counts" in line]
    assert counts == ([3] if cloud.is_distributed else [])


@both_maps
def test_the_aborted_parent_of_a_distributed_map_is_set_right(cloud, cli):
    """Its children go with it: each has its own history."""
    cloud.deploy()
    cloud.glue.gate = threading.Event()
    event = json.dumps({"source": "sales", "tables": "*"})
    cloud.states.start_execution(stateMachineArn=cloud.machine, name="one", input=event)
    cloud.await_started(3)
    live = document_of(cli("status", "one", "--output", "json"))
    assert (live["state"], live["at_work"]) == ("RUNNING", 3)
    cloud.states.stop_execution(executionArn=f"{EXECUTION}:one", error="Ops", cause="the database is down")
    cloud.glue.gate.set()
    (answer,) = document_of(cli("reconcile", "one", "--output", "json"))
    assert (answer["before"], answer["after"]) == ("DIED", "STOPPED")
    assert [(job["table"], job["error"]) for job in answer["stopped_jobs"]] == [
        ("public.accounts", None), ("public.events", None), ("public.orders", None),
    ]  # fmt: skip
    assert {row["state"] for row in document_of(cli("status", "one", "--output", "json"))["tables"]} == {"STOPPED"}


@both_maps
def test_history_and_logs(cloud, cli):
    cloud.deploy()
    cloud.glue.failing = {"public.events"}
    cli("run", "sales", "--run-id", "one")
    assert [row["watermark_high"] for row in document_of(cli("history", "public.orders", "--output", "json"))] == [
        "2026-03-01 05:00:00"
    ]
    logs = cli("logs", "one", "public.events")
    assert logs.out == "https://console.aws.amazon.com/gluestudio/home#/job/extract-jdbc/run/jr_1\n"
    assert logs.err == "FAILED: Glue job run jr_1 ended FAILED: Exception: no table public.events\n"


def test_rows_without_a_watermark_are_told(cloud, cli):
    cloud.deploy()
    cloud.glue.left_out = 1_200
    said = cli("run", "sales", "public.orders", "--run-id", "one")
    assert said.code == 0
    assert " public.orders: rows left out because their watermark is NULL: 1,200\n" in said.out
    assert document_of(cli("status", "one", "--output", "json"))["tables"][0]["rows_without_watermark"] == 1_200


@pytest.fixture
def running(cloud, cli):
    """A run that another command follows, whose jobs wait: until the gate is open, or it is stopped."""
    cloud.deploy()
    cloud.glue.gate = threading.Event()
    event = json.dumps({"source": "sales", "tables": "*"})
    cloud.states.start_execution(stateMachineArn=cloud.machine, name="one", input=event)
    cloud.await_started(3)
    yield cloud
    cloud.glue.gate.set()
    cloud.states.wait_for_execution(executionArn=f"{EXECUTION}:one", timeout=60)


@both_maps
def test_status_of_a_live_run_names_the_tables_that_run(running, cli):
    status = cli("status", "one", "--output", "json")
    assert status.code == 0
    answer = document_of(status)
    assert (answer["state"], answer["at_work"], answer["tables"]) == ("RUNNING", 3, [])
    assert [(job["table"], job["job_type"], job["attempt"]) for job in answer["running"]] == [
        ("public.accounts", "glue", 1), ("public.events", "glue", 1), ("public.orders", "glue", 1),
    ]  # fmt: skip
    assert all(0 <= job["seconds"] < 60 for job in answer["running"])
    drawn = cli("status", "one")
    assert drawn.err == "0 of 3 tables have ended, 3 at work, 0 waiting\n"
    assert [line.split()[:3] for line in drawn.out.splitlines() if "RUNNING" in line][1:] == [
        ["public.accounts", "glue", "RUNNING"], ["public.events", "glue", "RUNNING"], ["public.orders", "glue", "RUNNING"],
    ]  # fmt: skip


def test_a_live_run_is_neither_rerun_nor_reconciled_nor_started_again(running, cli):
    assert cli("rerun", "one").err == "extract: run 'one' is still running; see: extract status one\n"
    before = {
        "run_id": "one",
        "before": "RUNNING",
        "after": "RUNNING",
        "manifests_added": 0,
        "manifests_missing": {},
        "stopped_jobs": [],
    }
    assert document_of(cli("reconcile", "one", "--output", "json")) == [before]
    again = cli("run", "sales", "--run-id", "one")
    assert (again.code, again.err) == (
        2, "extract: run 'one' was started before: start this one under another name, or see: extract status one\n",
    )  # fmt: skip
    held = cli("state", "set", "public.orders", "1", "--column", "id", "--type", "int", "--reason", "x", "--yes")
    assert held.code == 2
    assert "is held by run 'one' since " in held.err


@both_maps
def test_an_execution_that_somebody_aborted_is_set_right(running, cli):
    running.states.stop_execution(executionArn=f"{EXECUTION}:one", error="Ops", cause="the database is down")
    assert document_of(cli("runs", "--output", "json"))[0]["state"] == "DIED"
    stopped = [
        {"table": f"public.{table}", "attempt": 1, "job_type": "glue", "known": False, "error": None}
        for table in ("accounts", "events", "orders")
    ]
    for before, jobs in (("DIED", stopped), ("STOPPED", [])):
        answer = document_of(cli("reconcile", "one", "--output", "json"))
        assert answer == [
            {
                "run_id": "one",
                "before": before,
                "after": "STOPPED",
                "manifests_added": 0,
                "manifests_missing": {},
                "stopped_jobs": jobs,
            }
        ]
    answer = document_of(cli("status", "one", "--output", "json"))
    assert {row["message"].split("; ")[0] for row in answer["tables"]} == {"Ops: the database is down"}
    assert set(rows(answer).values()) == {("STOPPED", "STOPPED", None)}


@both_maps
def test_ctrl_c_stops_the_execution_and_closes_its_tables(running, cli):
    """What the signal does: `run_and_watch` calls stop of the execution that it follows."""
    from extract_core.aws.client import StepFunctions
    from extract_core.aws.engine import AwsEngine
    from extract_core.aws.execution import AwsExecution
    from extract_core.pipeline.read import read_pipeline

    parts = AwsEngine(read_pipeline()).parts()
    execution = AwsExecution("one", f"{EXECUTION}:one", StepFunctions(), parts)
    events = execution.events()
    next(events)
    execution.stop("stopped by SIGINT at the command line")
    assert [event["type"] for event in events][-1] == "ExecutionAborted"
    end = execution.end()
    assert (end.status, end.error, end.cause) == ("ABORTED", "Extract.Stopped", "stopped by SIGINT at the command line")
    ends = {(row.state, row.message.split("; ")[0]) for row in parts.tracking.attempts("one")}
    assert ends == {(JobState.STOPPED, "stopped by SIGINT at the command line")}


def test_a_throttle_is_waited_out(cloud, cli):
    cloud.deploy()
    cli("run", "sales", "public.orders", "--run-id", "one")
    cloud.requests.clear()
    cloud.faults = ["ThrottlingException"] * 2
    assert cli("watch", "one").code == 0
    assert cloud.requests[:3] == ["DescribeExecution"] * 3


@pytest.mark.parametrize("fault", ["ThrottlingException", "InternalServerError", "never arrived", "answer lost"])
def test_each_call_of_step_functions_and_s3_goes_wrong_once(cloud, cli, fault):
    cloud.deploy()
    cloud.first = fault
    assert cli("run", "sales", "--run-id", "one").code == 0
    objects = {"GetObject", "HeadObject", "ListObjectsV2", "PutObject"}
    of_map = {"DescribeMapRun", "ListExecutions"}
    assert cloud.met == {"DescribeExecution", "StartExecution", "GetExecutionHistory", *objects, *of_map}
    assert [row["state"] for row in document_of(cli("status", "one", "--output", "json"))["tables"]] == ["SUCCEEDED"] * 3
    assert cloud.glue.started.count("public.orders") == 1


def test_a_start_that_got_no_answer_is_ours_even_if_it_has_ended(cloud, cli):
    cloud.deploy()
    event = json.dumps({"source": "sales", "tables": "*"})
    ask, cloud.first = cloud.states.describe_execution, None

    def before_the_start(**call):  # it is not there when it is looked for, and has ended when it is started
        cloud.states.describe_execution = ask
        begun = cloud.states.start_execution(stateMachineArn=cloud.machine, name="one", input=event)
        cloud.states.wait_for_execution(executionArn=begun["executionArn"], timeout=60)
        raise cloud.states.exceptions.ExecutionDoesNotExist({"Error": {"Code": "ExecutionDoesNotExist", "Message": ""}}, "x")

    cloud.states.describe_execution = before_the_start
    assert cli("run", "sales", "--run-id", "one").code == 0
    assert cloud.glue.started.count("public.orders") == 1


def test_a_network_that_is_gone_does_not_stop_the_run(cloud, cli, monkeypatch):
    cloud.deploy()
    cloud.cut_after = "GetExecutionHistory"
    said = cli("run", "sales", "public.orders", "--run-id", "one")
    assert said.code == 1
    assert said.err.splitlines()[-1] == (
        "extract: can't read the history of 'arn:aws:states:eu-central-1:123456789012:execution:extract-sales:one' from Step "
        "Functions: An error occurred (AccessDeniedException) when calling the GetExecutionHistory operation: not any more; the "
        "run continues, follow it with: extract watch one"
    )
    cloud.cut_after = None
    cloud.await_started(1)
    assert cli("watch", "one").code == 0


def test_what_is_wrong_in_extract_toml_is_said(cloud, cli):
    file = cloud.folder / "extract.toml"
    good = file.read_text()
    assert cli("run", "sales").err == (
        f"extract: extract.toml: pipeline.state_machine: there is no state machine {cloud.machine!r}: deploy it, or correct the "
        "ARN\n"
    )
    file.write_text(good.replace("state_machine", "# state_machine"))
    assert cli("run", "sales").err == (
        "extract: extract.toml: [pipeline] state_machine is missing: deploy with extract deploy up, which writes it, or run on "
        "this machine with --local and folders in place of s3://\n"
    )
    file.write_text(good.replace('"dynamodb://tracking"', '"tracking.db"'))
    place = str(cloud.folder / "tracking.db")
    assert cli("status").err == (
        f"extract: extract.toml: pipeline.tracking is {place!r}, where AWS can't reach it: write dynamodb://table, or add "
        "--local\n"
    )
    file.write_text(good)
    rehearsed = cli("run", "sales", "--inject", "oom:public.orders")
    assert rehearsed.err == "extract: --inject and --fast rehearse a run on this machine: add --local\n"
    assert (
        cli("watch", "nine").err
        == "extract: there is no run 'nine'; none is recorded here; a run that has just begun is recorded after some seconds\n"
    )
