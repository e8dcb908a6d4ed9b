"""What AWS refuses before anything is deployed: `deploy up` against a server that answers as AWS does, and what it says.

The server is a thread on loopback. It counts what was called: after a refusal, nothing is created.
"""

from __future__ import annotations

import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from urllib.parse import parse_qs

import pytest

PROJECT = """
[pipeline]
name = "nightly"
region = "eu-central-1"
config_uri = "s3://acme/config/"
data_uri = "s3://acme/data/"
runs_uri = "s3://acme/runs/"
tracking = "dynamodb://nightly"
[job_types.glue]
job_name = "extract"
"""
CALLER = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
    "<Arn>arn:aws:iam::123456789012:user/ann</Arn><UserId>A</UserId><Account>123456789012</Account>"
    "</GetCallerIdentityResult></GetCallerIdentityResponse>"
)
STACK = (
    '<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/"><DescribeStacksResult><Stacks><member>'
    "<StackId>arn:aws:cloudformation:eu-central-1:123456789012:stack/nightly/1</StackId><StackName>nightly</StackName>"
    "<Description>{description}</Description><CreationTime>2026-11-30T02:00:00Z</CreationTime><StackStatus>{status}</StackStatus>"
    "</member></Stacks></DescribeStacksResult></DescribeStacksResponse>"
)
DENIED = (
    "User: arn:aws:iam::123456789012:user/ann is not authorized to perform: cloudformation:DescribeStacks on resource: "
    "arn:aws:cloudformation:eu-central-1:123456789012:stack/nightly/* because no identity-based policy allows it"
)
ARN = "arn:aws:cloudformation:eu-central-1:123456789012:stack/nightly/*"


def refusal(code: str, message: str = "no") -> str:
    return f"<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"


@pytest.fixture
def aws(tmp_path, monkeypatch):
    """`answers` by action, each a status and a body; `called` are the actions in their order."""

    class Answers(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = parse_qs(self.rfile.read(int(self.headers["content-length"])).decode())
            (action,) = sent.get("Action", [self.headers.get("x-amz-target", "?")])
            called.append(action)
            status, body = answers.get(action, (400, refusal("Unexpected")))
            self.send_response(status)
            self.send_header("content-length", str(len(body.encode())))
            self.end_headers()
            self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Nothing is printed."""

    answers, called = {"GetCallerIdentity": (200, CALLER)}, []
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    (tmp_path / "extract.toml").write_text(PROJECT)
    monkeypatch.chdir(tmp_path)
    for name, value in (("AWS_ACCESS_KEY_ID", "a"), ("AWS_SECRET_ACCESS_KEY", "b"), ("AWS_CONFIG_FILE", "none")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _seconds: None)
    yield SimpleNamespace(answers=answers, called=called)
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (
            403,
            refusal("ExpiredToken", "The security token included in the request is expired"),
            "the credentials have expired; log in",
        ),
        (403, refusal("InvalidClientTokenId"), "the credentials are not valid; log in (aws sso login), or set AWS_PROFILE"),
        (
            403,
            refusal("SignatureDoesNotMatch", "Signature expired: 20261130T020000Z is now earlier than 20261130T021500Z"),
            "the clock of this machine is wrong; set it, and run the command again",
        ),
        (400, refusal("Throttling", "Rate exceeded"), "AWS throttled a request ten times in a row; wait a minute, and run"),
        (500, "<!doctype html>\n<title>500 Internal Server Error</title>", "the answer is not from AWS; check the network"),
        (200, "<html><body>Log in to the guest network</body></html>", "the answer is not from AWS; check the network"),
    ],
    ids=["expired token", "wrong key", "clock", "throttle", "page with an error", "page of a portal"],
)
def test_credentials_clock_throttle_and_network(cli, aws, status, body, words):
    aws.answers["GetCallerIdentity"] = (status, body)
    said = cli("deploy", "up", "--yes")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(f"extract: cannot see who is calling (sts:GetCallerIdentity): {words}")
    assert re.search(r"<\w|\n.", said.err) is None
    assert set(aws.called) == {"GetCallerIdentity"}
    assert len(aws.called) == (10 if "Throttling" in body else 1)


def test_without_credentials(cli, aws, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    said = cli("deploy", "up", "--yes")
    assert (said.code, aws.called) == (1, [])
    assert "there are no credentials; log in (aws sso login), or set AWS_PROFILE" in said.err


@pytest.mark.parametrize(
    ("answers", "code", "out", "err"),
    [
        ({}, 2, "", "extract: cannot describe the stack 'nightly': An error occurred (Unexpected)"),
        ({"GetCallerIdentity": (403, refusal("ExpiredToken"))}, 2, "", "extract: cannot see who is calling"),
        (
            {"DescribeStacks": (400, refusal("ValidationError", "Stack with id nightly does not exist"))},
            1,
            "stack 'nightly': is not deployed yet in account 123456789012, eu-central-1: extract deploy up\n",
            "",
        ),
    ],
    ids=["no answer", "expired token", "no stack"],
)
def test_the_exit_code_of_diff_tells_a_difference_from_a_comparison_that_failed(cli, aws, answers, code, out, err):
    aws.answers |= answers
    said = cli("deploy", "diff")
    assert (said.code, said.out) == (code, out), said.err
    assert said.err.startswith(err) if err else not said.err


@pytest.mark.parametrize(
    ("answer", "code", "words"),
    [
        (
            (403, refusal("AccessDenied", DENIED)),
            1,
            f'your role: {{"Effect": "Allow", "Action": "cloudformation:DescribeStacks", "Resource": "{ARN}"}}',
        ),
        (
            (200, STACK.format(status="UPDATE_ROLLBACK_FAILED", description="Extract pipeline nightly")),
            1,
            "takes no changes: repair what the events name, then: aws cloudformation continue-update-rollback",
        ),
        (
            (200, STACK.format(status="UPDATE_IN_PROGRESS", description="Extract pipeline nightly")),
            1,
            "is changing now (UPDATE_IN_PROGRESS): another deployment is running, or your connection was lost; follow it with",
        ),
        (
            (200, STACK.format(status="CREATE_COMPLETE", description="A web shop")),
            2,
            "exists and is not a pipeline of extract ('A web shop'): choose another name, with stack = ",
        ),
    ],
    ids=["missing right", "failed stack", "two people at once", "a stack of something else"],
)
def test_rights_and_stacks(cli, aws, answer, code, words):
    aws.answers["DescribeStacks"] = answer
    said = cli("deploy", "up", "--yes")
    assert (said.code, said.out, words in said.err) == (code, "", True), said.err
    assert aws.called == ["GetCallerIdentity", "DescribeStacks"]
