from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from extract_core import FailureClass
from extract_core.errors import TrackingError
from extract_core.tracking.records import MarkChange, Recorded

T1, T2, T3 = "2026-03-01T05:00:00Z", "2026-03-01T05:30:00Z", "2026-03-01T06:00:00Z"


def change(version=1, before=None, mark=T1, **more) -> MarkChange:
    column = {"column": "updated_at", "type": "timestamp"} if mark is not None else {}
    members = {"changed_by": "ana@desk", "reason": "late rows", **column, **more}
    at = "2026-03-01T07:00:00+00:00"
    return MarkChange(source="sales", table="public.a", version=version, changed_at=at, before=before, mark=mark, **members)


def state(store):
    return store.states("sales", ["public.a"])["public.a"]


def test_a_mark_is_set_where_no_run_has_been(store):
    after = store.set_mark(change())
    assert (after.watermark, after.version, after.column, after.type, after.fencing) == (T1, 1, "updated_at", "timestamp", 0)
    assert state(store) == after
    assert store.mark_changes("sales", "public.a") == [change()]
    assert store.mark_changes("sales", "public.b") == []


def test_a_mark_goes_back_if_a_person_says_so(store, make):
    make.take(store, "public.a")
    store.finish(make.row(), guard=make.guard(), commit=make.commit(T3))
    assert store.set_mark(change(2, T3, T1)).watermark == T1
    assert store.set_mark(change(3, T1, None)).watermark is None
    after = state(store)
    assert (after.watermark, after.column, after.type, after.version, after.last_run) == (None, None, None, 3, "run-1")
    assert store.mark_changes("sales", "public.a") == [change(3, T1, None), change(2, T3, T1)]
    assert store.mark_changes("sales", "public.a", 1) == [change(3, T1, None)]


def test_the_same_change_twice_is_one(store):
    first = store.set_mark(change())
    assert store.set_mark(change()) == first
    assert store.mark_changes("sales", "public.a") == [change()]


@pytest.mark.parametrize("wrong", [{"version": 1}, {"before": T3}, {"changed_by": "bo@desk", "version": 1, "before": None}])
def test_a_mark_that_has_moved_is_not_set(store, wrong):
    store.set_mark(change(1, None, T2))
    wrong_change = replace(change(2, T2, T1), **wrong)
    with pytest.raises(TrackingError) as raised:
        store.set_mark(wrong_change)
    assert str(raised.value) == (
        f"the watermark of 'public.a' has moved meanwhile: it is {T2!r} (version 1), not {wrong_change.before!r} (version "
        f"{wrong_change.version - 1}); look at it again: extract state show public.a"
    )
    assert len(store.mark_changes("sales", "public.a")) == 1


def test_a_job_that_started_before_the_change_commits_nothing(store, make):
    make.take(store, "public.a")
    store.set_mark(change())
    assert state(store).owner == make.owner()
    finished = store.finish(make.row(), guard=make.guard(), commit=make.commit(T3))
    assert (finished.outcome, finished.row.failure) == (Recorded.CONFLICT, FailureClass.CONFLICT)
    assert state(store).watermark == T1


def test_of_many_who_change_at_once_one_wins(open_store):
    stores = [open_store(), open_store()]

    def try_to(number):
        try:
            stores[number % 2].set_mark(change(changed_by=f"person {number}"))
        except TrackingError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(try_to, range(6))) == 1
    assert len(stores[0].mark_changes("sales", "public.a")) == 1
