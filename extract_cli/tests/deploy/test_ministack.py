"""Create, change, replace and roll back in MiniStack, which has resource events, replacement and rollback.

MiniStack has an environment of its own: its program is at EXTRACT_MINISTACK (`make test-deploy` installs it).
"""

from __future__ import annotations

import re

import boto3
import pytest
from click.testing import CliRunner

from asl_generator.deploy.progress import follow, newest_event
from asl_generator.deploy.stack import Wanted, execute, prepare, stack_state
from extract_cli.deploy.command import deploy

from .accounts import MINISTACK, free_port, project, served

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


def deployed(*arguments: str):
    return CliRunner().invoke(deploy, [*arguments], catch_exceptions=False)


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
