"""From a config to items: what each table's item, settings and TableRun hold."""

from __future__ import annotations

import base64
import json
from dataclasses import replace

import pytest

from extract_core.contract import Watermark
from extract_core.plan.job_arguments import flat_arguments
from extract_core.plan.line import watermark_json
from extract_core.plan.run_context import RunContext

RUN = RunContext(run_id="r-1", execution_id="arn:execution:r-1", started_at="2026-03-01T06:00:00.000Z")

ONE = """\
    source_name: sales
    extract:
      job_type: loom
      db_engine: sqlite
      db_name: sales.db
      tables:
        public.accounts: {}
"""


def test_the_item_of_a_full_extract(plan):
    [table] = plan(ONE)
    assert table.item == {
        "source": "sales",
        "source_type": "jdbc",
        "table": "public.accounts",
        "job_type": "loom",
        "run_id": "r-1",
        "run_started_at": "2026-03-01T06:00:00.000Z",
        "attempt": 1,
        "max_attempts": 1,
        "timeout_seconds": 3600,
        "extract_s3_uri": "s3://data/sales/public.accounts/run_id=r-1/attempt=1/",
        "result_uri": "s3://runs/r-1/results/public.accounts/attempt=1.json",
        "watermark": {"column": None, "type": None, "low": None, "mode": "full"},
        "result": "required",
        "arguments": {
            "job_name": "weave",
            "worker_no": 2,
            "worker_type": "small",
            "job_arguments": {
                "--source_name": "sales",
                "--source_type": "jdbc",
                "--extract_table": "public.accounts",
                "--run_id": "r-1",
                "--attempt": "1",
                "--extract_s3_uri": "s3://data/sales/public.accounts/run_id=r-1/attempt=1/",
                "--result_uri": "s3://runs/r-1/results/public.accounts/attempt=1.json",
                "--db_engine": "sqlite",
                "--db_name": "sales.db",
                "--extract_type": "FE",
            },
        },
    }
    assert table.settings == {"worker_no": 2, "worker_type": "small", "timeout_minutes": 60}


def job_arguments(table, *keys):
    flat = table.item["arguments"]["job_arguments"]
    return {key: flat[f"--{key}"] for key in keys if f"--{key}" in flat}


def test_the_tiers_of_a_value(plan):
    text = """\
    extract:
      job_type: loom
      arguments: {--a: 1, --b: 1, --c: 1}
      default_arguments: {fetchsize: "10", num_partitions: 2, worker_no: 3, worker_type: medium, cluster: main}
      job_types:
        loom: {fetchsize: 20, worker_no: "4", arguments: {--b: 2, --c: 2}}
      tables:
        plain: {}
        own: {fetchsize: 30, num_partitions: "3", worker_no: 5, arguments: {--c: 3}}
        other: {job_type: spindle}
    """
    plain, own, other = plan(text)
    assert job_arguments(plain, "fetchsize", "num_partitions", "a", "b", "c") == {
        "fetchsize": "20", "num_partitions": "2", "a": "1", "b": "2", "c": "2",
    }  # fmt: skip
    assert plain.settings == {"worker_no": 4, "worker_type": "medium", "timeout_minutes": 60}
    assert job_arguments(own, "fetchsize", "num_partitions", "a", "b", "c") == {
        "fetchsize": "30", "num_partitions": "3", "a": "1", "b": "2", "c": "3",
    }  # fmt: skip
    assert own.settings == {"worker_no": 5, "worker_type": "medium", "timeout_minutes": 60}
    assert job_arguments(other, "fetchsize", "num_partitions", "a", "b", "c") == {
        "fetchsize": "10", "num_partitions": "2", "a": "1", "b": "1", "c": "1",
    }  # fmt: skip
    assert other.settings == {"cluster": "main", "memory": 512, "script_name": "spin.py"}


def test_the_event_reingest_reads_from_the_beginning(plan):
    text = """\
    extract:
      job_type: loom
      default_arguments: {lag: 1h}
      tables:
        part: {extract_type: incremental, hwm_col_name: updated_at, hwm_column_type: timestamptype}
        whole: {extract_type: full, hwm_col_name: updated_at, hwm_column_type: TimestampType}
    """
    marks = {"part": "2026-02-28 10:00:00", "whole": "2026-02-28 10:00:00"}
    keys = ("extract_type", "hwm_col_name", "hwm_column_type", "low_watermark", "high_watermark", "lag")
    part, whole = plan(text, marks=marks)
    assert part.item["watermark"] == {
        "column": "updated_at", "type": "TimestampType", "low": "2026-02-28 10:00:00", "mode": "incremental",
    }  # fmt: skip
    assert job_arguments(part, *keys) == {
        "extract_type": "PE", "hwm_col_name": "updated_at", "hwm_column_type": "TimestampType",
        "low_watermark": "2026-02-28 10:00:00", "lag": "1h",
    }  # fmt: skip
    assert whole.item["watermark"] == {"column": None, "type": None, "low": None, "mode": "full"}
    assert job_arguments(whole, *keys) == {
        "extract_type": "FE", "hwm_col_name": "updated_at", "hwm_column_type": "TimestampType",
    }  # fmt: skip
    for again in (plan(text, marks={})[0], plan(text, marks=marks, run=replace(RUN, reingest=True))[0]):
        assert again.item["watermark"] == {"column": "updated_at", "type": "TimestampType", "low": None, "mode": "incremental"}
        assert "low_watermark" not in job_arguments(again, *keys)


def test_a_backfill_has_both_ends():
    run = dict.fromkeys(
        ("source_name", "source_type", "extract_table", "run_id", "attempt", "extract_s3_uri", "result_uri"), "x"
    )  # fmt: skip
    watermark = Watermark(column="id", type="LongType", low="5", high="9", mode="backfill")
    flat = flat_arguments(run=run, database={}, table={"extract_type": "PE", "lag": "3"}, watermark=watermark, own={})
    assert {key: value for key, value in flat.items() if value != "x"} == {
        "--extract_type": "PE", "--low_watermark": "5", "--high_watermark": "9",
    }  # fmt: skip
    assert watermark_json(watermark) == {"column": "id", "type": "LongType", "low": "5", "mode": "backfill", "high": "9"}


def test_encoded_arguments_carry_anything(plan):
    text = """\
    extract:
      job_type: loom
      tables:
        a:
          argument_encoding: json
          lower_bound: -100
          upper_bound: 100
          arguments: {--filter: "", --note: "größer\\n-1 \\u2028"}
    """
    [table] = plan(text)
    assert table.plan_error is None
    [(key, value)] = table.item["arguments"]["job_arguments"].items()
    assert key == "--extract_arguments"
    assert json.loads(base64.urlsafe_b64decode(value)) == {
        "source_name": "sales",
        "source_type": "jdbc",
        "extract_table": "a",
        "run_id": "r-1",
        "attempt": "1",
        "extract_s3_uri": "s3://data/sales/a/run_id=r-1/attempt=1/",
        "result_uri": "s3://runs/r-1/results/a/attempt=1.json",
        "extract_type": "FE",
        "lower_bound": "-100",
        "upper_bound": "100",
        "filter": "",
        "note": "größer\n-1 \u2028",
    }


OLD = "extract_type: PE, hwm_col_name: id, hwm_column_type: LongType, lag: 5"


@pytest.mark.parametrize(
    ("tiers", "table"),
    [
        ("", "extract_type: PE, watermark: {column: id, type: long, lag: 5}"),
        ("", "extract_type: PE, watermark: {column: id, type: LongType}, lag: 5"),
        ("", "extract_type: PE, hwm_col_name: id, hwm_column_type: long, lag: 5"),
        ("lag: 5", "extract_type: PE, watermark: {column: id, type: long}"),
        (
            "default_arguments: {extract_type: PE, watermark: {column: x, type: date, lag: 5}}",
            "watermark: {column: id, type: long}",
        ),
        ("default_arguments: {extract_type: PE, hwm_column_type: LongType, lag: 9}", "watermark: {column: id, lag: 5}"),
        (
            "default_arguments: {watermark: {type: date}}, job_types: {loom: {watermark: {type: long, lag: 5}}}",
            "extract_type: PE, hwm_col_name: id",
        ),
    ],
)
def test_a_watermark_means_the_same_in_each_form_and_tier(plan, tiers, table):
    [old] = plan(f"extract: {{job_type: loom, tables: {{a: {{{OLD}}}}}}}", marks={"a": "7"})
    [new] = plan(f"extract: {{job_type: loom, tables: {{a: {{{table}}}}}, {tiers}}}", marks={"a": "7"})
    assert old.plan_error is None
    assert (new.item, new.table_run) == (old.item, old.table_run)
    assert new.spec["core"] == {"extract_type": "PE", "watermark.column": "id", "watermark.type": "LongType", "lag": "5"}


@pytest.mark.parametrize(
    ("kind", "mark", "reason"),
    [("LongType", "-5", "begins with '-'"), ("StringType", "", "is empty"), ("StringType", "a\0", "contains NUL")],
)
def test_a_mark_that_a_command_line_can_not_carry_is_a_plan_error(plan, kind, mark, reason):
    text = f"extract: {{job_type: loom, tables: {{a: {{extract_type: PE, hwm_col_name: id, hwm_column_type: {kind}}}}}}}"
    [table] = plan(text, marks={"a": mark})
    assert table.plan_error == (
        f"sales.yml:1:36: extract.tables.a: the table's committed watermark is {mark!r}, but a command line can't pass a value "
        f"that {reason} (the job's argument --low_watermark); write argument_encoding: json for this table, which passes any "
        "value"
    )


@pytest.mark.parametrize(
    ("keys", "result"),
    [
        ("{}", "required"),
        ("{script_name: extract_job.py}", "required"),
        ("{script_name: jdbc_extract_job.py}", "optional"),
        ("{script_name: jdbc_extract_job.py, result: required}", "required"),
        ("{result: optional}", "optional"),
        ("{script_name: jdbc_extract_job.py, extract_type: PE, hwm_col_name: id, hwm_column_type: LongType}", "required"),
    ],
)
def test_whether_a_result_is_required(plan, keys, result):
    [table] = plan(f"extract: {{job_type: loom, tables: {{a: {keys}}}}}")
    assert table.item["result"] == result


def test_a_fetchsize_of_0_is_the_drivers_own(plan):
    [table] = plan("extract: {job_type: loom, default_arguments: {fetchsize: 10}, tables: {a: {fetchsize: 0}}}")
    assert job_arguments(table, "fetchsize") == {}


def test_a_key_of_core_and_job_type_reaches_both(plan):
    text = """\
    extract:
      job_type: spindle
      script_name: theirs.py
      job_types: {spindle: {cluster: main}}
      tables: {a: {}, b: {script_name: mine.py}}
    """
    assert [table.item["arguments"]["script"] for table in plan(text)] == ["theirs.py", "mine.py"]
    assert [table.item["result"] for table in plan(text)] == ["optional", "optional"]


def test_a_number_is_taken_where_text_is_wanted(plan):
    [table] = plan("extract: {job_type: loom, tables: {a: {worker_type: 12, worker_no: '3'}}}")
    assert table.settings == {"worker_no": 3, "worker_type": "12", "timeout_minutes": 60}


def test_a_config_of_the_first_pipeline_is_planned_as_it_stands(plan):
    text = """\
    source_name: "business_bank"
    source_owners:
      - someone@example.com
    extract:
      job_type: loom # emr, ecs
      script_name: jdbc_extract_job.py
      arguments:
        --test: 1
      default_arguments:
        num_partitions: "4"
        fetchsize: "1000"
        extract_type: "FE"
        worker_no: "2"
        worker_type: "Standard"
      db_engine: "postgres" # mysql
      db_secret: "postgres/mock_db"
      db_port: "5432"
      db_name: "bank"
      tables:
        public.accounts:
          partition_column: "AccountID"
          lower_bound: "1"
          upper_bound: "1000"
          extract_type: "PE"
          hwm_col_name: "AccountID"
          hwm_column_type: "IntegerType"
          lwm_value: "1"
          hwm_value: "1000"
          repartition_dataframe: "true"
          extract_s3_partitions: "AccountType"
    transform:
      job_type: glue
      tables: {public.accounts: {partition_key: [AccountID]}}
    """
    [table] = plan(text, file="business_bank.yml")
    flat = table.item["arguments"]["job_arguments"]
    assert {key: value for key, value in flat.items() if not key.endswith(("_uri", "run_id"))} == {
        "--source_name": "business_bank",
        "--source_type": "jdbc",
        "--extract_table": "public.accounts",
        "--attempt": "1",
        "--db_engine": "postgres",
        "--db_name": "bank",
        "--db_secret": "postgres/mock_db",
        "--db_port": "5432",
        "--extract_type": "PE",
        "--hwm_col_name": "AccountID",
        "--hwm_column_type": "IntegerType",
        "--fetchsize": "1000",
        "--num_partitions": "4",
        "--partition_column": "AccountID",
        "--lower_bound": "1",
        "--upper_bound": "1000",
        "--lwm_value": "1",
        "--hwm_value": "1000",
        "--repartition_dataframe": "true",
        "--extract_s3_partitions": "AccountType",
        "--test": "1",
    }


def test_names_of_tables_are_safe_parts_of_uris(plan):
    text = "extract: {job_type: loom, tables: {'../up': {}, 'a b': {}, '..': {}, 'ä%2F': {}}}"
    assert [table.item["result_uri"].removeprefix("s3://runs/r-1/results/") for table in plan(text)] == [
        "..~2Fup/attempt=1.json", "a~20b/attempt=1.json", "~2E~2E/attempt=1.json", "~C3~A4~252F/attempt=1.json",
    ]  # fmt: skip


def test_a_name_too_long_for_a_folder_is_a_plan_error(plan):
    text = f"extract: {{job_type: loom, tables: {{{'ä' * 50}: {{}}}}}}"
    [table] = plan(text)
    assert table.plan_error == (
        f'sales.yml:1:36: extract.tables."{"ä" * 50}": the table\'s name is too long for a folder: 300 bytes of at most 255'
    )
