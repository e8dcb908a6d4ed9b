"""The events that a failure, a timeout and a stop write for cut states, and their order.

Sources: LocalStack's AWS-validated snapshot `test_service_lambda_map_timeout` (order by items, the failing Task among the aborted
ones); measured on AWS by floci-io/floci: AslExecutorParallelCutTest, issues 2733 and 2868, pull 3167. Our own scenarios.
"""

from concurrent.futures import Future

import pytest

import asl_toolkit
from asl_toolkit import Services, Submitted, TaskFailed, VirtualClock, inline


def chain(result):
    """(type, previousEventId) of each event; ids count from 1."""
    assert [event["id"] for event in result.events] == list(range(1, len(result.events) + 1))
    return [(event["type"], event["previousEventId"]) for event in result.events]


def one(name, state):
    return {"StartAt": name, "States": {name: {**state, "End": True}}}


def run(states, start, data=None, services=None, **more):
    return asl_toolkit.run({"StartAt": start, "States": states, **more}, data, services=services, clock=VirtualClock())


WAIT = {"Type": "Wait", "Seconds": 500}
BOOM = {
    "StartAt": "Tick",
    "States": {"Tick": {"Type": "Wait", "Seconds": 2, "Next": "Boom"}, "Boom": {"Type": "Fail", "Error": "Boom", "Cause": "b"}},
}
CALL = {"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.sync"}
HANGS = Services({("ecs", "runTask"): inline(lambda request: Submitted({}, Future(), idle=True))})


def refuse(request):
    raise TaskFailed("Shop.Closed", "on Mondays")


FAILS = Services({("sns", "publish"): inline(refuse)})


def test_branches_that_a_failure_cuts_end_in_their_order_behind_it():
    both = {"Type": "Parallel", "Branches": [one("Idle", WAIT), BOOM, one("Job", CALL)], "End": True}
    result = run({"Both": both}, "Both", services=HANGS)
    assert chain(result) == [
        ("ExecutionStarted", 0),
        ("ParallelStateEntered", 0),
        ("ParallelStateStarted", 2),
        ("WaitStateEntered", 3),
        ("WaitStateEntered", 3),
        ("TaskStateEntered", 3),
        ("TaskScheduled", 6),
        ("TaskStarted", 7),
        ("TaskSubmitted", 8),
        ("WaitStateExited", 5),
        ("FailStateEntered", 10),
        ("WaitStateAborted", 11),
        ("TaskStateAborted", 11),
        ("ParallelStateFailed", 11),
        ("ExecutionFailed", 14),
    ]


def test_a_branch_that_has_ended_is_not_cut():
    both = {"Type": "Parallel", "Branches": [one("Quick", {"Type": "Pass"}), BOOM], "End": True}
    assert chain(run({"Both": both}, "Both"))[-3:] == [
        ("FailStateEntered", 7),
        ("ParallelStateFailed", 8),
        ("ExecutionFailed", 9),
    ]


def test_iterations_that_a_failure_cuts_end_in_the_order_of_the_items():
    route = {"Type": "Choice", "Choices": [{"Variable": "$", "StringEquals": "bad", "Next": "Tick"}], "Default": "Idle"}
    processor = {"StartAt": "Route", "States": {"Route": route, **BOOM["States"], "Idle": {**WAIT, "End": True}}}
    map_state = {"Type": "Map", "ItemProcessor": processor, "End": True}
    result = run({"Each": map_state}, "Each", ["good", "bad", "good"])
    (boom,) = [event["id"] for event in result.events if event["type"] == "FailStateEntered"]
    assert chain(result)[boom:] == [
        ("MapIterationAborted", boom),
        ("WaitStateAborted", boom),
        ("MapIterationFailed", boom),
        ("MapIterationAborted", boom),
        ("WaitStateAborted", boom),
        ("MapStateFailed", boom),
        ("ExecutionFailed", boom + 6),
    ]
    named = [event["mapIterationAbortedEventDetails"] for event in result.events if event["type"] == "MapIterationAborted"]
    assert named == [{"index": 0, "name": "Each"}, {"index": 2, "name": "Each"}]


def test_a_task_that_fails_a_branch_is_aborted_too():
    both = {
        "Type": "Parallel",
        "Branches": [one("Tell", {"Type": "Task", "Resource": "arn:aws:states:::sns:publish"})],
        "Catch": [{"ErrorEquals": ["Shop.Closed"], "Next": "Calm"}],
        "End": True,
    }
    result = run({"Both": both, "Calm": {"Type": "Pass", "End": True}}, "Both", services=FAILS)
    assert chain(result)[6:] == [
        ("TaskFailed", 6),
        ("TaskStateAborted", 7),
        ("ParallelStateFailed", 7),
        ("ParallelStateExited", 9),
        ("PassStateEntered", 10),
        ("PassStateExited", 11),
        ("ExecutionSucceeded", 12),
    ]


def test_a_task_that_its_own_catch_saves_is_not_aborted():
    tell = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sns:publish",
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Calm"}],
    }
    branch = {"StartAt": "Tell", "States": {"Tell": {**tell, "End": True}, "Calm": {"Type": "Pass", "End": True}}}
    result = run({"Both": {"Type": "Parallel", "Branches": [branch], "End": True}}, "Both", services=FAILS)
    assert "TaskStateAborted" not in [kind for kind, _ in chain(result)]
    assert result.status == "SUCCEEDED"


def test_states_inside_a_cut_state_end_after_it():
    inner = {"Type": "Map", "ItemProcessor": one("Idle", WAIT), "ItemsPath": "$.rows"}
    both = {"Type": "Parallel", "Branches": [one("Each", inner), BOOM], "End": True}
    result = run({"Both": both}, "Both", {"rows": [1, 2]})
    (boom,) = [event["id"] for event in result.events if event["type"] == "FailStateEntered"]
    assert chain(result)[boom:-1] == [
        ("MapStateAborted", boom),
        ("MapIterationAborted", boom),
        ("WaitStateAborted", boom),
        ("MapIterationAborted", boom),
        ("WaitStateAborted", boom),
        ("ParallelStateFailed", boom),
    ]


def test_an_item_selector_that_fails_ends_the_iterations_that_had_begun():
    selector = {"n": "{% $states.context.Map.Item.Value.n %}"}
    processor = {"StartAt": "Idle", "States": {"Idle": {"Type": "Wait", "Seconds": 9, "End": True}}}
    map_state = {"Type": "Map", "Items": "{% $states.input %}", "ItemSelector": selector, "ItemProcessor": processor, "End": True}
    result = run({"Each": map_state}, "Each", [{"n": 1}, {"m": 1}], QueryLanguage="JSONata")
    kinds = [kind for kind, _ in chain(result)]
    assert result.error == "States.QueryEvaluationError"
    assert kinds.count("MapIterationStarted") == kinds.count("MapIterationAborted")
    assert kinds[-3:] == ["EvaluationFailed", "MapStateFailed", "ExecutionFailed"]


def test_states_runtime_writes_no_events_of_cut_states():
    bad = one("Bad", {"Type": "Pass", "Parameters": {"x.$": "$.nowhere"}})
    both = {"Type": "Parallel", "Branches": [one("Idle", WAIT), bad], "End": True}
    assert chain(run({"Both": both}, "Both", {}))[-2:] == [("PassStateEntered", 3), ("ExecutionFailed", 5)]


def test_a_second_attempt_follows_the_failure_of_the_first():
    retry = [{"ErrorEquals": ["Boom"], "MaxAttempts": 1, "IntervalSeconds": 1}]
    both = {"Type": "Parallel", "Branches": [one("Idle", WAIT), BOOM], "Retry": retry, "End": True}
    result = run({"Both": both}, "Both")
    booms = [event["id"] for event in result.events if event["type"] == "FailStateEntered"]
    assert chain(result)[booms[0] : booms[0] + 2] == [("WaitStateAborted", booms[0]), ("ParallelStateStarted", booms[0])]
    assert chain(result)[booms[1] :] == [
        ("WaitStateAborted", booms[1]),
        ("ParallelStateFailed", booms[1]),
        ("ExecutionFailed", booms[1] + 2),
    ]


BRANCH = one("Idle", WAIT)


@pytest.mark.parametrize("state", [WAIT, {"Type": "Parallel", "Branches": [BRANCH]}], ids=["Wait", "Parallel"])
def test_a_machine_that_times_out_writes_that_alone(state):
    result = run({"Long": {**state, "End": True}}, "Long", TimeoutSeconds=3)
    assert (result.status, result.error, result.cause) == ("TIMED_OUT", None, None)
    assert not [kind for kind, _ in chain(result) if "Aborted" in kind]
    last = result.events[-1]
    assert (last["type"], last["previousEventId"]) == ("ExecutionTimedOut", 0)
    assert last["executionTimedOutEventDetails"] == {"error": "States.Timeout"}


def test_a_failed_result_selector_follows_the_success():
    both = {"Type": "Parallel", "Branches": [one("Quick", {"Type": "Pass"})], "ResultSelector": {"x.$": "$.nowhere"}, "End": True}
    assert chain(run({"Both": both}, "Both"))[4:] == [
        ("PassStateExited", 4),
        ("ParallelStateSucceeded", 5),
        ("ExecutionFailed", 6),
    ]


def test_a_catch_that_fails_by_itself_fails_the_state_again():
    catch = [{"ErrorEquals": ["States.ALL"], "Output": "{% $states.input.missing %}", "Next": "Calm"}]
    both = {"Type": "Parallel", "Branches": [one("Boom", {"Type": "Fail", "Error": "E"})], "Catch": catch, "End": True}
    del both["Branches"][0]["States"]["Boom"]["End"]
    result = run({"Both": both, "Calm": {"Type": "Succeed"}}, "Both", {}, QueryLanguage="JSONata")
    assert chain(result)[3:] == [
        ("FailStateEntered", 3),
        ("ParallelStateFailed", 4),
        ("EvaluationFailed", 4),
        ("ParallelStateFailed", 6),
        ("ExecutionFailed", 7),
    ]


def test_a_path_of_a_fail_state_that_leads_nowhere():
    """AWS's sentence: localstack/localstack, issue 11951."""
    result = run({"No": {"Type": "Fail", "ErrorPath": "$.code", "CausePath": "$.text"}}, "No", {"text": "t"})
    assert result.error == "States.Runtime"
    assert result.cause == (
        "An error occurred while executing the state 'No' (entered at the event id #2). The JSONPath '$.code' specified for the "
        "field 'ErrorPath' could not be found in the input '{\"text\":\"t\"}'"
    )
