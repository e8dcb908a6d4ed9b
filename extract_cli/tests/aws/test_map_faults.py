"""A DISTRIBUTED run in which something around its tables fails: the reason is in status, nothing is lost, a rerun works.

The interpreter and the stores are real. What cannot happen here is a child that Step Functions does not start: the start of a
child is made to fail, which ends the Map Run as on AWS.
"""

from __future__ import annotations

import json
import threading

import boto3
import pytest
from shared_fixtures.guarded import unguarded

from asl_toolkit.errors import StateFailure, TaskFailed
from asl_toolkit.runtime.distributed import MapRun
from asl_toolkit.services.aws.calls import AwsCalls
from extract_core.runs.begin import manage
from extract_core.runs.end import summarise
from extract_core.runs.reconcile import reconcile_dead

EXECUTION = "arn:aws:states:eu-central-1:123456789012:execution:extract-sales"
TABLES = ["public.accounts", "public.events", "public.orders"]
THROTTLED = "Rate exceeded (Service: AWSStepFunctions; Status Code: 400; Error Code: ThrottlingException)"


def start(cloud, **event):
    text = json.dumps({"source": "sales", "tables": "*", **event})
    cloud.states.start_execution(stateMachineArn=cloud.machine, name="one", input=text)


def wait(cloud):
    return cloud.states.wait_for_execution(executionArn=f"{EXECUTION}:one", timeout=60)["status"]


def status(cli, run="one"):
    return json.loads(cli("status", run, "--output", "json").out)


def reasons(answer):
    return {row["table"]: (row["state"], row["failure"], row["message"]) for row in answer["tables"]}


def delete(key):
    boto3.client("s3").delete_object(Bucket="bucket", Key=key)


def then(monkeypatch, cloud, work, do):
    """This function of the machine is followed by `do`."""
    around = cloud.around

    def followed(name, called, event):
        answer = around(name, called, event)
        if called.func is work:
            unguarded(do)()
        return answer

    monkeypatch.setattr(cloud, "around", followed)


def all_succeed(cloud, cli, *command):
    """This command extracts all tables, and none is held any more."""
    again = cli(*command, "--run-id", "again", "--output", "json")
    assert again.code == 0, again.err
    assert {row["table"]: row["state"] for row in json.loads(again.out)["tables"]} == dict.fromkeys(TABLES, "SUCCEEDED")
    assert [state.owner for state in cloud.parts.tracking.states("sales", TABLES).values()] == [None] * 3


def test_the_file_of_items_is_gone_before_the_map_reads_it(cloud, cli, monkeypatch):
    then(monkeypatch, cloud, manage, lambda: delete("runs/one/items.jsonl"))
    cloud.deploy()
    start(cloud)
    assert wait(cloud) == "FAILED"
    answer = status(cli)
    why = (
        "no end of it was recorded; the Map over the tables ended early: States.ItemReaderFailed: An error occurred (NoSuchKey) "
        "when calling the GetObject operation: The specified key does not exist."
    )
    assert (answer["state"], reasons(answer)) == ("FAILED", dict.fromkeys(TABLES, ("UNKNOWN", "NOT_RECORDED", why)))
    all_succeed(cloud, cli, "rerun", "one")


OTHERS = [pytest.param(error, marks=pytest.mark.soak) for error in ("States.Permissions", "StepFunctions.ExecutionLimitExceeded")]


@pytest.mark.parametrize("error", ["States.Runtime", *OTHERS])
def test_the_map_run_fails_as_a_whole_because_a_child_does_not_start(cloud, cli, monkeypatch, error):
    child = MapRun._child

    async def refuse(self, place, count, payload):
        if place == 1:
            raise StateFailure(error, THROTTLED)
        return await child(self, place, count, payload)

    cloud.deploy()
    with monkeypatch.context() as patch:
        patch.setattr(MapRun, "_child", refuse)
        start(cloud, max_concurrency=1)  # the first table has ended before the second one starts
        assert wait(cloud) == "FAILED"
    answer = status(cli)
    why = ("UNKNOWN", "NOT_RECORDED", f"no end of it was recorded; the Map over the tables ended early: {error}: {THROTTLED}")
    good = ("SUCCEEDED", None, None)
    assert answer["state"] == "FAILED"
    assert reasons(answer) == {"public.accounts": good, "public.events": why, "public.orders": why}
    again = cli("rerun", "one", "--run-id", "again", "--output", "json")
    assert again.code == 0, again.err
    assert {row["table"] for row in json.loads(again.out)["tables"]} == {"public.events", "public.orders"}
    assert cloud.glue.started == TABLES


def test_the_plan_is_deleted_in_the_middle(cloud, cli):
    """The settings of the run are lost with it. Its failed tables are still known."""
    cloud.deploy()
    cloud.glue.gate = threading.Event()
    cloud.glue.failing = {"public.events"}
    start(cloud)
    cloud.await_started(3)
    delete("runs/one/plan.jsonl")
    cloud.glue.gate.set()
    assert wait(cloud) == "FAILED"
    lost = (
        "the job ended well, but nothing can be committed: the table's line of the plan can't be read: there is no object at "
        "'s3://bucket/runs/one/plan.jsonl'"
    )
    assert reasons(status(cli)) == {
        "public.accounts": ("FAILED", "NO_RESULT", lost),
        "public.events": ("FAILED", "USER_CODE", "Glue job run jr_1 ended FAILED: Exception: no table public.events"),
        "public.orders": ("FAILED", "NO_RESULT", lost),
    }
    cloud.glue.failing = set()
    refused = cli("rerun", "one", "--run-id", "two")
    assert refused.code == 2
    assert refused.err.endswith(
        "extract: the plan of run 'one' is gone (s3://bucket/runs/one/plan.jsonl; plans are kept 400 days): its settings are "
        "lost. Start a new run of its failed tables, with the settings of today: extract run sales failed:one\n"
    )
    all_succeed(cloud, cli, "run", "sales", "failed:one")


def stopped(cloud):
    """A run that was stopped while its first table was at work."""
    cloud.deploy()
    cloud.glue.gate = threading.Event()
    start(cloud, max_concurrency=1)
    cloud.await_started(1)
    cloud.states.stop_execution(executionArn=f"{EXECUTION}:one", error="Ops", cause="maintenance")
    cloud.glue.gate.set()
    assert wait(cloud) == "ABORTED"


def test_a_stopped_run_that_is_redriven_goes_on(cloud, cli, monkeypatch):
    """Also if the event comes late: its summary is there, and the execution has not reached its last state."""
    stopped(cloud)
    then(monkeypatch, cloud, summarise, lambda: is_running_again(cloud))
    cloud.states.redrive_execution(executionArn=f"{EXECUTION}:one")
    is_running_again(cloud)
    assert wait(cloud) == "SUCCEEDED"
    assert reasons(status(cli)) == dict.fromkeys(TABLES, ("SUCCEEDED", None, None))
    assert cloud.glue.started == ["public.accounts", *TABLES]
    (map_run,) = cloud.states.list_map_runs(executionArn=f"{EXECUTION}:one")["mapRuns"]
    assert cloud.states.describe_map_run(mapRunArn=map_run["mapRunArn"])["redriveCount"] == 1


def test_a_run_that_was_closed_commits_nothing_when_it_is_redriven(cloud, cli):
    """Its tables are free for other runs, so its late jobs have no lease. A rerun extracts them."""
    stopped(cloud)
    cli("reconcile", "one")
    cloud.states.redrive_execution(executionArn=f"{EXECUTION}:one")
    assert wait(cloud) == "FAILED"
    answer = status(cli)
    assert (answer["state"], {row["state"] for row in answer["tables"]}) == ("STOPPED", {"STOPPED"})
    assert all(state.watermark is None for state in cloud.parts.tracking.states("sales", TABLES).values())
    all_succeed(cloud, cli, "rerun", "one")


def is_running_again(cloud):
    """The event of EventBridge about the execution. The function has the rights of its role."""
    with cloud.guarded.acting("reconcile"):
        reconcile_dead(cloud.parts_of("reconcile"), "one", f"{EXECUTION}:one", "RUNNING", "")
    assert cloud.guarded.guard.refused == []


def test_a_closed_run_that_is_redriven_is_stopped(cloud, cli):
    stopped(cloud)
    cli("reconcile", "one")
    cloud.glue.gate = threading.Event()
    cloud.states.redrive_execution(executionArn=f"{EXECUTION}:one")
    cloud.await_started(2)
    is_running_again(cloud)
    ended = cloud.states.describe_execution(executionArn=f"{EXECUTION}:one")
    cloud.glue.gate.set()
    assert (ended["status"], ended["error"]) == ("ABORTED", "RunClosed")
    assert ended["cause"] == (
        "run 'one' was closed as STOPPED before its execution was redriven: its tables are free for other runs, and nothing more "
        "would be committed. Start a new run of its tables: extract rerun one"
    )
    assert cloud.glue.started == ["public.accounts", "public.accounts"]  # the other tables have no second job
    all_succeed(cloud, cli, "rerun", "one")


@pytest.mark.soak
def test_results_that_cannot_be_written_fail_no_table(cloud, cli, monkeypatch):
    """The ResultWriter comes after the last table."""

    def refuse(_calls, _request):
        raise TaskFailed("S3.AccessDenied", "Access Denied")

    monkeypatch.setattr(AwsCalls, "optimised", refuse)
    cloud.states = type(cloud.states)(services=cloud._services(), region="eu-central-1", account="123456789012")
    cloud.deploy()
    start(cloud)
    assert wait(cloud) == "SUCCEEDED"
    assert reasons(status(cli)) == dict.fromkeys(TABLES, ("SUCCEEDED", None, None))
    (map_run,) = cloud.states.list_map_runs(executionArn=f"{EXECUTION}:one")["mapRuns"]
    assert cloud.states.describe_map_run(mapRunArn=map_run["mapRunArn"])["status"] == "FAILED"


@pytest.mark.soak
def test_a_machine_that_step_functions_does_not_start(cloud, cli):
    """A throttle is retried by botocore; a quota of executions is not."""
    cloud.deploy()
    cloud.faults = ["ExecutionLimitExceeded"] * 9
    refused = cli("run", "sales", "--run-id", "one")
    assert refused.code == 1
    assert "ExecutionLimitExceeded" in refused.err
    cloud.faults = []
    assert (
        cli("status", "one").err
        == "extract: there is no run 'one'; none is recorded here; a run that has just begun is recorded after some seconds\n"
    )
    all_succeed(cloud, cli, "run", "sales")
