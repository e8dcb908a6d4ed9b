"""Redrive: continue from the failed steps, and keep the results of the others."""

from concurrent.futures import Future

import pytest

import asl_toolkit
from asl_toolkit import NotRedrivable, Services, Submitted, TaskFailed, inline


def task(**more):
    return {"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.sync", **more}


class Flaky:
    """A handler that fails for some parameters the first time it sees them."""

    def __init__(self, *bad):
        self.bad = set(bad)
        self.calls = []

    def __call__(self, request):
        future = Future()
        self.calls.append(request.parameters)
        if request.parameters in self.bad:
            self.bad.discard(request.parameters)
            future.set_exception(TaskFailed("Boom", str(request.parameters)))
        else:
            future.set_result({"did": request.parameters})
        return Submitted({}, future)


def start(definition, handler, data):
    services = Services({("ecs", "runTask"): inline(handler)})
    execution = asl_toolkit.load(definition).start(data, name="e", services=services)
    return execution, execution.wait(10)


def types(result):
    return [event["type"] for event in result.events]


def test_a_redriven_execution_continues_at_the_failed_state():
    definition = {
        "StartAt": "First",
        "States": {
            "First": task(InputPath="$.a", ResultPath="$.first", Next="Second"),
            "Second": task(InputPath="$.b", ResultPath="$.second", End=True),
        },
    }
    handler = Flaky("b")
    execution, result = start(definition, handler, {"a": "a", "b": "b"})
    assert (result.status, result.error) == ("FAILED", "Boom")
    execution.redrive()
    again = execution.wait(10)
    assert again.status == "SUCCEEDED"
    assert again.output == {"a": "a", "b": "b", "first": {"did": "a"}, "second": {"did": "b"}}
    assert handler.calls == ["a", "b", "b"]
    assert again.events[: len(result.events)] == result.events
    assert types(again)[len(result.events) :] == [
        "ExecutionRedriven",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSubmitted",
        "TaskSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]
    assert [event["id"] for event in again.events] == list(range(1, len(again.events) + 1))
    with pytest.raises(NotRedrivable, match="Execution is SUCCEEDED and cannot be redriven"):
        execution.redrive()


def test_only_failed_iterations_and_branches_run_again():
    loop = {"Type": "Map", "MaxConcurrency": 1, "End": True, "ItemProcessor": {"StartAt": "T", "States": {"T": task(End=True)}}}
    branches = [{"StartAt": "L", "States": {"L": loop}}, {"StartAt": "P", "States": {"P": task(InputPath="$[0]", End=True)}}]
    definition = {"StartAt": "Both", "States": {"Both": {"Type": "Parallel", "Branches": branches, "End": True}}}
    handler = Flaky(2)
    execution, result = start(definition, handler, [1, 2, 3])
    assert result.status == "FAILED"
    handler.calls.clear()
    execution.redrive()
    assert execution.wait(10).output == [[{"did": 1}, {"did": 2}, {"did": 3}], {"did": 1}]
    assert handler.calls == [2, 3]


def test_a_redrive_counts_in_the_context_object_and_keeps_variables():
    definition = {
        "StartAt": "Set",
        "States": {
            "Set": {"Type": "Pass", "Assign": {"kept": 7}, "Next": "Job"},
            "Job": task(
                Parameters={"redrives.$": "$$.Execution.RedriveCount", "kept.$": "$kept"},
                ResultSelector={"kept.$": "$kept"},
                End=True,
            ),
        },
    }
    seen = []

    def handler(request):
        seen.append(request.parameters)
        if len(seen) == 1:
            raise TaskFailed("Boom")
        return request.parameters

    execution, _ = start(definition, handler, {})
    execution.redrive()
    assert execution.wait(10).output == {"kept": 7}
    assert seen == [{"redrives": 0, "kept": 7}, {"redrives": 1, "kept": 7}]


def test_a_map_run_is_redriven_for_its_failed_children():
    processor = {
        "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
        "StartAt": "T",
        "States": {"T": task(End=True)},
    }
    definition = {
        "StartAt": "M",
        "States": {"M": {"Type": "Map", "ItemProcessor": processor, "ToleratedFailureCount": 1, "End": True}},
    }
    handler = Flaky(1, 3)
    execution, result = start(definition, handler, [0, 1, 2, 3])
    assert (result.status, result.error) == ("FAILED", "States.ExceedToleratedFailureThreshold")
    handler.calls.clear()
    execution.redrive()
    again = execution.wait(10)
    assert again.output == [{"did": number} for number in range(4)]
    assert handler.calls == [1, 3]
    assert "MapRunRedriven" in types(again)


def test_a_stopped_execution_can_be_redriven():
    handler = Flaky()
    gate = Future()
    definition = {"StartAt": "Job", "States": {"Job": task(End=True)}}
    services = Services({("ecs", "runTask"): inline(lambda request: Submitted({}, gate))})
    execution = asl_toolkit.load(definition).start({}, name="e", services=services)
    execution.stop()
    assert execution.wait(10).status == "ABORTED"
    gate.set_result("late")
    execution.redrive()
    assert execution.wait(10).output == "late"
    assert handler.calls == []
