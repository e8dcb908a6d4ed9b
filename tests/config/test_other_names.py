"""Names of services and databases in a config: the message says what to write here."""

from __future__ import annotations

import pytest

from extract_core.config.other_names import database_type
from extract_core.plan.check import check_source
from extract_core.registry.installed import Registry
from extract_core.registry.loading import discover

HEAD = "source_name: s\nextract:\n  job_type: {}\n  tables:\n    t: {{{}}}\n"


@pytest.fixture(scope="module")
def registry():
    registry = discover(strict=True)
    return Registry.of(*(registry.job_type(name) for name in ("glue", "ecs", "emr", "emr_serverless", "emr_eks")))


def messages(text, registry):
    return str(check_source(text.encode(), file="s.yml", registry=registry))


@pytest.mark.parametrize(
    ("job_type", "written", "key"),
    [
        ("glue", "NumberOfWorkers: 4", "worker_no"),
        ("glue", "number_of_workers: 4", "worker_no"),
        ("glue", "MaxCapacity: 4", "worker_no"),
        ("glue", "WorkerType: G.1X", "worker_type"),
        ("glue", "Timeout: 60", "timeout_minutes"),
        ("emr", "JobFlowId: j-1", "cluster_id"),
        ("emr", "spark.executor.memory: 4g", "executor_memory"),
        ("emr_serverless", "ExecutionTimeoutMinutes: 4", "timeout_minutes"),
        ("emr_eks", "SparkSubmitParameters: x", "spark_submit_args"),
        ("ecs", "ContainerName: x", "container"),
    ],
)
def test_a_name_of_the_services_api(registry, job_type, written, key):
    name = written.partition(":")[0]
    said = messages(HEAD.format(job_type, written), registry)
    assert f"what {registry.job_type(job_type).title} calls " in said, name
    assert f" is {key!r} here" in said, name


@pytest.mark.parametrize(
    ("written", "ours"),
    [
        ("datetime2", "timestamp"),
        ("datetime2(7)", "timestamp"),
        ("TIMESTAMP WITH TIME ZONE", "timestamp"),
        ("timestamptz", "timestamp"),
        ("bigint", "long"),
        ("int unsigned", "integer"),
        ("numeric(10, 2)", "decimal"),
        ("nvarchar(20)", "string"),
        ("geometry", None),
    ],
)
def test_a_type_of_a_database(registry, written, ours):
    assert database_type(written) == ours
    said = messages(HEAD.format("glue", f'extract_type: PE, watermark: {{column: c, type: "{written}"}}'), registry)
    assert (f"for this type, write {ours}" in said) is (ours is not None)
