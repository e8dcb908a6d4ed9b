"""The machines of three tiny job types stand in readable files; `pytest --update-golden` writes them anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from statelint.linter import Linter

from asl_generator.graph import mermaid

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(params=["crunch", "poll", "sata"])
def machine(request, build_types):
    return request.param, build_types(request.getfixturevalue(request.param)())


def test_the_machine_of_one_job_type(machine, golden):
    name, built = machine
    golden(GOLDEN / f"{name}.asl.json", built.to_json())


def test_the_machine_of_all_three(build_types, crunch, poll, sata, golden):
    golden(GOLDEN / "all.asl.json", build_types(sata(), crunch(), poll()).to_json())


def test_a_machine_without_further_attempts(build_types, crunch, golden):
    golden(GOLDEN / "no_retries.asl.json", build_types(crunch(), retries=False).to_json())


def test_the_drawing_of_a_machine(build_types, crunch, poll, sata, golden):
    drawing = mermaid(build_types(sata(), crunch(), poll()).definition)
    golden(GOLDEN / "all.mermaid", drawing)


def test_the_drawing_takes_any_text_and_any_rule():
    rules = [
        {"Variable": "$.a", "StringEquals": 'x"<#>', "Next": "B"},
        {"And": [{"Variable": "$.a", "IsNull": True}, {"Variable": "$.b", "NumericLessThan": 2}], "Next": "B"},
        {"Not": {"Variable": "$.a", "IsPresent": False}, "Next": "B"},
    ]
    states = {"A": {"Type": "Choice", "Choices": rules, "Default": "B"}, "B": {"Type": "Succeed"}}
    assert mermaid({"StartAt": "A", "States": states}) == (
        """flowchart TD
    start1(( )) --> s1
    s1{"A"}
    s2(["B"])
    s1 -->|"$.a is x#quot;#lt;#35;#gt;"| s2
    s1 -->|"$.a IsNull true and $.b NumericLessThan 2"| s2
    s1 -->|"not ($.a is absent)"| s2
    s1 -->|"else"| s2
"""
    )


def test_statelint_finds_nothing(machine):
    # It does not know that TimeoutSeconds of a JSONata state may be an expression (Step Functions guide, "Task state fields").
    assert [problem for problem in Linter.validate(machine[1].definition) if '"{% $states' not in problem] == []
