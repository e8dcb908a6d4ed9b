"""Any interleaving of runs, takeovers, deaths, late and doubled statuses: what must hold holds after each step."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule

from extract_core import FailureClass, JobState
from extract_core.tracking.records import AttemptRow, Commit, Guard, Owner, Recorded
from extract_core.tracking.sqlite import SQLiteTracking

TABLES = ("public.a", "public.b", "public.c")
NOW = datetime(2026, 3, 1, tzinfo=UTC)


class AnyOrder(RuleBasedStateMachine):
    """`jobs` are started under a lease and end whenever; the model knows whose lease is good and what was committed."""

    jobs = Bundle("jobs")
    ended = Bundle("ended")

    def __init__(self):
        super().__init__()
        self.folder = TemporaryDirectory()
        self.stack = ExitStack()
        self.store = self.stack.enter_context(self.open_store(Path(self.folder.name)))
        self.runs = 0
        self.alive: set[str] = set()
        self.holders: dict[str, str] = {}  # table → execution, by the model
        self.marks: dict[str, int] = {}
        self.fencing: dict[str, int] = {}
        self.rows: dict[tuple[str, str], AttemptRow] = {}

    def teardown(self):
        self.stack.close()
        self.folder.cleanup()

    @rule(target=jobs, tables=st.sets(st.sampled_from(TABLES), min_size=1), all_or_nothing=st.booleans(), twice=st.booleans())
    def take(self, tables, all_or_nothing, twice):
        self.runs += 1
        execution = f"exec-{self.runs}"
        owner = Owner(execution_id=execution, run_id=f"run-{self.runs}", started_at="t", bound="2027-01-01T00:00:00Z")

        def once():
            return self.store.take(
                "sales", sorted(tables), owner, is_running=self.alive.__contains__, now=NOW, all_or_nothing=all_or_nothing
            )

        claim = once()
        held = {table for table in tables if self.holders.get(table) in self.alive}
        assert {lease.table for lease in claim.held} == held
        assert set(claim.taken) == (set() if held and all_or_nothing else tables - held)
        if twice and claim.taken:
            self.alive.add(execution)
            assert {table: lease.state for table, lease in once().taken.items()} == {t: e.state for t, e in claim.taken.items()}
        for table, lease in claim.taken.items():
            assert lease.state.fencing == self.fencing.get(table, 0) + 1
            self.fencing[table] = lease.state.fencing
            self.holders[table] = execution
        if claim.taken:
            self.alive.add(execution)
        return [(owner, lease.state) for lease in claim.taken.values()]

    @rule(number=st.integers(0, 50))
    def die(self, number):
        if self.alive:
            self.alive.discard(sorted(self.alive)[number % len(self.alive)])

    @rule(target=ended, jobs=consumes(jobs), state=st.sampled_from(JobState), step=st.integers(-2, 3))
    def finish(self, jobs, state, step):
        done = []
        for owner, taken in jobs:
            low = int(taken.watermark) if taken.watermark is not None else None
            row = AttemptRow(
                run_id=owner.run_id,
                source="sales",
                table=taken.table,
                attempt=1,
                job_type="glue",
                state=state,
                recorded_at="t",
                failure=None if state is JobState.SUCCEEDED else FailureClass.USER_CODE,
            )
            guard = Guard(run_id=owner.run_id, fencing=taken.fencing, attempt=1)
            commit = Commit(from_version=taken.version, column="id", type="int", low=taken.watermark, high=str((low or 0) + step))
            finished = self.store.finish(row, guard=guard, commit=commit)
            mine = self.holders.get(taken.table) == owner.execution_id
            assert finished.outcome is (Recorded.RECORDED if mine else Recorded.CONFLICT)
            if mine:
                del self.holders[taken.table]
                if state is JobState.SUCCEEDED and (low is None or step > 0):
                    self.marks[taken.table] = (low or 0) + step
                    assert finished.committed == str(self.marks[taken.table])
                else:
                    assert finished.committed is None
            else:
                assert (finished.row.state, finished.row.failure) == (JobState.FAILED, FailureClass.CONFLICT)
            self.rows[owner.run_id, taken.table] = finished.row
            done.append((row, guard, commit))
        return done

    @rule(done=ended, other=st.sampled_from(JobState))
    def again(self, done, other):
        """The same status a second time, or a later one that says something else."""
        before = self.store.states("sales", TABLES)
        for row, guard, commit in done:
            finished = self.store.finish(replace(row, state=other), guard=guard, commit=replace(commit, high="999"))
            assert (finished.outcome, finished.committed) == (Recorded.DUPLICATE, None)
            assert finished.row == self.rows[row.run_id, row.table]
        assert self.store.states("sales", TABLES) == before

    @invariant()
    def the_store_is_as_the_model_says(self):
        states = self.store.states("sales", TABLES)
        assert {t: s.owner.execution_id for t, s in states.items() if s.owner} == self.holders
        assert {t: int(s.watermark) for t, s in states.items() if s.watermark is not None} == self.marks
        assert {t: s.fencing for t, s in states.items()} == self.fencing
        stored = {(row.run_id, row.table): row for n in range(1, self.runs + 1) for row in self.store.attempts(f"run-{n}")}
        assert stored == self.rows


def run_any_order(open_store, examples):
    class Here(AnyOrder):
        pass

    Here.open_store = staticmethod(open_store)
    case = Here.TestCase()
    slow = list(HealthCheck)
    case.settings = settings(max_examples=examples, stateful_step_count=25, suppress_health_check=slow)
    case.runTest()


def on_sqlite(folder):
    return SQLiteTracking(folder / "t.db")


@pytest.fixture
def on_dynamodb(dynamodb, tracking_table):
    @contextmanager
    def open_store(_folder):
        with tracking_table(dynamodb) as opened:
            yield opened()

    return open_store


def test_any_order_on_sqlite():
    run_any_order(on_sqlite, 25)


def test_any_order_on_dynamodb(on_dynamodb):
    run_any_order(on_dynamodb, 5)


@pytest.mark.soak
def test_any_order_on_sqlite_for_long():
    run_any_order(on_sqlite, 2_000)


@pytest.mark.soak
def test_any_order_on_dynamodb_for_long(on_dynamodb):
    run_any_order(on_dynamodb, 200)
