"""The runs that are alive while their machine is deployed or deleted, and the job types that they may still need."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from asl_generator.deploy.faults import DeployError, calling_aws
from extract_core.registry import routing
from extract_core.wording import counted

if TYPE_CHECKING:
    from asl_generator.deploy.account import Account
    from asl_generator.machine.definition import MachineDefinition
    from extract_core.pipeline.model import Pipeline


def machine_arn(pipeline: Pipeline) -> str:
    """The ARN of the pipeline's machine."""
    return f"arn:{pipeline.partition}:states:{pipeline.region}:{pipeline.account}:stateMachine:{pipeline.name}"


def runs_alive(pipeline: Pipeline, account: Account) -> list[str]:
    """The names of executions that run now, at most 100; none if there is no machine."""
    states = account.client("stepfunctions")
    arn = machine_arn(pipeline)
    with calling_aws("see which runs are alive", "states:ListExecutions", arn):
        try:
            executions = states.list_executions(stateMachineArn=arn, statusFilter="RUNNING", maxResults=100)["executions"]
        except states.exceptions.StateMachineDoesNotExist:
            return []
    return [execution["name"] for execution in executions]


def check_removed(pipeline: Pipeline, machine: MachineDefinition, account: Account) -> None:
    """DeployError if the deployed machine has a job type that this one lacks, while a run is alive.

    A run keeps its definition, but the new functions would not have the plugin that reads the ends of its jobs.
    """
    removed = sorted(_deployed_job_types(pipeline, account) - set(machine.job_types))
    alive = runs_alive(pipeline, account) if removed else []
    if alive:
        names = ", ".join(alive[:3]) + (" …" if len(alive) > 3 else "")
        raise DeployError(
            f"this change removes the job type {', '.join(map(repr, removed))}, but {counted(len(alive), 'run')} may still need "
            f"it ({names}): wait until no run is alive (extract watch), or keep the section [job_types.{removed[0]}] for now"
        )


def _deployed_job_types(pipeline: Pipeline, account: Account) -> set[str]:
    states = account.client("stepfunctions")
    arn = machine_arn(pipeline)
    with calling_aws("read the deployed machine", "states:DescribeStateMachine", arn):
        try:
            definition = json.loads(states.describe_state_machine(stateMachineArn=arn)["definition"] or "{}")
        except states.exceptions.StateMachineDoesNotExist:
            return set()
    try:
        return set(definition["States"][routing.CONFIG_MANAGER]["Parameters"]["Payload"]["machine"]["job_types"])
    except (KeyError, TypeError):
        return set()  # a machine that was not built by extract
