"""Templates of three job types: existing infrastructure with the defaults, and everything that the stack can make."""

from __future__ import annotations

import pytest

from asl_generator.build import build_pipeline
from asl_generator.template.assemble import template_of
from extract_core.pipeline.read import read_pipeline
from extract_core.registry.loading import discover

PLACES = """
[pipeline]
name = "nightly"
account = "123456789012"
region = "eu-central-1"
config_uri = "s3://acme-extract/config/"
data_uri = "s3://acme-lake/"
runs_uri = "s3://acme-extract/runs/"
tracking = "dynamodb://nightly"
"""
THREE = """
[job_types.glue]
job_name = "extract-jdbc"

[job_types.emr_serverless]
application_id = "00f1r5mqj3k2ab01"
execution_role_arn = "arn:aws:iam::123456789012:role/extract-job"

[job_types.ecs]
task_definition = "extract-job"
subnets = ["subnet-0a1b2c3d"]
"""
IMAGE = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/extract-job:1"
ALL = f"""
[deploy]
artifacts_uri = "s3://acme-artifacts/extract/"
managed = ["alarms", "alias", "buckets", "reconcile", "tracking"]
alarm_email = "data@example.com"
event_bus = "data"
tracing = true
permissions_boundary = "arn:aws:iam::123456789012:policy/edge"
kms_key = "arn:aws:kms:eu-central-1:123456789012:key/0a1b2c3d-0a1b-0a1b-0a1b-0a1b2c3d4e5f"
subnets = ["subnet-0a1b2c3d"]
security_groups = ["sg-0a1b2c3d"]

[notify]
topic = "arn:aws:sns:eu-central-1:123456789012:failures"
webhook_secret = "extract/slack"
template = {{text = "$text"}}

[schedules.sales]
when = "cron(0 2 * * ? *)"
timezone = "Europe/Berlin"
event = {{source = "sales", tables = "*"}}

[job_types.glue]
job_name = "extract-jdbc"
managed = {{secrets = ["sales-db", "/sales/db"], subnet = "subnet-0a1b2c3d", security_groups = ["sg-0a1b2c3d"]}}

[job_types.emr_serverless]
managed = {{python_archive = "s3://acme-scripts/environment.tar.gz", jars = ["s3://acme-scripts/postgresql.jar"]}}
scripts_uri = "s3://acme-scripts/"

[job_types.ecs]
cluster = "extracts"
task_definition = "extract-job"
subnets = ["subnet-0a1b2c3d"]
managed = {{image = "{IMAGE}", secrets = ["sales-db"]}}

[job_types.batch]
job_queue = "extracts"
job_definition = "extract-job"
managed = {{image = "{IMAGE}", subnets = ["subnet-0a1b2c3d"], security_groups = ["sg-0a1b2c3d"]}}
"""


@pytest.fixture
def template(tmp_path):
    """The template of an extract.toml with these sections."""

    def of(sections: str = THREE):
        (tmp_path / "extract.toml").write_text(PLACES + sections)
        pipeline, registry = read_pipeline(tmp_path), discover(strict=True)
        return template_of(pipeline, build_pipeline(pipeline, registry), registry)

    return of
