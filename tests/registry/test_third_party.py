"""A package that nobody here has heard of: installed with an entry point, it has its branch in the machine."""

from __future__ import annotations

import json
import os
import subprocess
import sys

SPARKLE = """
from extract_core import Branch, JobState, JobStatus, JobType, hookimpl


class Sparkle(JobType):
    name = "sparkle"
    title = "Sparkle"
    api_version = 1

    def settings(self):
        from pydantic import BaseModel, ConfigDict

        return type("SparkleSettings", (BaseModel,), {"model_config": ConfigDict(extra="forbid")})

    def deployment(self):
        from pydantic import BaseModel

        class SparkleDeployment(BaseModel, extra="forbid"):
            network: str

        return SparkleDeployment

    def branch(self, target):
        state = "Sparkle Start Extract Job Run"
        task = {
            "Type": "Task",
            "Resource": "arn:aws:states:::http:invoke",
            "Parameters": {
                "ApiEndpoint": "https://sparkle.example.com/runs",
                "Method": "POST",
                "Authentication": {"ConnectionArn": "arn:aws:events:eu-central-1:1:connection/" + target.deployment.network},
                "RequestBody.$": "$.arguments",
            },
            "ResultPath": "$.job_result",
        }
        return Branch(start=state, states={state: task}, job_state=state)

    def arguments(self, table, settings):
        return {"table": table.table}

    def status(self, outcome):
        return JobStatus(state=JobState.UNKNOWN)


@hookimpl
def extract_job_types():
    return [Sparkle()]


@hookimpl
def extract_state_machine(definition):
    return {**definition, "Comment": definition["Comment"] + " (checked by sparkle)"}
"""


def test_it_adds_its_branch_to_extract_asl_build(site, tmp_path):
    site.install("sparkle-for-extract", {"sparkle_plugin": SPARKLE}, {"sparkle": "sparkle_plugin"}, version="4.2")
    (tmp_path / "extract.toml").write_text('[job_types.sparkle]\nnetwork = "big"\n')
    environ = {
        **os.environ,
        "PYTHONPATH": str(site.folder),
        "EXTRACT_DISABLE_PLUGINS": "batch,ecs,emr,glue,glue_catalog,iceberg,openlineage",
    }
    command = [sys.executable, "-c", "from extract_cli.commands.asl import asl; asl()", "build"]
    done = subprocess.run(command, cwd=tmp_path, env=environ, check=True, capture_output=True, text=True)
    definition = json.loads(done.stdout)
    assert definition["Comment"] == "Extract pipeline extract: sparkle (checked by sparkle)"
    iterate = definition["States"]["Iterate Through Extract Tables"]["ItemProcessor"]["States"]
    assert iterate["Choose Job Type"]["Choices"][-1] == {
        "Variable": "$.job_type",
        "StringEquals": "sparkle",
        "Next": "Sparkle Start Extract Job Run",
    }
    state = iterate["Sparkle Start Extract Job Run"]
    assert state["Comment"] == "Part of the job type sparkle, of sparkle-for-extract"
    assert state["Next"] == "Handle Extract Job Run Status"
    payload = definition["States"]["Extract Config Manager"]["Parameters"]["Payload"]
    assert payload["machine"]["versions"] == {"sparkle-for-extract": "4.2"}
    assert payload["machine"]["job_types"] == {"sparkle": {"network": "big"}}
