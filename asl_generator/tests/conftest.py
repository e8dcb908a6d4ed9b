"""Tiny job types, and builds of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from pydantic import BaseModel

from asl_generator import MachineDefinition, build
from extract_core import Branch, JobState, JobStatus, JobType, Retry, Statement
from extract_core.registry.installed import Registry

if TYPE_CHECKING:
    from collections.abc import Callable

RETRIES = (Retry(errors=["Crunch.TooManyJobs"], interval_seconds=5, max_attempts=3, max_delay_seconds=60),)


class Nothing(BaseModel, extra="forbid"):
    pass


class Queue(BaseModel, extra="forbid"):
    queue: str
    priority: int = 1
    note: str | None = None


class Crunch(JobType[Any, Any]):
    """JSONPath, one state: nothing but what a plugin must give."""

    name = "crunch"
    title = "Crunch"
    api_version = 1

    def settings(self):
        return Nothing

    def deployment(self):
        return Queue

    def branch(self, target):
        task = {
            "Comment": "Crunches a table",
            "Type": "Task",
            "Resource": f"arn:{target.partition}:states:::batch:submitJob.sync",
            "Parameters": {"JobQueue": target.deployment.queue, "JobName.$": "$.arguments.name"},
            "ResultPath": "$.job_result",
        }
        return Branch(start="Crunch Table", states={"Crunch Table": task}, job_state="Crunch Table")

    def arguments(self, table, settings):
        return {"name": table.table}

    def status(self, outcome):
        return JobStatus(state=JobState.UNKNOWN)

    def start_retries(self):
        return RETRIES


class QueuedCrunch(Crunch):
    """The same with permissions."""

    def permissions(self, target):
        queue = f"arn:{target.partition}:batch:{target.region}:{target.account}:job-queue/{target.deployment.queue}"
        yield Statement(actions=("batch:TerminateJob", "batch:SubmitJob"), resources=(queue,))


class Poll(Crunch):
    """JSONPath, several states: starts a job, waits, asks, decides."""

    name = "poll"
    title = "Poll"

    def deployment(self):
        return Nothing

    def functions(self):
        from extract_core import LambdaFunction

        return [LambdaFunction(name="poll-job", handler="poll.functions:poll")]

    def branch(self, target):
        invoke = {
            "Type": "Task",
            "Resource": f"arn:{target.partition}:states:::lambda:invoke",
            "Parameters": {"FunctionName": target.function_arn("poll-job"), "Payload.$": "$"},
            "ResultSelector": {"state.$": "$.Payload.state", "id.$": "$.Payload.id"},
        }
        own_catch = [{"ErrorEquals": ["Poll.Gone"], "ResultPath": "$.gone", "Next": "Poll Gone"}]
        states = {
            "Poll Start": {**invoke, "ResultPath": "$.job_result"},
            "Poll Wait": {"Type": "Wait", "Seconds": 30, "Next": "Poll Ask"},
            "Poll Ask": {**invoke, "ResultPath": "$.job_result", "TimeoutSeconds": 60, "Catch": own_catch, "Next": "Poll Ended?"},
            "Poll Ended?": {
                "Type": "Choice",
                "Choices": [{"Variable": "$.job_result.state", "StringEquals": "RUNNING", "Next": "Poll Wait"}],
                "Default": "Handle Extract Job Run Status",
            },
            "Poll Gone": {"Type": "Pass", "Result": {"state": "GONE"}, "ResultPath": "$.job_result"},
        }
        states["Poll Start"]["Next"] = "Poll Wait"
        return Branch(start="Poll Start", states=states, job_state="Poll Start")


class Sata(Crunch):
    """JSONata, with a Map inside."""

    name = "sata"
    title = "Sata"

    def deployment(self):
        return Nothing

    def branch(self, target):
        keep = "{% $merge([$states.input, {'job_result': $states.result}]) %}"
        inner = {"Sata Look": {"Type": "Pass", "Output": "{% $states.input %}", "End": True}}
        states = {
            "Sata Parts": {
                "Type": "Map",
                "Items": "{% $states.input.arguments.parts %}",
                "ItemProcessor": {"ProcessorConfig": {"Mode": "INLINE"}, "StartAt": "Sata Look", "States": inner},
                "Output": "{% $states.input %}",
                "Next": "Sata Run",
            },
            "Sata Run": {
                "Type": "Task",
                "Resource": f"arn:{target.partition}:states:::aws-sdk:datasync:startTaskExecution",
                "Arguments": {"Name": "{% $states.input.arguments.name %}"},
                "Output": keep,
            },
        }
        return Branch(start="Sata Parts", states=states, job_state="Sata Run", query_language="JSONata")


DEPLOYMENTS = {"crunch": {"queue": "big"}, "poll": {}, "sata": {}}


def build_of(*job_types: JobType[Any, Any], **options: Any) -> MachineDefinition:
    names = {job_type.name for job_type in job_types}
    defaults = {
        "name": "extract",
        "partition": "aws",
        "region": "eu-central-1",
        "account": "123456789012",
        "max_concurrency": 10,
        "deployments": {name: section for name, section in DEPLOYMENTS.items() if name in names},
    }
    return build(Registry.of(*job_types), **{**defaults, **options})


@pytest.fixture
def build_types() -> Callable[..., MachineDefinition]:
    """Builds the machine of some job types; options replace those of `build`."""
    return build_of


@pytest.fixture
def crunch() -> type[Crunch]:
    return Crunch


@pytest.fixture
def queued_crunch() -> type[QueuedCrunch]:
    return QueuedCrunch


@pytest.fixture
def poll() -> type[Poll]:
    return Poll


@pytest.fixture
def sata() -> type[Sata]:
    return Sata
