"""The arguments of an attempt that its service can't take: written by whoever makes the item, once for each attempt."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from extract_core import ArgumentsTooLong, FailureClass, JobState, JobStatus
from extract_core.errors import ObjectError
from extract_core.registry.installed import Registry
from extract_core.runs.reconcile import reconcile
from extract_core.status.record import record

CONFIG = """
source_name: sales
extract:
  job_type: press
  max_attempts: 2
  argument_encoding: json
  arguments: {--query: %s}
  tables: {a: {}}
"""
LONG = "ü" * 600
MACHINE = {"name": "extract", "map": "INLINE", "max_concurrency": 10, "retry_loop": True, "contract": [1, 0], "versions": {},
           "job_types": {"press": {}}}  # fmt: skip


@pytest.fixture
def item(pipeline):
    """The item of a table whose arguments press can't take."""

    class Narrow(type(pipeline.parts.registry.job_type("press"))):
        def arguments(self, table, settings):
            size = sum(map(len, table.job_arguments.values()))
            if size > 500:
                raise ArgumentsTooLong(f"{size} characters")
            return super().arguments(table, settings)

        def status(self, outcome):
            return JobStatus(state=JobState.FAILED, failure=FailureClass.THROTTLED, retryable=True, message="slow down")

    pipeline.write(CONFIG % LONG)
    pipeline.parts = replace(pipeline.parts, registry=Registry.of(Narrow()))
    [item] = pipeline.plan(machine=MACHINE)["tables_to_extract"]
    return item


def held(pipeline, item):
    return json.loads(pipeline.path(item["arguments"]["--extract_arguments"]).read_text(encoding="utf-8"))


def fail(pipeline, item):
    return record(pipeline.parts, {**item, "job_error": {"Error": "Press.X", "Cause": "no"}})


def test_the_config_manager_writes_those_of_the_first_attempt(pipeline, item):
    assert item["arguments"]["--extract_arguments"] == item["result_uri"].replace("attempt=1.json", "attempt=1.arguments.json")
    assert (held(pipeline, item)["query"], held(pipeline, item)["attempt"]) == (LONG, "1")


def test_the_same_run_again_changes_nothing(pipeline, item):
    before = pipeline.path(item["arguments"]["--extract_arguments"]).stat()
    assert pipeline.plan(machine=MACHINE)["tables_to_extract"] == [item]
    assert pipeline.path(item["arguments"]["--extract_arguments"]).stat() == before


def test_the_status_handler_writes_those_of_the_next(pipeline, item):
    again = fail(pipeline, item)
    assert again["arguments"]["--extract_arguments"].endswith("/results/a/attempt=2.arguments.json")
    assert (held(pipeline, again)["query"], held(pipeline, again)["attempt"]) == (LONG, "2")
    assert (held(pipeline, again)["result_uri"], held(pipeline, item)["attempt"]) == (again["result_uri"], "1")
    assert fail(pipeline, item) == again


def test_where_they_can_not_be_written_there_is_no_next_attempt(pipeline, item):
    class Full(type(pipeline.parts.objects)):
        def write(self, uri, data, *, if_absent=False):
            raise ObjectError(f"can't write {uri!r}: No space left on device")

    pipeline.parts = replace(pipeline.parts, objects=Full(pipeline.parts.objects._stores))
    assert fail(pipeline, item) == {"status": "FAILED"}
    place = item["arguments"]["--extract_arguments"].replace("attempt=1", "attempt=2")
    assert pipeline.row("a").message == (
        f"slow down; not tried again: its arguments can't be kept for the job: can't write {place!r}: No space left on device"
    )
    assert pipeline.state("a").owner is None


def test_reconcile_writes_none_for_an_attempt_that_never_comes(pipeline, item):
    again = fail(pipeline, item)
    place = pipeline.path(again["arguments"]["--extract_arguments"])
    place.unlink()
    reconcile(pipeline.parts, "run-1", "ABORTED", "")
    assert not place.exists()
