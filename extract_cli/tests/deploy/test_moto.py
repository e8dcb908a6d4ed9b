"""From an empty account of moto's server to a finished run: what was deployed is read back, and runs.

The interpreter of asl_toolkit runs the definition that DescribeStateMachine returns. The Lambda functions run from the zip in S3,
in a process that sees nothing but the zip and boto3, as in Lambda. moto runs no jobs: a function that
writes a result takes their place.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from functools import partial
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import boto3
import pytest

from asl_toolkit import Services
from asl_toolkit.client import StepFunctions
from asl_toolkit.services.aws.calls import AwsCalls
from extract_core.objects.routed import open_objects

from .accounts import ACCOUNT, REGION, deployed, free_port, project, served

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(600)]

MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:nightly"
RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "urllib3", "six")
"""What the Lambda runtime brings."""
CALL = """
import importlib, json, sys
sys.path[:0] = json.loads(sys.argv[1])
module, _, name = sys.argv[2].rpartition(".")
print("\\n" + json.dumps(getattr(importlib.import_module(module), name)(json.load(sys.stdin), None)))
"""


@pytest.fixture
def account(tmp_path, monkeypatch):
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", port]
    with served(command, {"PORT": port}, tmp_path):
        project(tmp_path, monkeypatch, port)
        yield tmp_path


def unpacked(key: str, bucket: str, folder: Path) -> list[str]:
    """The folders on the path of a function: the zip's content, and what the runtime has."""
    data = boto3.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    ZipFile(BytesIO(data)).extractall(folder / "task")
    (folder / "runtime").mkdir()
    for name in RUNTIME:
        origin = Path(find_spec(name).origin)
        place = origin.parent if origin.name == "__init__.py" else origin
        (folder / "runtime" / place.name).symlink_to(place)
    return [str(folder / "task"), str(folder / "runtime")]


class Account:
    """What the machine calls: functions in processes of their own, and a Glue that writes the result of each job."""

    def __init__(self, folder: Path) -> None:
        self.functions = {of["FunctionName"]: of for of in boto3.client("lambda").list_functions()["Functions"]}
        resources = boto3.client("cloudformation").describe_stacks(StackName="nightly")["Stacks"][0]["Parameters"]
        parameters = {of["ParameterKey"]: of["ParameterValue"] for of in resources}
        self.path = unpacked(parameters["BundleKey"], parameters["ArtifactsBucket"], folder)

    def called(self, name: str, event: object, _context: object) -> object:
        function = self.functions[name]
        keys = ("AWS_ENDPOINT_URL", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION")
        environment = {**{key: os.environ[key] for key in keys}, **function["Environment"]["Variables"]}
        command = [sys.executable, "-I", "-S", "-c", CALL, json.dumps(self.path), function["Handler"]]
        done = subprocess.run(command, input=json.dumps(event), env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr[-2000:]
        return json.loads(done.stdout.splitlines()[-1])

    @staticmethod
    def job(request):
        item, objects = request.input, open_objects()
        objects.write(f"{item['extract_s3_uri']}rows.csv", b"1\n" * 7)
        result = {
            "run_id": item["run_id"], "attempt": item["attempt"], "rows": 7, "bytes": 14,
            "files": [{"name": "rows.csv", "bytes": 14, "rows": 7}],
            "low_watermark": None, "high_watermark": None, "rows_without_watermark": 0,
        }  # fmt: skip
        objects.write(item["result_uri"], json.dumps(result).encode())
        return {"Id": "jr_1", "JobName": "extract-jdbc", "JobRunState": "SUCCEEDED", "StartedOn": 1, "CompletedOn": 2}


def test_from_an_empty_account_to_a_finished_run_and_back(account):
    up = deployed("up", "--yes")
    assert (up.exit_code, up.stdout) == (0, "extract run sales public.accounts\n"), up.stderr
    assert "stack nightly: CREATE_COMPLETE" in up.stderr
    assert f'state_machine = "{MACHINE}"' in (account / "extract.toml").read_text()

    definition = boto3.client("stepfunctions").describe_state_machine(stateMachineArn=MACHINE)["definition"]
    cloud, calls = Account(account), AwsCalls(boto3.client)
    services = Services(
        {("s3", "getObject"): calls.get_object, ("s3", "putObject"): calls.optimised},
        functions={name: partial(cloud.called, name) for name in cloud.functions},
        states=dict.fromkeys(_job_states(definition), cloud.job),
    )
    states = StepFunctions(services=services, region=REGION, account=ACCOUNT)
    states.create_state_machine(name="nightly", definition=definition, roleArn="arn:aws:iam::1:role/x")
    event = json.dumps({"source": "sales", "tables": "*"})
    execution = states.start_execution(stateMachineArn=MACHINE, name="first", input=event)["executionArn"]
    deadline = time.monotonic() + 300
    while (described := states.describe_execution(executionArn=execution))["status"] == "RUNNING":
        assert time.monotonic() < deadline
        time.sleep(0.2)
    assert described["status"] == "SUCCEEDED", described
    rows = boto3.client("dynamodb").scan(TableName="nightly")["Items"]
    states = [row for row in rows if row["sk"]["S"] == "STATE"]
    assert len(states) == 2
    assert boto3.client("events").describe_rule(Name="nightly-reconcile")["State"] == "ENABLED"

    again = deployed("up", "--yes")
    assert (again.exit_code, "nothing to change" in again.stderr) == (0, True)

    down = deployed("down", "--yes")
    assert down.exit_code == 0, down.stderr
    assert "these stay: the table nightly, the bucket acme-extract, the bucket acme-lake" in down.stderr
    assert boto3.client("dynamodb").list_tables()["TableNames"] == ["nightly"]
    assert boto3.client("stepfunctions").list_state_machines()["stateMachines"] == []


def _job_states(definition: str) -> list[str]:
    states = json.loads(definition)["States"]["Iterate Through Extract Tables"]["ItemProcessor"]["States"]
    return [name for name, state in states.items() if "glue:startJobRun" in str(state.get("Resource"))]
