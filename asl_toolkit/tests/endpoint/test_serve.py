"""The command `asl serve`, with boto3 and, if it is installed, the AWS CLI as clients."""

import json
import os
import shutil
import signal
import subprocess
import sys

import boto3
import pytest
from botocore.config import Config

from asl_toolkit.commands import main
from asl_toolkit.commands.serve import main as serve

ENVIRONMENT = {
    "AWS_ACCESS_KEY_ID": "any",
    "AWS_SECRET_ACCESS_KEY": "any",
    "AWS_REGION": "eu-central-1",
    "AWS_DEFAULT_REGION": "eu-central-1",
}
JOB = {
    "Type": "Task",
    "Resource": "arn:aws:states:::glue:startJobRun.sync",
    "Parameters": {"JobName": "extract"},
    "End": True,
}


@pytest.fixture
def files(tmp_path):
    definition = {"StartAt": "Job", "States": {"Job": JOB}}
    (tmp_path / "extract.asl.json").write_text(json.dumps(definition))
    (tmp_path / "mocks.json").write_text(json.dumps({"services": {"glue:startJobRun": {"result": {"JobRunState": "SUCCEEDED"}}}}))
    return tmp_path


def test_files_are_machines_and_their_tasks_have_mocks(files, capsys):
    seen = {}

    def use():
        arn, url, prefix = capsys.readouterr().out.splitlines()
        seen.update(arn=arn, prefix=prefix)
        config = Config(inject_host_prefix=False)
        url = url.removeprefix("AWS_ENDPOINT_URL_SFN=")
        client = boto3.client(
            "stepfunctions",
            endpoint_url=url,
            region_name="eu-central-1",
            aws_access_key_id="any",
            aws_secret_access_key="any",
            config=config,
        )
        execution = client.start_execution(stateMachineArn=arn)["executionArn"]
        described = client.describe_execution(executionArn=execution)
        while described["status"] == "RUNNING":
            described = client.describe_execution(executionArn=execution)
        seen.update(described)
        client.close()

    options = ["--port", "0", "--mocks", str(files / "mocks.json"), "--region", "eu-central-1", "--account", "222222222222"]
    assert serve([str(files / "extract.asl.json"), *options, "--verbose"], wait=use) == 0
    assert seen["arn"] == "arn:aws:states:eu-central-1:222222222222:stateMachine:extract"
    assert (seen["prefix"], seen["output"]) == ("AWS_DISABLE_HOST_PREFIX_INJECTION=true", '{"JobRunState":"SUCCEEDED"}')
    assert capsys.readouterr().err.startswith("StartExecution 200\nDescribeExecution 200\n")


def test_yaml_and_machines_of_templates_are_served(files, capsys):
    (files / "hello.yaml").write_text("StartAt: A\nStates:\n  A: {Type: Pass, Next: '${End}'}\n  B: {Type: Succeed}\n")
    states = "{StartAt: A, States: {A: {Type: Succeed}}}"
    resource = f"{{Type: 'AWS::Serverless::StateMachine', Properties: {{Definition: {states}}}}}"
    (files / "template.yaml").write_text(f"Resources:\n  First: {resource}\n  Second: {resource}\n")
    options = ["--port", "0", "--substitute", "End=B"]
    assert serve([str(files / "hello.yaml"), f"{files / 'template.yaml'}#Second", *options], wait=lambda: None) == 0
    names = [line.rsplit(":", 1)[-1] for line in capsys.readouterr().out.splitlines()[:2]]
    assert names == ["hello", "Second"]
    assert serve([str(files / "template.yaml"), "--port", "0"], wait=lambda: None) == 2
    assert "has 2 state machines: choose one of " in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--port", "70000"], "argument --port: '70000' is not a port: 0 to 65535"),
        (["--account", "1"], "argument --account: '1' is not an account: twelve digits"),
        (["--clock", "fast"], "serve: --clock is virtual, real or a factor above 0, not 'fast'"),
        (["missing.json"], "serve: missing.json: cannot be read: No such file or directory"),
        (["--mocks", "missing.json"], "serve: --mocks missing.json cannot be read: No such file or directory"),
        (["faulty.json"], "serve: faulty.json: Invalid State Machine Definition: "),
        (["bytes.json"], "serve: bytes.json is not UTF-8 (byte 0)"),
        (["a b.json"], "serve: a b.json: Invalid Name: 'a b'"),
    ],
)
def test_wrong_use_is_a_sentence(files, monkeypatch, capsys, options, message):
    monkeypatch.chdir(files)
    (files / "faulty.json").write_text("{}")
    (files / "bytes.json").write_bytes(b"\xff")
    (files / "a b.json").write_text("{}")
    try:
        code = main(["serve", "--port", "0", *options])
    except SystemExit as exit_:
        code = exit_.code
    shown = capsys.readouterr()
    assert (code, shown.out) == (2, "")
    assert message in shown.err
    assert "Traceback" not in shown.err


def test_a_taken_port_is_named(files, capsys):
    def again():
        port = capsys.readouterr().out.splitlines()[0].rpartition(":")[2]
        assert serve(["--port", port], wait=list) == 2
        assert (
            capsys.readouterr().err
            == f"serve: cannot listen on port {port}: Address already in use. Choose another one with --port\n"
        )

    assert serve(["--port", "0"], wait=again) == 0


@pytest.fixture
def process(files):
    """(process, environment of its clients) of a running `asl serve`."""
    command = [sys.executable, "-m", "asl_toolkit", "serve", "extract.asl.json", "--mocks", "mocks.json", "--port", "0"]
    started = subprocess.Popen(command, cwd=files, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        lines = [started.stdout.readline().strip() for _ in range(3)]
        variables = dict(line.split("=", 1) for line in lines[1:])
        yield started, {**os.environ, **ENVIRONMENT, **variables}
    finally:
        if started.poll() is None:
            started.kill()
        started.communicate()


@pytest.mark.soak  # it starts a process
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_process_without_a_word(process, number):
    started, _ = process
    started.send_signal(number)
    out, err = started.communicate(timeout=20)
    assert (started.returncode, out, err) == (0, "", "")


@pytest.mark.soak  # the AWS CLI takes a second per call
@pytest.mark.skipif(shutil.which("aws") is None, reason="left out: the AWS CLI is not installed; `make soak` installs it")
def test_the_aws_cli_is_a_client(process):
    _, environment = process

    def aws(*arguments, code=0):
        command = ["aws", "stepfunctions", *arguments, "--output", "json"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else done.stderr

    (machine,) = aws("list-state-machines")["stateMachines"]
    execution = aws("start-execution", "--state-machine-arn", machine["stateMachineArn"], "--name", "cli")["executionArn"]
    described = aws("describe-execution", "--execution-arn", execution)
    assert (described["status"], described["output"]) == ("SUCCEEDED", '{"JobRunState":"SUCCEEDED"}')
    events = aws("get-execution-history", "--execution-arn", execution)["events"]
    assert events[-1]["type"] == "ExecutionSucceeded"
    state = json.dumps({"Type": "Pass", "Result": 1, "End": True})
    assert aws("test-state", "--definition", state)["output"] == "1"
    missing = execution.replace("cli", "none")
    assert "(ExecutionDoesNotExist) when calling the DescribeExecution" in aws(
        "describe-execution", "--execution-arn", missing, code=255
    )
