"""What a function imports before its first call: each module is a part of every cold start."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

START = """
import importlib, json, os, sys
sys.path.insert(0, sys.argv[2])
importlib.import_module(f"extract_core.lambdas.{sys.argv[1]}")
from extract_core.lambdas.environment import parts_from_environment
parts_from_environment()
json.dump(sorted(sys.modules), sys.stdout)
"""
ENVIRON = {
    "EXTRACT_CONFIG_URI": "s3://acme-extract/config/",
    "EXTRACT_DATA_URI": "s3://acme-extract/data/",
    "EXTRACT_RUNS_URI": "s3://acme-extract/runs/",
    "EXTRACT_TRACKING": "dynamodb://extract?region=eu-central-1",
}
NEVER = {"boto3", "importlib_metadata", "packaging", "sqlite3", "click", "rich", "statistics", "asyncio"}
READS_NO_CONFIG = {"pydantic", "yaml", "extract_core.config.read", "extract_core.config.keys", "extract_core.plan.source_planner"}
READS_A_CONFIG = {"pydantic", "extract_core.pipeline.model", "extract_core.aws.follow"}


@pytest.mark.parametrize(
    ("function", "more"), [("job_run_status", READS_NO_CONFIG | {"extract_core.aws.follow"}), ("config_manager", READS_A_CONFIG)]
)
def test_a_function_starts_without_what_it_may_never_need(function, more, tmp_path):
    (tmp_path / "extract_frozen.py").write_text("PLUGINS = ()\nREPORTS = ()\n")
    command = [sys.executable, "-c", START, function, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, **ENVIRON})
    assert done.returncode == 0, done.stderr
    modules = set(json.loads(done.stdout))
    assert "botocore.client" in modules
    assert sorted(modules & (NEVER | more)) == []
