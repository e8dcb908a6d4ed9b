"""The plugin against moto's Glue and S3, what it may do there, and its section."""

from __future__ import annotations

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from botocore.client import BaseClient
from moto.server import ThreadedMotoServer
from pyarrow.fs import S3FileSystem
from pyiceberg.catalog import load_catalog

from asl_generator.permissions import policy_document
from asl_toolkit.services.aws.iam.reference import policy_faults
from extract_core import AttemptReport, JobState, JobStatus, LiveAttempt
from extract_core.contract import Target
from extract_iceberg import extract_permissions, extract_run_finished
from extract_iceberg.settings import Settings

GLUE = {"type": "glue", "warehouse": "s3://lake/iceberg"}
TARGET = Target(
    partition="aws",
    region="eu-central-1",
    account="123456789012",
    machine_name="m",
    map_mode="DISTRIBUTED",
    deployment={},
    function_arn=str,
)


@pytest.fixture
def address(monkeypatch):
    for name, value in (("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "x"), ("AWS_DEFAULT_REGION", "eu-central-1")):
        monkeypatch.setenv(name, value)
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def test_a_glue_catalog_in_s3_needs_no_call_that_the_permissions_do_not_name(address, monkeypatch):
    boto3.client("s3", endpoint_url=address, region_name="us-east-1").create_bucket(Bucket="lake")
    files = S3FileSystem(endpoint_override=address, region="eu-central-1")
    catalog = {**GLUE, "glue.endpoint": address, "s3.endpoint": address, "s3.region": "eu-central-1"}
    attempts, calls = [], set()
    call = BaseClient._make_api_call
    monkeypatch.setattr(BaseClient, "_make_api_call", lambda *args: (calls.add(args[1]), call(*args))[1])
    for run in ("r1", "r2"):
        folder = f"lake/raw/public.orders/run_id={run}"
        pq.write_table(pa.table({"id": [run]}), f"{folder}/part-0.parquet", filesystem=files)
        attempts.append(
            LiveAttempt(
                run_id=run,
                attempt=1,
                mode="full",
                is_base=run == "r1",
                recorded_at="t",
                rows=1,
                files=[f"s3://{folder}/part-0.parquet"],
                folder=f"s3://{folder}/",
            )
        )
        report = AttemptReport(live=lambda: attempts)
        item = {"source": "sales", "table": "public.orders"}
        settings = {"namespace": "lake", "catalog": catalog}
        extract_run_finished(table=item, status=JobStatus(state=JobState.SUCCEEDED), report=report, settings=settings)
    granted = {action for statement in extract_permissions(target=TARGET, settings=settings) for action in statement.actions}
    assert {f"glue:{name}" for name in calls} == {action for action in granted if action.startswith("glue:")}
    table = load_catalog("default", **catalog).load_table(("lake", "public_orders"))
    assert sorted(table.scan().to_arrow()["id"].to_pylist()) == ["r1", "r2"]
    assert table.location().startswith("s3://lake/iceberg/")


def test_the_permissions_are_those_of_the_namespace_the_warehouse_and_the_data():
    settings = {"namespace": "raw", "catalog": GLUE, "data": ["s3://data/sales/", "s3://more"]}
    statements = list(extract_permissions(target=TARGET, settings=settings))
    assert policy_faults(policy_document(statements)) == []
    assert [list(statement.resources) for statement in statements] == [
        [f"arn:aws:glue:eu-central-1:123456789012:{name}" for name in ("catalog", "database/raw")],
        [f"arn:aws:glue:eu-central-1:123456789012:{name}" for name in ("catalog", "database/raw", "table/raw/*")],
        ["arn:aws:s3:::lake/iceberg/*"],
        ["arn:aws:s3:::data/sales/*", "arn:aws:s3:::more/*"],
    ]
    local = {"namespace": "raw", "catalog": {"type": "sql", "warehouse": "file:///tmp"}}
    assert list(extract_permissions(target=TARGET, settings=local)) == []


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"catalog": GLUE}, "namespace"),
        ({"namespace": "raw"}, "catalog"),
        ({"namespace": "Raw", "catalog": GLUE}, "should match pattern"),
        ({"namespace": "raw", "catalog": {"uri": "x"}}, r"catalog\.type is missing: write the type of the catalog"),
        ({"namespace": "raw", "catalog": {"type": "rest", "token": "t"}}, r"catalog\.token holds a secret"),
        ({"namespace": "raw", "catalog": {"type": "rest", "s3.secret-access-key": "t"}}, r"catalog\.s3\.secret-access-key holds"),
        ({"namespace": "raw", "catalog": {"type": "sql", "uri": "postgresql://u:pw@h/d"}}, r"catalog\.uri holds a secret"),
        ({"namespace": "raw", "catalog": GLUE, "data": ["data/sales"]}, "is not a URI like s3://bucket/folder"),
        ({"namespace": "raw", "catalog": GLUE, "warehouse": "s3://x"}, "warehouse"),
    ],
)
def test_sections_that_are_not_valid_are_refused(section, words):
    with pytest.raises(ValueError, match=words):
        Settings.model_validate(section)
