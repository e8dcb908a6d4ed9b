from __future__ import annotations

import pytest

from extract_core.errors import RunNameTaken, RunNotFound
from extract_core.tracking.records import Policy, Skipped


def test_a_run_comes_back_as_it_was_put(store, make):
    record = make.run(event={"source": "sales", "tables": ["a", "ü"]}, rerun_of="r0", versions={"extract-sfn-glue": "1"})
    assert store.start_run(record) == record
    assert store.run("run-1") == record


def test_the_same_execution_finds_its_record_as_it_stands(store, make):
    store.start_run(make.run())
    planned = store.plan_run("run-1", plan_uri="file:///p", planned=2, policy=Policy(), skipped=[])
    assert store.start_run(make.run()) == planned
    assert planned.planned == 2


def test_a_run_id_of_another_execution_is_refused(store, make):
    store.start_run(make.run())
    with pytest.raises(RunNameTaken) as raised:
        store.start_run(make.run(execution="exec-2"))
    assert str(raised.value) == (
        "the run id 'run-1' was used by execution 'exec-1' (source 'sales', started 2026-03-01T06:00:00+00:00): "
        "start the run under another name"
    )
    assert store.run("run-1").execution_id == "exec-1"


def test_a_planned_run_keeps_its_first_plan(store, make):
    store.start_run(make.run())
    skipped = (Skipped(table="public.b", reason="held"),)
    policy = Policy(fail_when="10%", on_conflict="skip")
    first = store.plan_run("run-1", plan_uri="file:///p", planned=2, policy=policy, skipped=skipped)
    assert (first.plan_uri, first.planned, first.policy, first.skipped) == ("file:///p", 2, policy, skipped)
    assert store.plan_run("run-1", plan_uri="file:///other", planned=9, policy=Policy(), skipped=[]) == first
    assert store.refuse_run("run-1", "too late") == first


def test_a_refused_run_says_why_until_it_is_planned(store, make):
    store.start_run(make.run())
    assert store.refuse_run("run-1", "sales.yml:1:1: fault").refused == "sales.yml:1:1: fault"
    planned = store.plan_run("run-1", plan_uri="file:///p", planned=0, policy=Policy(), skipped=[])
    assert (planned.refused, planned.planned, planned.summary) == (None, 0, None)


def test_a_closed_run_is_not_planned_until_it_is_reopened(store, make):
    store.start_run(make.run())
    store.refuse_run("run-1", "sales.yml:1:1: fault")
    store.put_summary("run-1", {"state": "FAILED"})
    closed = store.plan_run("run-1", plan_uri="file:///p", planned=0, policy=Policy(), skipped=[])
    assert (closed.refused, closed.planned, closed.summary) == ("sales.yml:1:1: fault", None, {"state": "FAILED"})
    assert store.reopen_run("run-1") == make.run()
    assert store.plan_run("run-1", plan_uri="file:///p", planned=0, policy=Policy(), skipped=[]).planned == 0
    store.put_summary("run-1", {"state": "FAILED"})
    assert store.reopen_run("run-1").summary == {"state": "FAILED"}


def test_the_first_summary_stays(store, make):
    store.start_run(make.run())
    assert store.put_summary("run-1", {"succeeded": 2}) == {"succeeded": 2}
    assert store.put_summary("run-1", {"succeeded": 3}) == {"succeeded": 2}
    assert store.run("run-1").summary == {"succeeded": 2}


def test_runs_are_listed_newest_first(store, make):
    for day in (2, 3, 1):
        store.start_run(make.run(f"run-{day}", f"exec-{day}", f"2026-03-0{day}T06:00:00+00:00"))
    assert [run.run_id for run in store.runs()] == ["run-3", "run-2", "run-1"]
    assert [run.run_id for run in store.runs(2)] == ["run-3", "run-2"]


def test_an_unknown_run_names_the_nearest(store, make):
    with pytest.raises(RunNotFound) as raised:
        store.run("run-1")
    assert str(raised.value) == (
        "there is no run 'run-1'; none is recorded here; a run that has just begun is recorded after some seconds"
    )
    store.start_run(make.run("sales-2026-03-01"))
    with pytest.raises(RunNotFound) as raised:
        store.run("sales-2026-03-02")
    assert str(raised.value) == "there is no run 'sales-2026-03-02'; did you mean 'sales-2026-03-01'?"
    with pytest.raises(RunNotFound) as raised:
        store.run("zzz")
    assert str(raised.value) == (
        "there is no run 'zzz'; the latest one is 'sales-2026-03-01'; a run that has just begun is recorded after some seconds"
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda store: store.plan_run("nope", plan_uri="p", planned=1, policy=Policy(), skipped=[]),
        lambda store: store.refuse_run("nope", "why"),
        lambda store: store.put_summary("nope", {}),
    ],
)
def test_a_change_to_an_unknown_run_is_refused(store, change):
    with pytest.raises(RunNotFound):
        change(store)
    assert store.runs() == []
