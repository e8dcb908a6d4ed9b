"""A secret in a config is refused or noted, and never repeated."""

from __future__ import annotations

import pytest

from extract_core.plan.check import check_source

SAID = (
    "looks like a secret, but plans store this value and commands show it; write the name of a secret, and let the job read it "
    "(a value with a / in it, or a key that ends in _name, counts as a name)"
)


def test_keys_that_speak_of_a_secret_are_noted_where_they_stand(registry):
    data = b"""extract:
  job_type: loom
  arguments: {--password: hunter2, --db_pwd: prod/sales, --passwordName: x, --max_tokens: 9000, --ssl: x}
  job_types: {loom: {arguments: {--dbPassword: hunter2}}}
  tables:
    a: {arguments: {--api-key: hunter2, --secret: "arn:aws:x", --token: 12}}
    b: {}
"""
    checked = check_source(data, file="sales.yml", registry=registry)
    assert checked.findings == ()
    assert checked.notes == (
        f"sales.yml:3:15: extract.arguments.--password: {SAID}",
        f"sales.yml:4:34: extract.job_types.loom.arguments.--dbPassword: {SAID}",
        f"sales.yml:6:21: extract.tables.a.arguments.--api-key: {SAID}",
    )


@pytest.mark.parametrize("name", ["prod/sales", "arn:aws:secretsmanager:eu-central-1:1:secret:sales-AbC", "/ssm/path", 7])
def test_names_of_secrets_are_fine(registry, name):
    data = f"extract: {{job_type: loom, db_secret: {name}, tables: {{a: {{}}}}}}".encode()
    checked = check_source(data, file="sales.yml", registry=registry)
    assert (checked.findings, checked.notes) == ((), ())
