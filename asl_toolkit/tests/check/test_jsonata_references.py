"""AWS evaluates JSONata without a context item and refuses names at the top level (floci-io/floci, issue 2670: measured)."""

import pytest

from asl_toolkit.check import check
from asl_toolkit.client.definitions import refusal


def findings(expression):
    state = {"Type": "Pass", "Output": {"v": f"{{% {expression} %}}"}, "End": True}
    return check({"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": state}})


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("phone", ["phone"]),
        ("phone.number", ["phone"]),
        ("states.input.a & phone[0]", ["states", "phone"]),
        ("$sum(orders.price)", ["orders"]),
        ("$map($states.input.rows, function($row) { $row.a + b })", ["b"]),
        ("{'a': x, 'b': [y, x]}", ["x", "y"]),
        ("($a := z; $a ? t : e)", ["z", "t", "e"]),
        ("orders ~> $count()", ["orders"]),
        ("-n", ["n"]),
        ("`a b`", ["a b"]),
        ("rows^(price)", ["rows"]),
    ],
)
def test_a_name_at_the_top_level_is_refused(expression, names):
    assert sorted(finding.message for finding in findings(expression) if finding.code == "JSONATA_REFERENCE") == sorted(
        f"Reference to '{name}' at the top level is not supported." for name in names
    )


@pytest.mark.parametrize(
    "expression",
    [
        "$states.input.phone",
        "$states.input.rows[price > 5 and name = 'a'].(price * count)",
        "$states.input.rows^(>price){name: $sum(price)}",
        "$states.input.($x := a; $x + b)",
        "$states.input ~> |rows|{'price': price * 2}, ['old']|",
        "$map($states.input.rows, function($row) { $row.a })",
        "true and null = null ? 'text' : 1",
        "$states.input.a ~> $uppercase()",
    ],
)
def test_a_name_in_a_path_or_predicate_is_right(expression):
    assert findings(expression) == []


def test_the_client_uses_the_code_of_aws():
    state = '{"Type": "Pass", "Output": {"v": "{% phone %}"}, "End": true}'
    definition = f'{{"QueryLanguage": "JSONata", "StartAt": "E", "States": {{"E": {state}}}}}'
    assert refusal(definition, "STANDARD") == (
        "Invalid State Machine Definition: 'UNSUPPORTED_JSONATA_EXPRESSION: "
        "Reference to 'phone' at the top level is not supported. at /States/E/Output/v'"
    )


@pytest.mark.parametrize("name", ["ItemProcessor", "Iterator"])
def test_a_processor_has_no_query_language(name):
    """floci-io/floci, issue 2968: measured on AWS."""
    processor = {"QueryLanguage": "JSONata", "StartAt": "I", "States": {"I": {"Type": "Pass", "End": True}}}
    (finding,) = check({"StartAt": "M", "States": {"M": {"Type": "Map", name: processor, "End": True}}})
    assert (finding.code, finding.pointer) == ("UNKNOWN_FIELD", f"/States/M/{name}/QueryLanguage")
