"""Functions, arithmetic, limits and error texts of JSONata as AWS has them.

Sources: measured on AWS with TestState by floci-io/floci (issues 2662, 2668, 2669, 2736, 2737; pulls 2676, 2683, 2687, 2783)
and by sfnx's runner tests; recorded on AWS by gabrielmoreira/tiny-asl-machine (Feature.JSONataBuiltins). The expressions are
our own.
"""

import logging

import pytest

import asl_toolkit
from asl_toolkit.environment import Environment, Scope
from asl_toolkit.errors import EvaluationFailure
from asl_toolkit.jsonata import JsonataExpression

POWER = "D3061: The power function has resulted in a value that cannot be represented as a JSON number: base="
SORT = (
    "D3070: The single argument form of the sort function can only be applied to an array of strings or an array of numbers.  "
    "Use the second argument to specify a comparison function"
)
FARM = {"cows": ["Ada", "Bea", "Cleo"], "weights": [410, 395.5, 402], "none": [], "nil": None}


def value_of(source):
    environment = Environment(FARM, {}, Scope())
    return JsonataExpression(source, "Output", None).evaluate(environment)


def said(source):
    """What the failure says behind the name of the field."""
    with pytest.raises(EvaluationFailure) as failed:
        value_of(source)
    head = f"The JSONata expression '{source}' specified for the field 'Output' "
    assert failed.value.message.startswith(head)
    return failed.value.message.removeprefix(head)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("$random(42)", 0.7275636800328681),
        ("$distinct([1, 1])", [1]),
        ("$distinct([1, 1].($ + 1))", 2),
        ("$decodeUrl('a%20b')", "a b"),
        ("[2, 3].$power(2)", [4, 9]),
        ("$sort([3, 1, 2], function($a, $b) { $a < $b })", [3, 2, 1]),
        ("$sort(['b', 'a'])", ["a", "b"]),
        ("$random(-3) = $random(-3.9)", True),
        ("$random() < 1", True),
        ("$partition($states.input.cows)", [["Ada", "Bea", "Cleo"]]),
        ("$partition($states.input.cows, $states.input.zz)", [["Ada", "Bea", "Cleo"]]),
        ("$partition($states.input.none, $states.input.zz)", [[]]),
        ("$partition($states.input.cows, 2.9)", [["Ada", "Bea"], ["Cleo"]]),
        ("$partition([1..5], 2)", [[1, 2], [3, 4], [5]]),
        ("$exists($partition($states.input.zz, 2))", False),
        ("$range(-2.9, 0.9, 1.9)", [-2, -1, 0]),
        ("$range(4, 4, 1)", 4),
        ("[$range(4, 4, 1)]", [4]),
        ("[$range(4, 0, 1)]", []),
        ("$count($range(1, 360145, 1))", 360_145),
        ("$hash('moo', 'SHA-1')", "24a56b37819e0452df9c07432e5dd2e2b5cebf48"),
        ("$length($hash($join($range(1, 9000, 1).$string()), 'SHA-512'))", 128),
        ("$exists($hash($states.input.zz, 'MD5'))", False),
        ("$parse('[null, {\"n\": 1.50}]')", [None, {"n": 1.5}]),
        ("$exists($parse(null ? 'x'))", False),
        ("$map(['1', '2'], $parse)", [1, 2]),
        ("['a', 'b'] ~> $map($uppercase)", ["A", "B"]),
        ("$fromMillis(0, '[H01]', 'nowhere')", "00"),
        ("$exists($fromMillis('soon'))", False),
        ("$decodeUrlComponent('a+b%20%C3')", "a b \ufffd"),
        ("$number('0x1F') + $number('-1.5e1')", 16),
        ("$number(true)", 1),
        ("$formatNumber(2.675, '0.00')", "2.68"),
        ("$formatNumber(0.125, '0.00')", "0.12"),
        ("$formatNumber(1234.5, '#,##0.00')", "1,234.50"),
        ("$formatNumber(0.14, '01%')", "14%"),
        ("$formatNumber(-2.5, '0;(0)')", "(2)"),
        ("5.5 % 2", 1.5),
    ],
)
def test_a_function_gives(source, expected):
    assert value_of(source) == expected


@pytest.mark.parametrize(
    "source",
    ["$partition([], 2)", "$partition([1], 0.9)", "$range(1, 3)", "$range(3, 1, 1)", "$range(1, 3, -0.9)", "$range(1, $nope, 1)",
     "$hash('a')", "$parse()"],
)  # fmt: skip
def test_a_function_gives_nothing(source):
    assert said(source) == "returned nothing (undefined)."


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("$partition([1], -1)", "D3137: Second argument must be zero or greater"),
        ('$partition("cows", 2)', 'T0412: Argument 1 of function "partition" must be an array of undefined'),
        ('$partition([1], "2")', 'T0410: Argument 2 of function "partition" does not match function signature'),
        ("$partition([1], 1, 1)", 'T0410: Argument 3 of function "partition" does not match function signature'),
        ("$range(1, 3, null)", 'T0410: Argument 3 of function "range" does not match function signature'),
        ('$range("1", 3, 1)', 'T0410: Argument 1 of function "range" does not match function signature'),
        ("$random(null)", 'T0410: Argument 1 of function "random" does not match function signature'),
        ("$random(1, 2)", 'T0410: Argument 2 of function "random" does not match function signature'),
        ('$uuid("x")', 'T0410: Argument 1 of function "uuid" does not match function signature'),
        ("$hash()", 'T0410: Argument 1 of function "hash" does not match function signature'),
        ('$hash(7, "MD5")', 'T0410: Argument 1 of function "hash" does not match function signature'),
        ('$hash("a", "md5")', "D3137: Hash algorithm 'md5' must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5"),
        ('$hash("a", $nope)', "D3137: Hash algorithm 'null' must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5"),
        ("$parse(12)", 'T0410: Argument 1 of function "parse" does not match function signature'),
        ("$parse('{\"a\": 1, \"a\": 2}')", "D3137: Duplicate field 'a'"),
        ("$parse('-1e999')", "D3137: Number out of range: -1e999"),
        ("$parse('NaN')", "D3137: NaN is not JSON"),
        ('$eval("1")', "T1006: Attempted to invoke a non-function"),
        ("$uppercase(null)", 'T0410: Argument 1 of function "uppercase" does not match function signature'),
        ('$substring("abc", "1")', 'T0410: Argument 2 of function "substring" does not match function signature'),
        ('$sum([1, "2"])', 'T0412: Argument 1 of function "sum" must be an array of "numbers"'),
        ('$split("a-b", "-", -2)', "D3020: Third argument of split function must evaluate to a positive number"),
        ('$replace("abc", "", "x")', "D3010: Second argument of replace function cannot be an empty string"),
        ('$number("12 cows")', 'D3030: Unable to cast value to a number: "12 cows"'),
        ("$sqrt(-4)", "D3060: The sqrt function cannot be applied to a negative number: -4"),
        ("$formatBase(7, 40)", "D3100: The radix of the formatBase function must be between 2 and 36.  It was given 40"),
        ('$toMillis("soon")',
         'D3110: The argument of the toMillis function must be an ISO 8601 formatted timestamp. Given "soon"'),
        ('$formatInteger(1, "*")',
         'D3130: Formatting or parsing an integer as a sequence starting with "*" is not supported by this implementation'),
        ('$decodeUrl("%zz")', 'D3140: Malformed URL passed to $decodeUrl(): "%zz"'),
        ('$decodeUrl("%ff")', 'D3140: Malformed URL passed to $decodeUrl(): "%ff"'),
        ("$power(10, 400)", f"{POWER}10, exponent=400"),
        ("$power(-8, 0.5)", f"{POWER}-8, exponent=0.5"),
        ("$sort([2, 'a'])", SORT),
        ("$sort([true, false])", SORT),
        ('$decodeUrlComponent("%zz")', 'D3140: Malformed URL passed to $decodeUrlComponent(): "%zz"'),
        ("$single([1, 2])", "D3138: The $single() function expected exactly 1 matching result.  Instead it matched more."),
        ("$reduce([1, 2], function($x) { $x })",
         "D3050: The second argument of reduce function must be a function with at least two arguments"),
        ('$error("no hay")', "D3137: no hay"),
        ('cows("Ada")', "T1006: Attempted to invoke a non-function"),
        ("1 + []", 'T2002: The right side of the "+" operator must evaluate to a number'),
        ('"a" * 2', 'T2001: The left side of the "*" operator must evaluate to a number'),
        ('2 > "a"', 'T2009: The values 2 and "a" either side of operator ">" must be of the same data type'),
        ('-"a"', 'D1002: Cannot negate a non-numeric value: "a"'),
        ("{1: 2}", "T1003: Key in object structure must evaluate to a string; got: 1"),
        ("$string(1 / 0)", "D3001: Attempting to invoke string function on Infinity or NaN"),
        ("1 / 0 + 1", "D1001: Number out of range: null"),
    ],
)  # fmt: skip
def test_an_error_of_the_language_says_its_code_in_the_words_of_jsonata_js(source, code):
    assert said(source) == f"threw an error during evaluation. {code}"


@pytest.mark.parametrize(
    ("picture", "code"),
    [("x", "D3086"), ("0#", "D3090"), ("0.#0", "D3091"), ("#0e", "D3093"), ("0e0%", "D3092"), ("0.0.0", "D3081"),
     ("0%%", "D3082"), ("0‰‰", "D3083"), ("0%‰", "D3084"), ("#.e", "D3093"), (",.", "D3087"), ("0,", "D3088"),
     ("0,,0", "D3089"), ("0;0;0", "D3080")],
)  # fmt: skip
def test_a_picture_that_breaks_a_rule_is_refused(picture, code):
    assert said(f"$formatNumber(1, '{picture}')").startswith(f"threw an error during evaluation. {code}: ")


MEMORY = "threw an error during evaluation: Expression evaluation memory limit exceeded: Check for excessive memory usage"
STACK = (
    "threw an error during evaluation: Stack overflow error: Check for non-terminating recursive function.  "
    "Consider rewriting as tail-recursive. Depth=101 max=100"
)


@pytest.mark.parametrize(
    ("source", "expected"),
    [("$count([1..873782])", 873_782), ("+".join("1" * 100), 100), ("(" * 99 + "7" + ")" * 99, 7)],
    ids=["range", "sum", "brackets"],
)
def test_expressions_within_the_limits_are_computed(source, expected):
    assert value_of(source) == expected


@pytest.mark.parametrize(
    ("source", "says"),
    [
        ("$count([1..873783])", MEMORY),
        ("$range(1, 360146, 1)", MEMORY),
        ("$range(1, 1e15, 1)", MEMORY),
        ("$reduce([1..23], function($text, $i) { $text & $text }, 'x')", MEMORY),
        ("+".join("1" * 101), STACK),
        ("(" * 100 + "7" + ")" * 100, STACK),
        ("($down := function($n) { $n = 0 ? 0 : 1 + $down($n - 1) }; $down(32))", STACK),
    ],
    ids=["range", "$range", "a huge $range", "text", "sum", "brackets", "recursion"],
)
def test_expressions_beyond_the_limits_fail(source, says):
    assert said(source) == says


@pytest.mark.parametrize(
    ("source", "expected"),
    [("1 / 0", "Infinity"), ("-7 / 0", "-Infinity"), ("0 / 0", "NaN"), ("1e200 * -1e200", "-Infinity"), ("7 % 0", "NaN"),
     ("{'at': [1 / 0]}", {"at": ["Infinity"]}), ("$parseInteger('moo', '0')", "NaN"), ("1 / 0 > 1", True)],
)  # fmt: skip
def test_numbers_that_json_cannot_hold_are_texts(source, expected):
    assert value_of(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("$string(1e20)", "100000000000000000000"),
        ("$string(-2.5e20)", "-250000000000000000000"),
        ("$string(999999999999999868928)", "999999999999999900000"),
        ("$string(1e21)", "1e+21"),
        ("$string(-1.25e30)", "-1.25e+30"),
        ("$string(0.000001)", "0.000001"),
        ("$string(0.00000015)", "1.5e-7"),
        ("$string(0.1 + 0.2)", "0.3"),
        ("$string(-0.0)", "0"),
        ("$string(12.50)", "12.5"),
        ("$string($parse('9223372036854775807'))", "9223372036854775807"),
        ("$string($parse('18446744073709551616'))", "18446744073709552000"),
        ("$string([0.1 + 0.2, 1e21, null, true, 'ü'])", '[0.3,1e+21,null,true,"ü"]'),
        ("$string({'a': [], 'b': {}, 'c': [1]}, true)", '{\n  "a": [],\n  "b": {},\n  "c": [\n    1\n  ]\n}'),
        ("$string($sum)", ""),
        ("$string([$sum, 1 / 0])", '["",null]'),
        ("1e20 & '/' & $nope & {'k': 1.0}", '100000000000000000000/{"k":1}'),
    ],
)
def test_numbers_in_texts_are_written_as_javascript_does(source, expected):
    assert value_of(source) == expected


def test_an_error_of_the_library_is_an_internal_error_that_catch_handles(caplog):
    """AWS: `threw an internal error during evaluation.`, and a number to ask its support about (floci, issue 2736)."""
    failing = {"StartAt": "Count", "States": {"Count": {"Type": "Pass", "Output": "{% $map([1], /a/) %}", "End": True}}}
    catch = [{"ErrorEquals": ["States.QueryEvaluationError"], "Output": "{% $states.errorOutput.Cause %}", "Next": "Told"}]
    guarded = {"Type": "Parallel", "Branches": [failing], "Catch": catch, "End": True}
    machine = {"QueryLanguage": "JSONata", "StartAt": "Guarded", "States": {"Guarded": guarded, "Told": {"Type": "Succeed"}}}
    with caplog.at_level(logging.CRITICAL, "asl_toolkit"):
        result = asl_toolkit.run(machine, {})
    assert result.output == (
        "An error occurred while executing the state 'Count' (entered at the event id #4). The JSONata expression "
        "'$map([1], /a/)' specified for the field 'Output' threw an internal error during evaluation."
    )
