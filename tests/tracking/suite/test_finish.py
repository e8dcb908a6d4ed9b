from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from extract_core import FailureClass, JobState
from extract_core.tracking.records import MarkChange, Recorded

T1, T2, T3 = "2026-03-01T05:00:00Z", "2026-03-01T05:30:00Z", "2026-03-01T06:00:00Z"


def state(store, table="public.a"):
    return store.states("sales", [table])[table]


def test_an_attempt_is_recorded_and_the_lease_ends(store, make):
    make.take(store, "public.a")
    row = make.row(
        rows=3, bytes=9, files=[{"name": "a.parquet", "bytes": 9}], cost_basis={"dpu_seconds": 1.5}, settings={"workers": 2},
        message="naïve \u2028 text", log_url="https://x", job_run_id="jr_1", started_at=T1, ended_at=T2, retryable=True,
        watermark_low=T1, watermark_high=T2, extract_s3_uri="s3://x/", result_uri="s3://y",
        message_uri="s3://z",
        rows_without_watermark=2, fencing=1, mode="incremental", rows_in_the_future=4, rows_delivered_before=5,
        schema_changes=["b was added"], notes=["naïve \u2028 note"], proof={"verify": "count", "source": {"rows": 3}},
        waited_seconds=75, shared={"tables": 3, "part": 0.25, "log": ["public.b", 1]},
    )  # fmt: skip
    finished = store.finish(row, guard=make.guard())
    assert (finished.outcome, finished.row, finished.committed) == (Recorded.RECORDED, row, None)
    assert list(store.attempts("run-1")) == [row]
    after = state(store)
    assert (after.owner, after.fencing, after.last_run, after.last_state) == (None, 1, "run-1", JobState.SUCCEEDED)
    assert after.last_at == row.recorded_at


def test_the_same_status_twice_changes_nothing(store, make):
    make.take(store, "public.a")
    row, commit = make.row(), make.commit(T1)
    store.finish(row, guard=make.guard(), commit=commit)
    before = state(store)
    again = store.finish(row, guard=make.guard(), commit=commit)
    other = store.finish(replace(row, state=JobState.FAILED), guard=make.guard(), commit=commit)
    assert [(f.outcome, f.row, f.committed) for f in (again, other)] == [(Recorded.DUPLICATE, row, None)] * 2
    assert state(store) == before


def test_a_watermark_is_committed_by_a_success_only(store, make):
    make.take(store, "public.a", "public.b")
    failed = make.row(state=JobState.FAILED, failure=FailureClass.USER_CODE)
    assert store.finish(failed, guard=make.guard(), commit=make.commit(T2)).committed is None
    assert store.finish(make.row(table="public.b"), guard=make.guard(), commit=make.commit(T2)).committed == T2
    assert (state(store).watermark, state(store).version) == (None, 0)
    assert (state(store).last_state, state(store).last_failure) == (JobState.FAILED, FailureClass.USER_CODE)
    moved = state(store, "public.b")
    assert (moved.watermark, moved.version, moved.column, moved.type) == (T2, 1, "updated_at", "timestamp")


def test_a_run_that_lost_the_table_commits_nothing(store, make):
    make.take(store, "public.a")
    make.take(store, "public.a", owner=make.owner("run-2", "exec-2"), running=[])
    before = state(store)
    late = store.finish(make.row(message="42 rows"), guard=make.guard(), commit=make.commit(T3))
    assert (late.outcome, late.row.state, late.row.failure) == (Recorded.CONFLICT, JobState.FAILED, FailureClass.CONFLICT)
    assert late.row.message == (
        "nothing was committed: run 'run-2' took the table over (fencing number 2, this attempt has 1); "
        "the job ended SUCCEEDED: 42 rows"
    )
    assert state(store) == before
    assert list(store.attempts("run-1")) == [late.row]
    assert store.finish(make.row(), guard=make.guard(), commit=make.commit(T3)).outcome is Recorded.DUPLICATE
    assert store.finish(make.row("run-2"), guard=make.guard("run-2", 2), commit=make.commit(T1)).committed == T1


def test_a_run_that_lost_the_table_to_one_that_has_ended(store, make):
    make.take(store, "public.a")
    make.take(store, "public.a", owner=make.owner("run-2", "exec-2"), running=[])
    store.finish(make.row("run-2"), guard=make.guard("run-2", 2))
    late = store.finish(make.row(), guard=make.guard())
    assert late.row.message == (
        "nothing was committed: run 'run-2', which has ended, took the table over (fencing number 2, this attempt has 1); "
        "the job ended SUCCEEDED"
    )


@pytest.mark.parametrize(
    ("guard", "reason"),
    [
        ({"run_id": "run-9"}, "its lease was released before"),
        ({"attempt": 2}, "the run is at attempt 1 of this table, not at 2"),
        (
            {"fencing": 7},
            "run 'run-1' took the table over (fencing number 1, this attempt has 7)",
        ),
    ],
)
def test_only_the_whole_guard_counts(store, make, guard, reason):
    make.take(store, "public.a")
    before = state(store)
    finished = store.finish(make.row(attempt=guard.get("attempt", 1)), guard=make.guard(**guard))
    assert finished.row.message == f"nothing was committed: {reason}; the job ended SUCCEEDED"
    assert state(store) == before


def test_a_table_without_any_state_is_a_conflict(store, make):
    finished = store.finish(make.row(), guard=make.guard())
    assert finished.outcome is Recorded.CONFLICT
    assert finished.row.message == (
        "nothing was committed: the tracking store no longer knows this table; the job ended SUCCEEDED"
    )
    assert store.states("sales", ["public.a"]) == {}


def test_a_next_attempt_keeps_the_lease_and_shuts_the_last_one_out(store, make):
    make.take(store, "public.a")
    first = make.row(state=JobState.FAILED, failure=FailureClass.CAPACITY)
    store.finish(first, guard=make.guard(), last=False)
    assert (state(store).owner, state(store).attempt, state(store).fencing) == (make.owner(), 2, 1)
    assert store.finish(make.row(), guard=make.guard(), commit=make.commit(T1)).outcome is Recorded.DUPLICATE
    second = store.finish(make.row(attempt=2), guard=make.guard(attempt=2), commit=make.commit(T1))
    assert (second.outcome, second.committed) == (Recorded.RECORDED, T1)
    assert [row.attempt for row in store.attempts("run-1")] == [1, 2]
    assert state(store).owner is None


def test_a_watermark_that_was_changed_meanwhile_is_not_overwritten(store, make):
    make.take(store, "public.a")
    store.finish(make.row(), guard=make.guard(), commit=make.commit(T2))
    make.take(store, "public.a", owner=make.owner("run-2", "exec-2"))
    finished = store.finish(make.row("run-2"), guard=make.guard("run-2", 2), commit=make.commit(T3, version=0))
    assert (finished.outcome, finished.row.failure) == (Recorded.CONFLICT, FailureClass.CONFLICT)
    assert finished.row.message == (
        f"nothing was committed: the watermark was changed meanwhile, to {T2!r} (version 1, not 0); the job ended SUCCEEDED"
    )
    assert (state(store).watermark, state(store).version, state(store).owner) == (T2, 1, None)


@pytest.mark.parametrize(
    ("high", "left", "message"),
    [
        (T3, (T3, 2), None),
        (T2, (T2, 1), None),
        ("2026-03-01T06:30:00+01:00", ("2026-03-01T06:30:00+01:00", 2), None),
        (T1, (T2, 1), f"the watermark stays at {T2!r}: the job's {T1!r} is behind it"),
    ],
)
def test_without_rows_a_watermark_never_moves_backwards(store, make, high, left, message):
    make.take(store, "public.a")
    store.finish(make.row(), guard=make.guard(), commit=make.commit(T2))
    make.take(store, "public.a", owner=make.owner("run-2", "exec-2"))
    commit = make.commit(high, low=T2, version=1)
    finished = store.finish(make.row("run-2"), guard=make.guard("run-2", 2), commit=commit)
    assert (finished.outcome, finished.row.state, finished.row.message) == (Recorded.RECORDED, JobState.SUCCEEDED, message)
    assert (state(store).watermark, state(store).version) == left


@pytest.mark.parametrize(
    ("commit", "message"),
    [
        ({"high": "yesterday"}, "'yesterday' is not a watermark of type 'timestamp' (timestamp)"),
        ({"high": "1", "kind": "colour"}, "the watermark type 'colour' is unknown: use int, decimal, date, timestamp or string"),
        (
            {"high": "17", "kind": "int", "column": "id", "low": T2},
            (
                f"the committed one ({T2!r}) is of column 'updated_at' (timestamp), this one of 'id' (int): "
                "run the table once with --reingest"
            ),
        ),
        (
            {"high": "2026-03-01 07:00:00", "low": T2},
            (
                f"the watermarks '2026-03-01 07:00:00' and {T2!r} can't be compared: one has a time zone and the other has "
                "none; set the mark again in the form that the column gives"
            ),
        ),
    ],
)
def test_a_watermark_that_cannot_be_committed_is_said(store, make, commit, message):
    make.take(store, "public.a")
    store.finish(make.row(), guard=make.guard(), commit=make.commit(T2))
    make.take(store, "public.a", owner=make.owner("run-2", "exec-2"))
    finished = store.finish(make.row("run-2"), guard=make.guard("run-2", 2), commit=make.commit(version=1, **commit))
    assert (finished.row.state, finished.row.failure) == (JobState.FAILED, FailureClass.CONFIG)
    assert finished.row.message == f"the job ended well, but its watermark can't be committed: {message}"
    assert (state(store).watermark, state(store).owner) == (T2, None)


T2_AGAIN = "2026-03-01T05:30:00.000Z"
BASE, RESULT = "s3://data/sales/public.a/_committed/2-1.json", "s3://runs/run-2/result.json"


def second(store, make, high, **commit):
    """The end of a second run, whose low mark is T2."""
    make.take(store, "public.a")
    store.finish(make.row(), guard=make.guard(), commit=make.commit(T2, base="s3://first", last_result="s3://first-result"))
    make.take(store, "public.a", owner=make.owner("run-2", "exec-2"))
    members = {"low": T2, "version": 1, "base": BASE, "last_result": RESULT, **commit}
    return store.finish(make.row("run-2"), guard=make.guard("run-2", 2), commit=make.commit(high, **members))


@pytest.mark.parametrize(
    ("high", "commit", "left"),
    [
        (T3, {"rows": 3}, (T3, 2)),
        (T2, {"rows": 0}, (T2, 1)),
        (T2, {"rows": 3, "reads_overlap": True}, (T2, 1)),
        (None, {"rows": 0}, (T2, 1)),
        (T1, {"rows": 0}, (T2, 1)),
        (T1, {"rows": 3, "may_be_behind": True}, (T2, 1)),
        (T1, {"rows": 3, "low": None}, (T1, 2)),  # everything was read again
        (None, {"rows": 0, "low": None}, (None, 2)),
    ],
)
def test_each_commit_is_the_base_of_the_next_one(store, make, high, commit, left):
    finished = second(store, make, high, **commit)
    assert (finished.outcome, finished.row.state) == (Recorded.RECORDED, JobState.SUCCEEDED)
    assert finished.committed == (left[0] if left[1] == 2 else None)
    after = state(store)
    assert (after.watermark, after.version, after.base, after.last_result) == (*left, BASE, RESULT)


@pytest.mark.parametrize(
    ("high", "reason"),
    [
        (T1, f"the job delivered 3 rows, but its high mark {T1!r} is behind the committed watermark {T2!r}"),
        (T2, f"the job delivered 3 rows, but its high mark {T2!r} is not ahead of the committed watermark {T2!r}"),
        (T2_AGAIN, f"the job delivered 3 rows, but its high mark {T2_AGAIN!r} is not ahead of the committed watermark {T2!r}"),
    ],
)
def test_rows_without_a_mark_ahead_are_no_silent_success(store, make, high, reason):
    finished = second(store, make, high, rows=3)
    assert (finished.outcome, finished.row.failure, finished.committed) == (Recorded.CONFLICT, FailureClass.CONFLICT, None)
    assert finished.row.message.startswith(f"nothing was committed: {reason}")
    after = state(store)
    assert (after.watermark, after.version, after.base, after.last_result) == (T2, 1, "s3://first", "s3://first-result")
    assert after.owner is None


def test_a_full_extract_is_a_base_and_leaves_no_old_mark(store, make):
    finished = second(store, make, None, column=None, kind=None, low=None)
    assert finished.outcome is Recorded.RECORDED
    after = state(store)
    assert (after.watermark, after.column, after.version, after.base, after.last_result) == (None, None, 2, BASE, RESULT)


def test_a_full_extract_leaves_a_mark_that_a_person_set(store, make):
    store.set_mark(
        MarkChange(
            source="sales", table="public.a", version=1, changed_at=T1, changed_by="ana", reason="soon incremental", before=None,
            mark=T2, column="updated_at", type="timestamp",
        )
    )  # fmt: skip
    make.take(store, "public.a")
    store.finish(make.row(), guard=make.guard(), commit=make.commit(None, column=None, kind=None, base=BASE))
    after = state(store)
    assert (after.watermark, after.set_by_hand, after.version, after.base) == (T2, True, 1, BASE)
    make.take(store, "public.a", owner=make.owner("run-2", "exec-2"))
    commit = make.commit(T3, low=T2, version=1, rows=3)
    store.finish(make.row("run-2"), guard=make.guard("run-2", 2), commit=commit)
    assert (state(store).watermark, state(store).set_by_hand) == (T3, False)


def test_a_reingest_may_change_the_column(store, make):
    make.take(store, "public.a")
    store.finish(make.row(), guard=make.guard(), commit=make.commit(T2))
    make.take(store, "public.a", owner=make.owner("run-2", "exec-2"))
    commit = make.commit("17", column="id", kind="int", version=1)
    assert store.finish(make.row("run-2"), guard=make.guard("run-2", 2), commit=commit).committed == "17"
    assert (state(store).column, state(store).type, state(store).version) == ("id", "int", 2)


def test_attempts_of_a_large_run_come_in_order(store, make, many):
    tables = [f"public.t{number:04}" for number in range(many)]
    make.take(store, *tables)
    for table in reversed(tables):
        store.finish(make.row(table=table), guard=make.guard())
    assert [row.table for row in store.attempts("run-1")] == tables
    assert list(store.attempts("run-0")) == []


def test_history_of_a_table_is_newest_first(store, make):
    for number in range(1, 5):
        owner = make.owner(f"run-{number}", f"exec-{number}")
        make.take(store, "public.a", owner=owner)
        row = make.row(f"run-{number}", recorded_at=f"2026-03-0{number}T06:00:00+00:00")
        store.finish(row, guard=make.guard(f"run-{number}", number))
    assert [row.run_id for row in store.history("sales", "public.a")] == ["run-4", "run-3", "run-2", "run-1"]
    assert [row.run_id for row in store.history("sales", "public.a", 2)] == ["run-4", "run-3"]
    assert store.history("crm", "public.a") == []


def test_many_threads_finish_at_once(store, open_store, make):
    tables = [f"public.t{number}" for number in range(60)]
    make.take(store, *tables)
    stores = [store, open_store()]

    def finish(number):
        return stores[number % 2].finish(make.row(table=tables[number // 2]), guard=make.guard()).outcome

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(finish, range(120)))
    assert (outcomes.count(Recorded.RECORDED), outcomes.count(Recorded.DUPLICATE)) == (60, 60)
