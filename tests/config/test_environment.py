"""``${ENV:NAME:-default}``: where it may stand, what it gives, and that secrets stay names."""

from __future__ import annotations

import pytest

from extract_core.config.read import read_faulty
from extract_core.plan.check import check_source
from extract_core.plan.explain import Explainer

CONFIG = """
source_type: ${ENV:KIND:-jdbc}
extract:
  job_type: loom
  db_name: sales_${ENV:STAGE:-dev}
  db_secret: prod/sales
  arguments: {--as-it-stands: "$${ENV:STAGE}", --other: "${STAGE} $ENV {{resolve:secretsmanager:prod/sales}}"}
  job_types: {loom: {worker_no: "${ENV:WORKERS:-3}"}}
  tables:
    public.accounts: {fetchsize: "${ENV:FETCH}"}
"""


def test_variables_and_defaults(plan, registry, machine, monkeypatch):
    monkeypatch.setenv("STAGE", "prod")
    monkeypatch.setenv("FETCH", "77")
    monkeypatch.setenv("WORKERS", "")
    [table] = plan(CONFIG)
    flat = table.item["arguments"]["job_arguments"]
    wanted = ("--source_type", "--db_name", "--db_secret", "--fetchsize", "--as-it-stands", "--other")
    assert [flat[key] for key in wanted] == [
        "jdbc", "sales_prod", "prod/sales", "77", "${ENV:STAGE}", "${STAGE} $ENV {{resolve:secretsmanager:prod/sales}}",
    ]  # fmt: skip
    assert table.settings["worker_no"] == 3
    config = check_source(CONFIG.encode(), file="sales.yml", registry=registry).config
    said = {value.name: value.place for value in Explainer(config, machine, registry).explain(table)}
    assert said["--db_name"] == "extract, from the environment variable STAGE, line 5"
    assert said["worker_no"] == "job_types.loom, from the environment variable WORKERS, line 8"


WRONG = """
source_owners: ["${ENV:WHO:-me}"]
extract:
  job_type: ${ENV:TYPE:-loom}
  db_name: ${ENV:NO_SUCH}
  db_secret: ${ENV:AWS_SECRET_ACCESS_KEY}
  db_engine: ${ENV:DB_PASSWORD:-x}
  arguments: {--a: "${ENV:1A}", --b: "${ENV:A", --c: "${ENV:}"}
  tables:
    "${ENV:TABLE:-t}": {job_type: loom, tags: ["${ENV:TAG:-t}"]}
run: {fail_when: "${ENV:WHEN:-any}"}
"""


def test_where_it_can_not_stand_and_what_it_can_not_name(registry, monkeypatch):
    monkeypatch.delenv("NO_SUCH", raising=False)
    found = check_source(WRONG.encode(), file="sales.yml", registry=registry).findings
    where = "it is allowed in values below extract, except job_type and tags"
    kept = "plans store the values of a config; write the name of a secret (db_secret), and no variable of AWS itself"
    assert [
        str(fault) for fault in found if "ENV" in fault.message or "variable" in fault.message or "environment" in fault.message
    ] == [
        f"sales.yml:2:17: source_owners[0]: ${{ENV:…}} is not allowed here; {where}",
        f"sales.yml:4:13: extract.job_type: ${{ENV:…}} is not allowed here; {where}",
        (
            "sales.yml:5:12: extract.db_name: the environment has no NO_SUCH, and no default is given; set it where the "
            "config is read, or write ${ENV:NO_SUCH:-default}"
        ),
        f"sales.yml:6:14: extract.db_secret: the variable AWS_SECRET_ACCESS_KEY can't be used here: {kept}",
        f"sales.yml:7:14: extract.db_engine: the variable DB_PASSWORD can't be used here: {kept}",
        (
            "sales.yml:8:20: extract.arguments.--a: '1A' is not a valid name of a variable; write ${ENV:NAME} or "
            "${ENV:NAME:-default}"
        ),
        (
            "sales.yml:8:38: extract.arguments.--b: is '${ENV:A', without a closing brace; write ${ENV:NAME} or "
            "${ENV:NAME:-default}"
        ),
        "sales.yml:8:54: extract.arguments.--c: '' is not a valid name of a variable; write ${ENV:NAME} or ${ENV:NAME:-default}",
        f'sales.yml:10:5: extract.tables."${{ENV:TABLE:-t}}": ${{ENV:…}} is not allowed in a key; {where}',
        f'sales.yml:10:48: extract.tables."${{ENV:TABLE:-t}}".tags[0]: ${{ENV:…}} is not allowed here; {where}',
        f"sales.yml:11:18: run.fail_when: ${{ENV:…}} is not allowed here; {where}",
    ]


@pytest.mark.parametrize(
    "name", ["secretsmanager:prod/sales", "ssm:/prod/sales", "arn:aws:secretsmanager:eu-central-1:1:secret:s"]
)
def test_names_of_secrets_stay_names(plan, name):
    [table] = plan(f"extract: {{job_type: loom, db_secret: '{name}', tables: {{a: {{}}}}}}")
    assert table.item["arguments"]["job_arguments"]["--db_secret"] == name


def test_what_anchors_hold_is_judged_where_it_is_used(plan):
    text = """
    x-common: &common {fetchsize: "${ENV:NO_SUCH:-9}"}
    extract: {job_type: loom, tables: {a: *common, b: {<<: *common}}}
    """
    assert [table.item["arguments"]["job_arguments"]["--fetchsize"] for table in plan(text)] == ["9", "9"]


def test_a_name_of_a_table_may_look_like_a_reference(plan):
    text = """
    extract: {job_type: loom, tables: {"$${ENV:HOME}": {}, "$$${ENV:HOME}": {}, "$${ENV:": {}, b: {}}}
    """
    assert [table.item["table"] for table in plan(text)] == ["${ENV:HOME}", "$${ENV:HOME}", "${ENV:", "b"]


def test_a_finding_about_such_a_table_has_its_place():
    data = b'extract:\n  job_type: loom\n  tables:\n    a: {}\n    "$${ENV:HOME}": {fetchsize: many}\n'
    config, _ = read_faulty(data, file="sales.yml")
    finding = config.text.finding(("extract", "tables", "${ENV:HOME}", "fetchsize"), "is wrong")
    assert str(finding) == 'sales.yml:5:33: extract.tables."${ENV:HOME}".fetchsize: is wrong'
