"""Injected errors: their error for Catch, their events, and refused names and attempts."""

import json

import pytest

from asl_toolkit import Services, VirtualClock, load, run
from asl_toolkit.commands.run import main
from asl_toolkit.mocks import Injection, MockError, parse_injection, with_injected, with_mocks
from asl_toolkit.services.contract import CheckedHandler

FUNCTION = "arn:aws:lambda:us-east-1:111111111111:function:f"
CATCH = [{"ErrorEquals": ["States.ALL"], "Next": "Caught"}]


def machine(resource="arn:aws:states:::glue:startJobRun.sync", **fields):
    state = {"Type": "Task", "Resource": resource, "Next": "Wait", "Catch": CATCH, **fields}
    return {
        "StartAt": "Job",
        "States": {"Job": state, "Wait": {"Type": "Wait", "Seconds": 1, "Next": "Caught"}, "Caught": {"Type": "Succeed"}},
    }


def injected(definition, *texts, functions=None):
    services = with_mocks(Services(functions=functions), {"services": {"glue:startJobRun": {"result": 1}}})
    services = with_injected(services, [parse_injection(text) for text in texts])
    return run(definition, services=services, clock=VirtualClock(), timeout=20)


def test_no_catch_takes_an_injected_runtime_error():
    result = injected(machine(), "Job=States.Runtime:broken")
    assert (result.status, result.error, result.cause) == ("FAILED", "States.Runtime", "broken")
    assert [event["type"] for event in result.events] == ["ExecutionStarted", "TaskStateEntered", "ExecutionFailed"]


def test_nor_that_of_a_mock():
    services = with_mocks(Services(), {"states": {"Job": {"error": "States.Runtime", "cause": "broken"}}})
    result = run(machine(), services=services, clock=VirtualClock(), timeout=20)
    assert (result.error, result.cause) == ("States.Runtime", "broken")


@pytest.mark.parametrize(
    ("resource", "kind"),
    [
        (FUNCTION, "LambdaFunctionTimedOut"),
        ("arn:aws:states:::glue:startJobRun.sync", "TaskTimedOut"),
        ("arn:aws:states:::glue:startJobRun", "TaskTimedOut"),
    ],
)
@pytest.mark.parametrize("error", ["States.Timeout", "States.HeartbeatTimeout"])
def test_an_injected_timeout_leaves_the_event_of_one(resource, kind, error):
    result = injected(machine(resource), f"Job={error}", functions={"f": lambda event, _context: event})
    assert result.output == {"Error": "States.Timeout", "Cause": ""}
    event = next(event for event in result.events if event["type"] == kind)
    details = event[f"{kind[0].lower()}{kind[1:]}EventDetails"]
    assert {name: details[name] for name in ("error", "cause") if name in details} == {"error": "States.Timeout"}


@pytest.mark.parametrize(
    ("names", "caught"),
    [(["States.HeartbeatTimeout"], True), (["States.TaskFailed"], False), (["States.Timeout"], True)],
)
def test_an_injected_missed_heartbeat_is_met_by_its_name(names, caught):
    result = injected(machine(Catch=[{"ErrorEquals": names, "Next": "Caught"}]), "Job=States.HeartbeatTimeout")
    assert (result.status == "SUCCEEDED") is caught


def test_attempts_that_are_not_injected_are_checked_as_ever():
    checked = []
    handler = CheckedHandler(lambda _request: 1, lambda request: checked.append(request.context["State"]["RetryCount"]))
    services = with_injected(Services({("glue", "startJobRun"): handler}), [Injection("Job", "Busy")])
    retry = [{"ErrorEquals": ["Busy"]}]
    assert run(machine(Retry=retry), services=services, clock=VirtualClock(), timeout=20).output == 1
    assert checked == [1]


@pytest.mark.parametrize(
    ("texts", "message"),
    [
        (["Job=A", "Job@1=B"],
         "two errors are injected on attempt 1 of the state 'Job': 'A' and 'B'; an attempt has one, as in Job@1=A and Job@2=B"),
        (["Job@*=A", "Job@2=B"],
         "two errors are injected on attempt 2 of the state 'Job': 'A' and 'B'; an attempt has one, as in Job@1=A and Job@2=B"),
        (["Job@2=A", "Job@*=B"],
         ("two errors are injected on each attempt of the state 'Job': 'A' and 'B'; an attempt has one, as in Job@1=A and "
          "Job@2=B")),
        (["Jobb=A"], "--inject: there is no Task 'Jobb'; did you mean 'Job'?"),
        (["Else=A"], "--inject: there is no Task 'Else'; there are 'Job'"),
        (["Wait=A"], "--inject: the state 'Wait' is a Wait, which calls nothing that could answer or fail"),
    ],
)  # fmt: skip
def test_doubtful_injections_are_refused(texts, message):
    with pytest.raises(MockError) as caught:
        with_injected(Services(), [parse_injection(text) for text in texts], load(machine()))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Job=E", Injection("Job", "E")),
        ("Job@2=E:a=b: c", Injection("Job", "E", "a=b: c", 2)),
        ("a@b@*=E", Injection("a@b", "E", attempt=None)),
        ("a: b=E", Injection("a: b", "E")),
        ("a=b=E:", Injection("a=b", "E", "")),
        ("Job=States.Timeout", Injection("Job", "States.Timeout", "")),
    ],
)
def test_injections_are_read(text, expected):
    assert parse_injection(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("Job", "'Job' is not STATE[@ATTEMPT]=ERROR[:CAUSE]"),
        ("=E", "'=E' is not STATE[@ATTEMPT]=ERROR[:CAUSE]"),
        ("Job=", "'Job=' is not STATE[@ATTEMPT]=ERROR[:CAUSE]"),
        ("Job@0=E", "'Job@0=E': the attempt is a number from 1, or *, not '0'"),
    ],
)
def test_an_invalid_injection_is_refused(text, message):
    with pytest.raises(MockError) as caught:
        parse_injection(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"states": {"Jobb": {"result": 1}}}, "mocks.states: there is no Task 'Jobb'; did you mean 'Job'?"),
        ({"services": {"glue:startJobRunn": {"result": 1}}},
         "mocks.services: the machine does not call 'glue:startJobRunn'; did you mean 'glue:startJobRun'?"),
        ({"services": {"glue:startJobRun.sync": {"result": 1}}},
         "mocks.services: 'glue:startJobRun.sync' has no suffix: glue:startJobRun serves .sync and .waitForTaskToken too"),
    ],
)  # fmt: skip
def test_misspelt_names_in_mocks_are_refused(document, message):
    with pytest.raises(MockError) as caught:
        with_mocks(Services(), document, load(machine()))
    assert str(caught.value) == message


def test_mocks_of_other_machines_may_stand_in_the_document():
    document = {"services": {"sns:publish": {"result": 1}, "glue:*": {"result": {"JobRunState": "SUCCEEDED"}}}}
    services = with_mocks(Services(), document, load(machine()))
    assert run(machine(), services=services, clock=VirtualClock(), timeout=20).output == {"JobRunState": "SUCCEEDED"}


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ({"result": 1, "delay": -1}, "mocks.states.A[0].delay is a number of seconds from 0, not -1"),
        ({"result": 1, "delay": "5"}, "mocks.states.A[0].delay is a number of seconds from 0, not '5'"),
        ({"result": 1, "heartbeat_every": 0}, "mocks.states.A[0].heartbeat_every is a number of seconds above 0, not 0"),
        ({"hangs": True, "heartbeat_every": 5}, "mocks.states.A[0]: heartbeats end with a delay; give one instead of hangs"),
        ({"hangs": True, "delay": 5}, "mocks.states.A[0]: what hangs has no delay"),
        ({"hangs": 1}, "mocks.states.A[0].hangs is true or not there, not 1"),
        ({"result": 1, "delay": 1e9, "heartbeat_every": 1},
         "mocks.states.A[0]: a delay of 1000000000.0 seconds has over 100000 heartbeats, 1 seconds apart"),
        ({"error": 5}, "mocks.states.A[0].error is a text, not 5"),
        ({"result": 1, "cause": "c"}, "mocks.states.A[0].cause belongs to an error, and there is none"),
        ({"result": 1, "when": []}, "mocks.states.A[0].when is an object of paths and values, not []"),
    ],
)  # fmt: skip
def test_faulty_answers_are_explained(answer, message):
    with pytest.raises(MockError) as caught:
        with_mocks(Services(), {"states": {"A": answer}})
    assert str(caught.value) == message


PASSED_BY = {"StartAt": "Job", "States": {"Job": {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun", "End": True}}}
MOCKED = {"services": {"glue:startJobRun": {"result": {}}}}


def test_a_test_whose_injection_is_never_met_fails(asl):
    message = "inject=: Job@9=E was never met: the state 'Job' did not run, or not so often (the execution ended SUCCEEDED)"
    with pytest.raises(MockError) as refused:
        asl(PASSED_BY, mocks=MOCKED, inject=["Job@9=E"])
    assert str(refused.value) == message
    assert asl(PASSED_BY, mocks=MOCKED, inject=["Job=E"]).error == "E"
    assert asl(PASSED_BY, mocks=MOCKED, inject=["Job=States.Runtime"]).error == "States.Runtime"


def test_the_fixture_names_its_own_argument(asl):
    with pytest.raises(MockError, match="inject=: there is no Task 'Jobb'; did you mean 'Job'"):
        asl(PASSED_BY, mocks=MOCKED, inject=["Jobb=E"])


def test_a_misspelt_reserved_name_is_refused():
    with pytest.raises(MockError) as refused:
        parse_injection("Job=States.Tiemout")
    assert str(refused.value) == (
        "'Job=States.Tiemout': 'States.Tiemout' is not an error name that Step Functions reserves; did you mean 'States.Timeout'?"
    )
    assert parse_injection("Job=States.Http.StatusCode.404").error == "States.Http.StatusCode.404"


def test_the_command_warns_of_an_injection_that_was_never_met(tmp_path, capsys):
    (tmp_path / "m.json").write_text(json.dumps(PASSED_BY))
    (tmp_path / "mocks.json").write_text(json.dumps(MOCKED))
    assert main([str(tmp_path / "m.json"), "--mocks", str(tmp_path / "mocks.json"), "--inject", "Job@9=E"]) == 0
    warning = "warning: --inject Job@9=E was never met: the state 'Job' did not run, or not so often\n"
    assert capsys.readouterr() == ("{}\n", warning)
