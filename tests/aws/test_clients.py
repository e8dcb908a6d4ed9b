"""Clients of one botocore session, with the models of a bundle or with botocore's own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

import extract_core
from asl_generator.bundle.models import trimmed_models
from extract_core.clients import Clients
from extract_core.objects.routed import open_objects

CORE = sorted(Path(extract_core.__file__).parent.rglob("*.py"))
OPERATIONS = {
    "dynamodb": ["BatchGetItem", "DeleteItem", "GetItem", "PutItem", "Query", "TransactWriteItems", "UpdateItem"],
    "events": ["PutEvents"],
    "s3": [
        *("AbortMultipartUpload", "CompleteMultipartUpload", "CreateMultipartUpload", "CreateSession", "DeleteObject"),
        *("GetObject", "HeadBucket", "HeadObject", "ListObjectsV2", "PutObject", "UploadPart"),
    ],
    "stepfunctions": [
        *("DescribeExecution", "DescribeMapRun", "GetExecutionHistory", "ListExecutions", "StartExecution", "StopExecution"),
        "UpdateMapRun",
    ],
}


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    for path, data in trimmed_models(CORE).items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(data)
    return folder / "extract_models"


@pytest.fixture
def aws(monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        yield


def test_the_models_have_what_is_called_and_nothing_else(models, aws):
    clients = Clients(models)
    assert {service: clients.make(service).meta.service_model.operation_names for service in OPERATIONS} == OPERATIONS
    assert sum(file.stat().st_size for file in models.rglob("*.json")) < 300_000


@pytest.mark.parametrize("region", ["eu-central-1", "us-gov-west-1", "cn-north-1", "eu-isoe-west-1"])
def test_the_endpoints_are_those_of_botocore_in_each_partition(models, aws, region):
    lean, whole = Clients(models), Clients()
    for service in OPERATIONS:
        clients = [made.make(service, region=region) for made in (lean, whole)]
        urls = [client.meta.endpoint_url for client in clients]
        assert urls[0] == urls[1]
        assert region in urls[0]
        assert clients[0].meta.partition == clients[1].meta.partition


def test_objects_and_errors_are_read_with_the_models(models, aws):
    clients = Clients(models)
    Clients().make("s3").create_bucket(Bucket="acme", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    objects = open_objects(clients)
    assert objects.write("s3://acme/a/b", b"text", if_absent=True)
    assert objects.read("s3://acme/a/b") == b"text"
    assert objects.read_range("s3://acme/a/b", 1, 2) == b"ex"
    assert objects.exists("s3://acme/a/b")
    assert list(objects.list("s3://acme/a/")) == ["s3://acme/a/b"]
    stamped = objects.read_changed("s3://acme/a/b", None)
    assert objects.read_changed("s3://acme/a/b", stamped.stamp) is None
    objects.delete("s3://acme/a/b")
    assert not objects.exists("s3://acme/a/b")
    states = clients.make("stepfunctions")
    with pytest.raises(states.exceptions.ExecutionDoesNotExist):
        states.describe_execution(executionArn="arn:aws:states:eu-central-1:123456789012:execution:m:e")
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        clients.make("dynamodb").get_item(TableName="acme", Key={"pk": {"S": "x"}})


def test_a_client_that_the_models_are_not_enough_for_is_made_from_botocores_own(models, aws, tmp_path, caplog):
    (tmp_path / "s3").mkdir()
    client = Clients(tmp_path).make("s3")
    assert "CreateBucket" in client.meta.service_model.operation_names
    (warning,) = [record.getMessage() for record in caplog.records if record.levelname == "WARNING"]
    assert warning.startswith("this botocore cannot use the models of the bundle and uses its own: s3: ")


def test_a_service_without_models_and_the_options_of_a_client(models, aws):
    client = Clients(models).make("sqs", region="eu-west-1", read_timeout=7)
    assert client.meta.region_name == "eu-west-1"
    assert client.meta.config.read_timeout == 7


def test_clients_need_no_boto3():
    code = (
        "import sys; sys.modules['boto3'] = None\n"
        "from extract_core.clients import Clients\n"
        "assert 'botocore' not in sys.modules\n"
        "Clients().make('s3', region='eu-central-1')"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
