"""Machines with 1, 3 and 30 job types, with pools and without, and both kinds of Map: three judges find nothing."""

from __future__ import annotations

import json

import pytest
from cfnlint.api import lint
from cfnlint.config import ManualArgs
from pydantic import BaseModel
from statelint.linter import Linter

from asl_generator import build
from asl_toolkit.check import check
from extract_core import Branch, JobState, JobStatus, JobType
from extract_core.registry.installed import Registry


class Deployment(BaseModel, extra="forbid"):
    queue: str


class Made(JobType):
    api_version = 1

    def settings(self):
        return Deployment

    deployment = settings

    def branch(self, target):
        state = f"{self.title} Start Extract Job Run"
        parameters = {"JobQueue": target.deployment.queue, "JobDefinition": "d", "JobName.$": "$.arguments.name"}
        resource = "arn:aws:states:::batch:submitJob.sync"
        task = {"Type": "Task", "Resource": resource, "Parameters": parameters, "ResultPath": "$.job_result"}
        return Branch(start=state, states={state: task}, job_state=state)

    def arguments(self, table, settings):
        return {}

    def status(self, outcome):
        return JobStatus(state=JobState.UNKNOWN)


@pytest.mark.parametrize("mode", ["INLINE", "DISTRIBUTED"])
@pytest.mark.parametrize(("count", "pools"), [(1, {}), (3, {"db": 8}), (30, {"db": 8})])
def test_no_judge_finds_anything(count, pools, mode):
    made = [type(f"T{n}", (Made,), {"name": f"t{n:03}", "title": f"T{n:03}"})() for n in range(count)]
    place = {"partition": "aws", "region": "eu-central-1", "account": "123456789012"}
    deployments = {job_type.name: {"queue": "q"} for job_type in made}
    built = build(Registry.of(*made), name="extract", max_concurrency=40, deployments=deployments, map=mode, pools=pools, **place)
    assert check(built.to_json(), region="eu-central-1") == []
    # statelint knows neither a Map's Label nor JSON Lines (Step Functions guide, "Map state fields", "ItemReader")
    unknown = ('Field "Label" not allowed', 'Field "InputType" not allowed')
    assert [problem for problem in Linter.validate(built.definition) if not problem.startswith(unknown)] == []
    properties = {"RoleArn": "arn:aws:iam::123456789012:role/extract", "Definition": built.definition}
    template = {"Resources": {"Machine": {"Type": "AWS::StepFunctions::StateMachine", "Properties": properties}}}
    assert lint(json.dumps(template), config=ManualArgs(regions=["eu-central-1"])) == []
