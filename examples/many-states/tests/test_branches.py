"""The branches in a machine, and the contract kit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from statelint.linter import Linter

from asl_toolkit import load
from extract_testing import CHECKS, NotChecked, Subject

HERE = Path(__file__).parent
KNOWN_TO_THE_KIT = {
    "redshift": {
        "Redshift Start Extract Job Run": [
            {"ExecutedVersion": "$LATEST", "StatusCode": 200, "Payload": {"id": "s1", "began": "2026-01-01T00:00:00Z",
             "running": True, "state": "SUBMITTED"}},
        ],
        "Redshift Ask For Job": [
            {"ExecutedVersion": "$LATEST", "StatusCode": 200, "Payload": {"id": "s1", "began": "2026-01-01T00:00:00Z",
             "running": False, "state": "FINISHED", "error": "", "seconds": 20.0}},
        ],
    },
    "worker": {"Worker Start Extract Job Run": [{"worker": "w1", "exit_code": 0}]},
    "codebuild": {
        "CodeBuild Start Extract Job Run": [{"Build": {"Id": "extract:1", "BuildStatus": "SUCCEEDED", "ProjectName": "extract"}}],
    },
}  # fmt: skip


def iteration(machine):
    return machine.definition["States"]["Iterate Through Extract Tables"]["ItemProcessor"]["States"]


def test_the_branches_are_as_they_were(machine, golden):
    states = iteration(machine)
    branches = {branch.job_type: {name: states[name] for name in branch.names} for branch in machine.branches}
    golden(HERE / "golden" / "branches.asl.json", json.dumps(branches, indent=2) + "\n")


def test_the_machine_is_taken_by_two_judges(machine):
    load(machine.to_json())
    # statelint knows neither JSONata nor Credentials of it: it judges the other two.
    states = iteration(machine)
    jsonpath = [name for name, state in states.items() if state.get("QueryLanguage") != "JSONata"]
    choice = {
        **states["Choose Job Type"],
        "Choices": [rule for rule in states["Choose Job Type"]["Choices"] if rule["Next"] in jsonpath],
    }
    alone = {"StartAt": "Choose Job Type", "States": {name: states[name] for name in jsonpath} | {"Choose Job Type": choice}}
    assert Linter.validate(alone) == []


def test_every_job_is_bounded_and_every_error_is_caught(machine):
    states = iteration(machine)
    for branch in machine.branches:
        job = states[branch.job_state]
        assert job.keys() & {"TimeoutSecondsPath", "TimeoutSeconds"}
        for name in branch.names:
            if states[name]["Type"] == "Task":
                caught = [error for catcher in states[name]["Catch"] for error in catcher["ErrorEquals"]]
                assert caught == ["States.DataLimitExceeded", "States.ALL"]


@pytest.fixture(scope="module")
def subjects(job_types, deployments):
    """One per job type for all checks, which share its runs and its two processes."""
    return {
        name: Subject(job_type, deployments[name], [{}], task_results=KNOWN_TO_THE_KIT[name])
        for name, job_type in job_types.items()
    }


@pytest.mark.parametrize("name", ["codebuild", "redshift", "worker"])
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.name)
def test_the_contract_is_kept(check, name, subjects):
    try:
        check(subjects[name])
    except NotChecked as reason:
        pytest.skip(str(reason))
