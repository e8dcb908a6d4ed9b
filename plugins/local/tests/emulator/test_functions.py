"""A call of a function in the emulator: a separate process, with the answers and errors of Lambda."""

from __future__ import annotations

import json

import pytest

from asl_toolkit import TaskFailed
from extract_local.emulator.functions import called

MODULE = """
import os
import sys
import time

def echo(event, context):
    print("printed")
    return {"event": event, "request": context.aws_request_id, "function": context.function_name}

def fail(event, context):
    raise KeyError(event["missing"])

def not_json(event, context):
    return {1, 2}

def leave(event, context):
    sys.exit(3)

def sleep(event, context):
    time.sleep(60)

def environment(event, context):
    return [os.environ.get(name) for name in event], context.get_remaining_time_in_millis() <= 1000

def imports(event, context):
    import click
"""


@pytest.fixture
def call(tmp_path):
    (tmp_path / "handlers.py").write_text(MODULE)

    def call(name, event, **members):
        configuration = {
            "FunctionName": "nightly-x", "FunctionArn": "arn:aws:lambda:eu-central-1:123456789012:function:nightly-x",
            "Version": "$LATEST", "MemorySize": 256, "Timeout": 30, "Handler": f"handlers.{name}", **members,
        }  # fmt: skip
        return called(configuration, [str(tmp_path)], event, "r-1", tmp_path / "logs" / "nightly-x.log")

    return call


def test_the_answer_of_a_function_and_what_it_prints(call, tmp_path):
    assert call("echo", {"a": [1, "é"]}) == {"event": {"a": [1, "é"]}, "request": "r-1", "function": "nightly-x"}
    assert (tmp_path / "logs" / "nightly-x.log").read_text() == "printed\n"


def test_a_function_has_the_account_and_its_own_variables_only(call, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://localhost:5000")
    monkeypatch.setenv("PGPASSWORD", "of the user")
    names = ["AWS_ENDPOINT_URL", "EXTRACT_TRACKING", "PGPASSWORD"]
    variables = {"Variables": {"EXTRACT_TRACKING": "dynamodb://nightly"}}
    seen, is_bounded = call("environment", names, Environment=variables, Timeout=1)
    assert (seen, is_bounded) == (["http://localhost:5000", "dynamodb://nightly", None], True)


@pytest.mark.parametrize(
    ("name", "error", "message"),
    [
        ("fail", "KeyError", "'missing'"),
        ("not_json", "TypeError", "Object of type set is not JSON serializable"),
        ("gone", "AttributeError", "module 'handlers' has no attribute 'gone'"),
        ("imports", "ModuleNotFoundError", "No module named 'click'"),
        ("sleep", "Sandbox.Timedout", "RequestId: r-1 Error: Task timed out after 0.50 seconds"),
    ],
)
def test_an_error_of_a_function_is_that_of_lambda(call, name, error, message):
    with pytest.raises(TaskFailed) as failed:
        call(name, {}, Timeout=0.5 if name == "sleep" else 30)
    cause = json.loads(failed.value.cause)
    assert (failed.value.error, cause["errorType"], cause["errorMessage"]) == (error, error, message)


def test_a_function_that_ends_its_process(call):
    with pytest.raises(SystemExit) as ended:
        call("leave", {})
    assert ended.value.code == 3
