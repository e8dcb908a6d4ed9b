"""`extract schema`: the schema on stdout, and nothing else."""

from __future__ import annotations

import json

from jsonschema import Draft202012Validator

from extract_core.config.yaml_text import parse


def test_it_is_a_schema_of_the_installed_job_types(cli, project):
    said = cli("schema")
    assert (said.code, said.err) == (0, "")
    schema = Draft202012Validator(json.loads(said.out))
    Draft202012Validator.check_schema(schema.schema)
    config = parse((project / "config" / "sales.yml").read_bytes(), file="sales.yml")
    assert [error.message for error in schema.iter_errors(config)] == []
    config["extract"]["tables"]["public.events"]["worker_no"] = 2
    assert [error.message for error in schema.iter_errors(config)] == [
        "Additional properties are not allowed ('worker_no' was unexpected)"
    ]
