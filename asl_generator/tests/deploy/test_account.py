"""What an account says before anything changes: who calls, which buckets are there, which runs are alive."""

from __future__ import annotations

import json
from dataclasses import replace

import boto3
import pytest
from botocore.stub import Stubber

from asl_generator.deploy.account import Account, for_account, stack_name, with_places
from asl_generator.deploy.alive import check_removed, runs_alive
from asl_generator.deploy.buckets import Buckets, check_buckets
from asl_generator.deploy.faults import DeployError
from asl_generator.machine.definition import MachineDefinition
from extract_core.errors import UsageError
from extract_core.pipeline.deploy import DeployOptions
from extract_core.pipeline.model import Pipeline

HERE = "eu-central-1"
ARN = "arn:aws:states:eu-central-1:123456789012:stateMachine:nightly"


@pytest.fixture(scope="module")
def made():
    keys = {"region_name": "eu-central-1", "aws_access_key_id": "a", "aws_secret_access_key": "b"}
    return {service: boto3.client(service, **keys) for service in ("s3", "stepfunctions")}


@pytest.fixture
def clients(made):
    with Stubber(made["s3"]) as s3, Stubber(made["stepfunctions"]) as states:
        yield Account("eu-central-1", "123456789012", "ann", made.__getitem__), s3, states
        s3.assert_no_pending_responses()
        states.assert_no_pending_responses()


@pytest.fixture
def pipeline(tmp_path):
    return Pipeline(
        file=tmp_path / "extract.toml",
        name="nightly",
        region="eu-central-1",
        account="123456789012",
        config_uri="s3://acme/config/",
        data_uri="s3://lake/",
        runs_uri="s3://acme/runs/",
        tracking="dynamodb://nightly",
        deploy=DeployOptions(artifacts_uri="s3://artifacts/"),
    )


def test_what_extract_toml_leaves_open_comes_from_the_credentials(clients, pipeline):
    account, _, _ = clients
    bare = replace(pipeline, name="My_Sales", account="000000000000", deploy=DeployOptions())
    placed = for_account(bare, account)
    assert placed.account == "123456789012"
    assert placed.deploy.artifacts_uri == "s3://my-sales-artifacts-123456789012-eu-central-1/"
    assert stack_name(placed) == "My-Sales"
    assert stack_name(replace(placed, name="1st")) == "extract-1st"


@pytest.mark.parametrize(
    ("name", "bucket"),
    [
        ("nightly", f"nightly-123456789012-{HERE}"),
        ("_A_b", f"a-b-123456789012-{HERE}"),
        ("x" * 40, f"{'x' * 40}-123456789012-eu-centra"),
    ],
)
def test_places_in_the_account_are_one_bucket_and_a_table(pipeline, name, bucket):
    placed = with_places(replace(pipeline, name=name, account="123456789012", deploy=DeployOptions(managed=("alarms",))))
    assert [placed.config_uri, placed.data_uri, placed.runs_uri] == [f"s3://{bucket}/{of}/" for of in ("config", "data", "runs")]
    assert placed.tracking == f"dynamodb://{name}-tracking?region={HERE}"
    assert placed.deploy.managed == ("alarms", "buckets", "tracking")
    assert not placed.is_local


def test_another_account_is_refused(clients, pipeline):
    account, _, _ = clients
    with pytest.raises(UsageError, match=r"but the credentials \(ann\) are of account 123456789012"):
        for_account(replace(pipeline, account="123456789013"), account)


def head(s3, bucket: str, *, region: str | None = "eu-central-1", status: int = 200) -> None:
    if status == 200:
        s3.add_response("head_bucket", {"BucketRegion": region}, {"Bucket": bucket})
    else:
        headers = {"x-amz-bucket-region": region} if region else {}
        meta = {"HTTPHeaders": headers}
        s3.add_client_error("head_bucket", str(status), "no", status, expected_params={"Bucket": bucket}, response_meta=meta)


class TestBuckets:
    def test_the_bucket_of_the_artifacts_may_be_missing(self, clients, pipeline):
        account, s3, _ = clients
        for bucket in ("acme", "lake", "acme"):
            head(s3, bucket)
        head(s3, "artifacts", region=None, status=404)
        assert check_buckets(pipeline, account) == Buckets("artifacts", artifacts_missing=True)

    def test_others_may_not_unless_the_stack_makes_them(self, clients, pipeline):
        account, s3, _ = clients
        for bucket, status in (("acme", 404), ("lake", 200), ("acme", 404), ("artifacts", 200)):
            head(s3, bucket, region=None if status == 404 else "eu-central-1", status=status)
        with pytest.raises(UsageError) as caught:
            check_buckets(pipeline, account)
        assert "there is no bucket 'acme'; create it, or let the stack make it: write managed = [\"alarms\", " in str(
            caught.value
        )
        for bucket, status in (("acme", 404), ("lake", 200), ("acme", 404), ("artifacts", 200)):
            head(s3, bucket, region=None if status == 404 else "eu-central-1", status=status)
        by_stack = replace(pipeline, deploy=replace(pipeline.deploy, managed=("buckets",)))
        assert not check_buckets(by_stack, account).artifacts_missing

    def test_a_bucket_in_another_region_is_named_but_data_may_be_anywhere(self, clients, pipeline):
        account, s3, _ = clients
        head(s3, "acme", region="eu-west-1", status=301)
        head(s3, "lake", region="eu-west-1", status=301)
        head(s3, "acme", region="eu-west-1")
        head(s3, "artifacts", region="us-east-1", status=301)
        with pytest.raises(UsageError) as caught:
            check_buckets(pipeline, account)
        assert str(caught.value).splitlines() == [
            f"extract.toml: {path}: the bucket {bucket!r} is in {region}, but the pipeline runs in {HERE}: {remedy}"
            for path, bucket, region, remedy in (
                ("pipeline.config_uri", "acme", "eu-west-1", f"name one in {HERE}"),
                ("pipeline.runs_uri", "acme", "eu-west-1", f"name one in {HERE}"),
                (
                    "deploy.artifacts_uri",
                    "artifacts",
                    "us-east-1",
                    f"remove the key, so that up makes a bucket in {HERE}, or name one there",
                ),
            )
        ]

    def test_a_name_that_another_account_has_is_said(self, clients, pipeline):
        account, s3, _ = clients
        head(s3, "acme", status=403)
        with pytest.raises(DeployError, match="the bucket 'acme' cannot be used: it belongs to another account"):
            check_buckets(pipeline, account)


class TestRuns:
    MACHINE = MachineDefinition(name="nightly", definition={}, branches=(), functions={}, statements=())

    @staticmethod
    def deployed(states, job_types: dict) -> None:
        payload = {"machine": {"job_types": job_types}}
        definition = json.dumps({"States": {"Extract Config Manager": {"Parameters": {"Payload": payload}}}})
        answer = {
            "stateMachineArn": ARN, "name": "nightly", "definition": definition, "roleArn": "arn", "type": "STANDARD",
            "creationDate": 0,
        }  # fmt: skip
        states.add_response("describe_state_machine", answer, {"stateMachineArn": ARN})

    @staticmethod
    def alive(states, *names: str) -> None:
        executions = [
            {"executionArn": name, "stateMachineArn": ARN, "name": name, "status": "RUNNING", "startDate": 0} for name in names
        ]
        request = {"stateMachineArn": ARN, "statusFilter": "RUNNING", "maxResults": 100}
        states.add_response("list_executions", {"executions": executions}, request)

    def test_a_job_type_that_a_living_run_may_need_stays(self, clients, pipeline):
        account, _, states = clients
        self.deployed(states, {"glue": {}})
        self.alive(states, "run-1", "run-2")
        with pytest.raises(DeployError) as caught:
            check_removed(pipeline, self.MACHINE, account)
        assert str(caught.value) == (
            "this change removes the job type 'glue', but 2 runs may still need it (run-1, run-2): wait until no run is "
            "alive (extract watch), or keep the section [job_types.glue] for now"
        )

    def test_without_a_living_run_it_goes(self, clients, pipeline):
        account, _, states = clients
        self.deployed(states, {"glue": {}})
        self.alive(states)
        check_removed(pipeline, self.MACHINE, account)

    def test_the_first_deployment_has_no_runs(self, clients, pipeline):
        account, _, states = clients
        for call in ("describe_state_machine", "list_executions"):
            states.add_client_error(call, "StateMachineDoesNotExist", "no", 400)
        check_removed(pipeline, self.MACHINE, account)
        assert runs_alive(pipeline, account) == []
