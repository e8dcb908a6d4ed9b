"""Hostile definitions and inputs: each gives a result or a clear refusal, in bounded time."""

import copy
import json
import random
import time

import pytest

import asl_toolkit
from asl_toolkit import DefinitionError, Services, TaskFailed, VirtualClock, inline
from asl_toolkit.intrinsics.table import FUNCTIONS
from asl_toolkit.jsonata.values import _FUNCTIONS as JSONATA

LAMBDA = "arn:aws:states:::lambda:invoke"
SEEDS = [
    {
        "StartAt": "Choose",
        "States": {
            "Choose": {
                "Type": "Choice",
                "Choices": [
                    {
                        "And": [{"Variable": "$.a", "IsPresent": True}, {"Variable": "$.n", "NumericGreaterThan": 1}],
                        "Next": "Each",
                    },
                    {"Not": {"Variable": "$.s", "StringMatches": "a*b"}, "Next": "Wait", "Assign": {"v.$": "$.n"}},
                ],
                "Default": "Both",
            },
            "Each": {
                "Type": "Map",
                "ItemsPath": "$.a",
                "MaxConcurrency": 2,
                "ItemSelector": {
                    "i.$": "$$.Map.Item.Index",
                    "v.$": "$$.Map.Item.Value",
                    "f.$": "States.Format('{}-{}', $.n, $.s)",
                },
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "INLINE"},
                    "StartAt": "Job",
                    "States": {
                        "Job": {
                            "Type": "Task",
                            "Resource": "arn:aws:states:::glue:startJobRun.sync",
                            "Parameters": {"JobName": "j", "Arguments": {"x.$": "States.JsonToString($)"}},
                            "ResultSelector": {"r.$": "$.n"},
                            "ResultPath": "$.result",
                            "TimeoutSeconds": 60,
                            "Retry": [{"ErrorEquals": ["Odd"], "IntervalSeconds": 1, "MaxAttempts": 2, "BackoffRate": 1.5}],
                            "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "Caught"}],
                            "End": True,
                        },
                        "Caught": {"Type": "Pass", "End": True},
                    },
                },
                "ResultPath": "$.mapped",
                "Next": "Done",
            },
            "Wait": {"Type": "Wait", "SecondsPath": "$.n", "Next": "Both"},
            "Both": {
                "Type": "Parallel",
                "Branches": [
                    {"StartAt": "L", "States": {"L": {"Type": "Pass", "Parameters": {"a.$": "$.a[?(@ > 1)]"}, "End": True}}},
                    {"StartAt": "R", "States": {"R": {"Type": "Pass", "Result": [1, {"b": None}], "End": True}}},
                ],
                "OutputPath": "$[0]",
                "Next": "Done",
            },
            "Done": {"Type": "Succeed"},
        },
    },
    {
        "QueryLanguage": "JSONata",
        "StartAt": "Set",
        "States": {
            "Set": {
                "Type": "Pass",
                "Assign": {"v": "{% $states.input.n + 1 %}"},
                "Output": {"o": "{% $states.input %}"},
                "Next": "Call",
            },
            "Call": {
                "Type": "Task",
                "Resource": LAMBDA,
                "Arguments": {"FunctionName": "f", "Payload": "{% {'v': $v} %}"},
                "Output": "{% $states.result.Payload %}",
                "Catch": [{"ErrorEquals": ["Odd"], "Output": "{% $states.errorOutput %}", "Next": "Which"}],
                "Next": "Which",
            },
            "Which": {
                "Type": "Choice",
                "Choices": [{"Condition": "{% $v > 2 %}", "Next": "All"}],
                "Default": "Bad",
            },
            "All": {
                "Type": "Map",
                "Items": "{% [1..3] %}",
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                    "StartAt": "I",
                    "States": {"I": {"Type": "Pass", "Output": "{% $sum($states.input.Items) %}", "End": True}},
                },
                "ItemBatcher": {"MaxItemsPerBatch": 2},
                "ToleratedFailurePercentage": 50,
                "End": True,
            },
            "Bad": {"Type": "Fail", "Error": "Bad", "Cause": "{% 'v is ' & $string($v) %}"},
        },
    },
]
INPUT = {"a": [1, 2, 3], "n": 2, "s": "axb"}
WORDS = [
    None, True, False, 0, 1, -1, 1.5, 1e308, 10**30, "", "$", "$$", "$.a", "$.a[*]", "$..n", "$.x.y", "$v", "$.a[?(@.b == 'c')]",
    "States.Array($.a, 1)", "States.ArrayRange(0, 999, 1)", "States.StringToJson($.s)", "{% $v %}", "{% $states.input.a[0] %}",
    "{% ", "[]", [], {}, [[]], {"a": 1}, "Done", "Job", "Map", "Task", "Pass", "Choice", LAMBDA,
    "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Odd", "States.ALL", "2026-01-01T00:00:00Z", "x" * 300, "\u0000", "😀",
    "$" * 50, "$.a" + "[0]" * 60, "(" * 80,
]  # fmt: skip
NAMES = [
    "Next", "End", "Type", "Parameters", "ResultPath", "InputPath", "OutputPath", "Catch", "Retry", "Choices", "Default",
    "Assign", "Items", "Output", "Arguments", "TimeoutSeconds", "HeartbeatSeconds", "ItemReader", "MaxConcurrencyPath",
    "Resource", "QueryLanguage", "x.$", "Comment",
]  # fmt: skip


def places(value, so_far=None):
    """Every container of a document."""
    so_far = [] if so_far is None else so_far
    if isinstance(value, (dict, list)):
        so_far.append(value)
        for inner in value.values() if isinstance(value, dict) else value:
            places(inner, so_far)
    return so_far


def mutate(document, source):
    """The document with one to three things changed."""
    document = copy.deepcopy(document)
    for _ in range(source.choice((1, 1, 1, 2, 3))):
        where = source.choice(places(document))
        other = copy.deepcopy(source.choice([*WORDS, source.choice(places(document))]))
        if isinstance(where, list):
            if where and source.random() < 0.7:
                where[source.randrange(len(where))] = other
            else:
                where.append(other)
        elif where and source.random() < 0.6:
            where[source.choice(list(where))] = other
        elif where and source.random() < 0.5:
            del where[source.choice(list(where))]
        else:
            where[source.choice(NAMES)] = other
    return document


@inline
def answer(request):
    if len(str(request.parameters)) % 3 == 0:
        raise TaskFailed("Odd", "a third of all calls fail")
    return {"n": 1, "Payload": {"n": 2}}


HANDLERS = {(service, "*"): answer for service in ("glue", "lambda", "sqs", "sns", "ecs")}


def outcome(definition, data):
    """How it ends: refused, or a status; a bug of the interpreter is an AssertionError."""
    try:
        machine = asl_toolkit.load(definition)
        execution = machine.start(data, services=Services(HANDLERS), clock=VirtualClock())
    except DefinitionError as error:
        return "REFUSED" if error.findings else "REFUSED WITHOUT A REASON"
    except ValueError:
        return "INPUT"
    try:
        result = execution.wait(20)
    except TimeoutError:
        execution.stop()
        result = execution.wait(20)
    assert "The interpreter failed" not in (result.cause or ""), (result.cause, json.dumps(definition))
    assert [event["id"] for event in result.events] == list(range(1, len(result.events) + 1))
    return result.status


def fuzz(count, seed):
    source = random.Random(seed)  # noqa: S311 - a seed, no secret
    ends = {}
    for number in range(count):
        definition = mutate(source.choice(SEEDS), source)
        data = mutate(INPUT, source) if number % 3 == 0 else INPUT
        end = outcome(definition, data)
        ends[end] = ends.get(end, 0) + 1
    return ends


def test_mutated_definitions_end_in_a_result_or_a_refusal():
    ends = fuzz(1_500, 7)
    assert ends["REFUSED"] > 100
    assert ends["SUCCEEDED"] > 50
    assert ends["FAILED"] > 20


@pytest.mark.soak
@pytest.mark.timeout(3600)
def test_a_hundred_thousand_mutated_definitions():
    assert sum(fuzz(100_000, 11).values()) == 100_000


@pytest.mark.parametrize("seed", range(len(SEEDS)))
def test_the_seeds_themselves_run(seed):
    assert outcome(SEEDS[seed], INPUT) == "SUCCEEDED"


@pytest.mark.parametrize(
    "text",
    [
        "$" + ".a" * 50_000,
        "$" + "[0]" * 50_000,
        "$" + "..a" * 500,
        "$[?(" + "!" * 5_000 + "@)]",
        "$[?(@" + " && @" * 20_000 + ")]",
        "States.Array(" * 5_000,
        "States.Format('" + "{}" * 5_000 + "')",
        "$['" + "\\" * 50_000,
        "$[" + "1," * 50_000,
    ],
    ids=lambda text: text[:12],
)
def test_hostile_paths_take_little_time(text):
    state = {"Type": "Pass", "Parameters": {"x.$": text}, "End": True}
    begin = time.process_time()
    outcome({"StartAt": "P", "States": {"P": state}}, [0])
    assert time.process_time() - begin < 5


def test_a_pattern_of_many_stars_is_matched_in_linear_time():
    rule = {"Variable": "$", "StringMatches": "*a" * 1_000 + "b", "Next": "Yes"}
    machine = {
        "StartAt": "C",
        "States": {
            "C": {"Type": "Choice", "Choices": [rule], "Default": "No"},
            "Yes": {"Type": "Succeed"},
            "No": {"Type": "Succeed"},
        },
    }
    begin = time.perf_counter()
    assert outcome(machine, "a" * 50_000) == "SUCCEEDED"
    assert time.perf_counter() - begin < 5


@pytest.mark.parametrize("call", ["$..*", "States.Format('{}', $)", "States.ArrayUnique($)", "States.JsonToString($)", "$"])
@pytest.mark.parametrize("depth", [100, 400])
def test_deep_input_is_refused_or_handled(call, depth):
    deep = json.loads("[" * depth + "]" * depth)
    state = {"Type": "Pass", "Parameters": {"a.$": call}, "End": True}
    assert outcome({"StartAt": "P", "States": {"P": state}}, deep) in {"SUCCEEDED", "FAILED", "INPUT"}


ODD = [
    "\ud800", "\x00", "{% ( %}", "{%%}", "{% function($x){$x} %}", "$..*..*", "$[?(@.a == $.b)]", "$[-1:]", "$['a','b']",
    "$.a.length()", "$.a.concat('b')", 1e999, -1e999, 10**400, -(10**20), 2**63, "99999999", "-5", "1e5", "NaN", {"$": "$"},
    {".$": "$"}, {"a.$": 1}, {"a.$": "x"}, [[[[]]]], {"": {"": ""}}, "JSONPath", "JSONata", "DISTRIBUTED", "INLINE", "EXPRESS",
    "arn:aws:states:::aws-sdk:dynamodb:getItem", "arn:aws:states:::http:invoke", "arn:aws:states:::states:startExecution.sync:2",
    "arn:", "arn:aws:lambda:us-east-1:111111111111:function:f", "arn:aws:states:us-east-1:111111111111:activity:a",
    "2026-13-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00", "2016-12-31T23:59:60Z",
]  # fmt: skip
FIELDS = [
    "Version", "Label", "Iterator", "ItemProcessor", "ItemSelector", "ItemBatcher", "ResultWriter", "ToleratedFailureCount",
    "ToleratedFailurePercentagePath", "ProcessorConfig", "Branches", "Condition", "Variable", "And", "Not", "IsPresent",
    "NumericEquals", "StringMatchesPath", "TimestampEquals", "Seconds", "SecondsPath", "Timestamp", "TimestampPath",
    "TimeoutSecondsPath", "HeartbeatSeconds", "ErrorEquals", "BackoffRate", "MaxDelaySeconds", "JitterStrategy", "MaxAttempts",
    "Error", "ErrorPath", "Cause", "CausePath", "Credentials", "ResultSelector", "Result", "StartAt", "States", "ItemsPath",
    "Items", "MaxConcurrency", "ReaderConfig", "MaxInputBytesPerBatch", "BatchInput", "Parameters", "\ud800", "",
]  # fmt: skip
CUTS = ["", "\\ud800", '"', "{", "]", ",", "1e999", "\x00", "é", "9" * 5000]
ROOTS = ["$states.input.a", "$states.input", "$states.context", "[1..9]", "[1..1e6]", "/a+/", "function($x){$x}", "$string"]
FORMS = [
    "(%s & %s)", "(%s + %s)", "(%s = %s)", "(%s in %s)", "(%s ? %s : %s)", "[%s, %s]", "{'a': %s, 'b': %s}", "(%s).(%s)",
    "(%s)[%s]", "(%s ~> %s)", "($x := %s; [$x, $x, %s])", "(%s)^($)", "(%s).*", "(%s).**", "-(%s)", "[%s..%s]", "(%s){%s: %s}",
    "(%s)@$i.{'i': $i}",
]  # fmt: skip
ARGUMENTS = ["'{}'", "''", "'a'", "1", "-1", "1.5", "2147483647", "1e999", "9" * 400, "true", "null"]
LITERALS = ["''", "'a'", "'\\u0000'", "'2020-01-01T00:00:00Z'", "0", "-1", "1.5", "1e308", "1e9", "null", "true", "[]", "{}"]


def a_path(source):
    """A path that can be read."""
    steps = (
        ".a",
        ".n",
        ".s",
        "[0]",
        "[-1]",
        "[*]",
        "..*",
        "[0,0]",
        "[1:]",
        "['a','n']",
        "[?(@ > 1)]",
        "[?(@.a)]",
        ".x",
        ".length()",
        ".sum()",
        ".stddev()",
    )
    return source.choice(("$", "$", "$", "$$", "$v")) + "".join(source.choices(steps, k=source.randrange(4)))


def an_intrinsic(source, depth=0):
    """A call of an intrinsic function, or an argument of one."""
    if depth > 2 or (depth and source.random() < 0.5):
        return source.choice(
            (a_path(source), "'{}'", "''", "'a'", "1", "-1", "1.5", "2147483647", "1e999", "9" * 400, "true", "null")
        )
    arguments = ", ".join(an_intrinsic(source, depth + 1) for _ in range(source.randrange(4)))
    return f"{source.choice(sorted(FUNCTIONS))}({arguments})"


def a_jsonata(source, depth=0):
    """An expression, of calls and operators."""
    if depth > 3 or (depth and source.random() < 0.3):
        return source.choice((*LITERALS, *ROOTS))
    inner = [a_jsonata(source, depth + 1) for _ in range(3)]
    if source.random() < 0.6:
        return f"${source.choice(sorted(JSONATA))}({', '.join(inner[: source.randrange(4)])})"
    form = source.choice(FORMS)
    return form % tuple(inner[: form.count("%s")])


def other_leaves(document, source):
    """The document with some expressions and numbers replaced by others of the same kind, so that it still loads."""
    for _ in range(source.choice((1, 1, 2))):
        where = source.choice(places(document))
        for name in list(where) if isinstance(where, dict) else range(len(where)):
            value = where[name]
            if isinstance(value, str) and value.startswith("{%"):
                where[name] = f"{{% {a_jsonata(source)} %}}"
            elif isinstance(name, str) and (name.endswith((".$", "Path")) or name == "Variable"):
                where[name] = an_intrinsic(source) if name.endswith(".$") and source.random() < 0.6 else a_path(source)
            elif isinstance(value, int) and not isinstance(value, bool):
                where[name] = source.choice((0, 1, 99_999_999, 1000, 10**400, value))
    return document


def hostile(source):
    """A definition (a value, or its text with changed characters) and an input."""
    document = copy.deepcopy(source.choice(SEEDS))
    if source.random() < 0.7:
        document = other_leaves(document, source)
    else:
        document = mutate(document, source)
        where = source.choice(places(document) or [{}])
        if isinstance(where, dict):
            where[source.choice((*FIELDS, *where))] = copy.deepcopy(source.choice((*ODD, *WORDS)))
    data = copy.deepcopy(INPUT)
    if source.random() < 0.5:
        data = mutate(data, source) if source.random() < 0.7 else copy.deepcopy(source.choice(ODD))
    if source.random() < 0.1:
        text = json.dumps(document)
        place = source.randrange(len(text))
        document = text[:place] + source.choice(CUTS) + text[place + 1 :]
        if source.random() < 0.3:
            document = document.encode("utf-8", "replace")[place:] + source.choice((b"", b"\xff", b"\xef\xbb\xbf"))
    return document, data


def fuzz_hostile(count, seed):
    """How many cases had which end. A traceback of the interpreter, or an exception that is not a refusal, fails."""
    source = random.Random(seed)  # noqa: S311 - a seed, no secret
    ends = {}
    for _ in range(count):
        definition, data = hostile(source)
        end = outcome(definition, data)
        ends[end] = ends.get(end, 0) + 1
    return ends


def test_hostile_expressions_and_texts_end_in_a_result_or_a_refusal():
    ends = fuzz_hostile(300, 3)
    assert ends["REFUSED"] > 50
    assert ends["FAILED"] > 50
    assert ends["SUCCEEDED"] > 10


@pytest.mark.soak
@pytest.mark.timeout(14_400)
@pytest.mark.parametrize("seed", range(10))
def test_a_quarter_of_a_million_hostile_cases(seed):
    assert sum(fuzz_hostile(25_000, 1_000 + seed).values()) == 25_000
