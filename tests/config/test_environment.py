"""``${ENV:NAME:-default}``: where it may stand, what it gives, and that secrets stay names."""

from __future__ import annotations

import pytest

from extract_core.config.read import read_faulty
from extract_core.plan.check import check_source
from extract_core.plan.explain import Explainer

CONFIG = """
source_type: ${ENV:EXTRACT_VAR_KIND:-jdbc}
extract:
  job_type: loom
  db_name: sales_${ENV:EXTRACT_VAR_STAGE:-dev}
  db_secret: prod/sales
  arguments: {--as-it-stands: "$${ENV:STAGE}", --other: "${STAGE} $ENV {{resolve:secretsmanager:prod/sales}}"}
  job_types: {loom: {worker_no: "${ENV:EXTRACT_VAR_WORKERS:-3}"}}
  tables:
    public.accounts: {fetchsize: "${ENV:EXTRACT_VAR_FETCH}"}
"""


def test_variables_and_defaults(plan, registry, machine, monkeypatch):
    monkeypatch.setenv("EXTRACT_VAR_STAGE", "prod")
    monkeypatch.setenv("EXTRACT_VAR_FETCH", "77")
    monkeypatch.setenv("EXTRACT_VAR_WORKERS", "")
    [table] = plan(CONFIG)
    flat = table.item["arguments"]["job_arguments"]
    wanted = ("--source_type", "--db_name", "--db_secret", "--fetchsize", "--as-it-stands", "--other")
    assert [flat[key] for key in wanted] == [
        "jdbc", "sales_prod", "prod/sales", "77", "${ENV:STAGE}", "${STAGE} $ENV {{resolve:secretsmanager:prod/sales}}",
    ]  # fmt: skip
    assert table.settings["worker_no"] == 3
    config = check_source(CONFIG.encode(), file="sales.yml", registry=registry).config
    said = {value.name: value.place for value in Explainer(config, machine, registry).explain(table)}
    assert said["--db_name"] == "extract, from the environment variable EXTRACT_VAR_STAGE, line 5"
    assert said["worker_no"] == "job_types.loom, from the environment variable EXTRACT_VAR_WORKERS, line 8"


WRONG = """
source_owners: ["${ENV:EXTRACT_VAR_WHO:-me}"]
extract:
  job_type: ${ENV:EXTRACT_VAR_TYPE:-loom}
  db_name: ${ENV:EXTRACT_VAR_NO_SUCH}
  db_secret: ${ENV:AWS_SECRET_ACCESS_KEY}
  db_engine: ${ENV:DB_PASSWORD:-x}
  arguments: {--a: "${ENV:1A}", --b: "${ENV:A", --c: "${ENV:}"}
  tables:
    "${ENV:EXTRACT_VAR_TABLE:-t}": {job_type: loom, tags: ["${ENV:EXTRACT_VAR_TAG:-t}"]}
run: {fail_when: "${ENV:EXTRACT_VAR_WHEN:-any}"}
"""


def test_where_it_can_not_stand_and_what_it_can_not_name(registry, monkeypatch):
    monkeypatch.delenv("EXTRACT_VAR_NO_SUCH", raising=False)
    findings = check_source(WRONG.encode(), file="sales.yml", registry=registry).findings
    where = "it is allowed in values below extract, except job_type and tags"
    why = "can't be used here, because plans store the values of a config; write the name of a secret (db_secret)"
    assert [
        str(fault)
        for fault in findings
        if "ENV" in fault.message or "variable" in fault.message or "environment" in fault.message
    ] == [
        f"sales.yml:2:17: source_owners[0]: ${{ENV:…}} is not allowed here; {where}",
        f"sales.yml:4:13: extract.job_type: ${{ENV:…}} is not allowed here; {where}",
        (
            "sales.yml:5:12: extract.db_name: the environment has no EXTRACT_VAR_NO_SUCH, and no default is given; set it where "
            "the config is read, or write ${ENV:EXTRACT_VAR_NO_SUCH:-default}"
        ),
        f"sales.yml:6:14: extract.db_secret: the variable AWS_SECRET_ACCESS_KEY {why}",
        f"sales.yml:7:14: extract.db_engine: the variable DB_PASSWORD {why}",
        (
            "sales.yml:8:20: extract.arguments.--a: '1A' is not a valid name of a variable; write ${ENV:NAME} or "
            "${ENV:NAME:-default}"
        ),
        (
            "sales.yml:8:38: extract.arguments.--b: is '${ENV:A', without a closing brace; write ${ENV:NAME} or "
            "${ENV:NAME:-default}"
        ),
        "sales.yml:8:54: extract.arguments.--c: '' is not a valid name of a variable; write ${ENV:NAME} or ${ENV:NAME:-default}",
        f'sales.yml:10:5: extract.tables."${{ENV:EXTRACT_VAR_TABLE:-t}}": ${{ENV:…}} is not allowed in a key; {where}',
        f'sales.yml:10:60: extract.tables."${{ENV:EXTRACT_VAR_TABLE:-t}}".tags[0]: ${{ENV:…}} is not allowed here; {where}',
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
    x-common: &common {fetchsize: "${ENV:EXTRACT_VAR_NO_SUCH:-9}"}
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


NAMES = [
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "PGPASSWORD",
    "DB_PASSWORD",
    "DB_PASS",
    "DB_PWD",
    "MYSQL_PWD",
    "REDISCLI_AUTH",
    "DATABASE_URL",
    "DB_URL",
    "DSN",
    "SENTRY_DSN",
    "GITHUB_PAT",
    "NPM_AUTH",
    "SLACK_WEBHOOK",
    "HTTP_PROXY",
    "PIP_INDEX_URL",
    "GOOGLE_APPLICATION_CREDENTIALS",
    "SSH_AUTH_SOCK",
    "OPENAI_APIKEY",
    "ENCRYPTIONKEY",
    "PASSPHRASE",
    "CONNECTION_STRING",
    "STRIPE_SK",
    "JWT",
    "BEARER",
    "COOKIE",
    "SESSION",
    "KEYS",
    "VAULT_PIN",
    "OTP",
    "ADMIN_PW",
    "CREDS",
    "KUBECONFIG",
    "NETRC",
    "PGSERVICE",
    "PGUSER",
    "_X_AMZN_TRACE_ID",
    "extract_var_stage",
    "EXTRACT_TRACKING",
    "EXTRACT_VAR_DB_PASSWORD",
    "EXTRACT_VAR_API_KEY",
    "EXTRACT_VAR_DSN",
]


@pytest.mark.parametrize("name", NAMES)
def test_no_variable_that_was_set_for_something_else_gets_into_a_plan(registry, monkeypatch, name):
    monkeypatch.setenv(name, "s3cr3t-VALUE")
    data = f"extract: {{job_type: loom, arguments: {{--note: '${{ENV:{name}}}'}}, tables: {{a: {{}}}}}}".encode()
    checked = check_source(data, file="sales.yml", registry=registry)
    assert len(checked.findings) == 1
    said = str(checked.findings[0])
    assert f"the variable {name} can't be used here, because plans store the values" in said or "is not a valid name" in said
    assert "s3cr3t-VALUE" not in said


@pytest.mark.parametrize(
    ("value", "what"),
    [
        ("postgresql://u:s3cr3t@h/db", "a URL with a password"),
        ("AKIAIOSFODNN7EXAMPLE", "an AWS access key"),
        ("host=h password=s3cr3t", "a password"),
    ],
)
def test_a_variable_whose_value_is_a_secret_is_refused(registry, monkeypatch, value, what):
    monkeypatch.setenv("EXTRACT_VAR_PLACE", value)
    data = b"extract: {job_type: loom, db_name: '${ENV:EXTRACT_VAR_PLACE}', tables: {a: {}}}"
    [finding] = check_source(data, file="sales.yml", registry=registry).findings
    assert finding.message == (
        f"the variable EXTRACT_VAR_PLACE holds {what}, and plans would store it; write the name of a secret (db_secret)"
    )


def test_a_variable_without_the_prefix_is_named_as_it_should_be(registry):
    data = b"extract: {job_type: loom, db_name: '${ENV:stage}', tables: {a: {}}}"
    [finding] = check_source(data, file="sales.yml", registry=registry).findings
    assert finding.message == (
        "the variable stage can't be used here, because plans store the values of a config; set EXTRACT_VAR_STAGE for it, and "
        "write ${ENV:EXTRACT_VAR_STAGE}"
    )
