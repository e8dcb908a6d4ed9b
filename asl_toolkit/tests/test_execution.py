"""Executions: data flow, errors, limits, stop, and history."""

import sys
import threading
import time
from concurrent.futures import Future

import pytest

import asl_toolkit
from asl_toolkit import DefinitionError, Services, Submitted, TaskFailed, TaskRequest, VirtualClock, inline
from asl_toolkit.check import check


def machine(*states, **top):
    """A machine of states in a row: (name, state) pairs; Next and End are filled in."""
    named = dict(states)
    names = list(named)
    for place, name in enumerate(names):
        state = named[name]
        if state["Type"] not in {"Choice", "Succeed", "Fail"} and "Next" not in state and "End" not in state:
            state.update({"Next": names[place + 1]} if place + 1 < len(names) else {"End": True})
    return {"StartAt": names[0], "States": named, **top}


def types(result):
    return [event["type"] for event in result.events]


def follow(result):
    return [(event["id"], event["previousEventId"]) for event in result.events]


def glue(answer=None, **more):
    """A machine with one .sync Task, and Services whose glue answers."""
    state = {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": {"JobName": "j"}, **more}
    return machine(("Job", state)), Services({("glue", "startJobRun"): answer})


def done(value):
    future = Future()
    future.set_result(value)
    return future


def failed(error, cause=""):
    future = Future()
    future.set_exception(TaskFailed(error, cause))
    return future


def test_the_fields_of_data_flow_work_in_order():
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "InputPath": "$.a",
        "Parameters": {"FunctionName": "f", "Payload": {"n.$": "$.n", "all.$": "$", "id.$": "$$.Execution.Name"}},
        "ResultSelector": {"doubled.$": "$.Payload.doubled", "status.$": "$.StatusCode"},
        "ResultPath": "$.result.inner",
        "OutputPath": "$.result",
    }
    services = Services(functions={"f": lambda event, context: {"doubled": event["n"] * 2, "of": event["id"]}})
    result = asl_toolkit.run(machine(("T", state)), {"a": {"n": 21}}, services=services, name="e1")
    assert result.status == "SUCCEEDED"
    assert result.output == {"inner": {"doubled": 42, "status": 200}}


def test_a_sync_task_leaves_the_events_that_aws_writes():
    definition, services = glue(lambda request: Submitted({"JobRunId": "jr_1"}, done({"JobRunState": "SUCCEEDED"})))
    result = asl_toolkit.run(definition, {"x": 1}, services=services)
    assert types(result) == [
        "ExecutionStarted",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskSubmitted",
        "TaskSucceeded",
        "TaskStateExited",
        "ExecutionSucceeded",
    ]
    assert follow(result) == [(1, 0), (2, 0), (3, 2), (4, 3), (5, 4), (6, 5), (7, 6), (8, 7)]
    assert result.events[2]["taskScheduledEventDetails"] == {
        "resource": "startJobRun.sync",
        "resourceType": "glue",
        "region": "us-east-1",
        "parameters": '{"JobName":"j"}',
    }
    assert result.events[4]["taskSubmittedEventDetails"]["output"] == '{"JobRunId":"jr_1"}'
    assert result.output == {"JobRunState": "SUCCEEDED"}


def test_retry_counts_each_entry_by_itself_and_tells_the_state():
    seen = []

    def start(request):
        seen.append((request.context["State"]["RetryCount"], len(seen)))
        errors = ["A", "B", "A", "B"]
        if len(seen) <= len(errors):
            raise TaskFailed(errors[len(seen) - 1], "no")
        return Submitted({}, done("fine"))

    retry = [
        {"ErrorEquals": ["A"], "IntervalSeconds": 5, "MaxAttempts": 2, "BackoffRate": 3},
        {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 100, "MaxAttempts": 2, "BackoffRate": 10, "MaxDelaySeconds": 150},
    ]
    definition, services = glue(start, Retry=retry)
    clock = VirtualClock()
    begin = clock.now()
    result = asl_toolkit.run(definition, {}, services=services, clock=clock)
    assert result.output == "fine"
    assert [count for count, _ in seen] == [0, 1, 2, 3, 4]
    assert clock.now() - begin == 5 + 100 + 15 + 150


def test_full_jitter_stays_below_the_delay():
    def start(request):
        raise TaskFailed("A")

    retry = [{"ErrorEquals": ["A"], "IntervalSeconds": 10, "MaxAttempts": 3, "BackoffRate": 1, "JitterStrategy": "FULL"}]
    definition, services = glue(start, Retry=retry)
    clock = VirtualClock()
    begin = clock.now()
    asl_toolkit.run(definition, {}, services=services, clock=clock)
    assert 0 < clock.now() - begin < 30


@pytest.mark.parametrize(
    ("names", "error", "taken"),
    [
        (["States.ALL"], "Glue.X", True),
        (["States.TaskFailed"], "Glue.X", True),
        (["States.TaskFailed"], "States.Timeout", False),
        (["States.Timeout"], "States.Timeout", True),
        (["Glue.Y", "Glue.X"], "Glue.X", True),
        (["Glue.Y"], "Glue.X", False),
    ],
)
def test_catch_takes_the_errors_that_it_names(names, error, taken):
    definition, services = glue(
        lambda request: Submitted({}, failed(error, "why")),
        Catch=[{"ErrorEquals": names, "ResultPath": "$.job_error", "Next": "Handle"}],
        End=True,
    )
    definition["States"]["Handle"] = {"Type": "Pass", "End": True}
    result = asl_toolkit.run(definition, {"keep": 1}, services=services)
    if taken:
        assert result.output == {"keep": 1, "job_error": {"Error": error, "Cause": "why"}}
    else:
        assert (result.status, result.error, result.cause) == ("FAILED", error, "why")


def test_a_missing_path_ends_the_execution_whatever_catch_says():
    definition, services = glue(
        lambda request: Submitted({}, done(1)),
        Parameters={"JobName.$": "$.nobody"},
        Catch=[{"ErrorEquals": ["States.ALL"], "Next": "Handle"}],
        End=True,
    )
    definition["States"]["Handle"] = {"Type": "Pass", "End": True}
    result = asl_toolkit.run(definition, {}, services=services)
    assert (result.status, result.error) == ("FAILED", "States.Runtime")
    assert result.cause == (
        "An error occurred while executing the state 'Job' (entered at the event id #2). The JSONPath '$.nobody' "
        "specified for the field 'JobName.$' could not be found in the input '{}'"
    )
    assert types(result) == ["ExecutionStarted", "TaskStateEntered", "ExecutionFailed"]


def test_a_missing_path_in_a_catch_names_the_state_too():
    def start(request):
        raise TaskFailed("Boom")

    catch = [{"ErrorEquals": ["Boom"], "Assign": {"x.$": "$.nobody"}, "Next": "Job"}]
    definition, services = glue(start, Catch=catch, End=True)
    result = asl_toolkit.run(definition, {}, services=services)
    assert result.error == "States.Runtime"
    assert result.cause.startswith(
        "An error occurred while executing the state 'Job' (entered at the event id #2). The JSONPath "
    )


def test_a_timeout_cancels_the_submitted_job():
    cancelled = threading.Event()
    definition, services = glue(
        lambda request: Submitted({"id": request.timeout_seconds}, Future(), cancelled.set),
        TimeoutSecondsPath="$.seconds",
        Catch=[{"ErrorEquals": ["States.Timeout"], "Next": "Late"}],
        End=True,
    )
    definition["States"]["Late"] = {"Type": "Pass", "End": True}
    result = asl_toolkit.run(definition, {"seconds": 1}, services=services, timeout=20)
    assert result.output == {"Error": "States.Timeout", "Cause": ""}
    assert cancelled.is_set()
    assert types(result)[4:7] == ["TaskSubmitted", "TaskTimedOut", "TaskStateExited"]


def test_a_handler_that_comes_back_too_late_has_its_job_cancelled():
    cancelled = threading.Event()

    def slow(request):
        time.sleep(1.5)
        return Submitted({}, Future(), cancelled.set)

    definition, services = glue(slow, TimeoutSeconds=1)
    definition["States"]["Job"]["End"] = True
    more = {"Type": "Wait", "Seconds": 1, "End": True}
    definition["States"]["Job"].update({"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Linger"}]})
    definition["States"]["Linger"] = more
    result = asl_toolkit.run(definition, {}, services=services, timeout=20)
    assert result.status == "SUCCEEDED"
    assert cancelled.is_set()


def test_a_job_submitted_after_the_end_is_cancelled():
    entered, gate, cancelled = threading.Event(), threading.Event(), threading.Event()

    def start(request):
        entered.set()
        gate.wait(10)
        return Submitted({}, Future(), cancelled.set)

    definition, services = glue(start)
    execution = asl_toolkit.load(definition).start({}, name="e", services=services)
    assert entered.wait(10)
    execution.stop()
    assert execution.wait(10).status == "ABORTED"
    gate.set()
    assert cancelled.wait(10)


def test_stop_cancels_running_tasks_and_says_so():
    started, cancelled = threading.Event(), threading.Event()

    def start(request):
        started.set()
        return Submitted({}, Future(), cancelled.set)

    definition, services = glue(start)
    execution = asl_toolkit.load(definition).start({}, name="e", services=services)
    assert started.wait(10)
    with pytest.raises(TimeoutError, match=r"the execution 'e' has not ended after 0\.01 seconds"):
        execution.wait(0.01)
    execution.stop("Stopped", "by hand")
    result = execution.wait(10)
    assert (result.status, result.error, result.cause) == ("ABORTED", "Stopped", "by hand")
    assert cancelled.is_set()
    assert types(result)[-2:] == ["TaskSubmitted", "ExecutionAborted"]
    assert result.events[-1]["previousEventId"] == 0


def test_a_machine_may_not_take_longer_than_it_says():
    definition = machine(("W", {"Type": "Wait", "Seconds": 3600}), TimeoutSeconds=60)
    result = asl_toolkit.run(definition, {}, clock=VirtualClock())
    assert result.status == "TIMED_OUT"
    assert types(result) == ["ExecutionStarted", "WaitStateEntered", "ExecutionTimedOut"]


def iterate(inner, **more):
    return machine(("Map", {"Type": "Map", "ItemProcessor": inner, **more}))


def test_map_keeps_the_order_and_runs_truly_at_once():
    barrier = threading.Barrier(8, timeout=20)

    def together(event, context):
        barrier.wait()
        return event["n"] ** 2

    inner = machine(
        ("Call", {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "OutputPath": "$.Payload",
                  "Parameters": {"FunctionName": "f", "Payload": {"n.$": "$"}}})
    )  # fmt: skip
    result = asl_toolkit.run(iterate(inner), list(range(8)), services=Services(functions={"f": together}))
    assert result.output == [n * n for n in range(8)]


def test_max_concurrency_and_the_forty_of_inline_maps_hold():
    lock, running, most = threading.Lock(), [0], [0]

    def work(event, context):
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        time.sleep(0.01)
        with lock:
            running[0] -= 1

    inner = machine(("Call", {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:111111111111:function:f"}))
    services = Services(functions={"f": work})
    asl_toolkit.run(iterate(inner, MaxConcurrency=3), list(range(30)), services=services)
    assert most[0] == 3
    asl_toolkit.run(iterate(inner), list(range(120)), services=services)
    assert 3 < most[0] <= 40


def test_one_failed_iteration_ends_the_others():
    cancelled = []

    def start(request):
        if request.parameters == 0:
            return Submitted({}, failed("Boom", "zero"))
        return Submitted({}, Future(), lambda: cancelled.append(request.parameters))

    inner = machine(("Job", {"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask.sync"}))
    services = Services({("ecs", "runTask"): inline(start)})
    definition = iterate(inner, Catch=[{"ErrorEquals": ["Boom"], "Next": "After"}], End=True)
    definition["States"]["After"] = {"Type": "Pass", "End": True}
    result = asl_toolkit.run(definition, [1, 2, 0], services=services)
    assert result.output == {"Error": "Boom", "Cause": "zero"}
    assert sorted(cancelled) == [1, 2]
    assert types(result).count("TaskStateAborted") == 3
    assert types(result).count("MapIterationAborted") == 2


def test_item_selector_sees_the_input_and_the_item():
    inner = machine(("P", {"Type": "Pass"}))
    selector = {"i.$": "$$.Map.Item.Index", "v.$": "$$.Map.Item.Value.n", "all.$": "$.common"}
    definition = iterate(inner, ItemsPath="$.rows", ItemSelector=selector)
    result = asl_toolkit.run(definition, {"common": "c", "rows": [{"n": 5}, {"n": 6}]})
    assert result.output == [{"i": 0, "v": 5, "all": "c"}, {"i": 1, "v": 6, "all": "c"}]


def test_parallel_gives_each_branch_the_same_input():
    branches = [machine((name, {"Type": "Pass", "Result": name})) for name in ("A", "B")]
    result = asl_toolkit.run(machine(("Both", {"Type": "Parallel", "Branches": branches, "ResultPath": "$.r"})), {"x": 1})
    assert result.output == {"x": 1, "r": ["A", "B"]}


def test_choice_follows_the_first_rule_and_default():
    definition = machine(
        ("Which", {"Type": "Choice", "Default": "Other", "Choices": [
            {"Not": {"Variable": "$.t", "IsPresent": True}, "Next": "Missing"},
            {"And": [{"Variable": "$.t", "StringEquals": "glue"}, {"Variable": "$.n", "NumericGreaterThan": 1}], "Next": "Glue"},
        ]}),
        ("Glue", {"Type": "Pass", "Result": "glue", "End": True}),
        ("Missing", {"Type": "Pass", "Result": "missing", "End": True}),
        ("Other", {"Type": "Pass", "Result": "other", "End": True}),
    )  # fmt: skip
    outputs = [asl_toolkit.run(definition, data).output for data in ({}, {"t": "glue", "n": 2}, {"t": "emr", "n": 2})]
    assert outputs == ["missing", "glue", "other"]


def test_a_task_token_is_answered_from_outside():
    tokens, got = None, threading.Event()

    def send(request: TaskRequest):
        nonlocal tokens
        tokens = request.parameters["Token"]
        got.set()
        return {"MessageId": "m"}

    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"Token.$": "$$.Task.Token"},
        "HeartbeatSeconds": 60,
    }
    services = Services({("sqs", "sendMessage"): send})
    execution = asl_toolkit.load(machine(("Ask", state))).start({}, name="e", services=services)
    assert got.wait(10)
    services.tokens.send_heartbeat(tokens)
    services.tokens.send_success(tokens, {"yes": True})
    assert execution.wait(10).output == {"yes": True}
    with pytest.raises(asl_toolkit.TaskDoesNotExist):
        services.tokens.send_success(tokens, 1)


def test_a_missed_heartbeat_is_a_timeout():
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken",
        "Parameters": {"Token.$": "$$.Task.Token"},
        "HeartbeatSeconds": 60,
        "TimeoutSeconds": 600,
    }
    services = Services({("sqs", "sendMessage"): lambda request: {}})
    result = asl_toolkit.run(machine(("Ask", state)), {}, services=services, clock=VirtualClock())
    assert (result.status, result.error, result.cause) == ("FAILED", "States.Timeout", None)
    assert types(result)[-2:] == ["TaskTimedOut", "ExecutionFailed"]


def test_an_exception_of_a_function_is_reported_as_by_lambda():
    class TablesLockedError(Exception):
        pass

    def function(event, context):
        raise TablesLockedError("held by run 7")

    definition = machine(
        ("Call", {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f:live"}})
    )
    result = asl_toolkit.run(definition, {}, services=Services(functions={"f": function}))
    assert (result.status, result.error) == ("FAILED", "TablesLockedError")
    assert result.cause.startswith('{"errorMessage":"held by run 7","errorType":"TablesLockedError","requestId":"')


def test_a_function_cannot_change_its_callers_data():
    def function(event, context):
        event["x"].append(1)
        return event

    definition = machine(
        ("Call", {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "ResultPath": None,
                  "Parameters": {"FunctionName": "f", "Payload.$": "$"}})
    )  # fmt: skip
    data = {"x": []}
    result = asl_toolkit.run(definition, data, services=Services(functions={"f": function}))
    assert result.output == data == {"x": []}


def test_a_payload_over_the_limit_ends_the_execution():
    result = asl_toolkit.run(machine(("P", {"Type": "Pass", "Parameters": {"a.$": "$", "b.$": "$"}})), "x" * 140_000)
    assert (result.status, result.error) == ("FAILED", "States.DataLimitExceeded")
    with pytest.raises(ValueError, match="the input is over 262144 bytes"):
        asl_toolkit.run(machine(("P", {"Type": "Pass"})), "x" * 270_000)


def test_a_history_has_at_most_25000_events():
    rule = {"Variable": "$.over", "IsPresent": True, "Next": "C"}
    choice = {"Type": "Choice", "Choices": [rule], "Default": "A"}
    definition = machine(("A", {"Type": "Pass", "Next": "B"}), ("B", choice), ("C", {"Type": "Succeed"}))
    result = asl_toolkit.run(definition, {})
    assert (result.status, len(result.events)) == ("FAILED", 25_000)
    assert result.cause == "The execution reached the maximum number of history events (25000)."


def test_the_listener_hears_every_event_in_order():
    heard = []
    definition, services = glue(lambda request: Submitted({}, done(1)))
    result = asl_toolkit.run(definition, {}, services=services, listener=heard.append)
    assert heard == result.events


def test_a_faulty_listener_does_not_end_the_execution(caplog):
    def listener(event):
        raise ValueError("mine")

    definition, services = glue(lambda request: Submitted({}, done(1)))
    assert asl_toolkit.run(definition, {}, services=services, listener=listener).status == "SUCCEEDED"
    assert "the listener raised at the event 1" in caplog.text


def test_a_function_that_exits_fails_its_task():
    definition = machine(
        ("Call", {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}})
    )
    result = asl_toolkit.run(definition, {}, services=Services(functions={"f": lambda event, context: sys.exit(3)}), timeout=10)
    assert result.error == "Runtime.ExitError"
    assert "exit status 3" in result.cause


def test_nothing_is_left_behind():
    definition, services = glue(lambda request: Submitted({}, done(1)))
    loaded = asl_toolkit.load(definition)
    before = threading.active_count()
    for number in range(30):
        loaded.start({}, name=f"e{number}", services=services).wait(10)
    deadline = time.monotonic() + 60
    while threading.active_count() > before and time.monotonic() < deadline:
        time.sleep(0.01)
    assert threading.active_count() <= before


def test_a_state_may_have_a_separate_handler():
    definition, services = glue(lambda request: Submitted({}, done("service")))
    services = Services(services.handlers, states={"Job": inline(lambda request: {"state": request.state_name})})
    assert asl_toolkit.run(definition, {}, services=services).output == {"state": "Job"}


def test_a_task_without_handler_is_refused_at_the_start():
    definition, _ = glue()
    with pytest.raises(DefinitionError) as caught:
        asl_toolkit.run(definition, {}, services=Services())
    assert str(caught.value) == (
        "The state machine definition has a fault:\n  /States/Job/Resource: no handler serves 'glue:startJobRun' of the "
        "state 'Job'. Mock it (run --mocks, mocks= of the asl fixture: "
        '{"services": {"glue:startJobRun": {"result": …}}}), give a handler to Services ({("glue", "startJobRun"): …}), or call '
        "AWS (run --aws) [NO_HANDLER]"
    )


def test_the_context_object_is_whole():
    definition = machine(("P", {"Type": "Pass", "Parameters": {"c.$": "$$"}}))
    execution = asl_toolkit.load(definition).start(
        {"i": 1},
        name="run-1",
        services=Services(),
        clock=VirtualClock(1_700_000_000),
        state_machine_arn="arn:aws:states:eu-west-1:222222222222:stateMachine:m",
        execution_arn="arn:aws:states:eu-west-1:222222222222:execution:m:run-1",
        role_arn="arn:aws:iam::222222222222:role/r",
    )
    assert execution.wait(10).output["c"] == {
        "Execution": {
            "Id": "arn:aws:states:eu-west-1:222222222222:execution:m:run-1",
            "Input": {"i": 1},
            "Name": "run-1",
            "RoleArn": "arn:aws:iam::222222222222:role/r",
            "StartTime": "2023-11-14T22:13:20Z",
            "RedriveCount": 0,
        },
        "StateMachine": {"Id": "arn:aws:states:eu-west-1:222222222222:stateMachine:m", "Name": "m"},
        "State": {"Name": "P", "EnteredTime": "2023-11-14T22:13:20Z"},
    }


@pytest.mark.parametrize(
    ("state", "there"),
    [
        ({"Type": "Pass", "Parameters": {"n.$": "$$.State.RetryCount"}}, False),
        (
            {
                "Type": "Parallel",
                "Branches": [{"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}],
                "ResultSelector": {"n.$": "$$.State.RetryCount"},
            },
            True,
        ),
    ],
)
def test_only_states_with_retry_have_a_retry_count(state, there):
    """LocalStack, execute_state.py: the counter belongs to execution states, as its recordings of AWS show."""
    definition = {"StartAt": "S", "States": {"S": {**state, "End": True}}}
    result = asl_toolkit.run(definition, {})
    assert (result.status == "SUCCEEDED") is there
    assert [finding.code for finding in check(definition)] == ([] if there else ["CONTEXT_PATH"])
