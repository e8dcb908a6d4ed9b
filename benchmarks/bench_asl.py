"""asl_toolkit: its speed against moto's interpreter and up to 10,000 items, its memory at 100,000, leftovers of 1,000 runs.

Moto cannot call Python functions (its Lambda needs containers) and parses a JSONPath at each use, so two hooks help it:
`Direct` replaces boto3's Lambda client, and `lru_cache` is put around its two parsers. Without the first hook, moto's
interpreter creates a boto3 client per task, which costs far more than everything else. That figure is printed too
(`in_process` then replaces moto's containers), but it has no goal.

Both interpreters get the same definition, input and functions. The time of ours includes loading the definition, since
moto's reads it at each start. Milliseconds are processor time of all threads, so that other work on the machine does not
count. Goals: 20 times moto's speed; an item at 10,000 costs at most 1.3 times one at 1,000; memory at 100,000 items is at
most 1.3 times that at 10,000; no thread and at most 1 KiB per execution are left. Exit code 1 if a figure misses its goal by
a factor of two.
"""

from __future__ import annotations

import functools
import gc
import io
import json
import resource
import statistics
import subprocess
import sys
import threading
import time
import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

ROUNDS = 5
AGAINST_MOTO, WITH_BOTO3 = 500, 20  # items
LINEAR = (100, 1_000, 10_000)
MEMORY = (10_000, 100_000)
EXECUTIONS, AT_ONCE = 1_000, 4
EXECUTIONS_OF_OURS = 15
TIMES_MOTO, LINEAR_GOAL, FLAT_GOAL, LEFT_GOAL = 20.0, 1.3, 1.3, 1024.0
ROLE = "arn:aws:iam::111111111111:role/r"


def task(function: str, **more: Any) -> dict[str, Any]:  # Any: JSON, here and below
    """A Task that calls a Lambda function with its input."""
    parameters = {"FunctionName": function, "Payload.$": "$"}
    return {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": parameters, **more}


def per_item() -> dict[str, Any]:
    """The states of an item: a Choice and two Lambda tasks."""
    ask = {"Variable": "$.kind", "StringEquals": "glue", "Next": "Extract"}
    retry = [{"ErrorEquals": ["Lambda.TooManyRequestsException"], "IntervalSeconds": 1, "MaxAttempts": 2}]
    catch = [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Record"}]
    selected: dict[str, Any] = {"ResultSelector": {"state.$": "$.Payload.state"}, "ResultPath": "$.job"}
    return {
        "StartAt": "Which",
        "States": {
            "Which": {"Type": "Choice", "Choices": [ask], "Default": "Unknown"},
            "Extract": task("extract", **selected, Retry=retry, Catch=catch, Next="Record"),
            "Record": task("record", OutputPath="$.Payload", End=True),
            "Unknown": {"Type": "Fail", "Error": "UnknownKind"},
        },
    }


def inline_map() -> dict[str, Any]:
    """The machine that both interpreters run."""
    map_state = {"Type": "Map", "ItemsPath": "$.items", "MaxConcurrency": 40, "ItemProcessor": per_item(), "End": True}
    return {"StartAt": "Each", "States": {"Each": map_state}}


def distributed_map() -> dict[str, Any]:
    """The same for each line of a file; the results are written to files."""
    config = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
    read = {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSONL"}}
    map_state = {
        "Type": "Map",
        "ItemReader": {**read, "Parameters": {"Bucket": "b", "Key": "items"}},
        "ItemProcessor": {**config, **per_item()},
        "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b", "Prefix": "out"}},
        "End": True,
    }
    return {"StartAt": "Each", "States": {"Each": map_state}}


def items(count: int) -> list[dict[str, Any]]:
    """Small items."""
    return [{"kind": "glue", "name": f"t{number}"} for number in range(count)]


def extract(_event: Any, _context: Any) -> Any:
    """The first function."""
    return {"state": "SUCCEEDED", "seconds": 1}


def record(event: Any, _context: Any) -> Any:
    """The second function."""
    return {"name": event["name"], "state": event["job"]["state"]}


FUNCTIONS = {"extract": extract, "record": record}


def answered(request: Any) -> Any:
    """A handler of `lambda:invoke` that calls them at once."""
    parameters = request.parameters
    return {"Payload": FUNCTIONS[parameters["FunctionName"]](parameters["Payload"], None), "StatusCode": 200}


def right(output: Any, count: int) -> None:
    """Both did the work."""
    assert output == [{"name": f"t{number}", "state": "SUCCEEDED"} for number in range(count)], output


def in_process(_backend: Any, name: str, _qualifier: Any, body: Any, _headers: Any, _answer_headers: Any) -> bytes:
    """Replaces `LambdaBackend.invoke`, the last step of a call in moto: no container, but all earlier steps are moto's."""
    return json.dumps(FUNCTIONS[name](json.loads(body), None)).encode()


class Direct:
    """Replaces boto3's Lambda client with the one method that moto's interpreter calls."""

    def invoke(self, *, FunctionName: str, Payload: bytes, **_more: Any) -> dict[str, Any]:  # noqa: N803 - boto3's names
        """Call a function in this process."""
        answer = json.dumps(FUNCTIONS[FunctionName](json.loads(Payload), None)).encode()
        return {"StatusCode": 200, "ExecutedVersion": "$LATEST", "Payload": io.BytesIO(answer)}


def by_moto(count: int, *, direct: bool) -> dict[str, float]:
    """Seconds of one execution in moto's interpreter, from its start to its end."""
    import boto3
    from moto import mock_aws
    from moto.awslambda.models import LambdaBackend
    from moto.stepfunctions.parser.asl.component.common.path import result_path
    from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
    from moto.stepfunctions.parser.asl.utils import json_path
    from moto.stepfunctions.parser.models import stepfunctions_parser_backends

    if direct:
        lambda_eval_utils.boto_client_for = lambda **_settings: Direct()
    LambdaBackend.invoke = in_process
    json_path.parse = functools.lru_cache(maxsize=None)(json_path.parse)
    result_path.parse = functools.lru_cache(maxsize=None)(result_path.parse)
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
        client = boto3.client("stepfunctions", region_name="us-east-1", **keys)
        arn = client.create_state_machine(name="m", definition=json.dumps(inline_map()), roleArn=ROLE)["stateMachineArn"]
        text = json.dumps({"items": items(count)})
        worked, started = time.process_time(), time.perf_counter()
        name = client.start_execution(stateMachineArn=arn, input=text)["executionArn"]
        (execution,) = stepfunctions_parser_backends["123456789012"]["us-east-1"].state_machines[0].executions
        while execution.status == "RUNNING":  # asking through boto3 would slow it down
            time.sleep(0.005)
        seconds, worked = time.perf_counter() - started, time.process_time() - worked
        described = client.describe_execution(executionArn=name)
    right(json.loads(described["output"]), count)
    return {"seconds": seconds, "cpu": worked}


def by_ours(count: int, *, inline: bool) -> dict[str, float]:
    """The same with asl_toolkit: the median of several executions that together take about as long as moto's one."""
    import asl_toolkit
    import asl_toolkit.runtime.execution  # the imports of the first start do not count

    functions = {name: asl_toolkit.inline(function) for name, function in FUNCTIONS.items()} if inline else FUNCTIONS
    services = asl_toolkit.Services(functions=functions)
    text = json.dumps(inline_map())
    asl_toolkit.load(text)  # imports the loader, since moto's parts are imported by now
    execution_input = {"items": items(count)}
    took: list[dict[str, float]] = []
    for _ in range(EXECUTIONS_OF_OURS):
        worked, started = time.process_time(), time.perf_counter()
        result = asl_toolkit.run(text, execution_input, services=services)
        took.append({"seconds": time.perf_counter() - started, "cpu": time.process_time() - worked})
        right(result.output, count)
    return {key: median(took, key) for key in took[0]}


def distributed(count: int) -> dict[str, float]:
    """Seconds and peak memory of a DISTRIBUTED Map; S3 and the functions answer on the interpreter's own thread."""
    import asl_toolkit

    written = 0

    def get(_request: Any) -> Any:
        lines = io.BytesIO()  # join() would make a list of them first, whose memory isn't ours
        for number in range(count):
            lines.write(b'{"kind":"glue","name":"t%d"}\n' % number)
        return {"Body": lines.getvalue()}

    def put(request: Any) -> Any:
        nonlocal written
        if "SUCCEEDED" in request.parameters["Key"]:  # counted and dropped: S3's memory isn't ours
            written += request.parameters["Body"].count('"Status":"SUCCEEDED"')
        return {}

    calls = {("s3", "getObject"): get, ("s3", "putObject"): put, ("lambda", "invoke"): answered}
    services = asl_toolkit.Services({key: asl_toolkit.inline(handler) for key, handler in calls.items()})
    machine = asl_toolkit.load(distributed_map())
    worked, started = time.process_time(), time.perf_counter()
    result = machine.start({}, services=services).wait()
    seconds, worked = time.perf_counter() - started, time.process_time() - worked
    assert result.status == "SUCCEEDED", result.cause
    assert written == count, written
    return {"seconds": seconds, "cpu": worked, "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def left_behind(executions: int, *, traced: bool) -> dict[str, float]:
    """Threads and memory before and after many executions, some of them at once: most succeed, some fail, some are stopped."""
    import asl_toolkit

    definition = inline_map()
    wait = {"StartAt": "Hour", "States": {"Hour": {"Type": "Wait", "Seconds": 3600, "End": True}}}
    machine, waiting = asl_toolkit.load(definition), asl_toolkit.load(wait)
    services = asl_toolkit.Services(functions=FUNCTIONS)

    def one(number: int) -> None:
        if number % 10 == 0:
            execution = waiting.start({}, services=services)
            execution.stop("Enough")
            assert execution.wait(60).status == "ABORTED"
        elif number % 10 == 1:
            assert machine.start({"items": [{"kind": "?"}]}, services=services).wait(60).error == "UnknownKind"
        else:
            right(machine.start({"items": items(3)}, services=services).wait(60).output, 3)

    def batch(count: int) -> None:
        with ThreadPoolExecutor(AT_ONCE) as pool:
            for _ in pool.map(one, range(count)):
                pass

    def now() -> dict[str, float]:
        deadline = time.monotonic() + 5
        while threading.active_count() > 1 and time.monotonic() < deadline:
            time.sleep(0.01)  # threads of handlers end a moment after their execution
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
        memory = tracemalloc.get_traced_memory()[0] if traced else pages * resource.getpagesize()
        return {"threads": threading.active_count(), "bytes": memory, "objects": len(gc.get_objects())}

    batch(executions // 5)  # caches fill, the allocator has its pages
    if traced:
        tracemalloc.start()
        batch(executions // 10)
    before = now()
    started = time.perf_counter()
    batch(executions)
    seconds = time.perf_counter() - started
    return {"seconds": seconds, **{f"{key}_before": value for key, value in before.items()}, **now()}


KINDS = {
    "moto": functools.partial(by_moto, direct=False),
    "moto-direct": functools.partial(by_moto, direct=True),
    "ours": functools.partial(by_ours, inline=False),
    "ours-inline": functools.partial(by_ours, inline=True),
    "distributed": distributed,
    "traced": functools.partial(left_behind, traced=True),
    "resident": functools.partial(left_behind, traced=False),
}


def measure(kind: str, count: int) -> dict[str, float]:
    """One measurement in a separate process."""
    command = [sys.executable, __file__, kind, str(count)]
    figures: dict[str, float] = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    return figures


def median(results: list[dict[str, float]], key: str) -> float:
    """The median of one figure."""
    return statistics.median(result[key] for result in results)


def against_moto() -> float:
    """The goal divided by the speed: above 1, the goal is missed."""
    by_kind: dict[str, list[dict[str, float]]] = {"ours": [], "moto-direct": [], "ours-inline": []}
    for _ in range(ROUNDS):
        for kind, results in by_kind.items():
            results.append(measure(kind, AGAINST_MOTO))
    ours, moto, inline = (median(results, "cpu") * 1000 / AGAINST_MOTO for results in by_kind.values())
    pairs = zip(by_kind["moto-direct"], by_kind["ours"], strict=True)
    times = statistics.median(theirs["cpu"] / own["cpu"] for theirs, own in pairs)
    least = min(result["cpu"] for result in by_kind["moto-direct"]) / min(result["cpu"] for result in by_kind["ours"])
    print(
        f"{AGAINST_MOTO:>7,} items, a Map of a Choice and two Lambda tasks: {ours:.3f} ms an item ({inline:.3f} with functions "
        f"marked as inline); moto's interpreter {moto:.2f} ms: {times:.1f} times as fast, "
        f"{least:.1f} by the best round of each (goal: {TIMES_MOTO:.0f})"
    )
    client = measure("moto", WITH_BOTO3)["cpu"] * 1000 / WITH_BOTO3
    print(f"  moto's as it is, with a boto3 client made for each task: {client:.0f} ms per item, {client / ours:.0f} times ours")
    return TIMES_MOTO / times


def linear() -> float:
    """The cost of an item at two sizes, divided by the goal."""
    by_count: dict[int, list[dict[str, float]]] = {count: [] for count in LINEAR}
    for _ in range(ROUNDS):
        for count, results in by_count.items():
            results.append(measure("distributed", count))
    cost = {count: median(results, "cpu") * 1000 / count for count, results in by_count.items()}
    for count, milliseconds in cost.items():
        print(f"{count:>7,} items, the same as a DISTRIBUTED Map with ResultWriter: {milliseconds:.3f} ms an item")
    ratio = cost[LINEAR[2]] / cost[LINEAR[1]]
    print(f"  an item at {LINEAR[2]:,} costs {ratio:.2f} times one at {LINEAR[1]:,} (1: linear; goal: at most {LINEAR_GOAL})")
    return ratio / LINEAR_GOAL


def flat() -> float:
    """The memory at two sizes, divided by the goal."""
    small, large = (measure("distributed", count) for count in MEMORY)
    ratio = large["megabytes"] / small["megabytes"]
    print(
        f"{MEMORY[1]:>7,} items, the same: {large['seconds']:.0f} s ({large['cpu']:.0f} s of processor time), peak "
        f"{large['megabytes']:.0f} MB; {small['megabytes']:.0f} MB at {MEMORY[0]:,}"
    )
    print(f"  memory at {MEMORY[1]:,} is {ratio:.2f} times that at {MEMORY[0]:,} (1: flat; goal: at most {FLAT_GOAL})")
    return ratio / FLAT_GOAL


def nothing_left() -> float:
    """The memory left per execution, divided by the goal; infinite if a thread is left."""
    traced, resident = measure("traced", EXECUTIONS), measure("resident", EXECUTIONS)
    bytes_left = (traced["bytes"] - traced["bytes_before"]) / EXECUTIONS
    threads = resident["threads"] - resident["threads_before"]
    print(
        f"{EXECUTIONS:>7,} executions, {AT_ONCE} at once, a tenth failed and a tenth stopped: {resident['seconds']:.1f} s; "
        f"threads {resident['threads_before']:.0f} before and {resident['threads']:.0f} after"
    )
    print(
        f"  RSS {resident['bytes_before'] / 2**20:.1f} MB and {resident['bytes'] / 2**20:.1f} MB; objects "
        f"{traced['objects_before']:,.0f} and {traced['objects']:,.0f}; traced memory {bytes_left:+.0f} bytes per execution "
        f"(goals: no thread, at most {LEFT_GOAL:,.0f} bytes)"
    )
    return max(bytes_left / LEFT_GOAL, float("inf") if threads > 0 else 0.0)


def main(argv: list[str]) -> int:
    """Each measurement runs in a separate process; the medians of five rounds are printed (memory hardly varies: one round)."""
    if argv:
        print(json.dumps(KINDS[argv[0]](int(argv[1]))))
        return 0
    missed = [part.__name__ for part in (against_moto, linear, flat, nothing_left) if part() > 2]
    if missed:
        print(f"goals missed twice over: {', '.join(missed)}", file=sys.stderr)
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
