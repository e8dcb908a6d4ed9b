"""Activities: mocked, or served by a handler as its worker would."""

import pytest

import asl_toolkit
from asl_toolkit import Services, TaskFailed, VirtualClock
from asl_toolkit.mocks import with_mocks

ARN = "arn:aws:states:us-east-1:123456789012:activity:Work"


def machine(**fields):
    return {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": ARN, **fields, "End": True}}}


def run(definition, services):
    return asl_toolkit.run(definition, {"n": 1}, services=services, clock=VirtualClock(), timeout=20)


def mocked(definition, answer):
    return run(definition, with_mocks(Services(), {"services": {"activity:Work": answer}}))


def of(result):
    return [event for event in result.events if event["type"].startswith("Activity")]


def test_a_mock_answers_for_the_worker():
    result = mocked(machine(TimeoutSeconds=60, HeartbeatSeconds=30), {"result": "done", "delay": 50, "heartbeat_every": 20})
    assert result.output == "done"
    scheduled, started, succeeded = of(result)
    assert scheduled["activityScheduledEventDetails"] == {
        "input": '{"n":1}',
        "inputDetails": {"truncated": False},
        "resource": ARN,
        "timeoutInSeconds": 60,
        "heartbeatInSeconds": 30,
    }
    assert started["activityStartedEventDetails"] == {"workerName": "local"}
    assert succeeded["activitySucceededEventDetails"] == {"output": '"done"', "outputDetails": {"truncated": False}}


def test_the_name_of_an_activity_may_hold_a_dot():
    definition = machine()
    definition["States"]["T"]["Resource"] = ARN.replace("Work", "Work.v2")
    assert run(definition, with_mocks(Services(), {"services": {"activity:Work.v2": {"result": 2}}})).output == 2


def test_a_handler_is_the_worker():
    def work(request):
        raise TaskFailed("Broken", f"got {request.parameters}")

    result = run(machine(), Services({("activity", "Work"): work}))
    assert (result.error, result.cause) == ("Broken", "got {'n': 1}")
    assert of(result)[-1]["activityFailedEventDetails"] == {"error": "Broken", "cause": "got {'n': 1}"}


def test_a_missed_heartbeat_is_a_timeout():
    retry = {"Retry": [{"ErrorEquals": ["States.HeartbeatTimeout"], "MaxAttempts": 1, "IntervalSeconds": 1}]}
    result = mocked(machine(HeartbeatSeconds=30, **retry), {"result": 1, "delay": 50})
    assert result.error == "States.Timeout"
    assert [event["type"] for event in of(result)] == ["ActivityScheduled", "ActivityStarted", "ActivityTimedOut"] * 2
    assert of(result)[-1]["activityTimedOutEventDetails"] == {"error": "States.Timeout"}


def test_an_activity_without_a_handler_is_refused():
    with pytest.raises(asl_toolkit.DefinitionError) as caught:
        run(machine(), Services())
    assert str(caught.value) == (
        "The state machine definition has a fault:\n  /States/T/Resource: no handler serves 'activity:Work' of the state 'T'. "
        'Mock it (run --mocks, mocks= of the asl fixture: {"services": {"activity:Work": {"result": …}}}), or give a handler '
        'to Services ({("activity", "Work"): …}) [NO_HANDLER]'
    )
