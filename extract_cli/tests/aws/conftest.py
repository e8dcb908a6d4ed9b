"""A pipeline on AWS: S3 and DynamoDB of moto, and Step Functions by asl_toolkit, behind boto3's own client.

moto's interpreter of state machines fails every job that is waited for, so requests to Step Functions are answered by
`asl_toolkit.client`, at the wire: boto3 checks and writes the request, and reads the answer.
"""

from __future__ import annotations

import json
import threading
import time
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

import boto3
import botocore.handlers
import moto.core.models
import pytest
from botocore import xform_name
from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError
from shared_fixtures.guarded import Guarded, identities, unguarded

from asl_generator import build_pipeline
from asl_toolkit import Services, TaskFailed
from asl_toolkit.client import ClientError, StepFunctions
from asl_toolkit.services.aws.calls import AwsCalls
from asl_toolkit.services.aws.iam.machine import result_writer_requests
from asl_toolkit.services.aws.iam.requests import encrypted
from asl_toolkit.services.functions import FunctionCaller
from extract_core.aws.parts import parts_from
from extract_core.objects.routed import open_objects
from extract_core.pipeline.read import read_pipeline
from extract_core.registry.loading import discover
from extract_core.runs.begin import manage
from extract_core.runs.end import summarise
from extract_core.runs.slots import SlotTaker
from extract_core.status.record import record
from extract_core.tracking.dynamodb.keys import table_definition

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

REGION = "eu-central-1"
MACHINE = f"arn:aws:states:{REGION}:123456789012:stateMachine:extract-sales"

PIPELINE = f"""
[pipeline]
name = "extract-sales"
region = "{REGION}"
account = "123456789012"
config_uri = "s3://bucket/config/"
data_uri = "s3://bucket/data/"
runs_uri = "s3://bucket/runs/"
tracking = "dynamodb://tracking"
state_machine = "{MACHINE}"

[machine]
map = "MODE"

[job_types.glue]
job_name = "extract-jdbc"
"""

CONFIG = """
source_name: sales
extract:
  job_type: glue
  db_engine: postgres
  db_name: sales
  db_secret: postgres/sales
  tables:
    public.accounts: {}
    public.events: {}
    public.orders: {extract_type: PE, hwm_col_name: updated_at, hwm_column_type: TimestampType}
"""


_ROLES = {"ecs": ("arn:aws:iam::123456789012:role/extract-task",)}
"""Roles of a task definition, which RunTask passes on."""


def take_slot(parts, event):
    """What the function does at its first call in a process."""
    return SlotTaker(parts).take(event)


class Glue:
    """Answers the job's state: each job reports rows, or fails if its table is in `failing`, or waits for `gate`."""

    def __init__(self) -> None:
        self.failing: set[str] = set()
        self.started: list[str] = []
        self.gate = None
        self.left_out = 0
        self.objects = open_objects()

    def __call__(self, request):
        item = request.input
        table = item["table"]
        self.started.append(table)
        if self.gate is not None:
            self.gate.wait(30)
        run = {"Id": "jr_1", "JobName": "extract-jdbc", "StartedOn": 1772344800000, "CompletedOn": 1772344830000}
        if table in self.failing:
            said = {**run, "JobRunState": "FAILED", "ErrorMessage": f"Exception: no table {table}"}
            raise TaskFailed("States.TaskFailed", json.dumps(said))
        mark = item["watermark"]
        self.objects.write(f"{item['extract_s3_uri']}rows.csv", b"1\n" * 7)
        result = {
            "run_id": item["run_id"], "attempt": item["attempt"], "rows": 7, "bytes": 14,
            "files": [{"name": "rows.csv", "bytes": 14, "rows": 7}],
            "low_watermark": mark["low"], "high_watermark": "2026-03-01 05:00:00" if mark["mode"] == "incremental" else None,
            "rows_without_watermark": self.left_out,
        }  # fmt: skip
        self.objects.write(item["result_uri"], json.dumps(result).encode())
        return {**run, "JobRunState": "SUCCEEDED"}


class Cloud:
    """The account: its state machines, its job service."""

    def __init__(self, folder: Path, jobs: Callable[[], Any] = Glue) -> None:
        self.folder = folder
        self.glue = jobs()
        self.machine = MACHINE
        self.faults: list[str] = []  # error codes with which the next requests are met
        self.first: str | None = None  # what goes wrong with the first request of each operation
        self.met: set[str] = set()
        self.cut_after: str | None = None  # the operation from which on nothing is allowed any more
        self.requests: list[str] = []
        self.definition = build_pipeline(read_pipeline(folder), discover())
        self.guarded = Guarded(read_pipeline(folder), self.definition)
        self.role_parts = {}
        self.making_parts = threading.Lock()
        self.around = lambda name, work, event: work(event)  # what may happen to a function
        self.handlers = getattr(self.glue, "handlers", [])  # of further services: events of botocore
        self.is_distributed = "DISTRIBUTED" in self.definition.to_json()
        self.states = StepFunctions(services=self._services(), region=REGION, account="123456789012")

    def deploy(self) -> None:
        self.guarded.created()
        self.states.create_state_machine(
            name="extract-sales", definition=self.definition.to_json(), roleArn="arn:aws:iam::1:role/x"
        )

    def answer(self, request, event_name: str, **_):
        """A request to Step Functions, as boto3 is about to send it."""
        operation = event_name.rpartition(".")[2]
        self.requests.append(operation)
        request.answered = True  # moto need not try
        if self.cut_after == operation:
            return _answered(request, 400, {"__type": "AccessDeniedException", "message": "not any more"})
        if self.first is not None and operation not in self.met:
            self.met.add(operation)
            if self.first == "never arrived":
                raise ConnectTimeoutError(endpoint_url=request.url)
            if self.first == "answer lost":
                with suppress(ClientError):
                    self._reply(operation, request)
                raise ReadTimeoutError(endpoint_url=request.url)
            status = 500 if self.first == "InternalServerError" else 400
            return _answered(request, status, {"__type": self.first, "message": "injected"})
        if self.faults:
            return _answered(request, 400, {"__type": self.faults.pop(0), "message": "Rate exceeded"})
        try:
            reply = self._reply(operation, request)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            return _answered(request, 400, {"__type": code, "message": error.response["Error"]["Message"]})
        return _answered(request, 200, reply)

    def disturb(self, request, event_name: str, **_):
        """A request to S3, as boto3 is about to send it to moto."""
        operation = event_name.rpartition(".")[2]
        if self.first is None or operation in self.met:
            return None
        self.met.add(operation)
        if self.first == "never arrived":
            raise ConnectTimeoutError(endpoint_url=request.url)
        if self.first == "answer lost":
            moto.core.models.botocore_stubber(event_name, request)
            raise ReadTimeoutError(endpoint_url=request.url)
        request.answered = True
        code = "SlowDown" if self.first == "ThrottlingException" else "InternalError"
        return _answered(request, 503, f"<Error><Code>{code}</Code><Message>injected</Message></Error>")

    def _reply(self, operation: str, request):
        return getattr(self.states, xform_name(operation))(**json.loads(request.body))

    def await_started(self, jobs: int) -> None:
        deadline = time.monotonic() + 30
        while len(self.glue.started) < jobs:
            assert time.monotonic() < deadline
            time.sleep(0.01)

    @cached_property
    def parts(self):
        """What the Lambda functions have, with clients that may do all."""
        return self._new_parts()

    def _new_parts(self):
        pipeline = read_pipeline(self.folder)
        places = ("config_uri", "data_uri", "runs_uri", "tracking")
        named = {f"EXTRACT_{name.upper()}": getattr(pipeline, name) for name in places}
        named["EXTRACT_NOTIFY"] = pipeline.notify.to_json() if pipeline.notify else ""
        return parts_from({**named, "EXTRACT_EVENT_BUS": pipeline.deploy.event_bus or ""})

    def _services(self) -> Services:
        functions = {"config-manager": manage, "job-run-status": record, "run-summary": summarise, "take-slot": take_slot}
        calls = AwsCalls(boto3.client)
        task = partial(self.guarded.guard.task, identity="state-machine")
        called = FunctionCaller(
            {f"extract-sales-{name}": partial(self._call, name, work) for name, work in functions.items()},
            region=REGION, account="123456789012",
        )  # fmt: skip
        return Services(
            {
                ("s3", "getObject"): task(unguarded(calls.get_object)),
                ("s3", "putObject"): self._written(unguarded(calls.optimised)),
                ("lambda", "invoke"): task(called.invoke),
            },
            states={
                branch.job_state: task(unguarded(self.glue), passed_roles=_ROLES.get(branch.job_type, ()))
                for branch in self.definition.branches
            },
        )

    def _written(self, write):
        """A ResultWriter asks for more than the one call that stands for it here."""

        def written(request):
            members = request.parameters
            guard = self.guarded.guard
            for of_writer in result_writer_requests(members["Bucket"], members["Key"].rpartition("/")[0], guard.place):
                for needed in [of_writer, *encrypted([of_writer], guard.kms_key, guard.place)]:
                    guard.allows("state-machine", needed)
            return write(request)

        return written

    def parts_of(self, role: str):
        """What a function has, with clients of its role. They are made once: children call the same function at once."""
        with self.making_parts:
            if role not in self.role_parts:
                with self.guarded.acting(role):
                    self.role_parts[role] = self._new_parts()
            return self.role_parts[role]

    def _call(self, name, work, event, _context):
        with self.guarded.acting(name):
            return self.around(name, partial(work, self.parts_of(name)), event)


def _remove_bucket(s3) -> None:
    """Remove the bucket. A function of a run that was stopped may still write to it."""
    for _ in range(100):
        for entry in s3.list_objects_v2(Bucket="bucket").get("Contents", []):
            s3.delete_object(Bucket="bucket", Key=entry["Key"])
        try:
            s3.delete_bucket(Bucket="bucket")
        except s3.exceptions.ClientError as error:
            if error.response["Error"]["Code"] != "BucketNotEmpty":
                raise
            time.sleep(0.05)
        else:
            return
    pytest.fail("a run goes on writing to the bucket")


def _answered(request, status: int, body: object):
    from botocore.awsrequest import AWSResponse

    text = body
    if not isinstance(body, str):
        text = json.dumps(body, default=lambda value: value.timestamp() if isinstance(value, datetime) else str(value))

    class Raw:
        def stream(self, **_):
            yield text.encode()

    return AWSResponse(request.url, status, {"Content-Type": "application/x-amz-json-1.0"}, Raw())


@pytest.fixture
def cloud(request, dynamodb, tmp_path, monkeypatch) -> Iterator[Cloud]:
    """An account with a machine of the default kind; `both_maps` asks for the other kind too, a tuple for another pipeline."""
    param = getattr(request, "param", "distributed")
    pipeline, config, jobs = (PIPELINE.replace("MODE", param), CONFIG, Glue) if isinstance(param, str) else param
    with account(dynamodb, tmp_path, monkeypatch, pipeline, config, jobs) as made:
        yield made


@contextmanager
def account(dynamodb, tmp_path, monkeypatch, pipeline: str, config: str, jobs: Callable[[], Any] = Glue) -> Iterator[Cloud]:
    """An account with this pipeline, its machine and the config of its one source."""
    (tmp_path / "extract.toml").write_text(pipeline, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setattr("extract_core.aws.follow.POLL_SECONDS", 0.01)
    boto3.setup_default_session()
    with closing(boto3.client("s3")) as s3:
        s3.create_bucket(Bucket="bucket", CreateBucketConfiguration={"LocationConstraint": REGION})
        s3.put_object(Bucket="bucket", Key="config/sales.yml", Body=config.encode())
        dynamodb.create_table(**table_definition("tracking"))
        made = Cloud(tmp_path, jobs)
        # of sessions that are made from here on: those of the stores and of the engine
        own = [("before-send.sfn", made.answer), ("before-send.s3", made.disturb), *made.handlers]
        handlers = [*own, *botocore.handlers.BUILTIN_HANDLERS]
        monkeypatch.setattr(botocore.handlers, "BUILTIN_HANDLERS", handlers)
        with identities():
            yield made
        for parts in (made.parts, *made.role_parts.values()):
            parts.tracking.close()
        dynamodb.delete_table(TableName="tracking")
        _remove_bucket(s3)
        made.guarded.record()
        refused = {f"{role}: {request} {dict(request.context)}" for role, request in made.guarded.guard.refused}
        assert not refused, "\n".join(sorted(refused))


@pytest.fixture
def cli(cli, cloud):
    """A command that an operator calls, with the grants of that role."""

    def call(*argv):
        with cloud.guarded.acting("operator"):
            return cli(*argv)

    return call
