"""docs/config.md: its example is planned unchanged, and it names every key."""

from __future__ import annotations

import json
import re
from pathlib import Path
from textwrap import indent

import pytest

from extract_core.config import keys
from extract_core.config.reserved import RESERVED
from extract_core.plan import event
from extract_core.registry.loading import discover

DOCUMENT = (Path(__file__).parents[2] / "docs" / "config.md").read_text(encoding="utf-8")
NAMES = set(re.findall(r"[a-z0-9_]+", " ".join(re.findall(r"`([^`\n]+)`", DOCUMENT))))

EXAMPLES = re.findall(r"```yaml\n(.*?)```", DOCUMENT, re.DOTALL)


def test_the_columns_and_rows_of_the_example_reach_the_job(plan):
    text = f"extract:\n  job_type: loom\n  tables:\n{indent(EXAMPLES[1], '    ')}"
    [table] = plan(text)
    arguments = table.item["arguments"]["job_arguments"]
    assert {key: json.loads(arguments[f"--{key}"]) for key in ("exclude_columns", "rename", "text_columns", "where")} == {
        "exclude_columns": ["photo"],
        "rename": {"cust_no": "customer_id"},
        "text_columns": ["legacy_date"],
        "where": {
            "country": ["DE", "AT", None],
            "balance": {">=": "0", "<": "1000000"},
            "name": {"like": "A%"},
            "deleted_at": None,
        },
    }
    assert arguments["--target_file_mb"] == "128"


def test_the_example_is_planned(plan, machine):
    example = EXAMPLES[0]
    machine["job_types"] = {
        "glue": {"job_name": "extract-jdbc"},
        "ecs": {"cluster": "extract", "task_definition": "extract-job", "subnets": ["subnet-0a1b2c3d4e5f60718"]},
    }
    planned = plan(example, machine=machine, registry=discover(strict=True))
    assert {table.table: table.plan_error for table in planned} == dict.fromkeys(
        ("public.accounts", "public.orders", "public.events", "public.countries")
    )
    assert [table.item["watermark"]["mode"] for table in planned] == ["incremental", "incremental", "full", "full"]


@pytest.mark.parametrize("known", [keys.ROOT, keys.EXTRACT, keys.RUN, frozenset(keys.TABLE), event.KEYS])
def test_every_key_is_named(known):
    assert known - NAMES == set()


def test_every_argument_of_the_core_is_named():
    assert {key.removeprefix("--") for key in RESERVED} - NAMES == set()


def test_the_complaint_that_it_shows_is_the_real_one(plan):
    [shown] = re.findall(r"`sales\.yml:12:7: ([^`]+)`", DOCUMENT)
    [table] = plan("extract: {job_type: loom, tables: {public.accounts: {fetchsize: many}}}")
    assert table.plan_error == f"sales.yml:1:65: {shown}"
