"""The words about the window of an incremental read, and the arguments that the job gets for it."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from shared_fixtures.source import RUN

from extract_core.plan.check import check_source
from extract_core.plan.run_context import Committed
from extract_core.plan.window import window_words

LATE = "A row that commits late with a at below the mark is lost."
OTHERS = (
    "own.py is not extract's job, so extract does not know which rows it reads: if it reads only rows above --low_watermark, a "
    "row that commits after a row with a higher watermark is lost; if it reads from --lag before it, the rows of the overlap are "
    "delivered again"
)
WAIT = "Rows whose at is above the source's clock wait until it gets there."


def source(type_="timestamp", more=""):
    return f"extract: {{job_type: loom, tables: {{a: {{extract_type: PE, watermark: {{column: at, type: {type_}}}{more}}}}}}}"


def passed(table):
    return table.item["arguments"]["job_arguments"]


@pytest.mark.parametrize(
    ("type_", "mark", "more", "words"),
    [
        ("timestamp", None, "", ["Reads the whole table. Its highest at becomes the mark.", WAIT]),
        ("integer", None, "", ["Reads the whole table. Its highest at becomes the mark."]),
        (
            "timestamp", "2026-03-01 05:00:00", ", lag: 15m",
            [
                "Reads the rows from at = 2026-03-01 05:00:00 less 15m on, and leaves out those that were delivered before.",
                "A row that commits within 15m of its at is delivered once per version. A row that commits later is lost.",
                WAIT,
            ],
        ),
        (
            "date", "2026-03-01", ", future: read",
            [
                "Reads the rows from at = 2026-03-01 less 1 day on, and leaves out those that were delivered before.",
                "A row that commits within 1 day of its at is delivered once per version. A row that commits later is lost.",
            ],
        ),
        (
            "timestamp", "2026-03-01 05:00:00", ", lag: 0",
            ["Reads the rows from at = 2026-03-01 05:00:00 on, without a lag.", LATE, WAIT],
        ),
        ("integer", "7", ", lag: 0", ["Reads the rows from at = 7 on, without a lag.", LATE]),
        ("string", "b", "", ["Reads the rows from at = b on, without a lag.", LATE]),
        ("integer", "7", ", script_name: own.py", [f"{OTHERS}."]),
    ],
)  # fmt: skip
def test_the_window_in_words(plan, type_, mark, more, words):
    [table] = plan(source(type_, more), marks={"a": mark})
    assert table.plan_error is None
    assert window_words(table) == words


def test_a_full_extract_and_a_plan_error_have_no_window(plan):
    [full] = plan("extract: {job_type: loom, tables: {a: {}}}")
    [wrong] = plan("extract: {job_type: loom, tables: {a: {lag: x}}}")
    assert (window_words(full), window_words(wrong)) == ([], [])


@pytest.mark.parametrize("tier", ["extract", "job type", "table"])
def test_each_key_of_the_guarantee_reaches_the_job_from_any_tier(plan, tier):
    keys = (
        "future: read, on_mark_behind: continue, on_schema_change: fail, verify: full, row_security: allow, "
        "on_missing_base: reingest"
    )
    increment = "extract_type: PE, watermark: {column: id, type: long}"
    text = {
        "extract": f"extract: {{job_type: loom, {keys}, tables: {{a: {{{increment}}}, b: {{}}}}}}",
        "job type": f"extract: {{job_type: loom, job_types: {{loom: {{{keys}}}}}, tables: {{a: {{{increment}}}, b: {{}}}}}}",
        "table": f"extract: {{job_type: loom, tables: {{a: {{{increment}, {keys}}}, b: {{{keys}}}}}}}",
    }[tier]
    increment_, full = plan(text)
    of_each = {"--on_schema_change": "fail", "--verify": "full", "--row_security": "allow"}
    of_an_increment = {"--future": "read", "--on_mark_behind": "continue"}
    assert of_each.items() <= passed(full).items()
    assert {**of_each, **of_an_increment}.items() <= passed(increment_).items()
    assert not {*of_an_increment, "--on_missing_base"} & passed(full).keys()
    assert "--on_missing_base" not in passed(increment_)


def test_without_the_keys_the_job_decides(plan):
    [table] = plan(source(), marks={"a": "2026-03-01 05:00:00"})
    assert (
        not {"--lag", "--future", "--on_mark_behind", "--on_schema_change", "--verify", "--row_security"} & passed(table).keys()
    )


def last(table):
    return passed(table).get("--last_result"), passed(table).get("--lag"), passed(table).get("--low_watermark")


def test_the_last_result_is_passed_where_something_is_continued(plan, registry, machine):
    from shared_fixtures.source import plan_tables

    from extract_core.config.read import read_source_config

    config = read_source_config(
        b"extract: {job_type: loom, lag: 5, tables: {a: {extract_type: PE, watermark: {column: id, type: long}}, b: {}}}",
        file="sales.yml",
    )

    def planned(committed, run=RUN):
        places = {"data_uri": "s3://data/", "runs_uri": "s3://runs/"}
        marks = {"a": committed, "b": committed}
        return plan_tables(config, ["a", "b"], run=run, machine=machine, registry=registry, marks=marks, **places)

    base = Committed(mark="7", last_result="s3://runs/r-0/results/a/attempt=1.json")
    increment, full = planned(base)
    assert last(increment) == (base.last_result, "5", "7")
    assert last(full) == (base.last_result, None, None)
    assert (increment.item["watermark"], full.item["watermark"]["low"]) == (
        {"column": "id", "type": "LongType", "low": "7", "mode": "incremental"}, None,
    )  # fmt: skip
    assert increment.table_run["watermark"] == {**increment.item["watermark"], "lag": "5", "last_result": base.last_result}
    assert last(planned(base, replace(RUN, reingest=True))[0]) == (None, "5", None)
    assert last(planned(replace(base, set_by_hand=True))[0]) == (None, "0", "7")


def test_validate_has_a_note_for_each_script_of_others(registry):
    text = """\
    extract:
      job_type: loom
      tables:
        a: {extract_type: PE, watermark: {column: id, type: long}, script_name: own.py}
        b: {extract_type: PE, watermark: {column: id, type: long}, script_name: own.py}
        c: {extract_type: PE, watermark: {column: id, type: long}, script_name: extract_job.py}
        d: {script_name: own.py}
    """
    checked = check_source(text.encode(), file="sales.yml", registry=registry)
    assert not checked.findings
    assert checked.notes == (f"sales.yml:4:9: extract.tables.a: {OTHERS} (2 tables)",)


def test_arguments_keep_their_order(plan):
    [table] = plan(source("integer", ", lag: 3, future: read, on_mark_behind: fail, verify: off"), marks={"a": "7"})
    names = list(passed(table))
    order = [names.index(f"--{name}") for name in ("low_watermark", "lag", "future", "on_mark_behind", "verify")]
    assert all(before < after for before, after in pairwise(order))
