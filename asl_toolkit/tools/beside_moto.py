# ruff: noqa: INP001 - a folder of scripts
"""Recorded executions through our interpreter and through moto's: `python asl_toolkit/tools/beside_moto.py FILE`.

moto cannot call the cases' functions by itself (its Lambda needs containers), so that one client is replaced here. Each case
of moto's runs in a separate process: its interpreter keeps state from one execution to the next.
"""

import argparse
import functools
import io
import json
import multiprocessing
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from multiprocessing.connection import wait
from typing import Any

import boto3
from botocore.loaders import JSONFileLoader
from moto import mock_aws
from moto.stepfunctions.parser.asl.component.common.path import result_path
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.utils import json_path

from asl_toolkit.commands.conformance import arguments_of, judged_by_us, read, remarks
from asl_toolkit.conformance.matching import Verdict, judge
from asl_toolkit.conformance.runner import fill, function_of
from asl_toolkit.conformance.table import table
from asl_toolkit.errors import TaskFailed
from asl_toolkit.json_value import Json
from asl_toolkit.services.aws import AwsCalls
from asl_toolkit.services.functions import FunctionCaller

_ROLE = "arn:aws:iam::111111111111:role/unknown_sf_role"
_LONGEST = 20.0  # seconds: the longest recorded waits take about 15
_SLOW = {"timeout", "callback", "wait", "retry"}


class _LambdaClient:
    """The one method that moto's interpreter calls, answered by the case's functions."""

    def __init__(self, functions: Mapping[str, Callable[[Any, Any], Any]]) -> None:  # Lambda handlers
        self._caller = FunctionCaller(functions, region="us-east-1", account="111111111111")

    def invoke(self, **request: Any) -> dict[str, Any]:  # boto3's shapes
        """Call a function as Lambda would."""
        payload = request.get("Payload") or b"{}"
        event = json.loads(payload.decode() if isinstance(payload, bytes) else payload)
        try:
            result = self._caller.call(request["FunctionName"], event)
        except TaskFailed as failure:
            body = str(failure.cause).encode()
            return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": io.BytesIO(body)}
        return {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": io.BytesIO(json.dumps(result).encode())}


def _replace(owner: object, name: str, by: Callable[..., object]) -> None:
    """Put something else in the place of a part of another package, in this process."""
    setattr(owner, name, by)


def by_moto(case: Mapping[str, Json]) -> dict[str, Json]:
    """What moto's interpreter makes of a case."""
    client = _LambdaClient({name: function_of(source) for name, source in case["lambdas"].items()})
    _replace(lambda_eval_utils, "boto_client_for", lambda **_settings: client)

    def connect(name: str) -> Any:  # boto3's clients have no static type
        return boto3.client(name, "us-east-1", aws_access_key_id="test", aws_secret_access_key="test")  # type: ignore[call-overload]  # noqa: S106 - the name is only known here

    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        fill(case["fixtures"], AwsCalls(connect))
        sfn = connect("stepfunctions")
        try:
            arn = sfn.create_state_machine(name="m", definition=json.dumps(case["definition"]), roleArn=_ROLE)["stateMachineArn"]
            execution = sfn.start_execution(stateMachineArn=arn, input=json.dumps(case["input"]))["executionArn"]
        except Exception as error:  # noqa: BLE001 - it refuses in many ways
            return {"status": "REFUSED", "output": None, "error": type(error).__name__, "cause": str(error), "events": []}
        _answer_queues(case, connect)
        deadline = time.monotonic() + _LONGEST
        described = sfn.describe_execution(executionArn=execution)
        while described["status"] == "RUNNING" and time.monotonic() < deadline:
            time.sleep(0.02)
            described = sfn.describe_execution(executionArn=execution)
        events = sfn.get_execution_history(executionArn=execution)["events"]
    return {
        "status": described["status"],
        "output": _output(described["output"]) if "output" in described else None,
        "error": described.get("error"),
        "cause": described.get("cause"),
        "events": [{**event, "timestamp": str(event["timestamp"])} for event in events],
    }


def _output(text: str) -> Json:
    """Moto gives a string's own text where AWS gives its JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return text


def _answer_queues(case: Mapping[str, Json], connect: Callable[[str], Any]) -> None:
    """Somebody outside who answers the tokens that are sent to queues."""
    for name, about in case["fixtures"].get("sqs", {}).items():
        if about.get("reply"):
            threading.Thread(target=_answer, args=(name, about["reply"], connect), daemon=True).start()


def _answer(queue: str, reply: str, connect: Callable[[str], Any]) -> None:
    sqs, sfn = connect("sqs"), connect("stepfunctions")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    while True:
        for message in sqs.receive_message(QueueUrl=url).get("Messages", []):
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            body = json.loads(message["Body"])
            if reply == "failure":
                sfn.send_task_failure(taskToken=body["TaskToken"], error="Failure error", cause="Failure cause")
            else:
                sfn.send_task_success(taskToken=body["TaskToken"], output=json.dumps(body["Message"]))
        time.sleep(0.05)


class _Running:
    """A case in a separate process."""

    def __init__(self, place: int, case: Mapping[str, Json]) -> None:
        context = multiprocessing.get_context("fork")
        self.place = place
        self.receive, self._send = context.Pipe(duplex=False)
        self._case = case
        self._process = context.Process(target=self._work, daemon=True)
        self._process.start()
        self._send.close()
        self.deadline = time.monotonic() + _LONGEST + 5

    def _work(self) -> None:
        sys.stderr = io.StringIO()
        self._send.send(judge(self._case, by_moto(self._case)))

    def verdict(self) -> Verdict:
        """Its verdict; one that has died or hangs is wrong."""
        verdict: Verdict = "wrong"
        try:
            if self.receive.poll():
                verdict = self.receive.recv()
        except EOFError:
            verdict = "wrong"
        self._process.kill()
        self._process.join()
        self.receive.close()
        return verdict


def verdicts_by_moto(cases: Sequence[Mapping[str, Json]], at_once: int) -> list[Verdict]:
    """Moto's verdicts. Most of the time it waits (its waits and backoffs are real), so that many cases run at once."""
    verdicts: list[Verdict] = ["wrong"] * len(cases)
    left, running = list(enumerate(cases)), list[_Running]()
    left.sort(key=lambda entry: not _SLOW & set(entry[1]["features"]))  # first, so that none is waited for at the end
    while left or running:
        while left and len(running) < at_once:
            running.append(_Running(*left.pop(0)))
        soonest = min(entry.deadline for entry in running)
        ready = wait([entry.receive for entry in running], max(0.0, soonest - time.monotonic()))
        for entry in [entry for entry in running if entry.receive in ready or entry.deadline <= time.monotonic()]:
            verdicts[entry.place] = entry.verdict()
            running.remove(entry)
        sys.stderr.write(f"\rmoto: {len(cases) - len(left) - len(running)} of {len(cases)}")
    sys.stderr.write("\n")
    return verdicts


def _warm_up() -> None:
    """Load in this process what each case's process would have to load again.

    mock_aws gives boto3 a new session each time, which would read botocore's files of half a second anew; and moto's interpreter
    builds the tables of its JSONPath parser at each path (44 ms).
    """
    load = functools.cache(JSONFileLoader().load_file)
    _replace(JSONFileLoader, "load_file", lambda _self, path: load(path))
    for module in (json_path, result_path):
        _replace(module, "parse", functools.cache(vars(module)["parse"]))
    by_moto(
        {
            "definition": {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}},
            "input": {},
            "lambdas": {},
            "fixtures": {},
        }
    )
    with mock_aws():
        for name in ("s3", "dynamodb", "sqs", "secretsmanager"):
            boto3.client(name, "us-east-1", aws_access_key_id="test", aws_secret_access_key="test")  # noqa: S106 - moto asks for any


def main() -> int:
    """The table of both; exit code 0 when ours has nothing wrong."""
    options = arguments_of(argparse.ArgumentParser(description=__doc__), sys.argv[1:])
    cases = read(options.file, options.name)
    _warm_up()
    theirs = verdicts_by_moto(cases, options.jobs)
    judged = judged_by_us(cases, options.jobs)
    ours = [case.verdict for case in judged]
    sys.stdout.write(table(cases, {"asl_toolkit": ours, "moto": theirs}))
    sys.stdout.writelines(remarks(judged, all_names=options.list))
    return 1 if "wrong" in ours else 0


if __name__ == "__main__":
    sys.exit(main())
