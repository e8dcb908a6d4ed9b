"""Create, change, replace and roll back in MiniStack, which has resource events, replacement, rollback and EventBridge.

It runs the state machine and the Lambda functions from their zip. It has no ``glue:startJobRun.sync``, so a Wait stands for the
job. MiniStack has its own environment: its program is at EXTRACT_MINISTACK (`make test-deploy` installs it).
"""

from __future__ import annotations

import json
import re
import time

import boto3
import botocore.handlers
import pytest

from asl_generator.deploy.progress import follow, newest_event
from asl_generator.deploy.stack import Wanted, execute, prepare, stack_state

from .accounts import ACCOUNT, MINISTACK, REGION, deployed, free_port, project, served

pytestmark = [
    pytest.mark.deploy,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not MINISTACK, reason="EXTRACT_MINISTACK names no program: see `make test-deploy`"),
]


@pytest.fixture
def account(tmp_path, monkeypatch):
    port = free_port()
    with served([MINISTACK], {"PORT": port, "GATEWAY_PORT": port, "BIND_HOST": "127.0.0.1"}, tmp_path):
        project(tmp_path, monkeypatch, port)
        yield tmp_path


def change(folder, old: str, new: str) -> None:
    file = folder / "extract.toml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new))


def test_create_change_replace_and_roll_back(account):
    created = deployed("up", "--yes")
    assert created.exit_code == 0, created.stderr
    assert "create complete  Machine (StepFunctions::StateMachine)" in created.stderr
    assert "stack nightly: CREATE_COMPLETE" in created.stderr
    schedule = boto3.client("scheduler").get_schedule(Name="nightly-sales")
    assert schedule["ScheduleExpression"] == "cron(0 2 * * ? *)"
    alarms = {alarm["MetricName"] for alarm in boto3.client("cloudwatch").describe_alarms()["MetricAlarms"]}
    assert {"ExecutionsFailed", "ExecutionsTimedOut", "ExecutionsAborted", "Errors"} <= alarms

    assert "nothing to change" in deployed("up", "--yes").stderr

    change(account, "cron(0 2", "cron(0 3")
    changed = deployed("up", "--yes")
    assert changed.exit_code == 0, changed.stderr
    assert re.search(r"(?:change|may replace) +Schedulesales \(Scheduler::Schedule\)", changed.stderr), changed.stderr
    assert boto3.client("scheduler").get_schedule(Name="nightly-sales")["ScheduleExpression"] == "cron(0 3 * * ? *)"

    _fails_and_rolls_back()

    change(account, "[deploy]\n", '[deploy]\nstack = "nightly"\n')
    change(account, 'name = "nightly"', 'name = "weekly"')
    replaced = deployed("up", "--yes")
    assert re.search(r"replace +Machine \(StepFunctions::StateMachine\)", replaced.stderr), replaced.stderr
    assert "may be replaced or deleted" in replaced.stderr


def _fails_and_rolls_back() -> None:
    """A bundle that is not there: the machine and the functions are afterwards as they were."""
    cloudformation = boto3.client("cloudformation")
    stack = stack_state(cloudformation, "nightly")
    before = boto3.client("lambda").get_function(FunctionName="nightly-reconcile")["Configuration"]["CodeSha256"]
    described = cloudformation.describe_stacks(StackName="nightly")["Stacks"][0]
    parameters = {of["ParameterKey"]: of["ParameterValue"] for of in described["Parameters"]}
    s3 = boto3.client("s3")
    keys = [of["Key"] for of in s3.list_objects_v2(Bucket=parameters["ArtifactsBucket"])["Contents"]]
    template = next(key for key in keys if key.startswith("template-"))
    wanted = Wanted(
        name="nightly",
        url=f"{s3.meta.endpoint_url}/{parameters['ArtifactsBucket']}/{template}",
        parameters={**parameters, "BundleKey": "gone.zip"},
        tags={},
    )
    change_set = prepare(cloudformation, stack, wanted)
    last = newest_event(cloudformation, stack.id)
    execute(cloudformation, change_set)
    lines: list[str] = []
    ended = follow(cloudformation, stack.id, lines.append, after=last)
    assert ended.status == "UPDATE_ROLLBACK_COMPLETE"
    assert ended.failures[0].type == "AWS::Lambda::Function"
    assert boto3.client("lambda").get_function(FunctionName="nightly-reconcile")["Configuration"]["CodeSha256"] == before


MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:nightly"
MANAGED = '"buckets", '


def of_run(name: str) -> list[dict]:
    """The items of tracking that name this run."""
    items = boto3.client("dynamodb").scan(TableName="nightly")["Items"]
    return [item for item in items if item.get("run_id", {}).get("S") == name]


def until(holds, seconds: int = 120):
    """The first answer that is true."""
    deadline = time.monotonic() + seconds
    while not (answer := holds()):
        assert time.monotonic() < deadline
        time.sleep(0.3)
    return answer


def test_the_rule_calls_reconcile_when_a_run_is_stopped_from_outside(account):
    """EventBridge invokes the function, which ends the run in tracking: each of its tables is STOPPED."""
    assert deployed("up", "--yes").exit_code == 0
    states = boto3.client("stepfunctions")
    definition = json.loads(states.describe_state_machine(stateMachineArn=MACHINE)["definition"])
    inner = definition["States"]["Iterate Through Extract Tables"]["ItemProcessor"]["States"]
    (job,) = (name for name, state in inner.items() if "glue:startJobRun" in str(state.get("Resource")))
    inner[job] = {"Type": "Wait", "Seconds": 60, "Next": inner[job]["Next"]}
    states.update_state_machine(stateMachineArn=MACHINE, definition=json.dumps(definition))
    event = json.dumps({"source": "sales", "tables": "*"})
    execution = states.start_execution(stateMachineArn=MACHINE, name="stopped", input=event)["executionArn"]
    until(lambda: any("planned" in item for item in of_run("stopped")))
    states.stop_execution(executionArn=execution, error="Test", cause="by hand")
    until(lambda: any("summary" in item for item in of_run("stopped")))
    ends = {item["table"]["S"]: item["state"]["S"] for item in of_run("stopped") if "attempt" in item}
    assert ends == {"public.accounts": "STOPPED", "public.events": "STOPPED"}
    difference = deployed("diff")
    assert (difference.exit_code, f"state '{job}': Type Wait → Task" in difference.stdout.splitlines()) == (1, True)


def test_up_after_down_adopts_the_table_with_its_rows(account):
    change(account, MANAGED, "")
    for bucket in ("acme-extract", "acme-lake"):
        boto3.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    assert deployed("up", "--yes").exit_code == 0
    item = {"pk": {"S": "TABLE#sales#x"}, "sk": {"S": "STATE"}}
    boto3.client("dynamodb").put_item(TableName="nightly", Item=item)
    down = deployed("down", "--yes")
    assert (down.exit_code, "these stay: the table nightly" in down.stderr) == (0, True), down.stderr
    again = deployed("up", "--yes")
    assert again.exit_code == 0, again.stderr
    assert "  adopt        TrackingTable (DynamoDB::Table)" in again.stderr
    assert boto3.client("dynamodb").scan(TableName="nightly")["Items"] == [item]
    assert "nothing to change" in deployed("up", "--yes").stderr


def test_existing_buckets_are_adopted_with_their_objects(account, monkeypatch):
    """Without its check of names, which counts adopted buckets too, MiniStack imports them as the change set says."""

    def without_check(params, **_):
        params["DisableValidation"] = True

    handler = ("provide-client-params.cloudformation.CreateChangeSet", without_check)
    monkeypatch.setattr("botocore.handlers.BUILTIN_HANDLERS", [handler, *botocore.handlers.BUILTIN_HANDLERS])
    s3, buckets = boto3.client("s3"), ("acme-extract", "acme-lake")
    for bucket in buckets:
        s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket=bucket, Key="kept", Body=b"rows")
    for _ in range(2):
        adopted = deployed("up", "--yes")
        assert adopted.exit_code == 0, adopted.stderr
        assert {"  adopt        Bucket1 (S3::Bucket)", "  adopt        Bucket2 (S3::Bucket)"} <= set(adopted.stderr.splitlines())
        assert s3.get_bucket_policy(Bucket="acme-lake")["Policy"]
        down = deployed("down", "--yes")
        assert "these stay: the table nightly, the bucket acme-extract, the bucket acme-lake" in down.stderr
        assert {s3.get_object(Bucket=bucket, Key="kept")["Body"].read() for bucket in buckets} == {b"rows"}


def test_ministack_refuses_to_adopt_buckets_and_the_message_says_what_to_do(account):
    """The change set adopts them, as on AWS, but MiniStack's check of names counts adopted buckets too."""
    for bucket in ("acme-extract", "acme-lake"):
        boto3.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    refused = deployed("up", "--yes")
    assert refused.exit_code == 1
    assert "  adopt        Bucket1 (S3::Bucket)" in refused.stderr
    assert "stack nightly: ROLLBACK_COMPLETE. The first cause: Bucket1 (S3::Bucket): " in refused.stderr
    assert "something else has this name: delete it, choose other names in extract.toml, or leave its part out" in refused.stderr
    change(account, MANAGED, "")
    removed = deployed("up", "--yes")
    assert removed.exit_code == 0, removed.stderr
