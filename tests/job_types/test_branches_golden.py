"""The branch of each job type in a machine, with what the machine's role needs: a readable golden file each."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from statelint.linter import Linter

from asl_generator import build
from asl_toolkit import load
from extract_core.registry.installed import Registry

GOLDEN = Path(__file__).parent / "golden"


@pytest.fixture
def machine(installed):
    name = installed.job_type.name
    return build(
        Registry.of(installed.job_type),
        name="extract",
        partition="aws",
        region="eu-west-1",
        account="123456789012",
        max_concurrency=10,
        map="INLINE",  # a DISTRIBUTED Map adds its own statements, which are the same for all job types
        deployments={name: installed.deployment.model_dump(mode="json", exclude_none=True)},
    )


def test_the_branch_is_as_it_was(machine, installed, golden):
    (branch,) = machine.branches
    states = machine.definition["States"]["Iterate Through Extract Tables"]["ItemProcessor"]["States"]
    written = {
        "states": {name: states[name] for name in branch.names},
        "statements": [
            {"Action": list(statement.actions), "Resource": list(statement.resources), "Condition": statement.condition}
            for statement in machine.statements
            if "lambda:InvokeFunction" not in statement.actions
        ],
    }
    golden(GOLDEN / f"{installed.job_type.name}.json", json.dumps(written, indent=2) + "\n")


def test_it_is_amazon_states_language_by_two_judges(machine):
    assert Linter.validate(machine.definition) == []
    load(machine.to_json())
