"""A run that its machine cannot carry is refused before a table is taken and before an object is written."""

from __future__ import annotations

import pytest

from extract_core.errors import UsageError
from extract_core.plan import limits
from extract_core.plan.limits import payload_bytes

TABLES = ["public.accounts", "public.orders", "public.returns"]
SKIP = (
    "run: {on_conflict: skip}\nextract: {job_type: press, tables: {public.accounts: {}, public.orders: {}, public.returns: {}}}\n"
)


@pytest.fixture
def failed_run(pipeline):
    """Plans a run, fails all its tables, and returns the size of its answer: the next run's answer has the same size."""

    def run(run_id):
        answer = pipeline.plan(run_id)
        for item in answer["tables_to_extract"]:
            pipeline.fail(item)
        pipeline.summarise(run_id)
        return payload_bytes(answer)

    return run


def room(monkeypatch, size):
    monkeypatch.setattr(limits, "MAX_PAYLOAD", size + limits.ENVELOPE)


def objects(pipeline):
    return sorted(path for path in pipeline.folder.rglob("*") if path.is_file() and "tracking" not in path.name)


def fencing(pipeline):
    return [pipeline.state(table).fencing for table in TABLES]


def test_a_run_that_just_fits_is_planned(pipeline, failed_run, monkeypatch):
    size = failed_run("run-1")
    room(monkeypatch, size)
    assert payload_bytes(pipeline.plan("run-2")) == size


def test_a_run_that_is_one_byte_too_large_takes_and_writes_nothing(pipeline, failed_run, monkeypatch):
    size = failed_run("run-1")
    room(monkeypatch, size - 1)
    before = objects(pipeline)
    with pytest.raises(UsageError, match=rf"^the 3 tables of this run need {size:,} bytes of items, "):
        pipeline.plan("run-2")
    assert (objects(pipeline), fencing(pipeline), pipeline.held()) == (before, [1, 1, 1], set())
    assert pipeline.tracking.run("run-2").refused.startswith(f"the 3 tables of this run need {size:,} bytes of items, ")


def test_the_first_run_of_a_source_takes_and_writes_nothing_either(pipeline, monkeypatch):
    room(monkeypatch, 100)
    before = objects(pipeline)
    with pytest.raises(UsageError, match=r"^the 3 tables of this run need "):
        pipeline.plan()
    assert (objects(pipeline), pipeline.tracking.states("sales", TABLES)) == (before, {})


def test_tables_that_are_skipped_do_not_count(pipeline, failed_run, monkeypatch):
    pipeline.write(SKIP)
    pipeline.plan("run-1", ["public.accounts", "public.orders"])
    size = payload_bytes(pipeline.plan("run-2"))
    pipeline.running.discard("exec:run-2")
    room(monkeypatch, size)
    assert payload_bytes(pipeline.plan("run-3", "public.returns")) == size


def test_skipped_tables_whose_run_is_dead_are_counted_once_they_are_taken(pipeline, monkeypatch):
    pipeline.write(SKIP)
    pipeline.plan("run-1", ["public.accounts", "public.orders"])
    size = payload_bytes(pipeline.plan("run-2"))
    pipeline.running.clear()
    room(monkeypatch, size)
    before = objects(pipeline)
    with pytest.raises(UsageError, match=r"^the 3 tables of this run need "):
        pipeline.plan("run-3")
    assert (objects(pipeline), pipeline.held()) == (before, set())


def test_a_retry_of_the_execution_keeps_its_leases(pipeline, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("extract_core.runs.machine_input.write_plan", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            pipeline.plan()
    size = payload_bytes(pipeline.plan())
    room(monkeypatch, size)
    assert payload_bytes(pipeline.plan()) == size
