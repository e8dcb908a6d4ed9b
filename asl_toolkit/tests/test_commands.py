"""The command line: run with mocks and injected errors, case, conformance."""

import io
import json
import pkgutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from asl_toolkit.commands import main
from asl_toolkit.mocks import MockError, with_mocks
from asl_toolkit.pytest_plugin import asl  # noqa: F401 - the fixture, also where the package is not installed
from asl_toolkit.services.registry import Services

JOB = {
    "Type": "Task",
    "Resource": "arn:aws:states:::glue:startJobRun.sync",
    "Parameters": {"JobName.$": "$.job"},
    "Retry": [{"ErrorEquals": ["Glue.AWSGlueException"], "IntervalSeconds": 30, "MaxAttempts": 2}],
    "Next": "Wait",
}
MACHINE = {"StartAt": "Job", "States": {"Job": JOB, "Wait": {"Type": "Wait", "Seconds": 3600, "End": True}}}
MOCKS = {"services": {"glue:startJobRun": {"result": {"JobRunState": "SUCCEEDED"}, "submitted": {"JobRunId": "jr"}}}}


@pytest.fixture
def files(tmp_path):
    (tmp_path / "m.json").write_text(json.dumps(MACHINE))
    (tmp_path / "mocks.json").write_text(json.dumps(MOCKS))
    return tmp_path


def run(files, *options, capsys):
    code = main(["run", str(files / "m.json"), "--input", '{"job": "j"}', *options])
    shown = capsys.readouterr()
    return code, shown.out, shown.err.replace(str(files), "DIR")


def test_run_prints_the_output(files, capsys):
    code, out, err = run(files, "--mocks", str(files / "mocks.json"), capsys=capsys)
    assert (code, out, err) == (0, '{"JobRunState":"SUCCEEDED"}\n', "")


def test_run_injects_errors_and_shows_the_timeline(files, capsys):
    options = ["--mocks", str(files / "mocks.json"), "--inject", "Job@1=Glue.AWSGlueException:Rate exceeded", "--timeline"]
    code, _, err = run(files, *options, capsys=capsys)
    assert code == 0
    lines = err.splitlines()
    assert [line.split()[2] for line in lines][:6] == [
        "ExecutionStarted",
        "TaskStateEntered",
        "TaskScheduled",
        "TaskStarted",
        "TaskFailed",
        "TaskScheduled",
    ]
    assert lines[4].split(None, 4)[3:] == ["Job", "Glue.AWSGlueException: Rate exceeded"]
    assert lines[5].split()[0] == "30.000"
    assert lines[-1].split()[0] == "3630.000"


def test_run_says_how_an_execution_failed(files, capsys):
    code, out, err = run(files, "--mocks", str(files / "mocks.json"), "--inject", "Job@*=Boom:why", capsys=capsys)
    assert (code, out, err) == (1, "", "FAILED Boom: why\n")
    code, out, _ = run(files, "--mocks", str(files / "mocks.json"), "--inject", "Job=Boom", "--output", "json", capsys=capsys)
    shown = json.loads(out)
    assert (code, shown["status"], shown["error"], shown["cause"], shown["events"][-1]["type"]) == (
        1,
        "FAILED",
        "Boom",
        "injected",
        "ExecutionFailed",
    )


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ([], (
            "DIR/m.json:1:55: ERROR NO_HANDLER /States/Job/Resource: no handler serves 'glue:startJobRun' of the state 'Job'. "
            'Mock it (run --mocks, mocks= of the asl fixture: {"services": {"glue:startJobRun": {"result": …}}}), give a handler '
            'to Services ({("glue", "startJobRun"): …}), or call AWS (run --aws).\n')),
        (["--inject", "Jobb=X"], "DIR/m.json: --inject: there is no Task 'Jobb'; did you mean 'Job'?\n"),
        (["--inject", "Job"], "DIR/m.json: 'Job' is not STATE[@ATTEMPT]=ERROR[:CAUSE]\n"),
        (["--input", "["], "DIR/m.json: --input is not JSON: Expecting value: line 1 column 2 (char 1)\n"),
        (["--clock", "0"], "DIR/m.json: --clock is virtual, real or a factor above 0, not '0'\n"),
        (["--function", "f=json:nope"],
         "DIR/m.json: --function f=json:nope: AttributeError: module 'json' has no attribute 'nope'\n"),
        (["--function", "f=json"], "DIR/m.json: --function 'f=json' is not NAME=MODULE:ATTRIBUTE\n"),
        (["--function", "f=sys:path"], "DIR/m.json: --function f=sys:path: path is list, which cannot be called\n"),
        (["--mocks", "/nowhere"], "DIR/m.json: --mocks /nowhere cannot be read: No such file or directory\n"),
        (["--input", "@/nowhere"], "DIR/m.json: --input /nowhere cannot be read: No such file or directory\n"),
        (["--clock", "real", "--start-time", "2026-01-31T12:00:00Z"],
         "DIR/m.json: --start-time is for a virtual or a scaled clock, not for --clock real\n"),
    ],
)  # fmt: skip
def test_wrong_use_is_explained(files, options, expected, capsys):
    code, out, err = run(files, *options, capsys=capsys)
    assert (code, out, err) == (2, "", expected)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--name", "a b"],
         ("argument --name: 'a b' is not a valid name of an execution: 1 to 80 characters, no blanks and none of "
          '?*<>{}[]"#%\\^|~`$&,;:/')),
        (["--start-time", "soon"], "argument --start-time: 'soon' is not an instant such as 2026-01-31T12:00:00Z"),
    ],
)  # fmt: skip
def test_an_option_that_cannot_be_is_refused(files, options, message, capsys):
    with pytest.raises(SystemExit) as caught:
        run(files, *options, capsys=capsys)
    assert caught.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1] == f"asl run: error: {message}"


def test_a_faulty_definition_is_refused_in_the_words_of_check(files, capsys):
    (files / "m.json").write_text(
        "\ufeff" + json.dumps({**MACHINE, "States": {**MACHINE["States"], "Island": MACHINE["States"]["Wait"]}})
    )
    code, out, err = run(files, capsys=capsys)
    assert (code, out) == (2, "")
    assert err == (
        "DIR/m.json:1:316: ERROR UNREACHABLE /States/Island: no transition leads to the state 'Island'. "
        "Add a transition to it, or remove it.\n"
    )
    assert main(["check", str(files / "m.json")]) == 1
    assert capsys.readouterr().out.replace(str(files), "DIR").splitlines()[0] == err.rstrip()


def test_the_clock_begins_at_the_start_time(files, capsys):
    state = {"Type": "Pass", "Parameters": {"at.$": "$$.State.EnteredTime"}, "End": True}
    (files / "m.json").write_text(json.dumps({"StartAt": "P", "States": {"P": state}}))
    assert run(files, "--start-time", "2026-01-31T12:00:00+01:00", capsys=capsys)[1] == '{"at":"2026-01-31T11:00:00Z"}\n'
    assert run(files, capsys=capsys)[1] == '{"at":"2023-11-14T22:13:20Z"}\n'


def test_a_missing_function_is_reported_with_the_existing_ones(files, capsys):
    parameters = {"FunctionName": "f"}
    state = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": parameters, "End": True}
    (files / "m.json").write_text(json.dumps({"StartAt": "F", "States": {"F": state}}))
    code, _, err = run(files, "--function", "g=json:dumps", capsys=capsys)
    assert (code, err.splitlines()[1:]) == (1, ["functions of this run (--function, --mocks): 'g'"])


def test_a_function_of_a_module_is_called(files, capsys):
    state = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "OutputPath": "$.Payload", "End": True}
    machine = {"StartAt": "F", "States": {"F": {**state, "Parameters": {"FunctionName": "f", "Payload": "x"}}}}
    (files / "m.json").write_text(json.dumps(machine))
    code, out, err = run(files, "--function", "f=test_function_of_a_test:handler", capsys=capsys)
    assert (code, out) == (2, "")
    assert "No module named 'test_function_of_a_test'" in err


def test_the_commands_are_listed(capsys):
    assert main([]) == 2
    assert main(["--help"]) == 0
    assert main(["nope"]) == 2
    assert "there is no command 'nope'" in capsys.readouterr().err


def test_case_reads_a_line_and_prints_a_line(monkeypatch, capsys):
    state = {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:111111111111:function:f", "End": True}
    case = {
        "name": "n",
        "definition": {"StartAt": "F", "States": {"F": state}},
        "input": 20,
        "lambdas": {"f": "def handler(event, context):\n    return str(event + 1).encode()\n"},
        "fixtures": {},
    }
    refused = {**case, "definition": {"StartAt": "F", "States": {}}}
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{json.dumps(case)}\n\n{json.dumps(refused)}\n{{\n"))
    assert main(["case"]) == 0
    first, second, third = map(json.loads, capsys.readouterr().out.splitlines())
    assert (first["status"], first["output"], first["events"][-1]["type"]) == ("SUCCEEDED", 21, "ExecutionSucceeded")
    assert second["status"] == "REFUSED"
    assert (third["status"], third["error"], third["events"]) == ("UNREADABLE", "UnreadableCase", [])


@pytest.mark.parametrize(
    ("case", "cause"),
    [
        ("x", "the line is not JSON: Expecting value: line 1 column 1 (char 0)"),
        ("[]", "a case is an object with definition, input, lambdas and fixtures, not array"),
        ("{}", "the case has no definition"),
        ('{"definition": {}, "fixtures": 5}', "fixtures is an object, not number"),
        ('{"definition": {}, "lambdas": {"f": 5}}',
         "lambdas.f is Python source with a handler(event, context), not number"),
        ('{"definition": {}, "lambdas": {"f": "def"}}', "lambdas.f is not valid Python: invalid syntax (handler.py, line 1)"),
        ('{"definition": {}, "lambdas": {"f": "x = 1"}}',
         "TypeError: the source of a function defines no handler(event, context)"),
    ],
)  # fmt: skip
def test_a_case_that_cannot_be_run_says_why(case, cause, monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", io.StringIO(case + "\n"))
    assert main(["case"]) == 0
    assert json.loads(capsys.readouterr().out)["cause"] == cause


def test_mocks_answer_by_call_by_parameters_and_by_function(asl):  # noqa: F811 - the fixture
    states = {
        "A": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sns:publish",
            "Parameters": {"n": 1},
            "ResultPath": "$.a",
            "Next": "B",
        },
        "B": {
            "Type": "Task",
            "Resource": "arn:aws:states:::sns:publish",
            "Parameters": {"n": 2},
            "ResultPath": "$.b",
            "Next": "C",
        },
        "C": {"Type": "Task", "Resource": "arn:aws:lambda:us-east-1:111111111111:function:f", "ResultPath": "$.c", "End": True},
    }
    mocks = {
        "services": {"sns:publish": [{"when": {"$.n": 2}, "result": "two"}, {"result": "one"}]},
        "functions": {"f": {"error": "Oops", "cause": "c"}},
    }
    result = asl({"StartAt": "A", "States": states}, {}, mocks=mocks)
    assert (result.error, result.cause) == ("Oops", "c")
    assert asl.states_of(result) == ["A", "B", "C"]
    assert result.events[-4]["lambdaFunctionScheduledEventDetails"]["input"] == '{"a":"one","b":"two"}'
    result = asl({"StartAt": "A", "States": states}, {}, mocks={**mocks, "states": {"C": {"result": 3}}}, inject=["B=X"])
    assert result.error == "X"


@pytest.mark.parametrize(
    ("document", "message"),
    [
        ({"state": {}}, "mocks: 'state' is none of functions, services, states"),
        ({"states": {"A": {}}}, "mocks.states.A[0] has either result or error or hangs"),
        ({"states": {"A": [1]}}, "mocks.states.A[0] is an object with result or error, not 1"),
        ({"states": {"A": {"result": 1, "reslt": 2}}},
         "mocks.states.A[0]: 'reslt' is none of cause, delay, error, hangs, heartbeat_every, result, submitted, when"),
        ({"services": {"glue": {"result": 1}}}, "mocks.services: 'glue' is not SERVICE:ACTION, as in glue:startJobRun"),
        ({"functions": []}, "mocks.functions is an object, not []"),
        ({"states": {"A": {"result": 1, "when": {"x": 1}}}}, "mocks.states.A[0].when: the path 'x' does not begin with '$'"),
    ],
)  # fmt: skip
def test_faulty_mocks_are_explained(document, message):
    with pytest.raises(MockError) as caught:
        with_mocks(Services(), document)
    assert str(caught.value) == message


@pytest.mark.parametrize("resource", ["glue:startJobRun.sync", "lambda:invoke"])
def test_a_mock_may_hang_until_the_timeout(asl, resource):  # noqa: F811 - the fixture
    state = {"Type": "Task", "Resource": f"arn:aws:states:::{resource}", "TimeoutSeconds": 7200, "End": True}
    mocks = {"services": {resource.removesuffix(".sync"): {"hangs": True}}}
    result = asl({"StartAt": "T", "States": {"T": state}}, {}, mocks=mocks)
    assert result.error == "States.Timeout"
    assert (result.events[-1]["timestamp"] - result.events[0]["timestamp"]).total_seconds() == 7200


def test_the_console_command_is_the_same_as_the_module():
    project = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text(encoding="utf-8"))
    assert pkgutil.resolve_name(project["project"]["scripts"]["asl"]) is main
    done = subprocess.run([sys.executable, "-m", "asl_toolkit", "--help"], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("usage: asl COMMAND")


@pytest.mark.parametrize(
    ("error", "code", "shown"),
    [
        (RuntimeError("lost"), 3, "run: this is a fault of asl-toolkit: RuntimeError: lost. Please report it with the traceback"),
        (KeyboardInterrupt(), 130, ""),
        (ImportError("asl_toolkit.client needs botocore"), 2, "run: asl_toolkit.client needs botocore"),
    ],
)
def test_no_exception_becomes_a_traceback(monkeypatch, capsys, error, code, shown):
    def broken(_arguments):
        raise error

    monkeypatch.delenv("ASL_TRACEBACK", raising=False)
    monkeypatch.setattr("asl_toolkit.commands.run.main", broken)
    assert main(["run"]) == code
    assert capsys.readouterr().err.startswith(shown)
    if code == 3:
        monkeypatch.setenv("ASL_TRACEBACK", "1")
        with pytest.raises(RuntimeError):
            main(["run"])


def test_half_a_surrogate_is_printed_as_its_escape(files):
    command = [sys.executable, "-m", "asl_toolkit", "run", "m.json", "--input", "-"]
    machine = {"StartAt": "P", "States": {"P": {"Type": "Pass", "End": True}}}
    (files / "m.json").write_text(json.dumps(machine))
    done = subprocess.run(command, cwd=files, input=b'"\\ud800"', capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b'"\\ud800"\n', b"")


@pytest.fixture
def here(files, monkeypatch):
    monkeypatch.chdir(files)
    (files / "t.yaml").write_text(TEMPLATE)


TEMPLATE = """\
Resources:
  First:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition: {StartAt: P, States: {P: {Type: Pass, Result: "${Who}", End: true}}}
  Second:
    Type: AWS::Serverless::StateMachine
    Properties:
      Definition: {StartAt: P, States: {P: {Type: Pass, End: true, Nexxt: P}}}
"""


@pytest.mark.parametrize(
    ("file", "code", "shown"),
    [
        ("t.yaml#First", 0, '"you"\n'),
        ("t.yaml", 2, "t.yaml: has 2 state machines: choose one of t.yaml#First, t.yaml#Second\n"),
        ("t.yaml#Third", 2, "t.yaml#Third: has no state machine 'Third'\n"),
        ("t.yaml#Second", 2, "t.yaml#Second:9:68: ERROR UNKNOWN_FIELD /States/P/Nexxt: "),
        ("gone.yaml#X", 2, "gone.yaml#X: cannot be read: No such file or directory\n"),
    ],
)
def test_run_takes_a_machine_of_a_template(here, capsys, file, code, shown):
    assert main(["run", file, "--substitute", "Who=you"]) == code
    printed = capsys.readouterr()
    assert (printed.out + printed.err).startswith(shown)


def test_a_resource_with_placeholders_runs_with_a_stand_in(files, capsys):
    """A template names its functions by placeholders. `check` only warns of them, so `run` does not refuse them."""
    own = {"Type": "Task", "Resource": "${Load.Arn}", "Next": "Call"}
    call = {
        "Type": "Task",
        "Resource": "arn:${AWS::Partition}:states:::lambda:invoke",
        "Parameters": {"FunctionName": "${Load}"},
        "OutputPath": "$.Payload",
        "Next": "Each",
    }
    map_state = {
        "Type": "Map",
        "ItemProcessor": {"StartAt": "One", "States": {"One": {"Type": "Task", "Resource": "${!}", "End": True}}},
        "End": True,
    }
    (files / "m.json").write_text(json.dumps({"StartAt": "Own", "States": {"Own": own, "Call": call, "Each": map_state}}))
    mocks = {"functions": {"Load": {"result": 1}, "${Load}": {"result": [2]}}, "states": {"One": {"result": 3}}}
    (files / "mocks.json").write_text(json.dumps(mocks))
    code, out, err = run(files, "--mocks", str(files / "mocks.json"), capsys=capsys)
    assert (code, out) == (0, "[3]\n")
    head, tail = "warning: the Resource", "(--substitute gives placeholders a value)"
    function = "arn:aws:lambda:us-east-1:111111111111:function"
    assert err.splitlines() == [
        f"{head} '${{Load.Arn}}' runs as '{function}:Load' {tail}",
        f"{head} 'arn:${{AWS::Partition}}:states:::lambda:invoke' runs as 'arn:aws:states:::lambda:invoke' {tail}",
        f"{head} '${{!}}' runs as '{function}:X' {tail}",
    ]


def test_placeholders_that_stop_a_run_are_listed(files, capsys):
    wait = {"Type": "Wait", "Seconds": "${Seconds}", "Next": "${Next}"}
    (files / "m.json").write_text(json.dumps({"StartAt": "W", "States": {"W": wait, "D": {"Type": "Succeed"}}}))
    code, _, err = run(files, capsys=capsys)
    assert (code, err.splitlines()[-1]) == (
        2,
        "placeholders without a value: ${Next}, ${Seconds} (--substitute NAME=VALUE gives one)",
    )


def test_the_fixture_reads_yaml_and_lists_unused_mocks(asl, tmp_path):  # noqa: F811 - the fixture
    (tmp_path / "m.yaml").write_text(
        "StartAt: Job\nStates:\n  Job: {Type: Task, Resource: 'arn:aws:states:::glue:startJobRun', End: true}\n"
    )
    result = asl(tmp_path / "m.yaml", mocks={"states": {"Job": {"result": 1}}, "functions": {"f": {"result": 2}}})
    assert (result.output, asl.unused_mocks) == (1, ["functions.f"])
    assert asl(tmp_path / "m.yaml", mocks={"states": {"Job": {"result": 1}}}).output == 1
    assert asl.unused_mocks == []


@pytest.mark.parametrize("text", ["{]", "]", ",", '{"a": [1,}', '{"StartAt": "A"}}', '"a": 1', "{", "[[", "\x00", "\ufeff"])
def test_a_text_that_is_not_json_is_refused_with_its_place(files, text, capsys):
    (files / "m.json").write_text(text, encoding="utf-8")
    code, out, err = run(files, capsys=capsys)
    assert (code, out) == (2, "")
    assert err.startswith("DIR/m.json:1:")
    assert ": ERROR " in err
