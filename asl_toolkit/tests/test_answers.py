"""Answers of mocks: task tokens, delays and heartbeats on the execution's clock, and waits without an end."""

import threading

import pytest

from asl_toolkit import Later, Services, TaskFailed, TaskTokens, VirtualClock, load, run
from asl_toolkit.mocks import MockError, with_mocks
from asl_toolkit.pytest_plugin import asl  # noqa: F401 - the fixture, also where the package is not installed

TOKEN = "arn:aws:states:::sqs:sendMessage.waitForTaskToken"
FUNCTION = "arn:aws:lambda:us-east-1:111111111111:function:f"


def machine(resource, **fields):
    return {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": resource, **fields, "End": True}}}


def mocked(definition, answer, *, group="states", key="T"):
    services = with_mocks(Services(), {group: {key: answer}})
    return run(definition, {"n": 1}, services=services, clock=VirtualClock(), timeout=20)


def seconds(result):
    return (result.events[-1]["timestamp"] - result.events[0]["timestamp"]).total_seconds()


def kinds(result):
    return [event["type"] for event in result.events]


STUCK = (
    "The state 'T' waits for a task token, no answer comes, and no timeout ends it: the virtual clock would stand still "
    "for ever. "
    'Answer it (a mock {"states": {"T": {"result": …}}}, send_task_success with $$.Task.Token from a handler or another thread), '
    "or give the state TimeoutSeconds."
)


def test_a_token_without_an_answer_ends_the_execution():
    services = Services({("sqs", "sendMessage"): lambda _request: {}}, tokens=TaskTokens(patience=0))
    caught = [{"ErrorEquals": ["States.ALL"], "Next": "Never"}]
    definition = machine(TOKEN, Catch=caught)
    definition["States"]["Never"] = {"Type": "Succeed"}
    result = run(definition, services=services, clock=VirtualClock(), timeout=20)
    assert (result.status, result.error, result.cause) == ("FAILED", "Mock.NoAnswer", STUCK)
    assert kinds(result)[-2:] == ["TaskSubmitted", "ExecutionFailed"]


def test_another_thread_has_some_seconds_to_answer():
    tokens = TaskTokens(patience=20)

    def handler(request):
        threading.Timer(0.05, tokens.send_success, (request.task_token, "late")).start()
        return {}

    services = Services({("sqs", "sendMessage"): handler}, tokens=tokens)
    assert run(machine(TOKEN), services=services, clock=VirtualClock(), timeout=20).output == "late"


def test_a_job_that_hangs_without_a_timeout_ends_the_execution_too():
    services = with_mocks(Services(tokens=TaskTokens(patience=0)), {"services": {"glue:startJobRun": {"hangs": True}}})
    result = run(machine("arn:aws:states:::glue:startJobRun.sync"), services=services, clock=VirtualClock(), timeout=20)
    assert result.cause == (
        "The state 'T' waits for the end of glue:startJobRun, no answer comes, and no timeout ends it: the virtual clock would "
        'stand still for ever. Answer it (a mock {"states": {"T": {"result": …}}}), or give the state TimeoutSeconds.'
    )


def test_a_mock_answers_a_task_token():
    result = mocked(machine(TOKEN), {"submitted": {"MessageId": "m"}, "result": {"ok": True}, "delay": 90})
    assert (result.output, seconds(result)) == ({"ok": True}, 90)
    submitted = next(event for event in result.events if event["type"] == "TaskSubmitted")
    assert submitted["taskSubmittedEventDetails"]["output"] == '{"MessageId":"m"}'
    result = mocked(machine(TOKEN), {"error": "Refused", "cause": "by hand"}, group="services", key="sqs:sendMessage")
    assert (result.error, result.cause, kinds(result)[-2:]) == ("Refused", "by hand", ["TaskFailed", "ExecutionFailed"])


@pytest.mark.parametrize(
    ("fields", "answer", "error", "lasted"),
    [
        ({"TimeoutSeconds": 30}, {"result": 1, "delay": 31}, "States.Timeout", 30),
        ({"TimeoutSeconds": 30}, {"result": 1, "delay": 29}, None, 29),
        ({"TimeoutSeconds": 90, "HeartbeatSeconds": 30}, {"result": 1, "delay": 80}, "States.Timeout", 30),
        ({"TimeoutSeconds": 90, "HeartbeatSeconds": 30}, {"result": 1, "delay": 80, "heartbeat_every": 20}, None, 80),
        ({"TimeoutSeconds": 90, "HeartbeatSeconds": 30}, {"result": 1, "delay": 80, "heartbeat_every": 40}, "States.Timeout", 30),
    ],
)
def test_deadlines_pass_while_a_token_is_awaited(fields, answer, error, lasted):
    result = mocked(machine(TOKEN, **fields), answer)
    assert (result.error, seconds(result)) == (error, lasted)


@pytest.mark.parametrize("resource", ["arn:aws:states:::glue:startJobRun.sync", "arn:aws:states:::glue:startJobRun"])
def test_a_delay_is_of_the_execution_s_clock(resource):
    result = mocked(machine(resource), {"result": 1, "delay": 3600})
    assert (result.output, seconds(result)) == (1, 3600)
    result = mocked(machine(resource, TimeoutSeconds=60), {"result": 1, "delay": 3600})
    assert (result.error, seconds(result), kinds(result)[-2]) == ("States.Timeout", 60, "TaskTimedOut")


@pytest.mark.parametrize(
    ("resource", "late"), [(FUNCTION, "LambdaFunctionTimedOut"), ("arn:aws:states:::lambda:invoke", "TaskTimedOut")]
)
def test_a_function_s_delay_too(resource, late):
    fields = {} if resource == FUNCTION else {"Parameters": {"FunctionName": "f"}, "OutputPath": "$.Payload"}
    result = mocked(machine(resource, **fields), {"result": "done", "delay": 600}, group="functions", key="f")
    assert (result.output, seconds(result)) == ("done", 600)
    result = mocked(machine(resource, TimeoutSeconds=60, **fields), {"result": 1, "delay": 600}, group="functions", key="f")
    assert (result.error, seconds(result), kinds(result)[-2]) == ("States.Timeout", 60, late)
    result = mocked(machine(resource, **fields), {"error": "Bad", "cause": "c", "delay": 5}, group="functions", key="f")
    assert (result.error, result.cause, seconds(result)) == ("Bad", "c", 5)


def test_a_handler_of_a_program_may_answer_later():
    def handler(request):
        return Later(12, TaskFailed("Busy", "later"), submitted={"asked": request.parameters["n"]})

    result = run(machine(TOKEN), {"n": 3}, services=Services({("sqs", "sendMessage"): handler}), clock=VirtualClock(), timeout=20)
    assert (result.error, result.cause, seconds(result)) == ("Busy", "later", 12)


def test_mocked_functions_stand_beside_others_and_before_the_service():
    def aws(request):
        return {"Payload": f"aws:{request.parameters['FunctionName']}"}

    services = Services({("lambda", "invoke"): aws}, functions={"real": lambda event, _context: f"real:{event}"})
    services = with_mocks(services, {"functions": {"f": {"result": "mock"}}})
    got = []
    for name in ("f", "real", "other", "arn:aws:lambda:us-east-1:111111111111:function:f:live"):
        parameters = {"FunctionName": name, "Payload": "p"}
        definition = machine("arn:aws:states:::lambda:invoke", Parameters=parameters, OutputPath="$.Payload")
        got.append(run(definition, services=services, clock=VirtualClock(), timeout=20).output)
    assert got == ["mock", "real:p", "aws:other", "mock"]


def test_a_thousand_delays_pass_side_by_side():
    definition = {
        "StartAt": "M",
        "States": {
            "M": {
                "Type": "Map",
                "ItemProcessor": machine("arn:aws:states:::glue:startJobRun.sync"),
                "ItemsPath": "$.n",
                "End": True,
            }
        },
    }
    services = with_mocks(Services(), {"states": {"T": {"result": 1, "delay": 60}}})
    result = load(definition).start({"n": [0] * 40}, services=services, clock=VirtualClock()).wait(20)
    assert (result.output, seconds(result)) == ([1] * 40, 60)


def test_an_item_reader_s_mock_may_take_its_time():
    config = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
    reader = {
        "Resource": "arn:aws:states:::s3:getObject",
        "Parameters": {"Bucket": "b", "Key": "k"},
        "ReaderConfig": {"InputType": "JSON"},
    }
    processor = {"ProcessorConfig": config, "StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    states = {"M": {"Type": "Map", "ItemProcessor": processor, "ItemReader": reader, "End": True}}
    result = mocked({"StartAt": "M", "States": states}, {"result": [1, 2], "delay": 30}, group="services", key="s3:getObject")
    assert (result.output, seconds(result)) == ([1, 2], 30)


def test_the_fixture_s_mocks_answer_tokens(asl):  # noqa: F811 - the fixture
    assert asl(machine(TOKEN), mocks={"states": {"T": {"result": "yes"}}}).output == "yes"
    result = asl(machine(TOKEN), mocks={"states": {"T": {"hangs": True}}})
    assert (result.error, result.cause) == ("Mock.NoAnswer", STUCK)


def test_an_answer_that_is_not_json_is_the_handlers_fault():
    services = Services({("sqs", "sendMessage"): lambda _request: {"a": {1}}})
    result = run(machine("arn:aws:states:::sqs:sendMessage"), services=services, clock=VirtualClock(), timeout=20)
    assert result.error == "Mock.WrongAnswer"
    assert result.cause == (
        "The handler of sqs:sendMessage (state 'T') returned dict, which is not a JSON value: "
        "Object of type set is not JSON serializable"
    )


def test_a_mocks_name_has_no_pattern_version():
    with pytest.raises(MockError, match=r"has no suffix: states:startExecution serves \.sync"):
        with_mocks(Services(), {"services": {"states:startExecution.sync:2": {"result": {}}}})
