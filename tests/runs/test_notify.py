"""A failed run sends its message once: to a real SNS topic of moto and to a real web server, whatever they answer."""

from __future__ import annotations

import json
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from moto import mock_aws

from extract_core.errors import ObjectError, TablesHeld
from extract_core.pipeline.notify import NotifyOptions
from extract_core.runs import notify
from extract_core.runs.notice import MOST_CHARACTERS, notice
from extract_core.runs.notify import Notifier
from extract_core.runs.reconcile import reconcile

TEMPLATE = {"blocks": [{"type": "section", "text": {"type": "plain_text", "text": "$text"}}], "run": "$run_id", "n": 1}
TOPIC = "arn:aws:sns:eu-central-1:123456789012:failures"
SECRET = "hunter2-s3cr3t"


class Server:
    """A web server on this machine. `answer` is its status, `headers` what it adds; `wait` is how long it thinks."""

    def __init__(self) -> None:
        self.requests: list = []
        self.answer, self.headers, self.wait = 200, {}, threading.Event()
        self.wait.set()
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                server.requests.append((self.path, self.headers["Content-Type"], json.loads(body)))
                server.wait.wait(30)
                self.send_response(server.answer)
                for name, value in server.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(b"no_text")

            def log_message(self, *args):
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.http.server_port}/services/T0/{SECRET}"
        threading.Thread(target=self.http.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def texts(self):
        return [body["blocks"][0]["text"]["text"] for _, _, body in self.requests]


@pytest.fixture
def server():
    server = Server()
    yield server
    server.wait.set()
    server.http.shutdown()
    server.http.server_close()


@pytest.fixture
def notified(pipeline, server):
    """The pipeline, with messages to the server."""

    def use(*options, **notify):
        notify = notify or {"webhook": server.address}
        notifier = Notifier(NotifyOptions(template=TEMPLATE, **notify), options)
        pipeline.parts = replace(pipeline.parts, notify=notifier)
        return pipeline

    return use


def test_a_failed_run_tells_why_what_to_type_and_where_the_report_is(notified, server):
    pipeline = notified("--local")
    pipeline.parts = replace(pipeline.parts, publish=lambda parts, run_id: ["file:///r/x.json", "file:///r/report.html"])
    pipeline.run("run-1", failing=["public.orders"])
    ((path, kind, body),) = server.requests
    assert path == f"/services/T0/{SECRET}"
    assert kind == "application/json; charset=utf-8"
    assert (body["run"], body["n"]) == ("run-1", 1)
    (text,) = server.texts
    assert text.splitlines() == [
        "Run run-1 of sales: FAILED. 1 of 3 tables failed.",
        "- public.orders: USER_CODE: exit code 1",
        "Run the failed tables again: extract rerun run-1 --local",
        "Report: file:///r/report.html",
    ]


def test_the_summary_twice_sends_one_message_and_a_success_none(notified, server):
    pipeline = notified()
    pipeline.run("good")
    pipeline.run("run-1", failing=["public.orders"])
    assert pipeline.summarise("run-1") == pipeline.summarise("run-1")
    assert [body["run"] for _, _, body in server.requests] == ["run-1"]


def test_two_summaries_at_once_send_one_message(notified, server):
    pipeline = notified()
    pipeline.run("run-1", failing=["public.orders"])
    (pipeline.folder / "runs/run-1/notified.json").unlink()
    summary = pipeline.tracking.run("run-1").summary
    work = [threading.Thread(target=pipeline.parts.notify, args=(pipeline.parts, summary, ())) for _ in range(8)]
    for thread in work:
        thread.start()
    for thread in work:
        thread.join()
    assert len(server.requests) == 2  # the first run's, and one of eight


def test_a_run_that_was_refused_or_died_tells_it_too(notified, server):
    pipeline = notified()
    pipeline.plan("run-1")
    with pytest.raises(TablesHeld):
        pipeline.plan("run-2")
    pipeline.running.clear()
    for _ in range(2):
        reconcile(pipeline.parts, "run-1", "ABORTED", f"stopped: PGPASSWORD={SECRET}")
    refused, died = server.texts
    assert refused.startswith("Run run-2 of sales: FAILED. nothing was planned: ")
    assert refused.endswith("\nCorrect the cause, then start the run again.\nReport: extract report run-2")
    assert died.startswith(
        "Run run-1 of sales: STOPPED. 3 of 3 tables failed: stopped: PGPASSWORD=***\n- public.accounts: STOPPED: "
    )


ANSWERS = [
    (500, {}, "answered 500 Internal Server Error: no_text"),
    (400, {}, "answered 400 Bad Request: no_text"),
    (
        302,
        {"Location": "http://127.0.0.1:1/"},
        "answered 302, a redirect, which is not followed; write the address that it leads to",
    ),
    (307, {"Location": "https://example.com/"}, "answered 307, a redirect, which is not followed"),
    (304, {}, "answered 304 Not Modified"),
]


@pytest.mark.parametrize("answer", ANSWERS)
def test_a_receiver_that_refuses_changes_no_verdict_and_is_reported(notified, server, caplog, answer):
    server.answer, server.headers, reason = answer
    assert notified().run("run-1", failing=["public.orders"])["succeeded"] is False
    (line,) = [record for record in caplog.records if "message" in record.getMessage()]
    assert (
        f"the message about the run did not reach the webhook: WebhookRefused: 127.0.0.1:{server.http.server_port} {reason}"
        in (line.getMessage())
    )
    assert line.getMessage().endswith("; correct [notify]. It is not sent again")
    assert line.extract == {"run_id": "run-1"}
    assert SECRET not in caplog.text
    assert len(server.requests) == 1


def test_a_receiver_that_is_gone_or_slow_costs_a_bounded_time(notified, server, caplog, monkeypatch):
    monkeypatch.setattr(notify, "SECONDS", 0.2)
    server.wait.clear()
    before = time.monotonic()
    notified().run("slow", failing=["public.orders"])
    assert time.monotonic() - before < 20
    assert "did not reach the webhook: TimeoutError: no answer within 0.2 seconds; correct [notify]" in caplog.text
    server.wait.set()
    notified(webhook="http://127.0.0.1:1/x").run("gone", failing=["public.orders"])
    assert (
        "did not reach the webhook: WebhookRefused: 127.0.0.1:1 can't be reached: [Errno 111] Connection refused" in caplog.text
    )


def test_a_store_that_fails_does_not_silence_the_message(notified, server, caplog):
    pipeline = notified()

    class Failing:
        def write(self, uri, data, **more):
            raise ObjectError("access denied")

    pipeline.run("run-1", failing=["public.orders"])
    summary = pipeline.tracking.run("run-1").summary
    pipeline.parts.notify(replace(pipeline.parts, objects=Failing()), summary, ())
    assert len(server.requests) == 2
    assert "the message about the run may be sent twice: access denied" in caplog.text


@pytest.fixture
def aws(monkeypatch):
    """moto's SNS and Secrets Manager; a queue that gets what the topic gets."""
    import boto3

    for name, value in (("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "x"), ("AWS_DEFAULT_REGION", "eu-central-1")):
        monkeypatch.setenv(name, value)
    with mock_aws():
        boto3.client("sns").create_topic(Name="failures")
        yield boto3.client


def published():
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.sns import sns_backends

    topic = TOPIC.replace("123456789012", DEFAULT_ACCOUNT_ID)
    return [
        (subject, text)
        for _, text, subject, *_ in sns_backends[DEFAULT_ACCOUNT_ID]["eu-central-1"].topics[topic].sent_notifications
    ]


def test_a_topic_and_a_webhook_whose_address_is_a_secret_get_the_message(aws, notified, server):
    aws("secretsmanager").create_secret(Name="extract/slack", SecretString=f"{server.address}\n")
    pipeline = notified(topic=TOPIC, webhook_secret="extract/slack")
    pipeline.run("run-1", failing=["public.orders"])
    ((subject, text),) = published()
    assert subject == "Run run-1 of sales: FAILED"
    assert [text] == server.texts
    assert "\nRun the failed tables again: extract rerun run-1\nReport: extract report run-1" in text


@pytest.mark.parametrize("secret", ["ftp://x/y", "http://example.com/", "not an address", "https://ann:pw@host/"])
def test_a_secret_that_holds_no_allowed_address_is_reported_without_its_path(aws, notified, server, caplog, secret):
    aws("secretsmanager").create_secret(Name="extract/slack", SecretString=secret)
    notified(topic=TOPIC, webhook_secret="extract/slack").run("run-1", failing=["public.orders"])
    assert "did not reach the webhook: WebhookRefused: its address " in caplog.text
    assert len(published()) == 1


def test_one_receiver_that_fails_does_not_keep_the_message_from_the_other(aws, notified, server, caplog):
    other = TOPIC.replace("failures", "deleted")
    notified(topic=other, webhook=server.address).run("run-1", failing=["public.orders"])
    assert f"did not reach the topic {other}: NotFoundException: " in caplog.text
    assert len(server.texts) == 1


def failed(count, message="m" * 300):
    tables = [
        {"table": f"public.t{number}", "state": "FAILED", "failure": "USER_CODE", "message": message} for number in range(count)
    ]
    return {
        "run_id": "r" * 80, "source": "söurce", "state": "FAILED", "planned": 2_000, "failed": 2_000, "succeeded": 0,
        "reason": "x" * 9_000, "failed_tables": tables,
    }  # fmt: skip


def test_a_long_message_is_cut_and_says_how_many_tables_are_missing():
    fields = notice(failed(100))
    lines = fields["text"].splitlines()
    assert len(fields["text"]) <= MOST_CHARACTERS
    assert lines[-3] == f"and {2_000 - (len(lines) - 4):,} more"
    assert lines[-2].startswith("Run the failed tables again: extract rerun rrr")


@pytest.mark.parametrize(
    "message", [f"PGPASSWORD={SECRET}", f"postgresql://ann:{SECRET}@db/x", f"a\nb\r\n{SECRET[:0]}\ud800", None]
)
def test_reasons_are_on_one_line_without_secrets_and_can_be_sent(message):
    text = notice(failed(1, message))["text"]
    text.encode()
    assert SECRET not in text
    assert [line for line in text.splitlines() if line.startswith("- ")] == text.splitlines()[1:2]
