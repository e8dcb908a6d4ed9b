"""Any order of plans, ends, late ends, deaths, stops and reruns: nothing lost, nothing twice, no mark ahead."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from extract_core import JobState
from extract_core.errors import UsageError
from extract_core.handlers.reconcile import reconcile
from extract_core.tracking import SQLiteTracking

TABLES = ["public.accounts", "public.orders", "public.returns"]
ENDS = st.sampled_from(["done", "fail", "silent"])
PICK = st.integers(0, 1_000)


class AnyOrder(RuleBasedStateMachine):
    pipeline_class: type

    @initialize()
    def begin(self):
        self.folder = TemporaryDirectory()
        self.tracking = SQLiteTracking(Path(self.folder.name) / "t.db")
        self.pipeline = self.pipeline_class(Path(self.folder.name), self.tracking)
        text = (self.pipeline.folder / "config" / "sales.yml").read_text()
        self.pipeline.write(f"{text}\nrun: {{on_conflict: skip}}\n")
        self.open: dict[str, list] = {}  # items of runs that have not ended, by run
        self.ended: list[str] = []
        self.jobs: list = []  # every item there ever was
        self.minute = 0
        self.mark: str | None = None

    def teardown(self):
        self.tracking.close()
        self.folder.cleanup()

    def plan(self, tables, **event):
        run_id = f"run-{len(self.open) + len(self.ended)}"
        answer = self.pipeline.plan(run_id, tables, **event)
        self.open[run_id] = answer["tables_to_extract"]
        self.jobs += self.open[run_id]

    @rule(tables=st.sets(st.sampled_from(TABLES), min_size=1), reingest=st.booleans())
    def start(self, tables, reingest):
        self.plan(sorted(tables), reingest=reingest)

    @precondition(lambda self: self.ended)
    @rule(pick=PICK)
    def rerun(self, pick):
        earlier = self.ended[pick % len(self.ended)]
        try:
            self.plan(None, rerun_of=earlier)
        except UsageError as error:
            nothing = ("is left to run again", "planned no table", "was never planned")
            assert any(words in str(error) for words in nothing)  # noqa: PT017 - either outcome is right
            self.ended.append(f"run-{len(self.open) + len(self.ended)}")
            self.pipeline.running.discard(f"exec:{self.ended[-1]}")
        else:
            succeeded = {row.table for row in self.tracking.attempts(earlier) if row.state is JobState.SUCCEEDED}
            latest = list(self.open)[-1]
            assert not succeeded & {item["extract_table"] for item in self.open[latest]}

    @precondition(lambda self: self.jobs)
    @rule(pick=PICK, end=ENDS)
    def end(self, pick, end):
        """Some job ends: of a run that lives or not, for the first time or again."""
        item = self.jobs[pick % len(self.jobs)]
        before = list(self.tracking.attempts(item["run_id"]))
        known = any(row.table == item["extract_table"] for row in before)
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
            row = self.pipeline.row(item["extract_table"], item["run_id"])
            if not known and high and row.state is JobState.SUCCEEDED:
                self.mark = high
        if known:
            assert list(self.tracking.attempts(item["run_id"])) == before

    @precondition(lambda self: self.open)
    @rule(pick=PICK)
    def summarise(self, pick):
        self.close(sorted(self.open)[pick % len(self.open)], self.pipeline.summarise)

    @precondition(lambda self: self.open)
    @rule(pick=PICK, status=st.sampled_from(["ABORTED", "TIMED_OUT", "FAILED"]))
    def stop(self, pick, status):
        def stopped(run_id):
            self.pipeline.running.discard(f"exec:{run_id}")
            reconcile(self.pipeline.parts, run_id, status, "x")

        self.close(sorted(self.open)[pick % len(self.open)], stopped)

    @precondition(lambda self: self.open)
    @rule(pick=PICK)
    def die(self, pick):
        """Nobody says so yet: its leases stand until somebody else wants the tables."""
        self.pipeline.running.discard(f"exec:{sorted(self.open)[pick % len(self.open)]}")

    def close(self, run_id, by):
        planned = {item["extract_table"] for item in self.open.pop(run_id)}
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
    def only_runs_without_an_end_hold_tables(self):
        if hasattr(self, "tracking"):
            held = {state.owner.run_id for state in self.tracking.states("sales", TABLES).values() if state.owner}
            assert held <= set(self.open)


def test_any_order(pipeline):
    AnyOrder.pipeline_class = type(pipeline)
    case = AnyOrder.TestCase()
    case.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)
    case.runTest()
