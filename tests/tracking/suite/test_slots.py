"""Slots of pools: taken by attempts, given back with the end of the attempt or of the lease."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from extract_core.errors import LeaseLost, PoolFull
from extract_core.tracking.records import MarkChange, Recorded, Slot

AT = "2026-03-01T06:05:00+00:00"


@pytest.fixture
def slot(make):
    """Takes a slot for a table whose lease `make.take` has."""

    def take(store, table="public.a", *, pool="sales-db", size=2, guard=None, execution="exec-1:child", at=AT):
        guard = guard or make.guard()
        return store.take_slot("sales", table, pool=pool, size=size, guard=guard, execution_id=execution, taken_at=at)

    return take


def numbers(store, pool="sales-db"):
    return {slot.table: slot.number for slot in store.slots(pool)}


def test_a_slot_says_who_holds_it(store, make, slot):
    make.take(store, "public.a")
    taken = slot(store, size=1)
    assert taken == Slot(
        pool="sales-db", number=1, execution_id="exec-1:child", run_id="run-1", source="sales", table="public.a", taken_at=AT
    )
    assert store.slots("sales-db") == [taken]
    assert store.slots("other") == []
    assert store.states("sales", ["public.a"])["public.a"].slot == taken


def test_the_same_attempt_again_gets_its_slot(store, make, slot):
    make.take(store, "public.a", "public.b")
    first, other = slot(store), slot(store, "public.b")
    assert slot(store, at="2026-03-01T07:00:00+00:00") == first
    assert sorted([first.number, other.number]) == [1, 2]
    redriven = slot(store, execution="exec-1:child-2")
    assert redriven == replace(first, execution_id="exec-1:child-2")
    assert sorted(store.slots("sales-db"), key=lambda held: held.table) == [redriven, other]


def test_a_redriven_attempt_whose_slot_was_freed_takes_one_again_and_gives_it_back(store, make, slot):
    """Between the death of the execution and its redrive, another run has taken the slot."""
    make.take(store, "public.a")
    make.take(store, "public.b", owner=make.owner("run-2", "exec-2"))
    store.free_slot(slot(store, size=1))
    slot(store, "public.b", size=1, guard=make.guard("run-2"))
    with pytest.raises(PoolFull):
        slot(store, size=1, execution="exec-1:child-2")
    store.finish(make.row(run_id="run-2", table="public.b"), guard=make.guard("run-2"))
    again = slot(store, size=1, execution="exec-1:child-2")
    assert (again.number, again.execution_id, store.slots("sales-db")) == (1, "exec-1:child-2", [again])
    store.finish(make.row(), guard=make.guard())
    assert store.slots("sales-db") == []


def test_a_full_pool_is_refused_and_nothing_changes(store, make, slot):
    make.take(store, "public.a", "public.b", "public.c")
    slot(store, at="2026-03-01T06:07:00+00:00")
    slot(store, "public.b")
    before = store.states("sales", ["public.a", "public.b", "public.c"])
    with pytest.raises(PoolFull) as raised:
        slot(store, "public.c")
    assert str(raised.value) == (
        "the pool 'sales-db' is full (2 slots): held by 'public.b' of run 'run-1' since 2026-03-01T06:05:00+00:00, 'public.a' of "
        "run 'run-1' since 2026-03-01T06:07:00+00:00"
    )
    assert store.states("sales", ["public.a", "public.b", "public.c"]) == before
    assert slot(store, "public.c", pool="other").number in (1, 2)


@pytest.mark.parametrize("last", [True, False])
def test_the_end_of_an_attempt_gives_the_slot_back(store, make, slot, last):
    make.take(store, "public.a", "public.b")
    slot(store, size=1)
    store.finish(make.row(state=make.failed, failure=make.user_code), guard=make.guard(), last=last)
    assert store.slots("sales-db") == []
    assert slot(store, "public.b", size=1).number == 1


def test_a_late_end_of_the_attempt_before_leaves_the_slot_of_the_next_one(store, make, slot):
    make.take(store, "public.a")
    slot(store)
    row = make.row(state=make.failed, failure=make.user_code)
    store.finish(row, guard=make.guard(), last=False)
    second = slot(store, guard=make.guard(attempt=2))
    assert store.finish(row, guard=make.guard(), last=False).outcome is Recorded.DUPLICATE
    assert store.slots("sales-db") == [second]


@pytest.mark.parametrize(
    ("guard", "reason"),
    [
        ({"attempt": 2}, "the run is at attempt 1 of this table, not at 2"),
        ({"fencing": 0}, r"run 'run-1' took the table over \(fencing number 1, this attempt has 0\)"),
        ({"run_id": "run-0"}, "its lease was released before"),
    ],
)
def test_an_attempt_without_its_lease_gets_no_slot(store, make, slot, guard, reason):
    make.take(store, "public.a")
    with pytest.raises(LeaseLost, match=rf"^no slot of pool 'sales-db' was taken for 'public.a': {reason}$"):
        slot(store, guard=make.guard(**guard))
    with pytest.raises(LeaseLost):
        slot(store, "public.unknown")
    assert store.slots("sales-db") == []


def test_a_takeover_gives_the_slot_of_the_dead_run_back(store, make, slot):
    make.take(store, "public.a")
    slot(store, size=1)
    make.take(store, "public.a", owner=make.owner("run-2", "exec-2"))
    assert store.slots("sales-db") == []
    mine = slot(store, size=1, guard=make.guard("run-2", 2))
    late = store.finish(make.row(), guard=make.guard())
    assert (late.outcome, store.slots("sales-db")) == (Recorded.CONFLICT, [mine])


def test_the_same_execution_that_takes_its_tables_again_keeps_its_slots(store, make, slot):
    make.take(store, "public.a")
    taken = slot(store)
    make.take(store, "public.a", running=["exec-1"])
    assert store.slots("sales-db") == [taken]


def test_a_release_gives_the_slot_back(store, make, slot):
    make.take(store, "public.a", "public.b")
    slot(store)
    store.release("sales", ["public.a", "public.b"], "exec-9")
    assert list(numbers(store)) == ["public.a"]
    store.release("sales", ["public.a", "public.b"], "exec-1")
    assert numbers(store) == {}
    assert all(state.owner is None for state in store.states("sales", ["public.a", "public.b"]).values())


def test_the_slot_of_a_dead_execution_is_freed_and_the_lease_stays(store, make, slot):
    make.take(store, "public.a")
    taken = slot(store)
    assert [store.free_slot(taken), store.free_slot(taken)] == [True, False]
    state = store.states("sales", ["public.a"])["public.a"]
    assert (store.slots("sales-db"), state.slot, state.owner) == ([], None, make.owner())
    assert store.finish(make.row(), guard=make.guard()).outcome is Recorded.RECORDED


def test_a_slot_that_has_changed_hands_is_not_freed(store, make, slot):
    make.take(store, "public.a", "public.b")
    old = slot(store, size=1)
    store.free_slot(old)
    new = slot(store, "public.b", size=1)
    assert not store.free_slot(old)
    assert not store.free_slot(replace(new, execution_id="another"))
    assert store.slots("sales-db") == [new]


def test_a_pool_that_shrinks_gives_nothing_out_until_enough_is_free(store, make, slot):
    tables = [f"public.t{number}" for number in range(8)]
    make.take(store, *tables)
    for table in tables[:4]:
        slot(store, table, size=4)
    freed = sorted(tables[:4], key=numbers(store).__getitem__)
    for table in freed[:2]:
        with pytest.raises(PoolFull):
            slot(store, tables[7], size=2)
        store.finish(make.row(table=table), guard=make.guard())
    with pytest.raises(PoolFull):
        slot(store, tables[7], size=2)  # numbers 3 and 4 are held
    store.finish(make.row(table=freed[2]), guard=make.guard())
    assert slot(store, tables[7], size=2).number == 1
    with pytest.raises(PoolFull):
        slot(store, tables[6], size=2)


def test_of_many_who_take_at_once_as_many_get_a_slot_as_there_are(open_store, make, slot):
    tables = [f"public.t{number}" for number in range(12)]
    stores = [open_store(), open_store()]
    make.take(stores[0], *tables)
    gate = threading.Barrier(12)

    def contend(number):
        gate.wait()
        try:
            return slot(stores[number % 2], tables[number], size=5).number
        except PoolFull:
            return None

    with ThreadPoolExecutor(12) as pool:
        got = [number for number in pool.map(contend, range(12)) if number is not None]
    assert sorted(got) == [1, 2, 3, 4, 5]
    assert sorted(numbers(stores[0]).values()) == [1, 2, 3, 4, 5]


def test_a_changed_mark_leaves_the_slot(store, make, slot):
    make.take(store, "public.a")
    taken = slot(store)
    change = MarkChange(
        source="sales", table="public.a", version=1, changed_at=AT, changed_by="ana", reason="r", before=None, mark="7"
    )
    assert store.set_mark(change).slot == taken
    assert store.slots("sales-db") == [taken]
