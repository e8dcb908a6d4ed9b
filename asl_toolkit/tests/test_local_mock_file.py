"""The mock file of Step Functions Local as input of `asl run`, and mocks that no call meets."""

import json

import pytest

from asl_toolkit.commands import main

TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}}
RETRY = [{"ErrorEquals": ["Lambda.TooManyRequestsException"], "MaxAttempts": 3}]
MACHINE = {"StartAt": "Call", "States": {"Call": {**TASK, "Retry": RETRY, "OutputPath": "$.Payload", "End": True}}}
THROTTLED = {"Throw": {"Error": "Lambda.TooManyRequestsException", "Cause": "slow down"}}
GOOD = {"Return": {"StatusCode": 200, "Payload": {"done": True}}}
LOCAL = {
    "StateMachines": {
        "M": {"TestCases": {"Happy": {"Call": "Good"}, "Retried": {"Call": "Twice"}, "Failed": {"Call": "Never"}}},
        "N": {"TestCases": {"Happy": {"Call": "Twice"}}},
    },
    "MockedResponses": {"Good": {"0": GOOD}, "Twice": {"0-1": THROTTLED, "2": GOOD}, "Never": {"0": THROTTLED}},
}


@pytest.fixture
def run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.json").write_text(json.dumps(MACHINE))

    def call(document, *options):
        (tmp_path / "mocks.json").write_text(json.dumps(document))
        code = main(["run", "m.json", "--mocks", "mocks.json", *options])
        shown = capsys.readouterr()
        return code, shown.out + shown.err

    return call


@pytest.mark.parametrize("case", ["M#Happy", "Retried", "N#Happy"])
def test_a_test_case_gives_the_answers(run, case):
    assert run(LOCAL, "--test-case", case) == (0, '{"done":true}\n')


def test_the_last_answer_serves_all_later_calls(run):
    assert run(LOCAL, "--test-case", "Failed") == (1, "FAILED Lambda.TooManyRequestsException: slow down\n")


def test_the_only_test_case_needs_no_name(run):
    assert run({**LOCAL, "StateMachines": {"M": {"TestCases": {"Happy": {"Call": "Good"}}}}}) == (0, '{"done":true}\n')


def machines(states):
    return {"M": {"TestCases": {"C": states}}}


def answers(numbers, answer):
    return {"StateMachines": machines({"Call": "A"}), "MockedResponses": {"A": {numbers: answer}}}


@pytest.mark.parametrize(
    ("changed", "options", "message"),
    [
        ({}, [], "name one test case with --test-case; there are M#Happy, M#Retried, M#Failed, N#Happy"),
        ({}, ["--test-case", "Happy"], "name one test case with --test-case"),
        ({}, ["--test-case", "Odd"], "it has no such test case with --test-case"),
        ({"StateMachines": []}, [], "StateMachines is an object, not []"),
        ({"StateMachines": machines({"Call": "Odd"})}, [], "names the response 'Odd', which MockedResponses does not have"),
        ({"StateMachines": machines({"Cal": "Good"})}, [], "'Cal'"),
        (answers("x", GOOD), [], "MockedResponses.A.x: a key is the number of a call from 0, or a range such as 1-2"),
        (answers("1", GOOD), [], "the numbers of the calls begin at 0 and have no gap, not [1]"),
        (answers("0", {}), [], 'MockedResponses.A.0 is {"Return": …} or {"Throw": {"Error": …, "Cause": …}}'),
        (answers("0-99999", GOOD), [], "a key is the number of a call"),
    ],
)
def test_a_wrong_file_is_a_sentence(run, changed, options, message):
    code, shown = run({**LOCAL, **changed}, *options)
    assert code == 2
    assert message in shown


def test_a_test_case_needs_a_file_of_local(run):
    code, shown = run({"states": {"Call": {"result": 1}}}, "--test-case", "Happy")
    assert (code, shown) == (2, "m.json: --test-case is for a mock file of Step Functions Local, which --mocks names\n")


def test_mocks_that_no_call_meets_are_named(run):
    document = {"states": {"Call": {"result": {"Payload": 1}}}, "services": {"lambda:invoke": {"result": 2}}}
    assert run(document) == (0, "1\nwarning: --mocks services.lambda:invoke was not used by any call\n")


def test_a_definition_from_stdin(run, monkeypatch, capsys):
    assert main(["run", "-", "--input", "-"]) == 2
    assert capsys.readouterr().err == "-: the definition and --input cannot both be stdin: give one of them as a file\n"
