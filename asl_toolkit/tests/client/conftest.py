"""A client whose waits pass at once, and the machines that its tests create."""

import json

import pytest

from asl_toolkit import VirtualClock
from asl_toolkit.client import StepFunctions

ROLE = "arn:aws:iam::111111111111:role/r"


@pytest.fixture
def client():
    return StepFunctions(clock=VirtualClock)


@pytest.fixture
def create():
    """Creates a machine in a client and gives its ARN."""

    def create_machine(client, name, definition, **more):
        answer = client.create_state_machine(name=name, definition=json.dumps(definition), roleArn=ROLE, **more)
        return answer["stateMachineArn"]

    return create_machine


@pytest.fixture
def run(create):
    """Creates a machine, runs it with an input and describes the execution."""

    def run_machine(client, name, definition, data="{}", **more):
        arn = create(client, name, definition, **more)
        started = client.start_execution(stateMachineArn=arn, input=data)
        return client.wait_for_execution(executionArn=started["executionArn"], timeout=20)

    return run_machine
