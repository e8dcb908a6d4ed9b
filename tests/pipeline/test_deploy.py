"""The sections [deploy] and [schedules] of extract.toml: defaults, values, and what each fault says."""

from __future__ import annotations

import pytest

from extract_core.errors import ConfigError
from extract_core.pipeline.deploy import DeployOptions, Schedule
from extract_core.pipeline.read import read_pipeline
from extract_core.pipeline.toml_reading import REGIONS


@pytest.fixture
def read(tmp_path):
    def of(text: str):
        (tmp_path / "extract.toml").write_text(text)
        return read_pipeline(tmp_path)

    return of


def test_without_sections_the_defaults_are_safe(read):
    pipeline = read("")
    assert pipeline.schedules == {}
    assert pipeline.deploy == DeployOptions(
        architecture="arm64",
        runtime="python3.13",
        log_retention_days=90,
        managed=("alarms", "alias", "reconcile", "tracking"),
    )


def test_every_key_is_read(read):
    text = """
    [deploy]
    artifacts_uri = "s3://acme-extract/artifacts"
    stack = "nightly-prod"
    architecture = "x86_64"
    runtime = "python3.14"
    log_retention_days = 30
    alarm_email = "data@example.com"
    event_bus = "data"
    tracing = true
    managed = ["buckets", "tracking"]
    tags = {team = "data"}
    permissions_boundary = "arn:aws:iam::123456789012:policy/edge"
    kms_key = "arn:aws:kms:eu-central-1:123456789012:key/0a1b"
    subnets = ["subnet-0a1b2c3d"]
    security_groups = ["sg-0a1b2c3d"]

    [schedules.sales]
    when = "cron(0 2 * * ? *)"
    timezone = "Europe/Berlin"
    event = {source = "sales", tables = "*"}
    """
    pipeline = read(text)
    assert pipeline.deploy == DeployOptions(
        artifacts_uri="s3://acme-extract/artifacts/",
        stack="nightly-prod",
        architecture="x86_64",
        runtime="python3.14",
        log_retention_days=30,
        alarm_email="data@example.com",
        event_bus="data",
        tracing=True,
        managed=("buckets", "tracking"),
        tags={"team": "data"},
        permissions_boundary="arn:aws:iam::123456789012:policy/edge",
        kms_key="arn:aws:kms:eu-central-1:123456789012:key/0a1b",
        subnets=("subnet-0a1b2c3d",),
        security_groups=("sg-0a1b2c3d",),
    )
    assert pipeline.schedules == {
        "sales": Schedule(when="cron(0 2 * * ? *)", timezone="Europe/Berlin", event={"source": "sales", "tables": "*"})
    }


@pytest.mark.parametrize(
    ("text", "complaints"),
    [
        (
            "[deploy]\narchitectur = 'arm64'\narchitecture = 'arm'\n",
            [
                "extract.toml:2:1: deploy.architectur: no such key here; did you mean 'architecture'?",
                "extract.toml:3:1: deploy.architecture: 'arm' is not valid; write arm64 or x86_64; did you mean 'arm64'?",
            ],
        ),
        (
            "[deploy]\nlog_retention_days = 91\nmanaged = ['bucket']\ntracing = 1\n",
            [
                (
                    "extract.toml:2:1: deploy.log_retention_days: 91 is not valid; CloudWatch Logs does not have this number of "
                    "days; the nearest is 90"
                ),
                (
                    "extract.toml:3:1: deploy.managed: ['bucket'] is not valid; write a list of parts: alarms, alias, buckets, "
                    "reconcile, tracking; did you mean 'buckets'?"
                ),
                "extract.toml:4:1: deploy.tracing: 1 is not valid; write true or false",
            ],
        ),
        (
            "[deploy]\nartifacts_uri = 'artifacts/'\nkms_key = 'alias/x'\ntags = {a = 1}\n",
            [
                (
                    "extract.toml:2:1: deploy.artifacts_uri: 'artifacts/' is not valid; write a folder in S3, such as "
                    "s3://bucket/artifacts/"
                ),
                (
                    "extract.toml:3:1: deploy.kms_key: 'alias/x' is not valid; write the ARN of a KMS key, arn:aws:kms:…:key/… "
                    "(not an alias)"
                ),
                "extract.toml:4:1: deploy.tags: {'a': 1} is not valid; write texts by name, such as tags = {team = \"data\"}",
            ],
        ),
        (
            "[deploy]\ntags = {a = '$'}\n",
            ["extract.toml:2:1: deploy.tags: {'a': '$'} is not valid; write texts by name, such as tags = {team = \"data\"}"],
        ),
        (
            "[deploy]\nsubnets = ['subnet-1a']\n",
            ["extract.toml:1:1: deploy: subnets and security_groups go together: functions in a VPC need both"],
        ),
        (
            "[pipeline]\nregion = 'eu-centrl-1'\n[deploy]\nruntime = 'python313'\n",
            [
                (
                    "extract.toml:2:1: pipeline.region: 'eu-centrl-1' is not valid; write a region such as eu-central-1; did you "
                    "mean 'eu-central-1'?"
                ),
                (
                    "extract.toml:4:1: deploy.runtime: 'python313' is not valid; write one of python3.11, python3.12, "
                    "python3.13, python3.14; did you mean 'python3.13'?"
                ),
            ],
        ),
        ("[schedules]\nsales = 3\n", ["extract.toml:2:1: schedules.sales: is 3, but must be a section; write [schedules.sales]"]),
        (
            "[schedules.sales]\nwhen = '0 2 * * *'\nevnt = {}\n",
            [
                ('extract.toml:1:1: schedules.sales.event: is missing; write event = {source = "sales", tables = "*"}'),
                (
                    "extract.toml:2:1: schedules.sales.when: '0 2 * * *' is not an expression; did you mean "
                    "'cron(0 2 * * ? *)'?; write cron(0 2 * * ? *), rate(1 day) or at(2027-01-31T02:00:00)"
                ),
                "extract.toml:3:1: schedules.sales.evnt: no such key here; did you mean 'event'?",
            ],
        ),
    ],
)
def test_every_fault_has_its_place(read, text, complaints):
    with pytest.raises(ConfigError) as caught:
        read(text)
    assert str(caught.value).splitlines() == complaints


@pytest.mark.parametrize("region", [*REGIONS, "us-isof-south-1", "eu-isoe-west-1", "nz-southeast-1"])
def test_every_region_and_one_that_is_newer_than_this_version_is_taken(read, region):
    assert read(f"[pipeline]\nregion = '{region}'\n").region == region
