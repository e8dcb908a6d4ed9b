"""Hostile expressions, paths and numbers end in AWS's errors, in seconds, without gigabytes."""

import json
import resource

import pytest

import asl_toolkit
from asl_toolkit import VirtualClock, sizes
from asl_toolkit.check import check
from asl_toolkit.json_value import longer_than
from asl_toolkit.jsonata import limits
from asl_toolkit.jsonpath import path

MEMORY = "Expression evaluation memory limit exceeded: Check for excessive memory usage"
NESTED = "($f := function($n, $x) { $n = 0 ? $x : $f($n - 1, %s) }; %s)"
TWICE = NESTED % ("{'a': $x, 'b': $x}", "%s")


def run(state, data=None):
    language = {"QueryLanguage": "JSONata"} if "Output" in state or "Seconds" in state else {}
    machine = {**language, "StartAt": "S", "States": {"S": {"Type": "Pass", "End": True, **state}}}
    return asl_toolkit.run(machine, {} if data is None else data, clock=VirtualClock())


GREEDY = [
    "$pad('', 1e9)",
    "$pad('a', -1e9, 'xy')",
    "$join($map([1..1000], function($i) { 'a' }), $pad('', 1000000))",
    "$replace($pad('', 100000, 'a'), 'a', $pad('', 100000, 'b'))",
    "$replace($pad('', 10000, 'a'), /a/, $pad('', 100000, 'b'))",
    "$fromMillis(0, '[Y,999999999-999999999]')",
    "$now('[Y999999999]')",
    "[1..8000].[1..8000]",
    "($x := [1..300000]; $x.$x)",
    "($x := [1..100000]; $x@$a.$x@$b.{'a': $a})",
    "$range(0, 1e9, 1)",
    "[1..1e6]",
    NESTED % ("$append($x, $x)", "$count($f(28, [1..1000]))"),
    NESTED % ("$base64encode($x)", "$length($f(28, $pad('', 1000000)))"),
    NESTED % ("$x & $x", "$length($f(28, 'abcdefgh'))"),
    TWICE % "$f(25, 1)",
    TWICE % "$string($f(25, 1))",
    TWICE % "$f(25, 1) = $f(25, 1)",
    TWICE % "$f(25, 1) in [$f(25, 1)]",
    TWICE % "$distinct([$f(25, 1), $f(25, 1)])",
    "$match($pad('', 1000000, 'a'), /a/)",
]


@pytest.fixture
def small(monkeypatch):
    """Bounds that are reached in milliseconds."""
    monkeypatch.setattr(limits, "_MOST_BYTES", 4_000_000)
    monkeypatch.setattr(limits, "LONGEST", 1_000_000)
    monkeypatch.setattr(sizes, "MOST_CHARACTERS", 1_000_000)
    monkeypatch.setattr(path, "_MOST_VALUES", 10_000)


@pytest.mark.parametrize("expression", GREEDY)
def test_an_expression_that_takes_too_much_is_refused(small, expression):
    result = run({"Output": f"{{% {expression} %}}"})
    assert result.error == "States.QueryEvaluationError"
    assert result.cause.endswith(f"threw an error during evaluation: {MEMORY}")


@pytest.mark.soak  # a second each
@pytest.mark.parametrize("expression", GREEDY)
def test_an_expression_that_would_take_gigabytes_is_refused(expression):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    result = run({"Output": f"{{% {expression} %}}"})
    assert result.cause.endswith(f"threw an error during evaluation: {MEMORY}")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_200_000  # KiB on Linux


@pytest.mark.parametrize(
    ("expression", "output"),
    [
        ("$length($pad('', 4000000))", 4000000),
        ("$length($replace($pad('', 1000000, 'a'), 'a', 'bb'))", 2000000),
        ("$replace('a-b-c', '-', '<$0$$>', 1)", "a<-$>b-c"),
        ("$replace('a1b2', /([a-z])(\\d)/, '$2$1')", "1a2b"),
        ("$replace('abc', 'x', 'y')", "abc"),
        ("$join(['a', 'b'], ', ')", "a, b"),
        ("$pad('a', 3, '-') & $pad('b', -3)", "a--  b"),
        ("$distinct([1, 1.0, true, '1', [1], [1], {'a': 1, 'b': 2}, {'b': 2, 'a': 1}, null, null])",
         [1, True, "1", [1], {"a": 1, "b": 2}, None]),
        ("$count(**)", 0),
        ("$states.input.**.c", [3, 5]),
        ("$states.input.*", [{"c": 3}, 4, {"c": 5}]),
        ("$length($reduce([1..2000], function($a, $b) { $a & 'x' }, ''))", 2000),
        ("$count($reduce([1..1000], function($a, $b) { $append($a, $b) }, []))", 1000),
        ("$map([1..3], function($i) { $count($states.input.b) })", [2, 2, 2]),
    ],
)  # fmt: skip
def test_an_expression_within_the_bounds_gives_its_value(expression, output):
    result = run({"Output": {"v": f"{{% {expression} %}}"}}, {"a": {"c": 3}, "b": [4, {"c": 5}]})
    assert result.output == {"v": output}, result.cause


def deep(depth, inner):
    return json.loads("[" * depth + json.dumps(inner) + "]" * depth)


@pytest.mark.parametrize(
    ("template", "data"),
    [
        ({"Parameters": {"x.$": "$..*..*..*"}}, deep(200, 1)),
        ({"InputPath": "$" + "[0,0]" * 25}, deep(30, 1)),
        ({"InputPath": "$..*"}, deep(200, "x" * 200_000)),
        ({"Parameters": {"x.$": f"States.Format('{'{}' * 1000}'{', $.a' * 1000})"}}, {"a": "x" * 100_000}),
        ({"Parameters": {"x.$": "States.JsonToString(" * 9 + "$.a" + ")" * 9}}, {"a": '"' * 100_000}),
        ({"Parameters": {"x.$": "States.JsonToString(" + "States.Array($.a, $.a, " * 9 + "1" + ")" * 10}}, {"a": "x" * 100_000}),
        ({"Parameters": {f"{n}.$": "$.a" for n in range(1000)}}, {"a": "x" * 100_000}),
        ({"Output": {str(n): "{% $states.input %}" for n in range(1000)}}, {"a": "x" * 100_000}),
    ],
)
def test_a_payload_that_would_take_gigabytes_exceeds_the_limit(small, template, data):
    assert run(template, data).error == "States.DataLimitExceeded"


def test_many_iterations_with_the_same_large_output_exceed_the_limit(small):
    copies = {"StartAt": "P", "States": {"P": {"Type": "Pass", "InputPath": "$$.Execution.Input", "End": True}}}
    loop = {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": copies, "End": True}
    data = {"items": list(range(200)), "text": "x" * 200_000}
    result = asl_toolkit.run({"StartAt": "M", "States": {"M": loop}}, data, clock=VirtualClock())
    assert result.error == "States.DataLimitExceeded"


@pytest.mark.parametrize(
    ("seconds", "error", "cause"),
    [
        (1e300, "States.Runtime", "The SecondsPath parameter references a value above the maximum of 99999999: $.s == 1e+300"),
        (10**400, "States.Runtime", "The SecondsPath parameter references a value above the maximum of 99999999: $.s == 1"),
        (100_000_000, "States.Runtime", "The SecondsPath parameter references a value above the maximum of 99999999: $.s == 1"),
        (1.5, "States.Runtime", "The SecondsPath parameter cannot be parsed as a long value: $.s == 1.5"),
    ],
)
def test_a_huge_wait_fails(seconds, error, cause):
    result = run({"Type": "Wait", "SecondsPath": "$.s"}, {"s": seconds})
    assert result.error == error
    assert cause in result.cause
    spoken = run({"Type": "Wait", "Seconds": "{% $states.input.s %}"}, {"s": seconds})
    assert "A whole number of seconds from 0 to 99999999 is needed." in spoken.cause


@pytest.mark.parametrize(
    "wait", [{"SecondsPath": "$.s"}, {"TimestampPath": "$.t"}, {"Timestamp": "9999-12-31T23:59:59Z"}, {"Seconds": 99_999_999}]
)
def test_an_execution_times_out_after_a_year(wait):
    result = run({"Type": "Wait", **wait}, {"s": 31_536_001, "t": "9999-12-31T23:59:59Z"})
    assert result.status == "TIMED_OUT"
    begin, end = result.events[0]["timestamp"], result.events[-1]["timestamp"]
    assert (end - begin).days == 365


def test_a_retry_that_waits_for_centuries_times_out_too():
    again = {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 99_999_999, "MaxAttempts": 99_999_999, "BackoffRate": 1e9}
    task = {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun", "Parameters": {"JobName": "j"}, "Retry": [again]}
    machine = {"StartAt": "T", "States": {"T": {**task, "End": True}}}

    def fail(_request):
        raise asl_toolkit.TaskFailed("E", "c")

    services = asl_toolkit.Services({("glue", "startJobRun"): fail})
    assert asl_toolkit.run(machine, {}, services=services, clock=VirtualClock()).status == "TIMED_OUT"


def test_a_length_is_judged_without_writing():
    shared = ["x" * 100]
    for _ in range(60):
        shared = [shared, shared]
    assert longer_than(shared, 10**6)
    loop = {}
    loop["self"] = loop
    assert longer_than(loop, 10**6)
    assert [longer_than(value, 5) for value in ("abc", "abcd", [1, 2], [1] * 6, {"a": 1}, {"abc": 1, "d": 2}, 1, None)] == [
        False, True, False, True, False, True, False, False,
    ]  # fmt: skip


HUGE = 10**400  # no double holds it
BEYOND = [
    ("States.Array(1e999)", ["Infinity"]),
    ("States.JsonToString(-1e999)", '"-Infinity"'),
    ("States.ArrayUnique(States.Array(1e999, 1e999))", ["Infinity"]),
    ("$.many.sum()", "Infinity"),
    ("$.many.avg()", "Infinity"),
    ("$.many.stddev()", "NaN"),
    ("$.doubles.sum()", "Infinity"),
    ("$.many.min()", 1.0),
]


@pytest.mark.parametrize(("expression", "value"), BEYOND)
def test_a_number_above_all_doubles_is_a_text_as_jackson_writes_it(expression, value):
    state = {"Type": "Pass", "Parameters": {"v.$": expression}, "End": True}
    data = {"many": [HUGE, 1], "doubles": [1e308, 1e308]}
    result = asl_toolkit.run({"StartAt": "P", "States": {"P": state}}, data, clock=VirtualClock())
    assert (result.status, result.output) == ("SUCCEEDED", {"v": value})


@pytest.mark.parametrize(
    "state",
    [
        {"Type": "Pass", "Parameters": {"v.$": "States.ArrayRange(1, $.n, 1)"}},
        {"Type": "Wait", "SecondsPath": "$.n"},
        {"Type": "Map", "MaxConcurrencyPath": "$.n", "ItemsPath": "$.l"},
        {"Type": "Map", "MaxConcurrency": HUGE, "ItemsPath": "$.l"},
        {"Type": "Map", "ItemReader": {"ReaderConfig": {"InputType": "JSON", "MaxItems": HUGE}}},
        {"Type": "Map", "ItemReader": {"ReaderConfig": {"InputType": "JSON", "MaxItemsPath": "$.n"}}},
        {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {"DelaySeconds": HUGE}},
        {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "TimeoutSecondsPath": "$.n"},
    ],
)  # fmt: skip
def test_an_integer_above_all_doubles_ends_in_a_result_or_a_finding(state):
    processor = {"StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}
    if state["Type"] == "Map":
        state = {**state, "ItemProcessor": processor}
    if "ItemReader" in state:
        mode = {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}}
        place = {"Resource": "arn:aws:states:::s3:getObject", "Parameters": {"Bucket": "b", "Key": "k"}}
        state = {**state, "ItemReader": {**state["ItemReader"], **place}, "ItemProcessor": {**processor, **mode}}
    definition = {"StartAt": "S", "States": {"S": {**state, "End": True}}}
    assert isinstance(check(definition), list)
    services = asl_toolkit.Services({("sqs", "sendMessage"): lambda _request: {}, ("s3", "getObject"): lambda _request: [1, 2]})
    result = asl_toolkit.run(definition, {"n": HUGE, "l": [1]}, services=services, clock=VirtualClock())
    assert "The interpreter failed" not in (result.cause or "")
