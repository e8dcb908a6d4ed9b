"""The facts of a machine, worked out from extract.toml: those that the generator bakes into the deployed one."""

from __future__ import annotations

import asl_generator
from extract_core.pipeline.read import read_pipeline
from extract_core.plan.machine import machine_facts
from extract_core.registry.loading import discover
from extract_core.registry.routing import CONFIG_MANAGER

PIPELINE = """
[pipeline]
name = "extract-sales"

[machine]
max_concurrency = 7
retries = false

[job_types.ecs]
task_definition = "extract-job"
subnets = ["subnet-0a1b2c3d"]
capacity_providers = ["FARGATE_SPOT"]

[job_types.glue]
job_name = "extract-jdbc"
"""


def test_a_plan_is_for_the_machine_that_is_built(tmp_path):
    (tmp_path / "extract.toml").write_text(PIPELINE)
    pipeline, registry = read_pipeline(tmp_path), discover(strict=True)
    built = asl_generator.build_pipeline(pipeline, registry).definition
    assert machine_facts(pipeline, registry) == built["States"][CONFIG_MANAGER]["Parameters"]["Payload"]["machine"]


def test_a_faulty_section_is_left_for_its_tables_to_be_told(tmp_path):
    (tmp_path / "extract.toml").write_text("[job_types.glue]\njob = 1\n")
    facts = machine_facts(read_pipeline(tmp_path), discover(strict=True))
    assert facts["job_types"] == {"glue": {"job": 1}}
