from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from extract_core.errors import TrackingUnavailable


def test_free_tables_are_taken_with_the_first_fencing_number(store, make):
    claim = make.take(store, "public.a", "public.b")
    assert claim.held == ()
    assert {t: (c.state.fencing, c.state.attempt, c.taken_over) for t, c in claim.taken.items()} == {
        "public.a": (1, 1, None),
        "public.b": (1, 1, None),
    }
    assert store.states("sales", ["public.a", "public.x"]) == {"public.a": claim.taken["public.a"].state}
    assert store.states("crm", ["public.a"]) == {}


def test_the_same_execution_takes_again_and_nothing_changes(store, make):
    first = make.take(store, "public.a")
    again = make.take(store, "public.a", running=["exec-1"])
    assert again == first


def test_nothing_is_taken_when_one_is_held_and_all_were_wanted(store, make):
    make.take(store, "public.a")
    claim = make.take(store, "public.a", "public.b", owner=make.owner("run-2", "exec-2"), running=["exec-1"])
    assert claim.taken == {}
    assert [str(held) for held in claim.held] == ["'public.a' is held by run 'run-1' since 2026-03-01T06:00:00+00:00"]
    assert set(store.states("sales", ["public.a", "public.b"])) == {"public.a"}


def test_the_others_are_taken_when_some_will_do(store, make):
    make.take(store, "public.a")
    other = make.owner("run-2", "exec-2")
    claim = make.take(store, "public.a", "public.b", owner=other, running=["exec-1"], all_or_nothing=False)
    assert list(claim.taken) == ["public.b"]
    assert [held.table for held in claim.held] == ["public.a"]


def test_a_dead_owner_is_taken_over_and_the_fencing_number_rises(store, make):
    make.take(store, "public.a")
    claim = make.take(store, "public.a", owner=make.owner("run-2", "exec-2"), running=[])
    taken = claim.taken["public.a"]
    assert (taken.state.fencing, taken.state.attempt, taken.taken_over) == (2, 1, "run-1")
    assert taken.state.owner == make.owner("run-2", "exec-2")


def test_a_lease_ends_with_the_bound_of_its_run_even_if_nobody_can_say_that_it_is_dead(store, make):
    make.take(store, "public.a", owner=make.owner(bound="2026-03-01T07:00:00Z"))
    other = make.owner("run-2", "exec-2")
    early = make.take(store, "public.a", owner=other, running=["exec-1"], now=make.now + timedelta(minutes=59))
    assert [held.table for held in early.held] == ["public.a"]
    late = make.take(store, "public.a", owner=other, running=["exec-1"], now=make.now + timedelta(minutes=60))
    assert late.taken["public.a"].taken_over == "run-1"


def test_an_owner_is_asked_about_once_and_only_on_a_conflict(store, make):
    looked_up = []

    def is_running(execution):
        looked_up.append(execution)
        return True

    def take(owner, *tables):
        return store.take("sales", tables, owner, is_running=is_running, now=make.now, all_or_nothing=True)

    take(make.owner(), "public.a", "public.b")
    take(make.owner(), "public.a", "public.b")
    assert looked_up == []
    assert len(take(make.owner("run-2", "exec-2"), "public.a", "public.b").held) == 2
    assert looked_up == ["exec-1"]


def test_a_question_that_fails_passes_through_and_nothing_is_taken(store, make):
    make.take(store, "public.a")

    def is_running(execution):
        raise TrackingUnavailable("throttled")

    with pytest.raises(TrackingUnavailable, match=r"^throttled$"):
        store.take("sales", ["public.b", "public.a"], make.owner("run-2", "exec-2"), is_running=is_running, now=make.now,
                   all_or_nothing=False)  # fmt: skip
    assert store.states("sales", ["public.b"]) == {}


def test_the_store_can_be_used_while_the_question_is_asked(store, open_store, make):
    make.take(store, "public.a")

    def is_running(execution):
        make.take(open_store(), "public.c")
        return False

    owner = make.owner("run-2", "exec-2")
    claim = store.take("sales", ["public.a"], owner, is_running=is_running, now=make.now, all_or_nothing=True)
    assert list(claim.taken) == ["public.a"]


def test_an_owner_that_changes_while_the_question_is_asked_is_seen(store, open_store, make):
    make.take(store, "public.a")

    def is_running(execution):
        if execution == "exec-1":
            make.take(open_store(), "public.a", owner=make.owner("run-3", "exec-3"), running=[])
            return False
        return True

    owner = make.owner("run-2", "exec-2")
    claim = store.take("sales", ["public.a"], owner, is_running=is_running, now=make.now, all_or_nothing=True)
    assert [held.by.run_id for held in claim.held] == ["run-3"]


def test_a_table_named_twice_is_taken_once(store, make):
    assert list(make.take(store, "public.a", "public.a").taken) == ["public.a"]


def test_a_release_gives_back_only_what_this_execution_holds(store, make):
    make.take(store, "public.a", "public.b")
    store.release("sales", ["public.a", "public.x"], "exec-1")
    store.release("sales", ["public.b"], "exec-9")
    states = store.states("sales", ["public.a", "public.b"])
    assert (states["public.a"].owner, states["public.a"].fencing) == (None, 1)
    assert states["public.b"].owner == make.owner()
    assert make.take(store, "public.a", owner=make.owner("run-2", "exec-2")).taken["public.a"].state.fencing == 2


def test_many_tables_go_in_one_call(store, make, many):
    tables = [f"public.t{number:04}" for number in range(many)]
    assert list(make.take(store, *tables).taken) == tables
    assert len(store.states("sales", tables)) == many


def test_of_many_who_take_at_once_one_wins(open_store, make):
    stores = [open_store(), open_store()]
    gate = threading.Barrier(8)

    def contend(number):
        gate.wait()
        owner = make.owner(f"run-{number}", f"exec-{number}")
        claim = stores[number % 2].take(
            "sales", ["public.a"], owner, is_running=lambda execution: True, now=make.now, all_or_nothing=True
        )
        return bool(claim.taken)

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(contend, range(8))) == 1


def test_the_fencing_number_goes_on_above_what_the_caller_knows_of(store, make):
    def fencing(owner, **above):
        claim = store.take("sales", ["a", "b"], owner, is_running=lambda _: False, now=make.now, all_or_nothing=True, above=above)
        return {table: lease.state.fencing for table, lease in claim.taken.items()}

    assert fencing(make.owner(), a=7) == {"a": 8, "b": 1}
    assert fencing(make.owner(), a=20) == {"a": 8, "b": 1}  # its own lease stays as it is
    assert fencing(make.owner("run-2", "exec-2"), a=3) == {"a": 9, "b": 2}
