"""Take A Slot, and what becomes of an attempt without a slot."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from extract_core import FailureClass, JobState
from extract_core.errors import LeaseLost, PoolFull, TrackingUnavailable, UsageError
from extract_core.runs import slots
from extract_core.runs.reconcile import reconcile
from extract_core.runs.slots import SlotTaker
from extract_core.status.record import record

POOLS = {"db": 2}
MACHINE = {
    "name": "extract", "map": "INLINE", "max_concurrency": 10, "retry_loop": True, "contract": [1, 0], "versions": {},
    "job_types": {"press": {}}, "pools": POOLS, "job_type_pools": {},
}  # fmt: skip
ENTERED = "2026-03-01T05:59:00Z"
INCOMPLETE = (
    "the payload has no item, execution, entered_at and pools: this function is called by the generated state machine; build and "
    "deploy it again"
)
TABLES = ["public.accounts", "public.orders", "public.returns"]


@pytest.fixture
def plan(pipeline):
    """The items of a run whose tables use the pool, by table."""
    text = (pipeline.folder / "config" / "sales.yml").read_text()
    pipeline.write(text.replace("  job_type: press\n", "  job_type: press\n  pool: db\n  max_attempts: 2\n"))

    def items(run_id="run-1", tables=TABLES):
        answer = pipeline.plan(run_id, tables, MACHINE)
        return {item["table"]: item for item in answer["tables_to_extract"]}

    return items


@pytest.fixture
def take(pipeline):
    taker = SlotTaker(pipeline.parts)

    def take(item, execution=None, by=taker):
        execution = execution or f"exec:{item['run_id']}"
        return by.take({"item": item, "execution": execution, "entered_at": ENTERED, "pools": POOLS})

    return take


def held(pipeline):
    return sorted(slot.table for slot in pipeline.tracking.slots("db"))


def test_an_attempt_holds_its_slot_until_its_end_is_recorded(pipeline, plan, take):
    accounts, orders, returns = plan().values()
    first = take(accounts)
    assert first == take(accounts)
    take(orders)
    with pytest.raises(PoolFull, match=r"^the pool 'db' is full \(2 slots\): held by 'public.accounts' of run 'run-1' since "):
        take(returns)
    pipeline.done({**accounts, "slot": first})
    assert take(returns)["number"] == first["number"]


def test_the_wait_for_a_slot_is_recorded_and_is_no_time_of_the_job(pipeline, plan, take):
    accounts, orders, _ = plan().values()
    slot = take(accounts)
    waited = (pipeline.clock - datetime.fromisoformat(ENTERED)).seconds
    assert slot == {"pool": "db", "number": slot["number"], "waited_seconds": waited}
    pipeline.clock += timedelta(minutes=5)
    assert take(accounts) == slot
    pipeline.done({**accounts, "slot": slot})
    row = pipeline.row("public.accounts")
    assert (row.waited_seconds, row.seconds) == (waited, 30.0)
    pipeline.done({**orders, "slot": {"waited_seconds": "x"}}, high="2026-03-01 05:00:00")
    assert pipeline.row("public.orders").waited_seconds is None


def test_clocks_that_differ_make_no_negative_wait(pipeline, plan):
    accounts, *_ = plan().values()
    entered_at = (pipeline.clock + timedelta(minutes=1)).isoformat()
    payload = {"item": accounts, "execution": "exec:run-1", "entered_at": entered_at, "pools": POOLS}
    assert SlotTaker(pipeline.parts).take(payload)["waited_seconds"] == 0


def test_an_item_without_its_slot_gives_it_back_all_the_same(pipeline, plan, take):
    """A plugin's state may have lost members of the item."""
    accounts, *_ = plan().values()
    take(accounts)
    pipeline.fail({key: value for key, value in accounts.items() if key != "pool"})
    assert held(pipeline) == []


def test_a_pool_that_stays_full_throttles_the_attempt_and_another_one_follows(pipeline, plan, take):
    accounts, orders, returns = plan().values()
    take(accounts)
    take(orders)
    with pytest.raises(PoolFull) as raised:
        take(returns)
    cause = json.dumps({"errorMessage": str(raised.value), "errorType": "PoolFull", "stackTrace": []})
    again = record(pipeline.parts, {**returns, "slot_error": {"Error": "PoolFull", "Cause": cause}})
    row = pipeline.row("public.returns")
    assert (row.state, row.failure, row.retryable) == (JobState.FAILED, FailureClass.THROTTLED, True)
    assert row.message == (
        f"the table's pool stayed full until the state machine had no retry left, and no job was started: {raised.value}"
    )
    assert (again["attempt"], again["pool"]) == (2, "db")
    assert again.keys().isdisjoint({"slot", "slot_error"})
    pipeline.done(accounts)
    take(again)
    assert held(pipeline) == ["public.orders", "public.returns"]


@pytest.mark.parametrize("cause", ["", "no JSON", '{"errorMessage": "access denied"}'])
def test_another_error_costs_one_attempt_of_the_table(pipeline, plan, cause):
    accounts, *_ = plan().values()
    record(pipeline.parts, {**accounts, "slot_error": {"Error": "TrackingError", "Cause": cause}})
    row = pipeline.row("public.accounts")
    assert (row.state, row.failure) == (JobState.FAILED, FailureClass.INTERNAL)
    said = {"": "no reason is known", "no JSON": "no JSON"}.get(cause, "access denied")
    assert row.message == f"no slot of the table's pool could be taken, and no job was started: TrackingError: {said}"


def test_a_run_that_lost_the_table_gets_no_slot_and_its_end_is_a_conflict(pipeline, plan, take):
    accounts, *_ = plan().values()
    pipeline.running.clear()
    plan("run-2")
    with pytest.raises(LeaseLost) as raised:
        take(accounts)
    cause = json.dumps({"errorMessage": str(raised.value)})
    record(pipeline.parts, {**accounts, "slot_error": {"Error": "LeaseLost", "Cause": cause}})
    assert pipeline.row("public.accounts").failure is FailureClass.CONFLICT


def test_reconcile_gives_back_the_slots_of_a_run_that_died(pipeline, plan, take):
    accounts, orders, returns = plan().values()
    take(accounts)
    take(orders)
    record(pipeline.parts, {**orders, "slot_error": {"Error": "PoolFull", "Cause": "x"}})  # attempt 2 is to follow
    pipeline.running.clear()
    reconcile(pipeline.parts, "run-1", "ABORTED", "stopped")
    assert (held(pipeline), pipeline.held()) == ([], set())
    assert {table: pipeline.row(table).state for table in (accounts["table"], returns["table"])} == {
        "public.accounts": JobState.STOPPED, "public.returns": JobState.STOPPED
    }  # fmt: skip


def test_a_full_pool_frees_the_slots_of_dead_executions_and_asks_once_a_minute(pipeline, plan, take, monkeypatch):
    first = plan("run-1", TABLES[:2])
    second = plan("run-2", TABLES[2:])
    for item in first.values():
        take(item)
    looked_up = []
    parts = replace(pipeline.parts, is_running=lambda execution: looked_up.append(execution) or execution in pipeline.running)
    taker = SlotTaker(parts)
    for _ in range(3):
        with pytest.raises(PoolFull):
            take(second["public.returns"], by=taker)
    assert looked_up == ["exec:run-1", "exec:run-1"]  # once for each of the two holders
    pipeline.running.discard("exec:run-1")
    with pytest.raises(PoolFull):
        take(second["public.returns"], by=taker)
    monkeypatch.setattr(slots, "_ASK_AGAIN", 0.0)
    take(second["public.returns"], by=taker)
    assert held(pipeline) == ["public.returns"]
    assert {state.owner.run_id for state in pipeline.tracking.states("sales", TABLES[:2]).values()} == {"run-1"}


def test_a_child_that_died_in_a_run_that_lives_loses_its_slot(pipeline, plan, take):
    accounts, orders, returns = plan().values()
    pipeline.running |= {"child-1", "child-2"}
    take(accounts, "child-1")
    take(orders, "child-2")
    pipeline.running.discard("child-1")
    take(returns, "child-3")
    assert held(pipeline) == ["public.orders", "public.returns"]


def test_what_cannot_be_asked_counts_as_alive(pipeline, plan, take):
    def is_running(_execution):
        raise TrackingUnavailable("throttled")

    accounts, orders, returns = plan().values()
    take(accounts)
    take(orders)
    with pytest.raises(PoolFull):
        take(returns, by=SlotTaker(replace(pipeline.parts, is_running=is_running)))
    assert held(pipeline) == ["public.accounts", "public.orders"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pools": None}, INCOMPLETE),
        ({"entered_at": None}, INCOMPLETE),
        ({"pools": {"other": 1}}, "the state machine has no pool 'db' (it has: other): build and deploy it again"),
        ({"pools": {}}, "the state machine has no pool 'db' (it has: none): build and deploy it again"),
    ],
)
def test_a_machine_that_does_not_fit_is_told(pipeline, plan, change, message):
    accounts, *_ = plan().values()
    with pytest.raises(UsageError) as raised:
        SlotTaker(pipeline.parts).take({"item": accounts, "execution": "e", "entered_at": ENTERED, "pools": POOLS, **change})
    assert str(raised.value) == message


def test_a_rerun_on_a_machine_without_the_pool_is_a_plan_error(pipeline, plan):
    for item in plan().values():
        pipeline.fail(item)
    pipeline.summarise()
    machine = {key: value for key, value in MACHINE.items() if key not in ("pools", "job_type_pools")}
    (item, *_) = pipeline.plan("run-2", None, machine, rerun_of="run-1")["tables_to_extract"]
    assert item["plan_error"]["message"].startswith(
        "the table's pool is 'db', but the state machine 'extract' has no such pool (it has: none); write db = 8 in [pools]"
    )
