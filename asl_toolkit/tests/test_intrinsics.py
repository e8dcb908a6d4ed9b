"""Intrinsic functions where AWS does what the developer guide does not say.

Source, unless a test names another: answers of AWS to gabrielmoreira/tiny-asl-machine's conformance cases
(`tests/conformance/cases/States.*.ts` and `.snapshots/aws/`), with our own scenarios.
"""

import pytest

import asl_toolkit
from asl_toolkit.environment import Environment, Scope
from asl_toolkit.expressions import parse_expression

SHELF = {"books": ["b3", "b1"], "none": [], "map": {"k": 1}, "long": "x" * 10_001, "deep": None, "seven": 7}


def value_of(call, data=SHELF):
    return parse_expression(call).evaluate(Environment(data, {}, Scope()))


def ended(call, data=SHELF):
    """A Pass state that computes the call, inside of a Parallel that catches all there is to catch."""
    computing = {"StartAt": "Compute", "States": {"Compute": {"Type": "Pass", "Parameters": {"it.$": call}, "End": True}}}
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Saved"}]
    guarded = {"Type": "Parallel", "Branches": [computing], "Catch": catch, "End": True}
    return asl_toolkit.run({"StartAt": "Guarded", "States": {"Guarded": guarded, "Saved": {"Type": "Succeed"}}}, data)


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ("States.ArrayRange('one', 3, 1)", "Invalid arguments in States.ArrayRange"),
        ("States.ArrayRange(1, 3, 0.9)", "Invalid arguments in States.ArrayRange"),
        ("States.ArrayRange(0, 1000, 1)", "Invalid arguments in States.ArrayRange"),
        ("States.ArrayPartition($.books, 0.99)", "Invalid arguments in States.ArrayPartition"),
        ("States.ArrayPartition($.map, 1)", "Invalid arguments in States.ArrayPartition"),
        ("States.ArrayGetItem($.books, 2)", "Invalid arguments in States.ArrayGetItem"),
        ("States.ArrayGetItem($.books, -1)", "Invalid arguments in States.ArrayGetItem"),
        ("States.ArrayLength($.map)", "Invalid arguments in States.ArrayLength"),
        ("States.ArrayLength(States.JsonToString($.books))", "Invalid arguments in States.ArrayLength"),
        ("States.ArrayUnique($.map)", "Invalid arguments in States.ArrayUnique"),
        ("States.ArrayContains($.long, 'x')", "Invalid arguments in States.ArrayContains"),
        ("States.MathRandom(2.2, 2.8)", "Invalid arguments in States.MathRandom"),
        ("States.MathRandom(1, 9, $.deep)", "Invalid arguments in States.MathRandom"),
        ("States.MathAdd(2147483640, 8)", "Invalid arguments in States.MathAdd"),
        ("States.MathAdd(4000000000, -4000000000)", "Invalid arguments in States.MathAdd"),
        ("States.MathAdd('7', $.seven)", "Invalid arguments in States.MathAdd"),
        ("States.Base64Encode($.long)", "Invalid arguments in States.Base64Encode"),
        ("States.Base64Decode($.long)", "Invalid arguments in States.Base64Decode"),
        ("States.Hash($.long, 'MD5')", "Invalid arguments in States.Hash"),
        ("States.Hash('x', 'sha-1')", "Invalid arguments in States.Hash"),
        ("States.JsonMerge($.map, $.map, true)", "Invalid arguments in States.JsonMerge"),
        ("States.JsonMerge($.map, $.books, false)", "Invalid arguments in States.JsonMerge"),
        ("States.StringSplit($.seven, '.')", "Invalid arguments in States.StringSplit"),
        ("States.StringToJson($.map)", "Invalid arguments in States.StringToJson"),
        ("States.Format('{} of {}', $.seven)",
         "Invalid arguments in States.Format: number of arguments do not match the occurrences of {}."),
        ("States.Format('{{}}', $.seven)", "Invalid template in States.Format: matching '}' not found for '{'."),
        ("States.Format('a } b')", "Invalid template in States.Format: matching '{' not found for '}'."),
        ("States.Hash('x')", "Invalid arguments in States.Hash"),
        ("States.JsonToString()", "Invalid arguments in States.JsonToString"),
        ("States.ArrayContains($.books, 'b1', 'b2')", "Invalid arguments in States.ArrayContains"),
        ("States.Format()", "Invalid arguments in States.Format"),
    ],
)  # fmt: skip
def test_refused_arguments_end_the_execution_in_spite_of_catch(call, says):
    result = ended(call)
    assert (result.status, result.error) == ("FAILED", "States.Runtime")
    assert result.cause == (
        "An error occurred while executing the state 'Compute' (entered at the event id #4). "
        f"There was an error while evaluating the intrinsic function: {call}. {says}"
    )
    assert result.events[-1]["type"] == "ExecutionFailed"
    assert "ParallelStateFailed" not in [event["type"] for event in result.events]


def test_invalid_json_is_reported_with_its_fault():
    """AWS's words up to `caused by:`, behind which its JSON library speaks (and ours here)."""
    result = ended("States.StringToJson('{\"a\": ')")
    assert result.error == "States.Runtime"
    assert result.cause == (
        "An error occurred while executing the state 'Compute' (entered at the event id #4). There was an error while evaluating "
        "the intrinsic function: States.StringToJson('{\"a\": '). Cannot convert String to Json in States.StringToJson, "
        "caused by: "
        "Expecting value: line 1 column 7 (char 6)"
    )


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("States.ArrayRange(2.9, -2.9, -1.9)", [2, 1, 0, -1, -2]),
        ("States.ArrayPartition($.books, 1.9)", [["b3"], ["b1"]]),
        ("States.ArrayGetItem($.books, 1.9)", "b1"),
        ("States.ArrayGetItem($.none, 12)", None),
        ("States.MathAdd(3.5, -0.5)", 4),
        ("States.MathAdd(-2147483648, 2147483647)", -1),
        ("States.JsonMerge($.map, $.map, 'yes')", {"k": 1}),
        ("States.Base64Decode(' cXVpZXQ ')", "quiet"),
        ("States.Base64Decode('c-_=garbage')", "s\ufffd"),
        ("States.Base64Decode('*')", ""),
    ],
)
def test_a_function_gives(call, expected):
    assert value_of(call) == expected


def test_a_number_beyond_all_bounds_is_a_number_to_add_to():
    assert value_of("States.MathAdd(1e309, 5)") == 4
    assert value_of("States.MathAdd(-1e309, 5)") == 5


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["red", "green", "red", "blue"], ["red", "green", "blue"]),
        ([3, 1, 2, 3], [1, 2, 3]),
        ([True, False], [False, True]),
        ([1, None], [None, 1]),
        (["2", 2, "2"], ["2", 2]),
        ([[0, 1], [1, 0], [0, 1]], [[1, 0], [0, 1]]),
        ([{"x": 1, "y": 2}, {"y": 2, "x": 1}], [{"x": 1, "y": 2}]),
        ([1, 1.0], [1.0, 1]),
        (list(range(20, 0, -1)), list(range(1, 21))),
        ([17, 4294967296, -1], [-1, 17, 4294967296]),
        ([1 << 70, -(1 << 70), 0.5], [1 << 70, 0.5, -(1 << 70)]),
        ([], []),
    ],
)
def test_unique_values_come_in_the_order_of_a_hash_set(values, expected):
    """The order of java.util.HashSet: AWS gives [false, true] for [true, false], [[2,1],[1,2]] for [[1,2],[1,2],[2,1]]."""
    unique = value_of("States.ArrayUnique($)", values)
    assert (unique, [type(value) for value in unique]) == (expected, [type(value) for value in expected])


@pytest.mark.parametrize(
    ("values", "wanted", "expected"),
    [
        (["true", "maybe"], True, True),
        (["9007199254740991"], 9007199254740991, True),
        ([0, 1], False, False),
        ([{"x": 1, "y": 2}], {"y": 2, "x": 1}, False),
        ([{"x": 1, "y": 2}], {"x": 1, "y": 2}, True),
        ([[1, "a"]], [1, "a"], True),
        ([None], None, True),
        ([1.5], 1.5, True),
        ([], None, False),
    ],
)
def test_contains_compares_texts(values, wanted, expected):
    assert value_of("States.ArrayContains($.values, $.wanted)", {"values": values, "wanted": wanted}) is expected


def test_a_seeded_random_number_is_that_of_java():
    """java.util.Random(42).nextInt(10) is 0, then 3: known from any JVM. That MathRandom uses it was shown for $random alone."""
    assert value_of("States.MathRandom(0, 10, 42)") == 0
    assert value_of("States.MathRandom(5, 15, 42.9)") == 5
    assert value_of("States.MathRandom(0, 16, 42)") == 11
    assert all(1 <= value_of("States.MathRandom(1.9, 3)") < 3 for _ in range(20))


@pytest.mark.parametrize("call", ["States.UUID()", "States.UUID('seed')", "States.UUID(1, null, $.map)"])
def test_uuid_ignores_its_arguments(call):
    assert len(value_of(call)) == 36


CHOICES = [
    {"Choices": [{"Variable": "$.seven", "NumericEquals": 8, "Next": "Done"}]},
    {"Choices": [{"Not": {"Variable": "$.map", "IsPresent": True}, "Next": "Done"}]},
    {"QueryLanguage": "JSONata", "Choices": [{"Condition": "{% $states.input.seven = 8 %}", "Next": "Done"}]},
]


@pytest.mark.parametrize("fields", CHOICES, ids=["comparison", "negation", "JSONata"])
def test_a_choice_without_match_and_default_ends_the_execution(fields):
    """Snapshots of AWS: tiny-asl-machine, Choice.And-006 and others; floci-io/floci, AslExecutorBranchHistoryEventsTest."""
    choosing = {"StartAt": "Choose", "States": {"Choose": {"Type": "Choice", **fields}, "Done": {"Type": "Succeed"}}}
    catch = [{"ErrorEquals": ["States.ALL"], "Next": "Saved"}]
    guarded = {"Type": "Parallel", "Branches": [choosing], "Catch": catch, "End": True}
    result = asl_toolkit.run({"StartAt": "Guarded", "States": {"Guarded": guarded, "Saved": {"Type": "Succeed"}}}, SHELF)
    assert result.error == "States.Runtime"
    assert result.cause == (
        "An error occurred while executing the state 'Choose' (entered at the event id #4). "
        "Failed to transition out of the state. The state does not point to a next state."
    )
    assert [event["type"] for event in result.events] == [
        "ExecutionStarted", "ParallelStateEntered", "ParallelStateStarted", "ChoiceStateEntered", "ExecutionFailed",
    ]  # fmt: skip
