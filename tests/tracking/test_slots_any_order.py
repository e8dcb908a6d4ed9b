"""Any interleaving of runs that share pools, with a crash at any point: never more than the size, and no slot is lost.

A crash is the death of a process before or after any of its requests (DynamoDB), or before or after its call (SQLite).
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from extract_core import FailureClass, JobState
from extract_core.errors import LeaseLost, PoolFull
from extract_core.tracking.records import AttemptRow, Guard, Owner, Recorded
from extract_core.tracking.sqlite import SQLiteTracking

TABLES = ("public.a", "public.b", "public.c", "public.d", "public.e")
POOLS = ("sales-db", "quota")
NOW = datetime(2026, 3, 1, tzinfo=UTC)
PICK = st.integers(0, 1_000)
CRASHES = st.none() | st.integers(0, 7)
"""How many halves of requests (sent, answered) a process lives for; None: it lives."""


class Crash(BaseException):
    """The process died. Nothing catches it."""


class Mortal:
    """Dies before or after a call of this object, counted in halves."""

    def __init__(self, mortal) -> None:
        self._mortal = mortal
        self.left: int | None = None

    def _live(self):
        if self.left is not None:
            self.left -= 1
            if self.left < 0:
                raise Crash

    def __getattr__(self, name):
        method = getattr(self._mortal, name)
        if not callable(method) or name == "close":
            return method

        def call(*args, **named):
            self._live()
            answer = method(*args, **named)
            self._live()
            return answer

        return call


@dataclass(frozen=True)
class Work:
    """One attempt that a run may be at."""

    owner: Owner
    table: str
    pool: str
    guard: Guard


class Shared(RuleBasedStateMachine):
    open_store: object

    def __init__(self):
        super().__init__()
        self.folder = TemporaryDirectory()
        self.stack = ExitStack()
        self.store, self.mortal = self.stack.enter_context(self.open_store(Path(self.folder.name)))
        self.sizes = {"sales-db": 2, "quota": 1}
        self.most = dict(self.sizes)  # a pool that was made smaller may hold more for a while
        self.runs = 0
        self.alive: set[str] = set()
        self.open: list[Work] = []
        self.over: list[Work] = []

    def teardown(self):
        self.stack.close()
        self.folder.cleanup()

    @contextmanager
    def dying(self, halves):
        self.mortal.left = halves
        try:
            with suppress(Crash):
                yield
        finally:
            self.mortal.left = None

    def holders(self, pool):
        return {(slot.run_id, slot.table) for slot in self.store.slots(pool)}

    @rule(tables=st.sets(st.sampled_from(TABLES), min_size=1), pick=PICK)
    def begin(self, tables, pick):
        """A run takes what no living run holds, and takes over what dead runs hold."""
        self.runs += 1
        run_id, execution = f"run-{self.runs}", f"exec-{self.runs}"
        owner = Owner(execution_id=execution, run_id=run_id, started_at="t", bound="2027-01-01T00:00:00Z")
        claim = self.store.take("sales", sorted(tables), owner, is_running=self.alive.__contains__, now=NOW, all_or_nothing=False)
        self.alive.add(execution)
        gone = [work for work in self.open if work.table in claim.taken]
        self.over += gone
        self.open = [work for work in self.open if work not in gone]
        for table, taken in claim.taken.items():
            guard = Guard(run_id=run_id, fencing=taken.state.fencing, attempt=1)
            self.open.append(Work(owner, table, POOLS[pick % 2], guard))

    def take(self, work):
        return self.store.take_slot(
            "sales", work.table, pool=work.pool, size=self.sizes[work.pool], guard=work.guard,
            execution_id=work.owner.execution_id, taken_at=f"t{self.runs}",
        )  # fmt: skip

    @precondition(lambda self: self.open)
    @rule(pick=PICK, halves=CRASHES)
    def wants(self, pick, halves):
        """An attempt asks for a slot. It is refused only if the pool is full, and asks about dead holders then."""
        work = self.open[pick % len(self.open)]
        with self.dying(halves), suppress(PoolFull):
            self.take(work)
        before = self.holders(work.pool)
        mine = (work.guard.run_id, work.table)
        try:
            slot = self.take(work)
        except PoolFull:
            assert mine not in before
            assert len(before) >= self.sizes[work.pool]
            for holder in self.store.slots(work.pool):
                if holder.execution_id not in self.alive:
                    with self.dying(halves):
                        self.store.free_slot(holder)
                    self.store.free_slot(holder)
            assert all(slot.execution_id in self.alive for slot in self.store.slots(work.pool))
        else:
            assert mine in before or len(before) < self.sizes[work.pool]
            assert (slot.run_id, slot.table) == mine
            assert self.take(work) == slot

    @precondition(lambda self: self.open)
    @rule(pick=PICK, last=st.booleans(), halves=CRASHES)
    def ends(self, pick, last, halves):
        work = self.open.pop(pick % len(self.open))
        with self.dying(halves):
            self.finish(work, last=last)
        assert self.finish(work, last=last) in (Recorded.RECORDED, Recorded.DUPLICATE)
        assert (work.guard.run_id, work.table) not in self.holders(work.pool)
        self.over.append(work)
        if not last:
            guard = Guard(run_id=work.guard.run_id, fencing=work.guard.fencing, attempt=work.guard.attempt + 1)
            self.open.append(Work(work.owner, work.table, work.pool, guard))

    def finish(self, work, *, last=True):
        row = AttemptRow(
            run_id=work.guard.run_id, source="sales", table=work.table, attempt=work.guard.attempt, job_type="glue",
            state=JobState.FAILED, recorded_at="t", failure=FailureClass.CAPACITY,
        )  # fmt: skip
        return self.store.finish(row, guard=work.guard, last=last).outcome

    @precondition(lambda self: self.over)
    @rule(pick=PICK, halves=CRASHES)
    def comes_late(self, pick, halves):
        """The end, or the wish, of an attempt whose lease is gone changes no slot."""
        work = self.over[pick % len(self.over)]
        before = {pool: self.store.slots(pool) for pool in POOLS}
        with self.dying(halves):
            self.finish(work)
        assert self.finish(work) in (Recorded.DUPLICATE, Recorded.CONFLICT)
        with pytest.raises(LeaseLost):
            self.take(work)
        assert {pool: self.store.slots(pool) for pool in POOLS} == before

    @precondition(lambda self: self.alive)
    @rule(pick=PICK)
    def dies(self, pick):
        self.alive.discard(sorted(self.alive)[pick % len(self.alive)])

    @rule(halves=CRASHES)
    def reconcile(self, halves):
        """Each open table of each dead run gets its end: no dead run holds a slot after it."""
        for work in [work for work in self.open if work.owner.execution_id not in self.alive]:
            with self.dying(halves):
                self.finish(work)
            self.finish(work)
            self.open.remove(work)
            self.over.append(work)
        assert all(slot.execution_id in self.alive for pool in POOLS for slot in self.store.slots(pool))

    @precondition(lambda self: self.open)
    @rule(pick=PICK, halves=CRASHES)
    def releases(self, pick, halves):
        """A table is given back without an attempt."""
        work = self.open.pop(pick % len(self.open))
        with self.dying(halves):
            self.store.release("sales", [work.table], work.owner.execution_id)
        self.store.release("sales", [work.table], work.owner.execution_id)
        assert (work.guard.run_id, work.table) not in self.holders(work.pool)
        self.over.append(work)

    @rule(pool=st.sampled_from(POOLS), size=st.integers(1, 3))
    def another_size(self, pool, size):
        self.sizes[pool] = size
        self.most[pool] = max(size, len(self.holders(pool)))

    @invariant()
    def never_more_than_the_size(self):
        for pool in POOLS:
            held = self.store.slots(pool)
            assert len(held) == len({slot.number for slot in held}) <= self.most[pool]
            self.most[pool] = max(self.sizes[pool], len(held))

    @invariant()
    def a_slot_is_held_as_long_as_the_state_of_its_table_names_it(self):
        states = self.store.states("sales", TABLES).values()
        named = {(state.slot.pool, state.slot.number): state.slot for state in states if state.slot}
        assert named == {(slot.pool, slot.number): slot for pool in POOLS for slot in self.store.slots(pool)}
        assert all(state.owner and state.owner.run_id == state.slot.run_id for state in states if state.slot)


def run_shared(open_store, examples):
    class Here(Shared):
        pass

    Here.open_store = staticmethod(open_store)
    case = Here.TestCase()
    slow = list(HealthCheck)
    case.settings = settings(max_examples=examples, stateful_step_count=25, suppress_health_check=slow)
    case.runTest()


@contextmanager
def on_sqlite(folder):
    with SQLiteTracking(folder / "t.db") as store:
        mortal = Mortal(store)
        yield mortal, mortal


@pytest.fixture
def on_dynamodb(dynamodb, tracking_table):
    @contextmanager
    def open_store(_folder):
        mortal = Mortal(dynamodb)
        with tracking_table(mortal) as opened:
            yield opened(), mortal

    return open_store


def test_slots_in_any_order_on_sqlite():
    run_shared(on_sqlite, 8)


def test_slots_in_any_order_on_dynamodb(on_dynamodb):
    run_shared(on_dynamodb, 2)


@pytest.mark.soak
def test_slots_in_any_order_on_sqlite_for_long():
    run_shared(on_sqlite, 2_000)


@pytest.mark.soak
def test_slots_in_any_order_on_dynamodb_for_long(on_dynamodb):
    run_shared(on_dynamodb, 200)
