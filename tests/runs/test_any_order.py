"""Any order of plans, ends, late ends, deaths, stops, reruns and crashes of a handler between any two calls of its stores.

Nothing lost, nothing twice, no mark ahead of its data or backwards; on SQLite and on DynamoDB.
"""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from extract_core import JobState
from extract_core.errors import UsageError
from extract_core.runs.reconcile import reconcile
from extract_core.tracking.sqlite import SQLiteTracking

TABLES = ["public.accounts", "public.orders", "public.returns"]
ENDS = st.sampled_from(["done", "fail", "silent"])
PICK = st.integers(0, 1_000)
CRASHES = st.none() | st.integers(0, 12)
"""Before which call of its stores a handler dies; None: it lives."""


class Crash(BaseException):
    """The process of a handler died. No handler catches it."""


class Dying:
    """A store that dies before its call of this number, counted over all stores of one handler."""

    def __init__(self, store, countdown: list[int]) -> None:
        self._store = store
        self._countdown = countdown

    def __getattr__(self, name):
        method = getattr(self._store, name)
        if not callable(method):
            return method

        def call(*args, **named):
            self._countdown[0] -= 1
            if self._countdown[0] < 0:
                raise Crash
            return method(*args, **named)

        return call


class AnyOrder(RuleBasedStateMachine):
    pipeline_class: type
    open_store: object

    @initialize()
    def begin(self):
        self.folder = TemporaryDirectory()
        self.stack = ExitStack()
        self.tracking = self.stack.enter_context(self.open_store(Path(self.folder.name)))
        self.pipeline = self.pipeline_class(Path(self.folder.name), self.tracking)
        text = (self.pipeline.folder / "config" / "sales.yml").read_text()
        self.pipeline.write(f"{text}\nrun: {{on_conflict: skip}}\n")
        self.open: dict[str, list] = {}  # items of runs that have not ended, by run
        self.ended: list[str] = []
        self.jobs: list = []  # every item there ever was
        self.minute = 0
        self.numbers = 0  # of runs
        self.died: set[str] = set()  # before they had a plan: their leases stand, dead, until somebody wants the tables
        self.mark: str | None = None

    def teardown(self):
        if hasattr(self, "stack"):
            self.stack.close()
            self.folder.cleanup()

    @contextmanager
    def dying(self, after):
        """While it is open, handlers die before their stores' call of this number (None: they live). Whether one did."""
        parts, died = self.pipeline.parts, []
        if after is not None:
            countdown = [after]
            self.pipeline.parts = replace(
                parts, tracking=Dying(parts.tracking, countdown), objects=Dying(parts.objects, countdown)
            )
        try:
            yield died
        except Crash:
            died.append(True)
        finally:
            self.pipeline.parts = parts

    def plan(self, tables, after=None, **event):
        run_id = f"run-{self.numbers}"
        self.numbers += 1
        with self.dying(after):
            self.pipeline.plan(run_id, tables, **event)
        answer = self.pipeline.plan(run_id, tables, **event)  # what died is tried again; what did not says the same
        self.open[run_id] = answer["tables_to_extract"]
        self.jobs += self.open[run_id]

    @rule(tables=st.sets(st.sampled_from(TABLES), min_size=1), reingest=st.booleans(), after=CRASHES)
    def start(self, tables, reingest, after):
        self.plan(sorted(tables), after, reingest=reingest)

    @rule(tables=st.sets(st.sampled_from(TABLES), min_size=1), after=st.integers(0, 12))
    def die_while_planning(self, tables, after):
        """Nobody tries again: the execution has failed, and reconcile is told."""
        run_id = f"run-{self.numbers}"
        with self.dying(after):
            self.jobs += self.pipeline.plan(run_id, sorted(tables))["tables_to_extract"]
        self.pipeline.running.discard(f"exec:{run_id}")
        self.numbers += 1
        if reconcile(self.pipeline.parts, run_id, "FAILED", "") is not None:
            self.ended.append(run_id)
            self.died.add(run_id)

    @precondition(lambda self: self.ended)
    @rule(pick=PICK)
    def rerun(self, pick):
        earlier = self.ended[pick % len(self.ended)]
        try:
            self.plan(None, rerun_of=earlier)
        except UsageError as error:
            nothing = ("is left to run again", "planned no table", "was never planned")
            assert any(words in str(error) for words in nothing)  # noqa: PT017 - either outcome is right
            self.ended.append(f"run-{self.numbers - 1}")
            self.pipeline.running.discard(f"exec:{self.ended[-1]}")
        else:
            succeeded = {row.table for row in self.tracking.attempts(earlier) if row.state is JobState.SUCCEEDED}
            latest = list(self.open)[-1]
            assert not succeeded & {item["table"] for item in self.open[latest]}

    @precondition(lambda self: self.jobs)
    @rule(pick=PICK, end=ENDS, after=CRASHES)
    def end(self, pick, end, after):
        """Some job ends: of a run that lives or not, for the first time or again."""
        item = self.jobs[pick % len(self.jobs)]
        before = list(self.tracking.attempts(item["run_id"]))
        known = any(row.table == item["table"] for row in before)
        high = None
        with self.dying(after) as died:
            if end == "fail":
                self.pipeline.fail(item)
            elif end == "silent":
                with suppress(FileNotFoundError):
                    self.pipeline.path(item["result_uri"]).unlink()
                self.pipeline.record(item, {"State": "DONE"})
            else:
                self.minute += 1
                high = f"2026-03-01 {self.minute // 60:02}:{self.minute % 60:02}:00"
                high = high if item["watermark"]["mode"] == "incremental" else None
                self.pipeline.done(item, high=high)
        rows = {row.table: row for row in self.tracking.attempts(item["run_id"])}
        row = rows.get(item["table"])
        assert row is not None or died
        if row is not None and not known and high and row.state is JobState.SUCCEEDED:
            self.mark = high
        if known:
            assert list(rows.values()) == before

    @precondition(lambda self: self.open)
    @rule(pick=PICK, after=CRASHES)
    def summarise(self, pick, after):
        def summed(run_id):
            with self.dying(after):
                self.pipeline.summarise(run_id)
            self.pipeline.summarise(run_id)

        self.close(sorted(self.open)[pick % len(self.open)], summed)

    @precondition(lambda self: self.open)
    @rule(pick=PICK, status=st.sampled_from(["ABORTED", "TIMED_OUT", "FAILED"]), after=CRASHES)
    def stop(self, pick, status, after):
        def stopped(run_id):
            self.pipeline.running.discard(f"exec:{run_id}")
            with self.dying(after):
                reconcile(self.pipeline.parts, run_id, status, "x")
            reconcile(self.pipeline.parts, run_id, status, "x")

        self.close(sorted(self.open)[pick % len(self.open)], stopped)

    @precondition(lambda self: self.open)
    @rule(pick=PICK)
    def die(self, pick):
        """Nobody says so yet: its leases stand until somebody else wants the tables."""
        self.pipeline.running.discard(f"exec:{sorted(self.open)[pick % len(self.open)]}")

    @rule(hours=st.integers(1, 40))
    def time_passes(self, hours):
        """Leases end with the bound of their run, whether or not anybody can say that it died."""
        self.pipeline.clock += timedelta(hours=hours)

    def close(self, run_id, by):
        planned = {item["table"] for item in self.open.pop(run_id)}
        by(run_id)
        rows = list(self.tracking.attempts(run_id))
        summary = self.tracking.run(run_id).summary
        assert sorted(row.table for row in rows) == sorted(planned)
        assert summary["planned"] == summary["succeeded"] + summary["failed"] == len(planned)
        assert summary["succeeded"] == sum(row.state is JobState.SUCCEEDED for row in rows)
        self.ended.append(run_id)

    @invariant()
    def the_mark_is_that_of_the_last_success(self):
        if hasattr(self, "tracking"):
            state = self.tracking.states("sales", TABLES).get("public.orders")
            assert (state.watermark if state else None) == self.mark

    @invariant()
    def only_runs_without_an_end_or_a_plan_hold_tables(self):
        if hasattr(self, "tracking"):
            held = {state.owner.run_id for state in self.tracking.states("sales", TABLES).values() if state.owner}
            assert held <= set(self.open) | self.died


def run_any_order(pipeline, open_store, examples, steps):
    class Here(AnyOrder):
        pipeline_class = type(pipeline)

    Here.open_store = staticmethod(open_store)
    case = Here.TestCase()
    case.settings = settings(max_examples=examples, stateful_step_count=steps, suppress_health_check=list(HealthCheck))
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


def test_any_order_on_sqlite(pipeline):
    run_any_order(pipeline, on_sqlite, 20, 20)


def test_any_order_on_dynamodb(pipeline, on_dynamodb):
    run_any_order(pipeline, on_dynamodb, 5, 15)


@pytest.mark.soak
def test_any_order_on_sqlite_for_long(pipeline):
    run_any_order(pipeline, on_sqlite, 1_500, 40)


@pytest.mark.soak
def test_any_order_on_dynamodb_for_long(pipeline, on_dynamodb):
    run_any_order(pipeline, on_dynamodb, 200, 30)
