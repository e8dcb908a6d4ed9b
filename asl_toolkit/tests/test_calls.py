"""How handlers are called: quick ones on the execution's own thread; slow ones delay nothing else."""

import gc
import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

import asl_toolkit
from asl_toolkit import Services, VirtualClock, inline
from asl_toolkit.mocks import with_mocks

FUNCTION = "arn:aws:lambda:us-east-1:111111111111:function:"


def task(name, **more):
    return {"Type": "Task", "Resource": FUNCTION + name, "End": True, **more}


def alone(state):
    return {"StartAt": "S", "States": {"S": state}}


def a_map(name, **more):
    processor = {"StartAt": "I", "States": {"I": task(name)}}
    return alone({"Type": "Map", "ItemProcessor": processor, "End": True, **more})


def here(event, context):
    return threading.current_thread().name


def run(definition, data, *, name="e", timeout=20, **functions):
    services = Services(functions=functions)
    return asl_toolkit.run(definition, data, name=name, services=services, timeout=timeout)


def test_quick_functions_share_the_executions_thread():
    result = run(a_map("here"), list(range(200)), here=here)
    assert set(result.output) <= {"asl-e", "asl-e-next"}


def test_a_function_may_wait_for_a_sibling():
    gate = threading.Event()
    branches = [
        {"StartAt": "Waits", "States": {"Waits": task("waits")}},
        {"StartAt": "Opens", "States": {"Opens": task("opens")}},
    ]
    definition = alone({"Type": "Parallel", "Branches": branches, "End": True})
    result = run(definition, {}, waits=lambda event, context: gate.wait(10), opens=lambda event, context: gate.set())
    assert result.output == [True, None]


def test_a_blocked_function_does_not_hold_up_its_timeout():
    gate = threading.Event()
    started = time.monotonic()
    result = run(alone(task("waits", TimeoutSeconds=1)), {}, waits=lambda event, context: gate.wait(30))
    gate.set()
    assert (result.status, result.error) == ("FAILED", "States.Timeout")
    assert time.monotonic() - started < 10


def test_a_slow_function_gets_threads_until_it_is_quick_again():
    def waits_at_first(event, context):
        if event < 6:
            time.sleep(0.03)
        return threading.current_thread().name

    result = run(a_map("f", MaxConcurrency=1), list(range(200)), f=waits_at_first)
    workers = [name for name in result.output if name not in {"asl-e", "asl-e-next"}]
    assert 4 < len(workers) < 150
    assert result.output[5] in workers


def test_a_marked_function_is_called_at_once_and_no_thread_is_started():
    seen = set()

    @inline
    def looking(event, context):
        seen.update(thread.name for thread in threading.enumerate() if thread.name.startswith("asl-marked"))

    run(a_map("f"), list(range(50)), name="marked", f=looking)
    assert seen == {"asl-marked"}


def test_a_function_that_is_missing_fails_beside_a_marked_one():
    invoke = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True}
    invoke["Parameters"] = {"FunctionName.$": "$.name"}
    marked = inline(lambda event, context: 1)
    assert run(alone(invoke), {"name": "marked"}, marked=marked).output["Payload"] == 1
    assert run(alone(invoke), {"name": "other"}, marked=marked).error == "Lambda.ResourceNotFoundException"


def test_an_exception_that_ends_threads_ends_only_the_task():
    def interrupted(event, context):
        raise KeyboardInterrupt("no")

    result = run(alone(task("interrupted")), {}, interrupted=interrupted)
    assert (result.error, result.cause) == ("States.TaskFailed", '{"errorMessage": "no", "errorType": "KeyboardInterrupt"}')


class CountingClock(VirtualClock):
    def __init__(self):
        super().__init__()
        self.working = 0

    def at_work(self, change):
        super().at_work(change)
        self.working += change


def test_after_a_stop_no_handler_is_called_and_the_clock_runs():
    clock, started, calls = CountingClock(), threading.Event(), []

    def stops(event, context):
        calls.append(event)
        started.wait(10)
        execution.stop("Enough")

    machine = asl_toolkit.load(a_map("stops", MaxConcurrency=3))
    execution = machine.start([1, 2, 3, 4], services=Services(functions={"stops": stops}), clock=clock)
    started.set()
    assert execution.wait(10).status == "ABORTED"
    assert 4 not in calls
    deadline = time.monotonic() + 60
    while clock.working and time.monotonic() < deadline:
        time.sleep(0.01)
    assert clock.working == 0


def test_a_thousand_executions_at_once_are_right_and_leave_nothing():
    machine = asl_toolkit.load(a_map("double"))
    failing = asl_toolkit.load(alone(task("divide")))
    services = Services(functions={"double": lambda event, context: 2 * event, "divide": lambda event, context: 1 / event})

    def one(number):
        if number % 10 == 0:
            return failing.start(0, services=services).wait(30).error == "ZeroDivisionError"
        return machine.start([number, number + 1], services=services).wait(30).output == [2 * number, 2 * number + 2]

    def many(count):
        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(one, range(count)))

    def left():
        deadline = time.monotonic() + 60
        while threading.active_count() > threads and time.monotonic() < deadline:
            time.sleep(0.01)
        gc.collect()
        return threading.active_count(), len(gc.get_objects())

    threads = threading.active_count()
    many(100)
    _, objects = left()
    many(1_000)
    after_threads, after_objects = left()
    assert after_threads <= threads
    assert after_objects - objects < 500


@pytest.mark.parametrize("payload", [1, 2.5, True])
@pytest.mark.parametrize("mocked", [False, True])
def test_a_number_as_payload_ends_the_execution_before_the_call(payload, mocked):
    """Stack Overflow, answer 76373088: the text of AWS for `"Payload.$": "$"` with the items of a Map of numbers."""
    parameters = {"FunctionName": "f", "Payload.$": "$"}
    state = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": parameters, "End": True}
    machine = asl_toolkit.load({"StartAt": "T", "States": {"T": state}})
    services = Services(functions={"f": lambda event, _: event})
    if mocked:
        services = with_mocks(services, {"functions": {"f": {"result": 1}}}, machine)
    result = machine.start(payload, services=services).wait(20)
    assert result.error == "States.Runtime"
    assert result.cause.endswith(
        f"""The Parameters '{{"FunctionName":"f","Payload":{json.dumps(payload)}}}' could not be used to start the Task: """
        "[The value for the field 'Payload' must be a STRING]"
    )
    assert [event["type"] for event in result.events] == ["ExecutionStarted", "TaskStateEntered", "ExecutionFailed"]
