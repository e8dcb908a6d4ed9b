"""JSONata states: values, undefined and null, AWS's own functions, variables and their scopes."""

import subprocess
import sys

import pytest

import asl_toolkit
from asl_toolkit import Services


def output(expression, data=None, **more):
    state = {"Type": "Pass", "Output": expression, "End": True}
    result = asl_toolkit.run({"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": state}}, data, **more)
    return result.output if result.status == "SUCCEEDED" else (result.error, result.cause)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("{% $states.input.items[0] %}", 5),
        ("{% $states.input.items %}", [5]),
        ("{% $states.input.nothing %}", None),
        ("{% $states.input.nothing = null %}", True),
        ("{% [1..3] %}", [1, 2, 3]),
        ("{% $sum($states.input.items) / 2 %}", 2.5),
        ("{% 4 / 2 %}", 2),
        ("{% $states.input.deep.b %}", [1, 2]),
        ("{% $partition([1, 2, 3], 2) %}", [[1, 2], [3]]),
        ("{% $partition([1], 2) %}", [[1]]),
        ("{% $range(0, 6, 3) %}", [0, 3, 6]),
        ("{% $hash('a', 'MD5') %}", "0cc175b9c0f1b6a831c399e269772661"),
        ("{% $parse('{\"a\": null}') %}", {"a": None}),
        ("{% $parse('null') %}", None),
        ("{% $random(7) = $random(7) %}", True),
        ("{% $length($uuid()) %}", 36),
        ("{% $fromMillis(1510067557121) %}", "2017-11-07T15:12:37.121Z"),
        ("{% $toMillis('2017-11-07T15:07:54.972Z') %}", 1510067274972),
        ("{% $fromMillis(1510067557121, '[M01]/[D01]/[Y0001] [h#1]:[m01][P]') %}", "11/07/2017 3:12pm"),
        ("{% $states.context.State.Name %}", "S"),
        (["{% 1 %}", " {% 1 %} ", {"a": "{% 'x' %}"}], [1, " {% 1 %} ", {"a": "x"}]),
    ],
)
def test_an_expression_gives(expression, expected):
    data = {"items": [5], "nothing": None, "deep": [{"b": 1}, {"b": 2}]}
    assert output(expression, data) == expected


@pytest.mark.parametrize(
    ("expression", "field", "what"),
    [
        ("$states.input.zz", "Output", "returned nothing (undefined)."),
        ("function($x){$x}", "Output", "returned an unsupported result type."),
        ("$eval('1')", "Output", "threw an error during evaluation. T1006: Attempted to invoke a non-function"),
        ("$x", "Output/a[0]", "returned nothing (undefined)."),
    ],
)
def test_an_expression_that_fails(expression, field, what):
    value = f"{{% {expression} %}}"
    text = (
        "An error occurred while executing the state 'S' (entered at the event id #2). "
        f"The JSONata expression '{expression}' specified for the field '{field}' {what}"
    )
    assert output({"a": [value]} if "/" in field else value) == ("States.QueryEvaluationError", text)


def test_endless_recursion_is_ended():
    error, cause = output("{% ($f := function($n){$f($n + 1) + 1}; $f(1)) %}")
    assert error == "States.QueryEvaluationError"
    assert cause.endswith(
        " threw an error during evaluation: Stack overflow error: Check for non-terminating recursive function.  "
        "Consider rewriting as tail-recursive. Depth=101 max=100"
    )


def test_a_faulty_expression_is_refused_at_load():
    with pytest.raises(asl_toolkit.DefinitionError) as caught:
        output({"a": "{% 1 + %}"})
    assert [(finding.pointer, finding.code) for finding in caught.value.findings] == [("/States/S/Output/a", "JSONATA_SYNTAX")]
    assert "the JSONata expression '1 +' cannot be read: " in str(caught.value)


def test_an_evaluation_error_can_be_caught():
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": "f", "Payload": "{% $nothing %}"},
        "Catch": [
            {
                "ErrorEquals": ["States.QueryEvaluationError"],
                "Output": "{% $states.errorOutput.Error %}",
                "Assign": {"seen": "{% $states.input %}"},
                "Next": "After",
            }
        ],
        "End": True,
    }
    after = {"Type": "Pass", "Output": "{% [$states.input, $seen] %}", "End": True}
    machine = {"QueryLanguage": "JSONata", "StartAt": "T", "States": {"T": state, "After": after}}
    result = asl_toolkit.run(machine, 5, services=Services(functions={"f": lambda event, context: event}))
    assert result.output == ["States.QueryEvaluationError", 5]
    assert result.events[2]["type"] == "EvaluationFailed"
    assert result.events[2]["evaluationFailedEventDetails"]["location"] == "Arguments/Payload"


def test_a_catch_may_fail_by_itself():
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": "nobody"},
        "Catch": [{"ErrorEquals": ["States.ALL"], "Output": "{% $nothing %}", "Next": "T"}],
        "End": True,
    }
    machine = {"QueryLanguage": "JSONata", "StartAt": "T", "States": {"T": state}}
    result = asl_toolkit.run(machine, 5, services=Services(functions={"f": lambda event, context: event}))
    assert result.error == "States.QueryEvaluationError"
    assert result.cause.startswith("An error occurred while executing the state 'T' (entered at the event id #2). The JSONata ")
    assert [event["type"] for event in result.events][-2:] == ["EvaluationFailed", "ExecutionFailed"]


def test_variables_of_outer_scopes_are_read_and_inner_ones_end_with_their_scope():
    inner = {"Type": "Pass", "Assign": {"n": "{% $states.input + $base %}"}, "Next": "Use"}
    use = {"Type": "Pass", "Output": "{% $n %}", "End": True}
    map_state = {
        "Type": "Map",
        "Items": "{% $states.input %}",
        "ItemProcessor": {"StartAt": "Inner", "States": {"Inner": inner, "Use": use}},
        "Next": "Last",
    }
    states = {
        "Set": {"Type": "Pass", "Assign": {"base": 10, "old": "{% $exists($base) %}"}, "Next": "Each"},
        "Each": map_state,
        "Last": {
            "Type": "Pass",
            "Output": {"r": "{% $states.input %}", "n": "{% $exists($n) %}", "old": "{% $old %}"},
            "End": True,
        },
    }
    result = asl_toolkit.run({"QueryLanguage": "JSONata", "StartAt": "Set", "States": states}, [1, 2])
    assert result.output == {"r": [11, 12], "n": False, "old": False}


def test_a_jsonpath_machine_may_hold_jsonata_states():
    states = {
        "P": {"Type": "Pass", "Parameters": {"x.$": "$.a"}, "Assign": {"v.$": "$.x"}, "Next": "J"},
        "J": {"QueryLanguage": "JSONata", "Type": "Pass", "Output": "{% $v + $states.input.x %}", "Next": "W"},
        "W": {"QueryLanguage": "JSONata", "Type": "Wait", "Seconds": "{% $v %}", "Next": "C"},
        "C": {
            "QueryLanguage": "JSONata",
            "Type": "Choice",
            "Choices": [{"Condition": "{% $states.input > 3 %}", "Output": "{% $states.input & '!' %}", "Next": "Q"}],
        },
        "Q": {"Type": "Pass", "Parameters": {"said.$": "$", "v.$": "$v"}, "End": True},
    }
    clock = asl_toolkit.VirtualClock()
    begin = clock.now()
    assert asl_toolkit.run({"StartAt": "P", "States": states}, {"a": 2}, clock=clock).output == {"said": "4!", "v": 2}
    assert clock.now() - begin == 2


@pytest.mark.parametrize(
    ("state", "message"),
    [
        ({"Type": "Wait", "Seconds": "{% 'x' %}", "End": True}, "Expected 'number', but was 'string' for value: \"x\""),
        ({"Type": "Wait", "Timestamp": "{% 'soon' %}", "End": True}, 'returned no valid ISO-8601 timestamp: "soon"'),
        ({"Type": "Fail", "Error": "{% 1 %}"}, "Expected 'string', but was 'number' for value: 1"),
        (
            {"Type": "Choice", "Choices": [{"Condition": "{% 1 %}", "Next": "End"}]},
            "Expected 'boolean', but was 'number' for value: 1",
        ),
    ],
)
def test_a_field_needs_its_type(state, message):
    states = {"S": state, **({"End": {"Type": "Succeed"}} if state["Type"] == "Choice" else {})}
    result = asl_toolkit.run({"QueryLanguage": "JSONata", "StartAt": "S", "States": states}, {}, timeout=10)
    assert result.error == "States.QueryEvaluationError"
    assert message in result.cause


def test_one_machine_runs_many_executions_at_once():
    state = {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": "f", "Payload": {"n": "{% $states.input.n * 2 %}"}},
        "Output": "{% $sum([$states.result.Payload.n, $states.input.n]) %}",
        "End": True,
    }
    machine = asl_toolkit.load({"QueryLanguage": "JSONata", "StartAt": "T", "States": {"T": state}})
    services = Services(functions={"f": lambda event, context: event})
    executions = [machine.start({"n": number}, name=f"e{number}", services=services) for number in range(60)]
    assert [execution.wait(30).output for execution in executions] == [3 * number for number in range(60)]


def test_variables_have_a_limit():
    state = {"Type": "Pass", "Assign": {"a": "{% $states.input %}", "b": "{% $states.input %}"}, "End": True}
    result = asl_toolkit.run({"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": state}}, "x" * 140_000)
    assert result.error == "States.DataLimitExceeded"


def _output_of(output, **clock):
    state = {"Type": "Pass", "Output": output, "Next": "Wait"}
    states = {"Now": state, "Wait": {"Type": "Wait", "Seconds": 60, "Next": "Then"}}
    states["Then"] = {"Type": "Pass", "Output": {"before": "{% $states.input %}", "now": "{% $now() %}"}, "End": True}
    machine = {"QueryLanguage": "JSONata", "StartAt": "Now", "States": states}
    return asl_toolkit.run(machine, clock=asl_toolkit.VirtualClock(**clock)).output


def test_the_time_is_that_of_the_execution():
    output = {"now": "{% $now() %}", "millis": "{% $millis() %}", "day": "{% $now('[Y]/[M01]/[D01]') %}"}
    assert _output_of(output, start=1_769_860_800.5) == {
        "before": {"now": "2026-01-31T12:00:00.500Z", "millis": 1769860800500, "day": "2026/01/31"},
        "now": "2026-01-31T12:01:00.500Z",
    }
    assert _output_of("{% $now('[H01]:[m01]', '+0200') %}")["before"] == "00:13"


def test_all_expressions_of_a_state_see_the_same_time():
    output = dict.fromkeys("abcdefgh", "{% $millis() %}")
    machine = {"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": {"Type": "Pass", "Output": output, "End": True}}}
    result = asl_toolkit.run(machine, clock=asl_toolkit.ScaledClock(100_000, start=0.0))
    assert len(set(result.output.values())) == 1


def test_the_library_leaves_the_process_s_recursion_limit_alone():
    code = (
        "import sys; limit = sys.getrecursionlimit(); import asl_toolkit\n"
        "deep = '{% ($f := function($n) { $n = 0 ? 0 : 1 + $f($n - 1) }; $f(31)) %}'\n"
        "state = {'Type': 'Pass', 'Output': deep, 'End': True}\n"
        "machine = {'QueryLanguage': 'JSONata', 'StartAt': 'S', 'States': {'S': state}}\n"
        "print(asl_toolkit.run(machine).output, sys.getrecursionlimit() == limit)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "31 True\n"


CHOICE = {"Type": "Choice", "Default": "End"}
RULES = [{"Condition": "{% false %}", "Next": "End"}, {"Condition": "{% true %}", "Next": "End"}]
TASK = {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Arguments": {"FunctionName": "f"}, "End": True}
CATCH = [{"ErrorEquals": ["Never"], "Next": "End"}, {"ErrorEquals": ["States.ALL"], "Next": "End"}]
MISSING = "{% $states.input.missing %}"


@pytest.mark.parametrize(
    ("state", "location"),
    [
        ({**CHOICE, "Choices": [RULES[0], {**RULES[1], "Condition": MISSING}]}, "Choices[1]/Condition"),
        ({**CHOICE, "Choices": [{**RULES[1], "Output": {"a": [1, MISSING]}}]}, "Choices[0]/Output/a[1]"),
        ({**CHOICE, "Choices": [RULES[0], {**RULES[1], "Assign": {"x": {"y": MISSING}}}]}, "Choices[1]/Assign/x/y"),
        ({**TASK, "Catch": [CATCH[0], {**CATCH[1], "Output": {"a": MISSING}}]}, "Catch[1]/Output/a"),
        ({**TASK, "Catch": [CATCH[0], {**CATCH[1], "Assign": {"x": MISSING}}]}, "Catch[1]/Assign/x"),
        ({**TASK, "Arguments": {"FunctionName": MISSING}, "Catch": CATCH[:1]}, "Arguments/FunctionName"),
    ],
)
def test_a_failure_names_the_field_of_its_expression(state, location):
    """Measured on AWS by floci-io/floci (pulls 2689 and 3167)."""
    machine = {"QueryLanguage": "JSONata", "StartAt": "S", "States": {"S": state, "End": {"Type": "Succeed"}}}
    result = asl_toolkit.run(machine, {}, services=Services(functions={"g": lambda event, context: event}))
    (failed,) = [event for event in result.events if event["type"] == "EvaluationFailed"][-1:]
    details = failed["evaluationFailedEventDetails"]
    assert details["location"] == location
    assert f"'$states.input.missing' specified for the field '{location}' returned nothing" in details["cause"]
