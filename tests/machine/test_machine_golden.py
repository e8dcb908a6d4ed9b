"""The machine of the three job types of this repo: a readable golden file, the same bytes each time."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from statelint.linter import Linter

from asl_generator import MachineDefinition, build_pipeline
from asl_toolkit import load
from extract_core.pipeline.read import read_pipeline
from extract_core.registry.loading import discover
from extract_core.registry.values import FrozenPlugin

HERE = Path(__file__).parent
PLUGINS = [FrozenPlugin(name, f"extract_{name}", f"extract-{name}", "0.1.0") for name in ("glue", "emr", "ecs")]


@pytest.fixture(scope="module")
def machine() -> MachineDefinition:
    return build_pipeline(read_pipeline(HERE / "extract.toml"), discover(strict=True, frozen=PLUGINS))


def test_the_machine_is_as_it_was(machine, golden):
    golden(HERE / "golden" / "extract.asl.json", machine.to_json())


def test_it_is_amazon_states_language_by_two_judges(machine):
    # statelint knows neither a Map's Label nor JSON Lines (Step Functions guide, "Map state fields", "ItemReader")
    unknown = ('Field "Label" not allowed', 'Field "InputType" not allowed')
    assert [problem for problem in Linter.validate(machine.definition) if not problem.startswith(unknown)] == []
    load(machine.to_json())


def test_only_documented_wildcards_in_its_permissions(machine):
    allowed = {action: statement.resources for statement in machine.statements for action in statement.actions}
    assert {"glue:StartJobRun", "ecs:RunTask", "elasticmapreduce:AddJobFlowSteps", "lambda:InvokeFunction"} <= allowed.keys()
    assert all("*" not in action for action in allowed)


def test_the_same_bytes_in_another_process_with_other_hashes(machine):
    script = (
        "import sys; from pathlib import Path; from asl_generator import build_pipeline; "
        "from extract_core.pipeline.read import read_pipeline; from extract_core.registry.loading import discover; "
        "from extract_core.registry.values import FrozenPlugin; "
        "plugins = [FrozenPlugin(n, f'extract_{n}', f'extract-{n}', '0.1.0') for n in ('ecs', 'glue', 'emr')]; "
        "print(build_pipeline(read_pipeline(Path(sys.argv[1])), discover(strict=True, frozen=plugins)).to_json(), end='')"
    )
    for seed in ("0", "4711"):
        environ = dict(os.environ, PYTHONHASHSEED=seed)
        command = [sys.executable, "-c", script, str(HERE / "extract.toml")]
        done = subprocess.run(command, env=environ, check=True, capture_output=True, text=True)
        assert done.stdout == machine.to_json()
