"""A lease outlasts all attempts that its run may make."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import datetime

import pytest

from extract_core import FailureClass, Retry
from extract_core.plan.plan_file import read_plan
from extract_core.registry.installed import Registry
from extract_core.runs.longest import Longest, bound, waits

AROUND = 900


@pytest.fixture
def plan(pipeline):
    """The planned table of a config whose job type doubles its time limit with its workers."""

    def planned(job_type, *, attempts):
        extract = {"job_type": "press", "max_attempts": attempts, "retry_wait_seconds": 7, "tables": {"a": {}, "b": {}}}
        pipeline.write(json.dumps({"source_name": "sales", "extract": extract}))
        pipeline.parts = replace(pipeline.parts, registry=Registry.of(job_type()))
        machine = {"name": "extract", "map": "INLINE", "max_concurrency": 10, "retry_loop": True, "contract": [1, 0],
                   "versions": {}, "job_types": {"press": {}}}  # fmt: skip
        items = pipeline.plan(machine=machine)["tables_to_extract"]
        return list(read_plan(pipeline.parts.objects, items[0]["plan_uri"]))

    return planned


@pytest.fixture
def growing(pipeline):
    class Growing(type(pipeline.parts.registry.job_type("press"))):
        def timeout(self, settings):
            return 600 * settings.workers

        def escalate(self, settings, status, attempt):
            assert status.failure is FailureClass.OUT_OF_MEMORY
            return settings.model_copy(update={"workers": settings.workers * 2}) if settings.workers < 4 else None

        def start_retries(self):
            return [Retry(errors=["Press.Full"], interval_seconds=10, max_attempts=3, max_delay_seconds=30)]

    return Growing


def test_each_attempt_has_the_time_of_the_settings_that_it_may_have(plan, growing):
    table, _ = plan(growing, attempts=4)
    assert Longest(Registry.of(growing())).seconds(table) == 600 * (1 + 2 + 4 + 4) + 4 * (10 + 20 + 30 + AROUND) + 3 * 7


def test_one_attempt(plan, growing):
    table, _ = plan(growing, attempts=1)
    assert Longest(Registry.of(growing())).seconds(table) == 600 + 10 + 20 + 30 + AROUND


def test_where_a_job_type_fails_each_attempt_counts_as_the_first(plan, growing, caplog):
    table, _ = plan(growing, attempts=2)

    class Broken(growing):
        def escalate(self, settings, status, attempt):
            raise KeyError("memory")

    assert Longest(Registry.of(Broken())).seconds(table) == 2 * (600 + AROUND) + 7
    assert "the longest that job type 'press' can take is not known: 'memory'" in caplog.text


def test_a_table_that_could_not_be_planned_takes_no_time(pipeline):
    pipeline.write(json.dumps({"source_name": "sales", "extract": {"job_type": "gone", "tables": {"a": {}}}}))
    pipeline.plan()
    [table] = read_plan(pipeline.parts.objects, f"{pipeline.parts.runs_uri}run-1/plan.jsonl")
    assert Longest(pipeline.parts.registry).seconds(table) == 1 + AROUND


@pytest.mark.parametrize(
    ("retry", "seconds"),
    [
        (Retry(errors=["X"], interval_seconds=30, max_attempts=8, max_delay_seconds=300), 30 + 60 + 120 + 240 + 4 * 300),
        (Retry(errors=["X"], interval_seconds=1, max_attempts=3, backoff_rate=1.0, max_delay_seconds=60), 3),
        (Retry(errors=["X"], interval_seconds=60, max_attempts=99_999_999, max_delay_seconds=60), 99_999_999 * 60),
        (Retry(errors=["X"], max_attempts=0), 0),
    ],
)
def test_waits_of_refused_starts(retry, seconds):
    assert waits(retry) == seconds


def test_the_bound_of_a_run(plan, growing):
    planned = plan(growing, attempts=1)
    latest = bound(planned, registry=Registry.of(growing()), started_at="2026-03-01T06:00:00+00:00", concurrency=1, mode="INLINE")
    once = 600 + 60 + AROUND
    assert (latest - datetime.fromisoformat("2026-03-01T06:00:00+00:00")).total_seconds() == 2 * once + once + 3600
