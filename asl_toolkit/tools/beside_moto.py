# ruff: noqa: INP001 - a folder of scripts
"""Recorded executions through our interpreter and through moto's: `python asl_toolkit/tools/beside_moto.py FILE`.

moto cannot call the cases' functions by itself (its Lambda needs containers), so that one client is replaced here. Each case
of moto's runs in a process of its own: its interpreter keeps state from one execution to the next.
"""

import argparse
import io
import json
import multiprocessing
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import boto3
from moto import mock_aws
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils

from asl_toolkit.commands.conformance import verdict_of, write
from asl_toolkit.conformance.matching import Verdict, judge
from asl_toolkit.conformance.runner import fill, function_of
from asl_toolkit.errors import TaskFailed
from asl_toolkit.json_value import Json
from asl_toolkit.services.aws import AwsCalls
from asl_toolkit.services.functions import FunctionCaller

_ROLE = "arn:aws:iam::111111111111:role/unknown_sf_role"
_LONGEST = 20.0  # the longest recorded waits take about 15 seconds


class _LambdaClient:
    """The one method that moto's interpreter calls, answered by the case's functions."""

    def __init__(self, functions: Mapping[str, Callable[[Any, Any], Any]]) -> None:  # Lambda handlers
        self._caller = FunctionCaller(functions, region="us-east-1", account="111111111111")

    def invoke(self, **given: Any) -> dict[str, Any]:  # boto3's shapes
        """Call a function as Lambda would."""
        payload = given.get("Payload") or b"{}"
        event = json.loads(payload.decode() if isinstance(payload, bytes) else payload)
        try:
            result = self._caller.call(given["FunctionName"], event)
        except TaskFailed as failure:
            body = str(failure.cause).encode()
            return {"StatusCode": 200, "FunctionError": "Unhandled", "Payload": io.BytesIO(body)}
        return {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": io.BytesIO(json.dumps(result).encode())}


def by_moto(case: Mapping[str, Json]) -> dict[str, Json]:
    """What moto's interpreter makes of a case."""
    client = _LambdaClient({name: function_of(source) for name, source in case["lambdas"].items()})
    lambda_eval_utils.boto_client_for = lambda **_given: client

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


def _verdict_by_moto(case: Mapping[str, Json]) -> Verdict:
    """In a process of its own; one that dies or hangs is wrong."""
    context = multiprocessing.get_context("fork")
    receive, send = context.Pipe(duplex=False)

    def work() -> None:
        sys.stderr = io.StringIO()
        send.send(judge(case, by_moto(case)))

    process = context.Process(target=work, daemon=True)
    process.start()
    send.close()
    found: Verdict = "wrong"
    try:
        if receive.poll(_LONGEST + 5):
            found = receive.recv()
    except EOFError:
        found = "wrong"
    process.kill()
    process.join()
    return found


def _warm_up() -> None:
    """Load in this process what each case's process would have to load again."""
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
            boto3.client(name, "us-east-1", aws_access_key_id="test", aws_secret_access_key="test")  # type: ignore[call-overload]  # noqa: S106 - moto asks for any


def main() -> int:
    """Both tables; exit code 0 when ours has nothing wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path, help="recorded cases, a JSON object a line")
    parser.add_argument("--name", default="", help="only cases whose name holds this text")
    given = parser.parse_args()
    with given.file.open(encoding="utf-8") as lines:
        cases = [case for line in lines if given.name in (case := json.loads(line))["name"]]
    _warm_up()
    theirs = []
    for number, case in enumerate(cases, 1):
        theirs.append(_verdict_by_moto(case))
        sys.stderr.write(f"\rmoto: {number} of {len(cases)}")
    ours = [verdict_of(case) for case in cases]
    for title, verdicts in (("asl_toolkit", ours), ("moto", theirs)):
        sys.stdout.write(f"\n{title}\n")
        write(sys.stdout.write, cases, verdicts)
    both = Counter(zip(ours, theirs, strict=True))
    sys.stdout.write("\nours / moto's: " + ", ".join(f"{a}/{b} {count}" for (a, b), count in sorted(both.items())) + "\n")
    return 1 if "wrong" in ours else 0


if __name__ == "__main__":
    sys.exit(main())
