"""What job types add to the stack: checked when the machine is built, and the values that only AWS knows."""

from __future__ import annotations

import pytest

from asl_generator.deployments.infrastructure import substituted
from asl_generator.errors import GeneratorError
from extract_core import Resource

QUEUE = Resource(type="AWS::Batch::JobQueue", properties={"JobQueueName": "q"})


@pytest.fixture
def build_crunch(build_types, crunch):
    """The machine of a job type whose class has these attributes."""
    return lambda **attributes: build_types(type("Own", (crunch,), attributes)())


@pytest.mark.parametrize(
    ("declared", "fault"),
    [
        ([QUEUE], "infrastructure() returned [Resource("),
        (
            {"Queue": QUEUE},
            "['Queue'] is not a valid logical id; use letters and digits, and begin with 'Crunch'",
        ),
        ({"Crunch-Queue": QUEUE}, "is not a valid logical id"),
        ({"CrunchQueue": {"Type": "AWS::Batch::JobQueue"}}, "it must be a Resource"),
        ({"CrunchQueue": Resource(type="Batch", properties={})}, "has the type 'Batch'; write a type of CloudFormation"),
        ({"CrunchQueue": Resource(type="AWS::Batch::JobQueue", properties={"x": {1, 2}})}, "has properties that are not JSON"),
        (KeyError("x"), "infrastructure() raised KeyError: 'x'"),
    ],
    ids=str,
)
def test_a_plugin_that_misbehaves_is_named_and_nothing_is_built(build_crunch, declared, fault):
    def infrastructure(self, target):
        if isinstance(declared, Exception):
            raise declared
        return declared

    with pytest.raises(GeneratorError) as caught:
        build_crunch(infrastructure=infrastructure)
    assert "job type 'crunch' (" in str(caught.value)
    assert fault in str(caught.value)


def test_what_is_in_order_is_part_of_the_machine(build_crunch):
    machine = build_crunch(infrastructure=lambda self, target: {"CrunchQueue": QUEUE})
    assert dict(machine.infrastructure) == {"CrunchQueue": QUEUE}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("plain", "plain"),
        ("${Other} and ${", "${Other} and ${"),
        ("${Role.Arn}", {"Fn::Sub": "${Role.Arn}"}),
        ("a/${App}/b ${x}", {"Fn::Sub": "a/${App}/b ${!x}"}),
        ("${App}${App}", {"Fn::Sub": "${App}${App}"}),
        ("${Apple}", "${Apple}"),
    ],
)
def test_only_names_of_resources_become_functions_and_all_else_stays(text, value):
    assert substituted(text, ["App", "Role"]) == value
