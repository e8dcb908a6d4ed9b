"""The machines of three tiny job types stand in readable files; `pytest --update-golden` writes them anew."""

from __future__ import annotations

from pathlib import Path

import pytest
from statelint.linter import Linter

from asl_generator.graph import mermaid
from extract_core.registry.routing import CONFIG_MANAGER, ITERATE

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture(params=["crunch", "poll", "sata"])
def machine(request, build_types):
    return request.param, build_types(request.getfixturevalue(request.param)(), map="INLINE")


def test_the_machine_of_one_job_type(machine, golden):
    name, built = machine
    golden(GOLDEN / f"{name}.asl.json", built.to_json())


def test_the_machine_of_all_three(build_types, crunch, poll, sata, golden):
    golden(GOLDEN / "all.asl.json", build_types(sata(), crunch(), poll(), map="INLINE").to_json())


def test_a_machine_whose_tables_are_child_executions(build_types, crunch, golden):
    golden(GOLDEN / "distributed.asl.json", build_types(crunch(), map="DISTRIBUTED").to_json())


@pytest.mark.parametrize("mode", ["INLINE", "DISTRIBUTED"])
def test_a_machine_with_pools(build_types, crunch, golden, mode):
    built = build_types(crunch(), map=mode, pools={"sales-db": 8, "quota": 50}, job_type_pools={"crunch": "quota"})
    assert set(built.functions) - set(build_types(crunch()).functions) == {f"{built.name}-take-slot"}
    golden(GOLDEN / f"pools-{mode.lower()}.asl.json", built.to_json())


def test_both_machines_differ_in_their_map_alone(build_types, crunch, poll, sata):
    inline, distributed = (
        build_types(sata(), crunch(), poll(), map=mode).definition["States"] for mode in ("INLINE", "DISTRIBUTED")
    )
    assert [name for name in inline if inline[name] != distributed[name]] == [CONFIG_MANAGER, ITERATE]
    assert _of_the_machine(inline) == {**_of_the_machine(distributed), "map": "INLINE"}
    one, other = inline[ITERATE], distributed[ITERATE]
    assert sorted(key for key in one | other if one.get(key) != other.get(key)) == [
        "ItemProcessor", "ItemReader", "ItemsPath", "Label", "ResultWriter", "ToleratedFailurePercentage",
    ]  # fmt: skip
    states = [{name: {**state, "Comment": ""} for name, state in of["ItemProcessor"]["States"].items()} for of in (one, other)]
    assert states[0] == states[1]


def _of_the_machine(states):
    return states[CONFIG_MANAGER]["Parameters"]["Payload"]["machine"]


def test_a_machine_without_further_attempts(build_types, crunch, golden):
    golden(GOLDEN / "no_retries.asl.json", build_types(crunch(), map="INLINE", retries=False).to_json())


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


# What it does not know: TimeoutSeconds of a JSONata state may be an expression (Step Functions guide, "Task state fields"); a
# Map has a Label, its reader reads JSONL (guide, "Map state fields", "ItemReader").
UNKNOWN_TO_STATELINT = ('"{% $states', 'Field "Label" not allowed', 'Field "InputType" not allowed')


@pytest.mark.parametrize("mode", ["INLINE", "DISTRIBUTED"])
def test_statelint_finds_nothing(build_types, crunch, poll, sata, mode):
    problems = Linter.validate(build_types(sata(), crunch(), poll(), map=mode).definition)
    assert [problem for problem in problems if not any(words in problem for words in UNKNOWN_TO_STATELINT)] == []
