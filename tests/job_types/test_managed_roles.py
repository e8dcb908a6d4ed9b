"""The roles of jobs that the stack makes, behind the evaluator of IAM: the reference job runs with them, and nothing is refused.

The job is the real one, with clients of boto3 that belong to the role, and S3, Secrets Manager and the parameter store of moto.
What the services do with the role themselves (logs, images, network interfaces) is modelled after their guides. Then each
action, resource and part of a condition is taken away in turn, and some request must be refused.
"""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path
from typing import Any

import boto3
import pytest
from moto import mock_aws

from asl_generator import build_pipeline
from asl_toolkit.services.aws.iam.guard import Guard
from asl_toolkit.services.aws.iam.mutation import score
from asl_toolkit.services.aws.iam.policy import Request
from asl_toolkit.services.aws.iam.requests import Place
from extract_core.pipeline.read import read_pipeline
from extract_core.registry.loading import discover
from extract_job.aws import faults
from extract_job.databases.secret import read_secret
from extract_job.errors import JobError
from extract_job.program import run
from extract_job.stopping import StopRequest
from extract_job.storage.places import S3Uri
from extract_job.storage.s3 import S3Folder

HERE = "eu-central-1:123456789012"
KEY = f"arn:aws:kms:{HERE}:key/1"
IMAGE = "123456789012.dkr.ecr.eu-central-1.amazonaws.com/extract-job:1"
PIPELINE = f"""
[pipeline]
name = "nightly"
region = "eu-central-1"
account = "123456789012"
config_uri = "s3://acme/config/"
data_uri = "s3://lake/data/"
runs_uri = "s3://acme/runs/"
tracking = "dynamodb://nightly"

[deploy]
artifacts_uri = "s3://artifacts/"
kms_key = "{KEY}"

[job_types.glue]
job_name = "extract-jdbc"
managed = {{secrets = ["sales-db", "/prod/sales"], connections = ["own"], subnet = "subnet-1a", security_groups = ["sg-1a"]}}

[job_types.ecs]
cluster = "extracts"
task_definition = "extract-job"
subnets = ["subnet-1a"]
managed = {{image = "{IMAGE}", secrets = ["sales-db", "/prod/sales"]}}

[job_types.emr_serverless]
scripts_uri = "s3://code/jobs/"
log_uri = "s3://logs/serverless/"
[job_types.emr_serverless.managed]
secrets = ["sales-db", "/prod/sales"]
python_archive = "s3://code/environment.tar.gz"
jars = ["s3://code/postgresql.jar", "s3://code/mysql.jar"]

[job_types.batch]
job_queue = "extracts"
job_definition = "extract-job"
managed = {{image = "{IMAGE}", secrets = ["sales-db", "/prod/sales"], subnets = ["subnet-1a"], security_groups = ["sg-1a"]}}
"""
FILLED = {
    "${AWS::Partition}": "aws",
    "${ArtifactsBucket}": "artifacts",
    "${JobScriptKey}": "1/extract_job.py",
    "${JobWheelKey}": "2/extract_job.whl",
}
JOBS = ("GlueRole", "ECSTaskRole", "EMRServerlessRole", "BatchJobRole")
LAYERS = ("BatchCheckLayerAvailability", "BatchGetImage", "GetDownloadUrlForLayer")
TAGS = {"aws:TagKeys": ["aws-glue-service-resource"]}


def pulled(*logs: str) -> list[Request]:
    """ECS guide, "Amazon ECS task execution IAM role": the image, and the log of the container."""
    image = [Request(f"ecr:{action}", f"arn:aws:ecr:{HERE}:repository/extract-job") for action in LAYERS]
    return [Request("ecr:GetAuthorizationToken"), *image, *written(*logs)]


def written(group: str, *, makes_group: bool = False) -> list[Request]:
    """CloudWatch Logs API: a stream is made, and written to."""
    arn = f"arn:aws:logs:{HERE}:log-group:{group}"
    made = [Request("logs:CreateLogGroup", arn)] if makes_group else []
    return [*made, *(Request(f"logs:{action}", f"{arn}:log-stream:x") for action in ("CreateLogStream", "PutLogEvents"))]


def on_ec2(kind: str, *actions: str, **context: object) -> list[Request]:
    return [Request(f"ec2:{action}", f"arn:aws:ec2:{HERE}:{kind}/x", dict(context)) for action in actions]


STARTED = [Request("s3:GetObject", f"arn:aws:s3:::artifacts/{FILLED[key]}") for key in ("${JobScriptKey}", "${JobWheelKey}")]
OF_SERVICES = {
    # Glue guide, "Setting up IAM permissions" (AWSGlueServiceRole) and "Connecting to a JDBC data store in a VPC"
    "GlueRole": [
        *STARTED,
        *written("/aws-glue/jobs/error", makes_group=True),
        *(
            Request("glue:GetConnection", f"arn:aws:glue:{HERE}:{name}")
            for name in ("catalog", "connection/own", "connection/extract-jdbc-network")
        ),
        *(
            Request(f"ec2:Describe{name}")
            for name in ("NetworkInterfaces", "RouteTables", "SecurityGroups", "Subnets", "VpcEndpoints")
        ),
        *on_ec2("vpc", "DescribeVpcAttribute"),
        *(
            request
            for kind in ("network-interface", "security-group", "subnet")
            for request in on_ec2(kind, "CreateNetworkInterface")
        ),
        *on_ec2("network-interface", "DeleteNetworkInterface"),
        *on_ec2("network-interface", "CreateTags", "DeleteTags", **TAGS),
    ],
    "ECSExecutionRole": pulled("/ecs/extract-job"),
    "BatchExecutionRole": [*pulled("/aws/batch/job"), *written("/aws/batch/job", makes_group=True)],
    # EMR Serverless guide, "Job runtime roles" and "Storing logs" (S3)
    "EMRServerlessRole": [
        *STARTED,
        Request("s3:GetObject", "arn:aws:s3:::code/jobs/own.py"),
        *(Request("s3:GetObject", f"arn:aws:s3:::code/{name}") for name in ("environment.tar.gz", "postgresql.jar", "mysql.jar")),
        *(Request(f"s3:{action}", "arn:aws:s3:::logs/serverless/x") for action in ("GetObject", "PutObject")),
    ],
}


def filled(value):
    """Resources with the values that CloudFormation fills in."""
    if isinstance(value, dict) and value.keys() == {"Fn::Sub"}:
        text = value["Fn::Sub"]
        for token, name in FILLED.items():
            text = text.replace(token, name)
        return text
    if isinstance(value, dict):
        return {key: filled(member) for key, member in value.items()}
    return [filled(element) for element in value] if isinstance(value, list | tuple) else value


@pytest.fixture
def guard(tmp_path, monkeypatch):
    """The policies of all roles of jobs, by role, and clients that belong to the role that acts."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "extract.toml").write_text(PIPELINE)
    machine = build_pipeline(read_pipeline(tmp_path), discover())
    policies = {
        logical_id.removesuffix("Policy"): [filled(json.loads(json.dumps(of.properties["PolicyDocument"])))]
        for logical_id, of in machine.infrastructure.items()
        if of.type == "AWS::IAM::Policy"
    }
    more = {"secretsmanager GetSecretValue": "secret:{SecretId}-a1B2c3", "ssm GetParameter": "parameter{Name}"}
    guard = Guard(policies, Place("eu-central-1", "123456789012", more=more), kms_key=KEY)
    with mock_aws():
        yield guard


def account() -> None:
    """The buckets and the secrets."""
    where = {"CreateBucketConfiguration": {"LocationConstraint": "eu-central-1"}}
    for bucket in ("lake", "acme"):
        boto3.client("s3").create_bucket(Bucket=bucket, **where)
    secret = json.dumps({"host": "h", "username": "u", "password": "p"})
    boto3.client("secretsmanager").create_secret(Name="sales-db", SecretString=secret)
    boto3.client("ssm").put_parameter(Name="/prod/sales", Value=secret, Type="SecureString")


def source() -> None:
    """A source in the current folder: two rows, and a table whose row 3,001 cannot be read."""
    with sqlite3.connect("sales.db") as database:
        database.executescript("DROP TABLE IF EXISTS t; CREATE TABLE t (id INTEGER); INSERT INTO t VALUES (1), (2)")
        database.executescript("DROP TABLE IF EXISTS broken; CREATE TABLE broken (id INTEGER)")
        database.executemany("INSERT INTO broken VALUES (?)", [*((number,) for number in range(3_000)), ("x",)])


def unguarded() -> Any:
    """A client of no role."""
    return boto3.Session().client("s3")


def body(bucket: str, key: str) -> bytes:
    return unguarded().get_object(Bucket=bucket, Key=key)["Body"].read()


def extracted(table: str, attempt: int, **more: str) -> int:
    arguments = {
        "source_name": "sales", "source_type": "jdbc", "extract_table": table, "run_id": "r", "attempt": str(attempt),
        "db_engine": "sqlite", "db_name": "sales.db", "extract_s3_uri": f"s3://lake/data/sales/{table}/{attempt}/",
        "result_uri": f"s3://acme/runs/r/results/{table}-{attempt}.json", "rows_per_file": "1000", **more,
    }  # fmt: skip
    return run([word for key, value in arguments.items() for word in (f"--{key}", value)], StopRequest())


def breaks_off(session: boto3.Session) -> None:
    """An upload in parts that fails: boto3 aborts it."""

    def fails(**_: object) -> None:
        raise RuntimeError("the network is gone")

    session.events.register("before-call.s3.UploadPart", fails)
    large = Path("large.parquet")
    large.write_bytes(bytes(9 * 1024 * 1024))
    with pytest.raises((RuntimeError, JobError, *faults())):
        S3Folder(S3Uri("lake", "data/sales/large/1/")).take(large, 1)
    session.events.unregister("before-call.s3.UploadPart", fails)


def resumes() -> None:
    """An attempt fails in its last chunk, and the next one takes over the others, which S3 copies."""
    with sqlite3.connect("sales.db") as database:
        database.executescript("DROP TABLE IF EXISTS resumed; CREATE TABLE resumed (id INTEGER PRIMARY KEY, day DATE)")
        database.executemany("INSERT INTO resumed VALUES (?, '2024-05-31')", [(number,) for number in range(3_000)])
        database.execute("UPDATE resumed SET day = 'x' WHERE id = 2999")
    places = [
        {"result_uri": f"s3://acme/runs/r/results/resumed/attempt={number}.json", "chunk_rows": "1000"} for number in (1, 2)
    ]
    assert extracted("resumed", 1, **places[0]) == 1
    with sqlite3.connect("sales.db") as database:
        database.execute("UPDATE resumed SET day = '2024-05-31'")
    assert extracted("resumed", 2, **places[1]) == 0
    assert json.loads(body("acme", "runs/r/results/resumed/attempt=2.json"))["chunks"] == {"all": 3, "earlier": 2}


def lives(session: boto3.Session) -> None:
    """What happens to a job: it succeeds, remembers, fails, is tried again, resumes, reads secrets; an upload breaks off."""
    marked = {"extract_type": "PE", "hwm_col_name": "id", "hwm_column_type": "LongType"}
    last = {**marked, "low_watermark": "2", "last_result": "s3://acme/runs/r/results/t-1.json"}
    source()
    assert extracted("t", 1, **marked) == 0
    with sqlite3.connect("sales.db") as database:
        database.execute("INSERT INTO t VALUES (0), (3)")
    assert extracted("t", 2, **last) == 0
    assert extracted("broken", 1) == 1
    remembered = json.loads(body("acme", "runs/r/results/t-1.json"))["overlap"]["remembers"]
    unguarded().delete_object(Bucket="lake", Key=f"data/sales/t/1/{remembered}")
    assert extracted("t", 3, **last) == 0
    assert extracted("t", 4, **{**last, "last_result": "s3://acme/runs/r/results/none.json"}) == 0
    resumes()
    assert read_secret("sales-db") == read_secret("/prod/sales")
    breaks_off(session)


@pytest.mark.soak
def test_the_job_is_refused_nothing_and_every_part_of_its_role_is_needed(guard, monkeypatch, request, capsys):
    """Prints the score: `make permissions-score`."""
    account()
    for role in JOBS:
        session = boto3.Session()
        guard.attach(session, role)
        monkeypatch.setattr(boto3, "DEFAULT_SESSION", session)
        lives(session)
    for role, requests in OF_SERVICES.items():
        for needed in requests:
            guard.allows(role, needed)
    result = score(guard.policies, guard.requests)
    with capsys.disabled():
        writer = request.config.get_terminal_writer()
        writer.line(
            f"\nparts of the roles of jobs that are needed: {result.noticed} of {result.mutants} ({result.percent:.1f} %)"
        )
        for line in (*sorted(set(result.refused)), *result.unused, *result.superfluous):
            writer.line(f"  {line}")
    assert (sorted(set(result.refused)), result.unused, result.superfluous) == ([], [], [])
