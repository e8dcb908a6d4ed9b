"""The emulator runs the machine that is deployed at that moment. A second Step Functions stands for the account."""

from __future__ import annotations

import json

import pytest

from asl_toolkit import Services
from asl_toolkit.client import ClientError, OperationNotSupported, StepFunctions
from extract_core.errors import UsageError
from extract_local.emulator.machines import DeployedMachines

REGION, ACCOUNT = "eu-central-1", "123456789012"
MACHINE = f"arn:aws:states:{REGION}:{ACCOUNT}:stateMachine:nightly"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/nightly"


def definition(answer: str) -> str:
    task = {"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": {"JobName": answer}, "End": True}
    return json.dumps({"StartAt": "Job", "States": {"Job": task}})


@pytest.fixture
def deployed():
    return StepFunctions(region=REGION, account=ACCOUNT)


@pytest.fixture
def reads():
    return []


@pytest.fixture
def machines(deployed, reads):
    def handlers():
        reads.append(len(reads))
        return {"Job": lambda request: f"{request.parameters['JobName']} {len(reads)}"}

    return DeployedMachines(deployed, Services(), handlers, region=REGION, account=ACCOUNT)


def output(machines, name):
    machines.start_execution(stateMachineArn=MACHINE, name=name, input="{}")
    arn = f"{MACHINE.replace('stateMachine', 'execution')}:{name}"
    machines._registry.execution(arn, "DescribeExecution").execution.wait()
    return json.loads(machines.describe_execution(executionArn=arn)["output"])


def test_what_runs_is_what_is_deployed_now(deployed, machines, reads):
    with pytest.raises(ClientError, match="State Machine Does Not Exist"):
        machines.start_execution(stateMachineArn=MACHINE, name="first", input="{}")
    deployed.create_state_machine(name="nightly", definition=definition("one"), roleArn=ROLE)
    assert (output(machines, "first"), output(machines, "second")) == ("one 1", "one 1")
    deployed.update_state_machine(stateMachineArn=MACHINE, definition=definition("two"))
    assert machines.describe_state_machine(stateMachineArn=MACHINE)["definition"] == definition("two")
    assert output(machines, "third") == "two 2"
    names = [execution["name"] for execution in machines.list_executions(stateMachineArn=MACHINE)["executions"]]
    assert names == ["third", "second", "first"]
    assert len(reads) == 2  # once per definition


def test_a_machine_of_a_deleted_stack_is_gone_and_its_executions_stay(deployed, machines):
    deployed.create_state_machine(name="nightly", definition=definition("one"), roleArn=ROLE)
    assert output(machines, "first") == "one 1"
    deployed.delete_state_machine(stateMachineArn=MACHINE)
    with pytest.raises(ClientError, match="State Machine Does Not Exist"):
        machines.start_execution(stateMachineArn=MACHINE, name="second", input="{}")
    execution = f"{MACHINE.replace('stateMachine', 'execution')}:first"
    assert machines.describe_execution(executionArn=execution)["status"] == "SUCCEEDED"


def test_a_project_that_cannot_be_read_is_named(deployed, machines):
    deployed.create_state_machine(name="nightly", definition=definition("one"), roleArn=ROLE)

    def handlers():
        raise UsageError("extract.toml:3: not TOML")

    machines._job_handlers = handlers
    with pytest.raises(OperationNotSupported, match=r"the emulator cannot read the project: extract\.toml:3: not TOML"):
        machines.start_execution(stateMachineArn=MACHINE, name="first", input="{}")


def test_at_the_end_all_executions_are_stopped(deployed, machines):
    waits = {"StartAt": "Wait", "States": {"Wait": {"Type": "Wait", "Seconds": 3600, "End": True}}}
    deployed.create_state_machine(name="nightly", definition=json.dumps(waits), roleArn=ROLE)
    machines.start_execution(stateMachineArn=MACHINE, name="first", input="{}")
    machines.stop_all()
    execution = f"{MACHINE.replace('stateMachine', 'execution')}:first"
    described = machines.describe_execution(executionArn=execution)
    assert (described["status"], described["cause"]) == ("ABORTED", "extract emulate was ended")
