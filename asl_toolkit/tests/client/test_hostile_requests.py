"""Definitions with faults of every kind: the client answers, or refuses as the service or botocore would."""

import copy
import json
import random

import pytest
from botocore.exceptions import ClientError, ParamValidationError

from asl_toolkit.client import OperationNotSupported

ROLE = "arn:aws:iam::111111111111:role/r"
PIECES = (None, True, 0, -1, 1.5, "", "x", "$.a", "$$", "{% $x %}", [], {}, ["a"], {"a": 1}, "States.ALL", 10**30, "Pass", "Map")
FIELDS = ("Next", "Type", "Retry", "Catch", "InputPath", "Assign", "Output", "Nothing")
PROCESSOR = {"StartAt": "In", "States": {"In": {"Type": "Pass", "End": True}}}
MACHINES = (
    {
        "StartAt": "Job",
        "States": {
            "Job": {
                "Type": "Task",
                "Resource": "arn:aws:states:::glue:startJobRun.sync",
                "Parameters": {"JobName.$": "$.a"},
                "ResultSelector": {"state.$": "$.JobRunState"},
                "ResultPath": "$.job",
                "Retry": [{"ErrorEquals": ["X"], "MaxAttempts": 2}],
                "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Each"}],
                "Next": "Each",
            },
            "Each": {"Type": "Map", "ItemsPath": "$.a", "ItemProcessor": PROCESSOR, "Next": "Which"},
            "Which": {"Type": "Choice", "Choices": [{"Variable": "$.a", "IsPresent": True, "Next": "End"}], "Default": "End"},
            "End": {"Type": "Fail", "Error": "E", "CausePath": "$.a"},
        },
    },
    {
        "QueryLanguage": "JSONata",
        "StartAt": "Both",
        "States": {
            "Both": {"Type": "Parallel", "Branches": [PROCESSOR], "Assign": {"x": "{% $states.input.a %}"}, "Next": "Wait"},
            "Wait": {"Type": "Wait", "Seconds": "{% $x %}", "Next": "Done"},
            "Done": {"Type": "Succeed", "Output": "{% $states.input %}"},
        },
    },
)
MOCKS = (
    {},
    {"mock": {"result": "[1]"}},
    {"mock": {"result": "{}"}},
    {"mock": {"errorOutput": {"error": "X"}}},
    {"mock": {"errorOutput": {"error": "States.Runtime"}}, "stateConfiguration": {"retrierRetryCount": 9}},
)


def spoilt(machine, draw):
    """The machine with up to three faults, anywhere."""
    machine = copy.deepcopy(machine)
    for _ in range(draw.randint(1, 3)):
        here = machine
        while isinstance(here, (dict, list)) and here:
            key = draw.choice(list(here)) if isinstance(here, dict) else draw.randrange(len(here))
            if draw.random() < 0.3 or not isinstance(here[key], (dict, list)) or not here[key]:
                way = draw.randrange(3)
                if way == 0:
                    here[key] = copy.deepcopy(draw.choice(PIECES))
                elif way == 1:
                    del here[key]
                elif isinstance(here, dict):
                    here[draw.choice(FIELDS)] = copy.deepcopy(draw.choice(PIECES))
                break
            here = here[key]
    return machine


@pytest.mark.parametrize("seed", range(4))
def test_faulty_definitions_are_refused_in_the_services_way(client, seed):
    draw = random.Random(seed)  # noqa: S311 - faults are not secret
    answers = []

    def ask(method, **request):
        try:
            answers.append(getattr(client, method)(**request))
        except (ClientError, ParamValidationError, OperationNotSupported):
            return None
        return answers[-1]

    for number in range(250):
        machine = spoilt(draw.choice(MACHINES), draw)
        text = json.dumps(machine)
        verdict = ask("validate_state_machine_definition", definition=text, severity="WARNING")
        created = ask("create_state_machine", name=f"m{number}", definition=text, roleArn=ROLE)
        assert (verdict["result"] == "OK") == (created is not None)
        states = machine.get("States")
        if isinstance(states, dict) and states:
            state = states[draw.choice(list(states))]
            ask("test_state", definition=json.dumps(state), inspectionLevel="DEBUG", input='{"a": [1]}', **draw.choice(MOCKS))
    assert len(answers) > 250
