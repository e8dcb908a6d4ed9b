"""The very definition that is built runs, on the interpreter: every end of a table reaches the status handler."""

from __future__ import annotations

import json
from functools import partial

import pytest

from asl_toolkit import Services, TaskFailed, VirtualClock, inline, run
from extract_core.errors import PoolFull
from extract_core.plan.slot_wait import SLOT_RETRIES


@pytest.fixture(params=["INLINE", "DISTRIBUTED"])
def build_types(request, build_types):
    return partial(build_types, map=request.param)


@pytest.fixture
def run_machine():
    """Runs a machine for these items; tells how it ended and the items that the status handler was given, by table."""

    def run_items(built, items, *, jobs, functions=None, record=lambda item: {"status": "RECORDED"}, **more):
        recorded = {}

        def handle(event, context):
            recorded[event["table"]] = event
            return record(event)

        tables = [{"table": f"t{index}", **item} for index, item in enumerate(items)]
        written = {}

        def plan(event, _context):
            answer = {"max_concurrency": 2, "map_error": None}
            if event["machine"]["map"] == "INLINE":
                return {**answer, "tables_to_extract": tables}
            return {**answer, "items": {"bucket": "b", "key": "items"}, "results": {"bucket": "b", "key": "r/map"}}

        def read(request):
            assert request.parameters == {"Bucket": "b", "Key": "items"}
            return {"Body": "".join(json.dumps(item) + "\n" for item in tables)}

        def write(request):
            written[request.parameters["Key"]] = request.parameters["Body"]
            return {}

        known = {
            "extract-config-manager": plan,
            "extract-job-run-status": handle,
            "extract-run-summary": lambda event, context: {"succeeded": more.get("succeeded", True), "error": "E", "cause": "C"},
            **(functions or {}),
        }
        ended = run(
            built.definition,
            {"source": "sales"},
            services=Services({**jobs, ("s3", "getObject"): read, ("s3", "putObject"): write}, functions=known),
            clock=more.get("clock"),
        )
        assert all(key.startswith("r/map/") for key in written)
        return ended, recorded

    return run_items


def crunch_item(**more):
    return {"job_type": "crunch", "timeout_seconds": 60, "arguments": {"name": "a"}, **more}


def test_each_table_goes_its_way(build_types, crunch, run_machine):
    def job(request):
        if request.parameters["JobName"] == "bad":
            raise TaskFailed("Batch.Odd", "why")
        return {"Status": "SUCCEEDED"}

    items = [
        crunch_item(),
        crunch_item(arguments={"name": "bad"}),
        crunch_item(plan_error={"failure": "CONFIG"}),
        {"job_type": "nobody"},
        {},
    ]
    ended, recorded = run_machine(build_types(crunch()), items, jobs={("batch", "submitJob"): job})
    assert ended.status == "SUCCEEDED"
    assert recorded == {
        "t0": {"table": "t0", **items[0], "job_result": {"Status": "SUCCEEDED"}},
        "t1": {"table": "t1", **items[1], "job_error": {"Error": "Batch.Odd", "Cause": "why"}},
        "t2": {"table": "t2", **items[2]},
        "t3": {"table": "t3", **items[3]},
        "t4": {"table": "t4"},
    }


def test_a_handler_that_fails_stops_no_other_table(build_types, crunch, run_machine):
    def record(item):
        if item["table"] == "t0":
            raise RuntimeError("no store")
        return {}

    jobs = {("batch", "submitJob"): lambda request: {}}
    ended, recorded = run_machine(build_types(crunch()), [crunch_item(), crunch_item()], jobs=jobs, record=record)
    assert ended.status == "SUCCEEDED"
    assert sorted(recorded) == ["t0", "t1"]


def test_a_failed_run_says_so(build_types, crunch, run_machine):
    ended, _ = run_machine(build_types(crunch()), [], jobs={("batch", "submitJob"): dict}, succeeded=False)
    assert (ended.status, ended.error, ended.cause) == ("FAILED", "E", "C")


def test_a_jsonata_branch_keeps_the_item_and_catches(build_types, sata, run_machine):
    def job(request):
        if request.parameters == {"Name": "bad"}:
            raise TaskFailed("Sata.Odd", "why")
        return {"Status": "DONE"}

    items = [{"job_type": "sata", "timeout_seconds": 9, "arguments": {"name": name, "parts": [1, 2]}} for name in ("good", "bad")]
    ended, recorded = run_machine(build_types(sata()), items, jobs={("aws-sdk:datasync", "startTaskExecution"): job})
    assert ended.status == "SUCCEEDED"
    assert recorded == {
        "t0": {"table": "t0", **items[0], "job_result": {"Status": "DONE"}},
        "t1": {"table": "t1", **items[1], "job_error": {"Error": "Sata.Odd", "Cause": "why"}},
    }


def test_a_branch_of_several_states_ends_at_the_handler(build_types, poll, run_machine):
    class Quick(poll):
        def branch(self, target):
            made = super().branch(target)
            made.states["Poll Wait"]["Seconds"] = 0
            return made

    answers = iter([{"state": "RUNNING", "id": "j1"}, {"state": "RUNNING", "id": "j1"}, {"state": "OK", "id": "j1"}])
    item = {"job_type": "poll", "timeout_seconds": 60}
    functions = {"extract-poll-job": lambda event, context: next(answers)}
    ended, recorded = run_machine(build_types(Quick()), [item], jobs={}, functions=functions)
    assert ended.status == "SUCCEEDED"
    assert recorded == {"t0": {"table": "t0", **item, "job_result": {"state": "OK", "id": "j1"}}}


@pytest.fixture
def run_pool(build_types, crunch, run_machine):
    """Runs these items on a machine with a pool; returns what the status handler got, and what *Take A Slot* was called with."""

    def run_items(*items, take):
        calls = []

        def function(event, context):
            calls.append(event)
            return take(len(calls))

        jobs = {("batch", "submitJob"): lambda request: {"Status": "SUCCEEDED"}}
        built = build_types(crunch(), pools={"db": 2})
        functions = {"extract-take-slot": inline(function)}
        ended, recorded = run_machine(built, items, jobs=jobs, functions=functions, clock=VirtualClock())
        assert ended.status == "SUCCEEDED"
        return recorded, calls

    return run_items


def test_a_table_of_a_pool_takes_a_slot_and_others_do_not(run_pool):
    slot = {"pool": "db", "number": 2, "waited_seconds": 3}

    def take(call):
        if call < 4:
            raise PoolFull("full")
        return {**slot, "more": "is left out"}

    items = [crunch_item(pool="db"), crunch_item(), crunch_item(pool="db", plan_error={"failure": "CONFIG"}), {"pool": "db"}]
    recorded, calls = run_pool(*items, take=take)
    done = {"job_result": {"Status": "SUCCEEDED"}}
    assert recorded == {
        "t0": {"table": "t0", **items[0], "slot": slot, **done},
        "t1": {"table": "t1", **items[1], **done},
        "t2": {"table": "t2", **items[2]},
        "t3": {"table": "t3", **items[3]},
    }
    assert len(calls) == 4
    assert (calls[0]["item"], calls[0]["pools"]) == ({"table": "t0", **items[0]}, {"db": 2})
    assert calls[0]["execution"].startswith("arn:aws:states:")


def test_a_pool_that_stays_full_ends_the_attempt_without_a_job(run_pool, request):
    def take(_call):
        raise PoolFull("full")

    recorded, calls = run_pool(crunch_item(pool="db"), crunch_item(), take=take)
    mode = "INLINE" if "INLINE" in request.node.name else "DISTRIBUTED"
    assert len(calls) == 1 + SLOT_RETRIES[mode].max_attempts
    error = recorded["t0"]["slot_error"]
    assert (error["Error"], json.loads(error["Cause"])["errorMessage"]) == ("PoolFull", "full")
    assert "job_result" not in recorded["t0"]
    assert recorded["t1"]["job_result"] == {"Status": "SUCCEEDED"}


def test_an_error_of_a_slot_costs_its_table_only(run_pool):
    def take(_call):
        raise RuntimeError("no rights")

    recorded, calls = run_pool(crunch_item(pool="db"), crunch_item(), take=take)
    assert len(calls) == 1
    assert recorded["t0"]["slot_error"]["Error"] == "RuntimeError"
    assert recorded["t1"]["job_result"] == {"Status": "SUCCEEDED"}
