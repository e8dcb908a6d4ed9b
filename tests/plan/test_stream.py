"""A plan as a stream: the tables in their order, memory that does not grow, and refusals before the first table."""

from __future__ import annotations

import tracemalloc

import pytest

from extract_core.config.read import read_source_config
from extract_core.errors import ConfigError
from extract_core.objects.files import FileObjects, file_uri
from extract_core.plan.places import Attempt, Places
from extract_core.plan.plan_file import read_plan, write_plan
from extract_core.plan.run_context import RunContext
from extract_core.plan.source_planner import stream_tables

RUN = RunContext(run_id="r-1", execution_id="e", started_at="2026-03-01T06:00:00+00:00")


def config(tables, more=""):
    lines = "".join(f"    public.t{number}: {{fetchsize: {number}}}\n" for number in range(tables))
    return read_source_config(f"extract:\n  job_type: loom\n  tables:\n{lines}{more}".encode(), file="sales.yml")


@pytest.fixture
def stream(registry, machine):
    def made(source):
        return stream_tables(
            source,
            source.tables,
            attempt=Attempt(run=RUN, number=1, places=Places(data_uri="s3://d", runs_uri="s3://r")),
            machine=machine,
            registry=registry,
            marks={},
        )

    return made


def test_a_table_that_cannot_be_planned_is_in_its_place(stream):
    source = config(3, "    public.wrong: {fetchsize: many}\n    public.z: {}\n")
    assert [(table.table, table.plan_error is None) for table in stream(source)] == [
        ("public.t0", True), ("public.t1", True), ("public.t2", True), ("public.wrong", False), ("public.z", True),
    ]  # fmt: skip


def test_memory_does_not_grow_with_the_tables(stream):
    def peak(tables):
        source = config(tables)
        tracemalloc.start()
        assert sum(1 for _ in stream(source)) == tables
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    peak(600)
    assert peak(6_000) < peak(2_000) * 1.5 + 200_000


def test_it_is_written_as_it_comes(stream, tmp_path):
    items = write_plan(FileObjects(), file_uri(tmp_path) + "/", "r-1", stream(config(1_200)))
    uri = items[0]["plan_uri"]
    assert [table.table for table in read_plan(FileObjects(), uri)] == [f"public.t{number}" for number in range(1_200)]
    offset, length = items[700]["plan_line"]
    assert b'"table":"public.t700"' in FileObjects().read_range(uri, offset, length)


@pytest.mark.parametrize("more", ["run: {on_invalid: fail}\n", "  default_arguments: {lag: x}\n"])
def test_what_refuses_the_plan_is_told_before_the_first_table(stream, more):
    source = config(2, "    public.wrong: {fetchsize: many}\n" + more)
    with pytest.raises(ConfigError) as error:
        stream(source)
    assert 'extract.tables."public.wrong".fetchsize: is ' in str(error.value)
