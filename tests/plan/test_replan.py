"""Another attempt at a stored table: what is kept, what is made anew, what can be gone meanwhile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from extract_core.errors import ObjectError
from extract_core.objects.files import FileObjects, file_uri
from extract_core.plan.places import Attempt, Places
from extract_core.plan.plan_file import read_plan
from extract_core.plan.replan import replan
from extract_core.plan.run_context import Committed, RunContext
from extract_core.registry.installed import Registry
from extract_core.registry.loading import discover

RECORDED = Path(__file__).parents[1] / "recorded"

AGAIN = RunContext(run_id="r-2", execution_id="arn:execution:r-2", started_at="2026-03-02T06:00:00Z", rerun_of="r-1")
TEXT = """\
extract:
  job_type: loom
  arguments: {--note: x}
  tables:
    a: {extract_type: PE, hwm_col_name: id, hwm_column_type: LongType, worker_no: 7, lag: 5, tags: [t]}
"""


def again(table, registry, machine, **changes):
    attempt = Attempt(run=AGAIN, number=2, places=Places(data_uri="s3://data/", runs_uri="s3://runs/"))
    return replan(table, machine=machine, registry=registry, attempt=attempt, **{"marks": {"a": Committed(mark="20")}, **changes})


def test_a_plan_that_version_0_1_0_wrote_is_planned_again(machine):
    tables = {table.table: table for table in read_plan(FileObjects(), file_uri(RECORDED / "plan_0_1_0.jsonl"))}
    registry, glue = discover(), {**machine, "job_types": {"glue": {"job_name": "extract-jdbc"}}}
    marks = {"public.orders": Committed(mark="2026-03-01 12:00:00")}
    orders, accounts = (again(tables[name], registry, glue, marks=marks) for name in ("public.orders", "public.accounts"))
    assert (orders.plan_error, accounts.plan_error) == (None, None)
    assert orders.item["source"] == "sales"
    low = "2026-03-01 12:00:00"
    assert orders.item["watermark"] == {"column": "updated_at", "type": "TimestampType", "low": low, "mode": "incremental"}
    passed = orders.item["arguments"]["arguments"]
    assert [passed[f"--{name}"] for name in ("hwm_col_name", "low_watermark", "lag")] == ["updated_at", low, "15m"]


def test_rerun_keeps_table_and_settings_and_reads_from_todays_mark(plan, registry, machine):
    [table] = plan(TEXT, marks={"a": "10"})
    replanned = again(table, registry, machine)
    [fresh] = plan(TEXT, marks={"a": "20"}, run=AGAIN)
    places = {
        "attempt": 2,
        "extract_s3_uri": "s3://data/sales/a/run_id=r-2/attempt=2/",
        "result_uri": "s3://runs/r-2/results/a/attempt=2.json",
    }
    flat = {f"--{key}": str(value) for key, value in places.items()}
    arguments = fresh.item["arguments"] | {"job_arguments": fresh.item["arguments"]["job_arguments"] | flat}
    assert replanned.item == {**fresh.item, **places, "arguments": arguments}
    assert replanned.item["watermark"]["low"] == "20"
    assert (replanned.settings, replanned.spec) == (table.settings, table.spec)


def test_rerun_tells_when_the_job_type_is_gone(plan, registry, machine):
    [table] = plan(TEXT)
    assert again(table, Registry.of(registry.job_type("spindle")), machine).plan_error == (
        "job type 'loom' is not installed (installed: spindle)"
    )
    assert again(table, registry, {**machine, "job_types": {}}).plan_error == (
        "job type 'loom' is installed, but the state machine 'extract' was built without it (it has: none); "
        "write [job_types.loom] in extract.toml, then build and deploy the machine again"
    )


def test_rerun_tells_when_the_settings_are_refused_now(plan, registry, machine):
    [table] = plan(TEXT)
    stored = replace(table, settings={**table.settings, "worker_no": 0})
    assert again(stored, registry, machine).plan_error == (
        "the settings of the table's earlier run are refused now: worker_no is 0, which job type 'loom' refuses: "
        "write a number of at least 1"
    )


def test_rerun_is_not_for_a_table_that_was_never_planned(plan, registry, machine):
    [table] = plan("extract: {job_type: lom, tables: {a: {}}}")
    with pytest.raises(ObjectError) as error:
        again(table, registry, machine)
    assert str(error.value) == f"table 'a' was not planned before ({table.plan_error}); plan it from its config"
