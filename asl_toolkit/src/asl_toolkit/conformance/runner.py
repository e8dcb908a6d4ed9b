"""Runs a recorded case: its functions in this process, its fixtures in moto."""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from typing import Any

from asl_toolkit.client.nested import NestedExecutions
from asl_toolkit.client.stepfunctions import StepFunctions
from asl_toolkit.errors import DefinitionError, TaskFailed
from asl_toolkit.json_value import Json
from asl_toolkit.machine import load
from asl_toolkit.services.aws import AwsCalls
from asl_toolkit.services.aws.names import OPTIMISED
from asl_toolkit.services.contract import Function
from asl_toolkit.services.registry import Services, resources_of
from asl_toolkit.services.tokens import TaskDoesNotExist, TaskTokens

_REGION = "us-east-1"
_ACCOUNT = "111111111111"
_LONGEST_SECONDS = 120.0
_POLL_SECONDS = 0.05


def run_case(case: Mapping[str, Json]) -> dict[str, Json]:
    """`{status, output, error, cause, events}` of a case. A refused definition has the status REFUSED and its findings."""
    functions = {name: function_of(source) for name, source in (case.get("lambdas") or {}).items()}
    try:
        machine = load(case["definition"])
    except DefinitionError as error:
        return _refused(error)
    tokens = TaskTokens()
    calls_aws = any(resource.service != "lambda" for _, _, resource in resources_of(machine.model.root))
    with ExitStack() as stack:
        handlers = stack.enter_context(_fixtures(case.get("fixtures") or {}, tokens)) if calls_aws else {}
        services = Services(
            handlers, functions=functions or {"-": lambda event, _context: event}, region=_REGION, account=_ACCOUNT, tokens=tokens
        )
        try:
            execution = machine.start(case.get("input", {}), services=services)
        except DefinitionError as error:
            return _refused(error)
        try:
            result = execution.wait(_LONGEST_SECONDS)
        except TimeoutError:
            execution.stop()
            result = execution.wait(_LONGEST_SECONDS)
    return {
        "status": result.status,
        "output": result.output,
        "error": result.error,
        "cause": result.cause,
        "events": [{**event, "timestamp": event["timestamp"].isoformat()} for event in result.events],
    }


def _refused(error: DefinitionError) -> dict[str, Json]:
    return {"status": "REFUSED", "output": None, "error": "DefinitionError", "cause": str(error), "events": []}


def function_of(source: str) -> Function:
    """The `handler` of a module's source text; a result of type bytes is read as JSON text."""
    namespace: dict[str, Any] = {"__name__": "handler"}  # Any: a module's globals
    exec(compile(source, "handler.py", "exec"), namespace)  # noqa: S102 - a case brings the code of its functions
    handler = namespace.get("handler")
    if not callable(handler):
        raise TypeError("the source of a function defines no handler(event, context)")

    def function(event: Json, context: object) -> Json:
        result = handler(event, context)
        return _read(result) if isinstance(result, bytes) else result

    return function


def _read(result: bytes) -> Json:
    try:
        return json.loads(result)
    except ValueError:
        return result.decode(errors="replace")


@contextmanager
def _fixtures(fixtures: Mapping[str, Json], tokens: TaskTokens) -> Iterator[dict[tuple[str, str], Any]]:
    """Handlers of AWS services on moto, with what the case needs in them."""
    import boto3
    from botocore.config import Config
    from moto import mock_aws

    def client(name: str) -> Any:  # boto3's clients have no static type
        return boto3.client(  # type: ignore[call-overload] # the service name is known at run time only
            name,
            region_name=_REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",  # noqa: S106 - moto needs some value
            config=Config(retries={"max_attempts": 0}),
        )

    with mock_aws(config={"core": {"mock_credentials": True}}):
        calls = AwsCalls(client)
        fill(fixtures, calls)
        over = threading.Event()
        readers = [
            threading.Thread(target=_answer, args=(calls, name, queue["reply"], tokens, over), daemon=True)
            for name, queue in fixtures.get("sqs", {}).items()
            if queue.get("reply")
        ]
        for reader in readers:
            reader.start()
        try:
            yield _with_queues(calls, fixtures)
        finally:
            over.set()
            for reader in readers:
                reader.join()


def _with_queues(calls: AwsCalls, fixtures: Mapping[str, Json]) -> dict[tuple[str, str], Any]:
    """The handlers. They replace the recorded account in a queue's URL by the account of moto."""
    handlers = calls.handlers()
    handlers |= {(service, "*"): calls.optimised for service in OPTIMISED if service not in {"lambda", "s3", "states"}}
    handlers |= NestedExecutions(StepFunctions().start_nested).handlers()
    urls = {f"https://sqs.{_REGION}.amazonaws.com/{_ACCOUNT}/{name}": name for name in fixtures.get("sqs", {})}
    send: Callable[[Any], Json] = handlers["sqs", "sendMessage"]

    def send_message(request: Any) -> Json:  # changes the TaskRequest
        url = request.parameters.get("QueueUrl")
        if isinstance(url, str) and url not in urls:
            host = url.split("//")[-1].split("/")[0]
            if not host.endswith("amazonaws.com"):
                raise TaskFailed("SQS.SdkClientException", f"Unable to execute HTTP request: {host}: Name or service not known")
        if isinstance(url, str) and url in urls:
            own = calls.client("sqs").get_queue_url(QueueName=urls[url])["QueueUrl"]
            request = replace(request, parameters={**request.parameters, "QueueUrl": own})
        return send(request)

    handlers["sqs", "sendMessage"] = send_message
    return handlers


def fill(fixtures: Mapping[str, Json], calls: AwsCalls) -> None:
    """Put the fixtures of a case into the services."""
    for bucket, objects in fixtures.get("s3", {}).items():
        calls.client("s3").create_bucket(Bucket=bucket)
        for key, content in objects.items():
            body = content["text"].encode() if "text" in content else base64.b64decode(content["base64"])
            calls.client("s3").put_object(Bucket=bucket, Key=key, Body=body)
    for table, about in fixtures.get("dynamodb", {}).items():
        names = list(about["key"])
        calls.client("dynamodb").create_table(
            TableName=table,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": about["key"][name]} for name in names],
            KeySchema=[{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, ("HASH", "RANGE"), strict=False)],
        )
        for item in about.get("items", []):
            calls.client("dynamodb").put_item(TableName=table, Item=item)
    for queue, about in fixtures.get("sqs", {}).items():
        calls.client("sqs").create_queue(QueueName=queue, Attributes=about.get("attributes") or {})


def _answer(calls: AwsCalls, queue: str, reply: str, tokens: TaskTokens, over: threading.Event) -> None:
    """Plays the worker that reads a queue and answers the token of each message."""
    client = calls.client("sqs")
    url = client.get_queue_url(QueueName=queue)["QueueUrl"]
    while not over.is_set():
        for message in client.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []):
            client.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            body = json.loads(message["Body"])
            try:
                if reply == "heartbeat_success":
                    tokens.send_heartbeat(body["TaskToken"])
                if reply == "failure":
                    tokens.send_failure(body["TaskToken"], "Failure error", "Failure cause")
                else:
                    tokens.send_success(body["TaskToken"], body["Message"])
            except TaskDoesNotExist:
                continue
        time.sleep(_POLL_SECONDS)
