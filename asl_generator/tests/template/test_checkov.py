"""checkov's judgement of the template, and hadolint's of the Dockerfile. `make test-deploy` installs both programs."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from asl_generator.template.text import as_json

from .conftest import ALL, THREE

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(600)]

TOOLS = os.environ.get("EXTRACT_LINTERS", "")
"""The folder with the programs checkov and hadolint."""
needs_tools = pytest.mark.skipif(not TOOLS, reason="EXTRACT_LINTERS names no folder: see `make test-deploy`")


@needs_tools
@pytest.mark.parametrize("sections", [THREE, ALL], ids=["existing", "managed"])
def test_checkov_has_no_finding_without_a_reason(template, tmp_path, sections):
    file = tmp_path / "template.json"
    file.write_text(as_json(template(sections)))
    config = Path(__file__).with_name("checkov.yaml")
    command = [f"{TOOLS}/checkov", "-f", file, "--framework", "cloudformation", "--config-file", config, "-o", "json", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    report = json.loads(done.stdout)
    failed = [f"{check['check_id']} {check['resource']}" for check in report["results"]["failed_checks"]]
    assert failed == []
    assert report["summary"]["resource_count"] >= 30


@needs_tools
def test_hadolint_has_no_finding():
    dockerfile = Path(__file__).resolve().parents[3] / "extract_job" / "Dockerfile"
    done = subprocess.run([f"{TOOLS}/hadolint", dockerfile], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
