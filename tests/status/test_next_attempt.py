"""Further attempts at a table in one run: when, with which item, and that no event can make one too many."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from extract_core import FailureClass, JobState, JobStatus
from extract_core.errors import TrackingUnavailable
from extract_core.registry.installed import Registry
from extract_core.runs.reconcile import reconcile
from extract_core.status.record import record

CONFIG = """
source_name: sales
extract:
  job_type: press
  max_attempts: 3
  retry_wait_seconds: 7
  tables:
    a: {extract_type: PE, hwm_col_name: updated_at, hwm_column_type: TimestampType}
    b: {max_attempts: 1}
"""
MACHINE = {"name": "extract", "map": "INLINE", "max_concurrency": 10, "retry_loop": True, "contract": [1, 0], "versions": {},
           "job_types": {"press": {}}}  # fmt: skip
MARK = "2026-03-01 05:00:00"


@pytest.fixture
def press(pipeline):
    """The job type; an error ``Press.X`` is of class X; ``Press.!X`` is not retryable. It escalates to 4 workers."""

    class Sized(type(pipeline.parts.registry.job_type("press"))):
        most = 4

        def status(self, outcome):
            if outcome.error is None:
                return super().status(outcome)
            name = outcome.error.removeprefix("Press.")
            failure = FailureClass(name.removeprefix("!"))
            return JobStatus(state=JobState.FAILED, failure=failure, retryable=name[0] != "!", message=outcome.cause)

        def escalate(self, settings, status, attempt):
            if status.failure is not FailureClass.OUT_OF_MEMORY or settings.workers >= self.most:
                return None
            return settings.model_copy(update={"workers": settings.workers * 2})

    return Sized


@pytest.fixture
def plan(pipeline, press):
    """Plans a run with this job type; the item of table a comes back."""
    pipeline.write(CONFIG)

    def items(table="a", job_type=press, **options):
        pipeline.parts = replace(pipeline.parts, registry=Registry.of(job_type()))
        items_of_run = pipeline.plan(machine=MACHINE, **options)["tables_to_extract"]
        return next(item for item in items_of_run if item["table"] == table)

    return items


@pytest.fixture
def fail(pipeline):
    """The status handler's answer to this error."""
    return lambda item, error="Press.THROTTLED", cause="slow down": record(
        pipeline.parts, {**item, "job_error": {"Error": error, "Cause": cause}}
    )


def rows(pipeline, table="a", run_id="run-1"):
    return [row for row in pipeline.tracking.attempts(run_id) if row.table == table]


def test_the_next_item_is_made_afresh(pipeline, plan, fail):
    item = plan()
    folder, runs = pipeline.parts.data_uri, pipeline.parts.runs_uri
    places = {
        "extract_s3_uri": f"{folder}sales/a/run_id=run-1/attempt=2/",
        "result_uri": f"{runs}run-1/results/a/attempt=2.json",
    }
    arguments = item["arguments"] | {"--attempt": "2"} | {f"--{name}": place for name, place in places.items()}
    assert fail(item) == {**item, **places, "attempt": 2, "arguments": arguments, "retry_wait_seconds": 7}
    state = pipeline.state("a")
    assert (state.attempt, state.fencing, state.owner.run_id) == (2, 1, "run-1")


def test_its_window_is_that_of_the_first_attempt_and_its_mark_is_committed(pipeline, plan, fail):
    pipeline.done(plan(run_id="run-0", tables="a"), high=MARK)
    again = fail(plan())
    assert again["watermark"]["low"] == again["arguments"]["--low_watermark"] == MARK
    assert pipeline.done(again, high="2026-03-02 05:00:00") == {"status": "SUCCEEDED"}
    assert (pipeline.state("a").watermark, pipeline.state("a").owner) == ("2026-03-02 05:00:00", None)


def test_a_reingest_stays_one(pipeline, plan, fail):
    pipeline.done(plan(run_id="run-0", tables="a"), high=MARK)
    again = fail(plan(reingest=True))
    assert again["watermark"]["low"] is None
    assert "--low_watermark" not in again["arguments"]


def test_a_window_with_an_end_stays_as_it_is(pipeline, plan, fail):
    item = plan()
    path = pipeline.path(item["plan_uri"])
    window = {**item["watermark"], "mode": "backfill", "low": "2026-01-01", "high": "2026-02-01"}
    line = json.loads(path.read_text().splitlines()[0])
    built_from = {name: value for name, value in window.items() if name != "version"}
    item_, table_run = {**line["item"], "watermark": window}, {**line["table_run"], "watermark": built_from}
    text = json.dumps({**line, "item": item_, "table_run": table_run})
    path.write_text(text)
    again = fail({**item, "watermark": window, "plan_line": [0, len(text)]})
    assert again["watermark"] == window
    assert (again["arguments"]["--low_watermark"], again["arguments"]["--high_watermark"]) == ("2026-01-01", "2026-02-01")


def test_attempts_end_with_the_last_one(pipeline, plan, fail):
    third = fail(fail(plan()))
    assert third["attempt"] == 3
    assert fail(third) == {"status": "FAILED"}
    assert [(row.attempt, row.failure, row.message) for row in rows(pipeline)] == [
        (number, FailureClass.THROTTLED, "slow down") for number in (1, 2, 3)
    ]
    assert pipeline.state("a").owner is None


def test_without_another_attempt_the_answer_is_small(plan, fail):
    assert fail(plan("b"), cause="x" * 30_000) == {"status": "FAILED"}


def test_an_event_that_comes_twice_gets_the_same_answer_and_raises_nothing(pipeline, plan, fail):
    item = plan()
    first = fail(item)
    assert fail(item) == fail(item, "Press.!USER_CODE", "another story") == first
    assert len(rows(pipeline)) == 1
    assert pipeline.state("a").attempt == 2


def test_an_answer_that_was_lost_is_given_again(pipeline, plan, fail, monkeypatch):
    item = plan()
    finish = type(pipeline.tracking).finish

    def lost(*arguments, **more):
        finish(*arguments, **more)
        raise TrackingUnavailable("the answer was lost")

    with monkeypatch.context() as patch:
        patch.setattr(type(pipeline.tracking), "finish", lost)
        with pytest.raises(TrackingUnavailable):
            fail(item)
    assert fail(item)["attempt"] == 2
    assert pipeline.state("a").attempt == 2


@pytest.mark.parametrize("ended", ["done", "failed again"])
def test_a_late_event_of_an_older_attempt_changes_nothing(pipeline, plan, fail, ended):
    item = plan()
    again = fail(item)
    if ended == "done":
        pipeline.done(again)
    else:
        fail(again)
    before = (rows(pipeline), pipeline.state("a"))
    assert fail(item) == {"status": "FAILED"}
    assert pipeline.done(item) == {"status": "FAILED"}
    assert (rows(pipeline), pipeline.state("a")) == before


def test_a_lost_lease_ends_the_attempts(pipeline, plan, fail):
    item = plan()
    pipeline.running.clear()
    plan(run_id="run-2")
    assert fail(item) == {"status": "FAILED"}
    assert [(row.attempt, row.failure) for row in rows(pipeline)] == [(1, FailureClass.CONFLICT)]
    assert pipeline.state("a").attempt == 1


@pytest.mark.parametrize(
    "name", ["USER_CODE", "CONFIG", "PERMISSION", "TIMEOUT", "STOPPED", "NO_RESULT", "!CAPACITY", "!INTERNAL", "!UNKNOWN"]
)
def test_what_is_not_worth_another_attempt(pipeline, plan, fail, name):
    assert fail(plan(), f"Press.{name}") == {"status": "FAILED"}
    assert [row.message for row in rows(pipeline)] == ["slow down"]


def test_a_table_that_could_not_be_planned_is_not_tried_again(pipeline, plan):
    pipeline.write(CONFIG.replace("{max_attempts: 1}", "{workers: many}"))
    assert record(pipeline.parts, plan("b")) == {"status": "FAILED"}


@pytest.mark.parametrize("name", ["OUT_OF_MEMORY", "!OUT_OF_MEMORY"])
def test_out_of_memory_goes_on_with_more(pipeline, plan, fail, name):
    second = fail(plan(), f"Press.{name}")
    assert (second["settings"], second["arguments"]["workers"]) == ({"workers": 2}, 2)
    assert fail(plan(), f"Press.{name}") == second
    third = fail(second, "Press.INTERRUPTED")
    assert (third["settings"], third["arguments"]["workers"]) == ({"workers": 2}, 2)
    pipeline.done(third)
    assert [row.settings for row in rows(pipeline)] == [{"workers": 1}, {"workers": 2}, {"workers": 2}]


def test_out_of_memory_at_the_biggest_size_is_the_end(pipeline, plan, fail, press):
    class Small(press):
        most = 1

    assert fail(plan(job_type=Small), "Press.!OUT_OF_MEMORY") == {"status": "FAILED"}
    (row,) = rows(pipeline)
    assert row.message == "slow down; not tried again: job type 'press' has no bigger size for it"
    assert pipeline.state("a").owner is None


def test_a_plugin_that_fails_at_the_next_attempt_ends_the_table_with_the_reason(pipeline, plan, fail, press):
    class Raises(press):
        def escalate(self, settings, status, attempt):
            raise RuntimeError("no idea")

    class Refuses(press):
        def arguments(self, table, settings):
            if table.attempt > 1:
                raise ValueError("twice is once too often")
            return super().arguments(table, settings)

    messages = []
    for number, kind in enumerate((Raises, Refuses)):
        assert fail(plan(job_type=kind, run_id=f"run-{number}", tables="a")) == {"status": "FAILED"}
        messages += [row.message for row in rows(pipeline, run_id=f"run-{number}")]
    assert messages == [
        "slow down; not tried again: escalate of job type 'press' raised RuntimeError: no idea",
        "slow down; not tried again: job type 'press': twice is once too often",
    ]


@pytest.mark.filterwarnings("ignore:Pydantic serializer warnings")
def test_settings_that_are_refused_end_the_table(pipeline, plan, fail, press):
    class Odd(press):
        def escalate(self, settings, status, attempt):
            return settings.model_copy(update={"workers": "many"})

    assert fail(plan(job_type=Odd)) == {"status": "FAILED"}
    assert rows(pipeline)[0].message.startswith(
        "slow down; not tried again: the settings of the table's earlier run are refused now: workers is 'many', which"
    )


def test_a_plan_that_is_gone_ends_the_table_with_the_reason(pipeline, plan, fail):
    item = plan()
    pipeline.path(item["plan_uri"]).unlink()
    assert fail(item) == {"status": "FAILED"}
    assert "; not tried again: the table's line of the plan can't be read: " in rows(pipeline)[0].message


def test_a_stop_between_two_attempts_is_the_end_of_the_one_that_was_to_come(pipeline, plan, fail):
    again = fail(plan(tables="a"), "Press.OUT_OF_MEMORY")
    pipeline.running.clear()
    reconcile(pipeline.parts, "run-1", "ABORTED", "stopped by hand")
    first, second = rows(pipeline)
    assert (first.failure, second.failure, second.attempt) == (FailureClass.OUT_OF_MEMORY, FailureClass.STOPPED, 2)
    assert (second.settings, second.extract_s3_uri) == ({"workers": 2}, again["extract_s3_uri"])
    assert pipeline.state("a").owner is None
    summary = pipeline.tracking.run("run-1").summary
    assert (summary["failed"], summary["failures"]) == (1, {"STOPPED": 1})


def test_a_next_attempt_that_nobody_recorded_is_missed(pipeline, plan, fail):
    fail(plan(tables="a"))
    assert "1 of 1 table failed: a (NOT_RECORDED: no end of it was recorded" in pipeline.summarise()["cause"]
    assert [(row.attempt, row.failure) for row in rows(pipeline)] == [(1, FailureClass.THROTTLED), (2, FailureClass.NOT_RECORDED)]
    assert pipeline.state("a").owner is None


def test_only_the_last_attempt_counts(pipeline, plan, fail):
    pipeline.done(fail(fail(plan(tables="a"))))
    assert pipeline.summarise() == {"succeeded": True, "error": "", "cause": ""}
    summary = pipeline.tracking.run("run-1").summary
    assert (summary["planned"], summary["succeeded"], summary["failures"]) == (1, 1, {})


def test_the_lease_lasts_for_all_attempts(pipeline, plan):
    plan()
    # Table a: three times 600 s of a job and 900 s around it, and two waits: 4,514 s; table b 1,500 s. Two places for them: half
    # of both, and the longer once more; and an hour.
    assert pipeline.state("a").owner.bound == "2026-03-01T09:05:21+00:00"


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    ends=st.lists(
        st.tuples(st.integers(0, 5), st.sampled_from(["done", "THROTTLED", "!OUT_OF_MEMORY", "USER_CODE"])), max_size=14
    )
)
def test_any_ends_in_any_order_again_and_again(ends, pipeline, plan, fail):
    """Whatever comes, and however often: attempts are counted one by one, and what was answered once is not changed."""
    pipeline.runs = getattr(pipeline, "runs", 0) + 1
    run_id = f"run-{pipeline.runs}"
    items = [plan(run_id=run_id, tables="a")]
    for pick, end in ends:
        item = items[pick % len(items)]
        known = rows(pipeline, run_id=run_id)
        state = pipeline.state("a")
        answer = pipeline.done(item) if end == "done" else fail(item, f"Press.{end}")
        now = rows(pipeline, run_id=run_id)
        if item["attempt"] <= len(known):  # it had ended before
            assert (now, pipeline.state("a")) == (known, state)
        if "attempt" in answer:
            assert answer["attempt"] == item["attempt"] + 1 == len(now) + 1 <= 3
            items[len(now) :] = [answer] if len(items) <= len(now) else items[len(now) :]
            assert items[len(now)] == answer
        assert [row.attempt for row in now] == list(range(1, len(now) + 1))
    now, state = rows(pipeline, run_id=run_id), pipeline.state("a")
    assert (state.owner is None) == (len(items) == len(now))
    assert all(row.state == "FAILED" for row in now[:-1])
    pipeline.summarise(run_id)
    assert pipeline.state("a").owner is None


def test_a_rerun_begins_with_the_settings_of_the_last_attempt(pipeline, plan, fail):
    """What was learned of a table's size is not lost; a rerun of the rerun has it from that one's plan."""
    item = plan(tables="a")
    grown = fail(fail(item, "Press.OUT_OF_MEMORY"), "Press.OUT_OF_MEMORY")
    assert (item["arguments"]["workers"], grown["arguments"]["workers"]) == (1, 4)
    fail(grown, "Press.!USER_CODE")
    pipeline.summarise()
    for run_id, of in (("run-2", "run-1"), ("run-3", "run-2")):
        again = plan(run_id=run_id, tables=None, rerun_of=of)
        assert (again["attempt"], again["arguments"]["workers"]) == (1, 4)
        fail(again, "Press.!USER_CODE")
        pipeline.summarise(run_id)
