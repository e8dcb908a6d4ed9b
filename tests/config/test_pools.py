"""Pools in configs and in extract.toml: which pool a table has, and what wrong input is told."""

from __future__ import annotations

import pytest
from shared_fixtures.source import plan_tables

from extract_core.config.read import read_source_config
from extract_core.errors import ConfigError
from extract_core.pipeline.read import read_pipeline
from extract_core.plan.check import check_source
from extract_core.plan.machine import machine_facts
from extract_core.plan.run_context import RunContext
from extract_core.registry.loading import discover

TOML = """
[machine]
max_concurrency = 20

[pools]
sales-db = 8
quota = 50

[job_types.glue]
job_name = "extract"
pool = "quota"

[job_types.ecs]
task_definition = "extract"
subnets = ["subnet-1"]
"""
SOURCE = """
source_name: sales
source_type: jdbc
extract:
  job_type: glue
  db_engine: sqlite
  db_name: sales.db
"""


@pytest.fixture(scope="module")
def registry():
    return discover(strict=True)


@pytest.fixture
def check(tmp_path, registry):
    def checked(extract: str, toml: str = TOML):
        (tmp_path / "extract.toml").write_text(toml)
        machine = machine_facts(read_pipeline(tmp_path), registry)
        return check_source((SOURCE + extract).encode(), file="sales.yml", registry=registry, machine=machine)

    return checked


def test_the_nearest_tier_names_the_pool(check, plan_of_pools):
    assert plan_of_pools("  tables: {a: {}, b: {job_type: ecs}}\n") == {"a": "quota", "b": None}
    assert plan_of_pools("  pool: sales-db\n  tables: {a: {}, b: {job_type: ecs}, c: {pool: quota}}\n") == {
        "a": "sales-db", "b": "sales-db", "c": "quota"
    }  # fmt: skip
    tiers = "  default_arguments: {pool: sales-db}\n  job_types: {ecs: {pool: quota}}\n"
    assert plan_of_pools(f"{tiers}  tables: {{a: {{}}, b: {{job_type: ecs}}}}\n") == {"a": "sales-db", "b": "quota"}


@pytest.fixture
def plan_of_pools(tmp_path, registry):
    """The pool of each item."""

    def pools(extract: str):
        (tmp_path / "extract.toml").write_text(TOML)
        config = read_source_config((SOURCE + extract).encode(), file="sales.yml")
        planned = plan_tables(
            config, config.tables, run=RunContext(run_id="r", execution_id="e", started_at="2026-03-01T06:00:00+00:00"),
            machine=machine_facts(read_pipeline(tmp_path), registry), registry=registry, marks={}, data_uri="s3://d/", runs_uri="s3://r/",
        )  # fmt: skip
        assert [table.plan_error for table in planned if table.plan_error] == []
        return {table.table: table.item.get("pool") for table in planned}

    return pools


@pytest.mark.parametrize(
    ("extract", "findings"),
    [
        (
            "  pool: sales-bd\n  tables: {a: {}, b: {}}\n",
            [("sales.yml:8:9: extract.pool: is 'sales-bd', but the state machine 'extract' has no such pool (it has: sales-db, "
             "quota); did you mean 'sales-db'?")],
        ),
        (
            "  tables:\n    a: {pool: oracle}\n",
            [("sales.yml:9:15: extract.tables.a.pool: is 'oracle', but the state machine 'extract' has no such pool (it has: "
             "sales-db, quota); write oracle = 8 in [pools] of extract.toml, with the number of jobs that may run at once, then "
             "build and deploy the machine")],
        ),
        (
            "  tables:\n    a: {pool: [sales-db, quota]}\n",
            [("sales.yml:9:15: extract.tables.a.pool: is ['sales-db', 'quota'], but a table has one pool: two could block each "
             "other for good; write one name")],
        ),
        (
            "  pool: two words\n  tables: {a: {}}\n",
            [("sales.yml:8:9: extract.pool: is 'two words'; write the name of a pool of [pools] in extract.toml: letters, "
             "digits, - and _")],
        ),
    ],
)  # fmt: skip
def test_a_pool_that_cannot_be_is_told_with_its_place(check, extract, findings):
    assert [str(finding) for finding in check(extract).findings] == findings


def test_a_machine_without_pools_says_how_to_get_one(check):
    (finding,) = check("  pool: sales-db\n  tables: {a: {}}\n", toml="[job_types.glue]\njob_name = 'x'\n").findings
    assert finding.message.startswith("is 'sales-db', but the state machine 'extract' has no such pool (it has: none); write ")


def test_a_pool_that_replaces_that_of_the_job_type_is_a_note(check):
    checked = check("  tables: {a: {pool: sales-db}, b: {pool: sales-db}, c: {}, d: {job_type: ecs, pool: sales-db}}\n")
    assert (checked.findings, checked.pools) == ((), {"sales-db": 3, "quota": 1})
    assert checked.notes == (
        (
            "sales.yml: the pool 'quota' of [job_types.glue] does not limit 2 tables, because this file gives them the pool "
            "'sales-db', and a table has one pool"
        ),
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("[pools]\ndb = 0\n", ("2:1: pools.db: 0 is not a valid size of a pool; write how many jobs may run at once, from 1 to "
         "10,000, or remove the pool")),
        ("[pools]\ndb = true\n", ("2:1: pools.db: True is not a valid size of a pool; write how many jobs may run at once, from "
         "1 to 10,000, or remove the pool")),
        ('[pools]\n"a b" = 2\n',
         "2:1: pools.a b: 'a b' is not a valid name of a pool; write letters, digits, - and _, at most 64"),
        ("pools = 3\n", "1:1: pools: is 3, but must be a section; write [pools]"),
        ("[pools]\nsales-db = 2\n[job_types.glue]\njob_name = 'x'\npool = 'sales'\n",
         "5:1: job_types.glue.pool: there is no pool 'sales' in [pools]; did you mean 'sales-db'?"),
        ("[job_types.glue]\njob_name = 'x'\npool = 'db'\n", ("3:1: job_types.glue.pool: there is no pool 'db' in [pools]; write "
         "db = 8 in [pools], with the number of jobs that may run at once")),
        ("[pools]\ndb = 2\n[job_types.glue]\njob_name = 'x'\npool = ['db']\n",
         "5:1: job_types.glue.pool: ['db'] is not the name of a pool; write one name, such as 'db'"),
    ],
)  # fmt: skip
def test_each_fault_of_extract_toml_has_its_place(tmp_path, text, complaint):
    (tmp_path / "extract.toml").write_text(text)
    with pytest.raises(ConfigError) as raised:
        read_pipeline(tmp_path)
    assert str(raised.value) == f"extract.toml:{complaint}"


def test_the_plugin_of_a_job_type_does_not_get_the_pool(tmp_path, registry):
    (tmp_path / "extract.toml").write_text(TOML)
    pipeline = read_pipeline(tmp_path)
    assert pipeline.job_types["glue"] == {"job_name": "extract"}
    assert (pipeline.pools, pipeline.job_type_pools) == ({"sales-db": 8, "quota": 50}, {"glue": "quota"})
    assert "pools" not in machine_facts(read_pipeline(_without_pools(tmp_path)), registry)


def _without_pools(folder):
    (folder / "extract.toml").write_text("")
    return folder
