"""A job type that polls its service runs on one machine: its questions are answered, or its tables say why not."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from extract_core.tracking.open import open_tracking

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "plugins" / "other-services.md"

MODULE = '''
"""The polled service of the document, as a job type."""
import json
import sys

from extract_core import Branch, FailureClass, JobState, JobStatus, JobType, LocalCommand, Outcome, hookimpl
from extract_core.parsing import verdicts as v
from extract_core.parsing.payload import described, member, text
from extract_core.parsing.process_end import reason
from pydantic import BaseModel, ConfigDict

{polled}

class Empty(BaseModel):
    model_config = ConfigDict(extra="forbid")


class DataSync(JobType[Empty, Empty]):
    name = "datasync"
    title = "DataSync"
    api_version = 1

    def settings(self):
        return Empty

    def deployment(self):
        return Empty

    def branch(self, target):
        start = "DataSync Start Extract Job Run"
        states = polled(f"arn:{{target.partition}}:states:::aws-sdk:datasync", target.arn("datasync", "task/task-1"))
        return Branch(start=start, states=states, job_state=start)

    def arguments(self, table, settings):
        return {{"job": dict(table.job_arguments)}}

    def status(self, outcome):
        if outcome.error is not None:
            verdict = v.by_error(outcome.error, outcome.cause)
            return JobStatus(state=verdict.state, failure=verdict.failure, retryable=verdict.retryable, message=outcome.cause)
        job = described(outcome)
        if text(job, "Status") == "SUCCESS":
            return JobStatus(state=JobState.SUCCEEDED)
        said = text(job, "Result", "ErrorDetail")
        failure = v.by_words(said) or FailureClass.USER_CODE
        return JobStatus(state=JobState.FAILED, failure=failure, retryable=v.failed(failure).retryable, message=said)

    def local_command(self, arguments):
        argv = [part for pair in arguments["job"].items() for part in pair]
        return LocalCommand(argv=[sys.executable, "-P", "-m", "extract_job", *argv])

    def local_answer(self, arguments, ended):
        if ended.injected == "throttle":
            return Outcome.failed("DataSync.DataSyncException", "Rate exceeded (Service: DataSync, Status Code: 400)")
        good = ended.code == 0 and ended.injected is None
        words = {{"oom": "OutOfMemoryError: the agent", "interrupt": "Your Spot Instance was interrupted", "fail": "row 41"}}
        said = words.get(ended.injected) or reason(ended)
        job = {{"TaskExecutionArn": "arn:aws:datasync:us-east-1:000000000000:task/task-1/execution/exec-1"}}
        return Outcome.succeeded({{**job, "Status": "SUCCESS" if good else "ERROR", "Result": {{"ErrorDetail": said}}}})
{more}

@hookimpl
def extract_job_types():
    return [DataSync()]
'''

CONFIG = """
source_name: sales
extract:
  job_type: datasync
  db_engine: sqlite
  db_name: sales.db
  tables: {public.categories: {}, public.customers: {}, crm.contacts: {}, public.suppliers: {job_type: glue}}
"""


@pytest.fixture
def run(demo_project, tmp_path):
    """Install the job type with further methods, run its tables, and tell how each ended."""

    def ran(more="", *inject, code=0):
        site = tmp_path / "site"
        info = site / "acme_datasync-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-datasync\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[extract_core]\ndatasync = acme_datasync\n")
        polled = re.search(r"(?ms)^def polled.*?^```", DOCUMENT.read_text())[0].removesuffix("```")
        (site / "acme_datasync.py").write_text(MODULE.format(polled=polled, more=more))
        demo_project.python_path.append(site)
        toml = demo_project.folder / "extract.toml"
        toml.write_text(toml.read_text() + "\n[job_types.datasync]\n")
        demo_project.config(CONFIG)
        faults = [word for fault in inject for word in ("--inject", fault)]
        demo_project.extract("run", "sales", "--local", "--run-id", "r", "--fast", "600", *faults, "--output", "json", code=code)
        with open_tracking(str(demo_project.folder / ".extract" / "tracking.db")) as tracking:
            return {row.table: row for row in tracking.attempts("r")}

    return ran


def test_the_documented_pattern_runs(run, demo_project):
    ends = run()
    assert {table: row.state.value for table, row in ends.items()} == dict.fromkeys(ends, "SUCCEEDED")
    assert len(ends) == 4
    assert all(row.rows for row in ends.values())
    lines = (demo_project.folder / ".extract/executions/r/events.jsonl").read_text().splitlines()
    entered = [json.loads(line).get("stateEnteredEventDetails", {}).get("name") for line in lines]
    assert entered.count("DataSync Ask") == 3


def test_with_injected_faults(run):
    ends = run("", "throttle:public.categories", "oom:public.customers", "fail:crm.contacts", code=1)
    assert (ends["public.customers"].state, ends["public.customers"].failure) == ("FAILED", "OUT_OF_MEMORY")
    assert (ends["crm.contacts"].state, ends["crm.contacts"].failure) == ("FAILED", "USER_CODE")
    assert (ends["public.categories"].state, ends["public.categories"].failure) == ("FAILED", "THROTTLED")
    assert ends["public.suppliers"].state == "SUCCEEDED"


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("    def local_task(self, state, parameters, end):\n        return None\n", "has no local_task for 'DataSync Ask'"),
        ("    def local_task(self, state, parameters, end):\n        return 7\n", "returned 7; it must be an Outcome, or None"),
        (
            "    def local_task(self, state, parameters, end):\n        1 / 0\n",
            "raised ZeroDivisionError: division by zero (acme_",
        ),
    ],
)
def test_a_question_without_an_answer_is_the_reason(run, more, said):
    ends = run(more, code=1)
    assert ends.pop("public.suppliers").state == "SUCCEEDED"
    assert [row.state.value for row in ends.values()] == ["FAILED"] * 3
    for row in ends.values():
        assert said in row.message
        assert "acme-datasync 1.0" in row.message


def test_a_task_that_a_hook_added_is_refused_before_the_start(run):
    hook = (
        "\n@hookimpl\ndef extract_state_machine(definition):\n"
        "    call = {'Type': 'Task', 'Resource': 'arn:aws:states:::sns:publish', 'ResultPath': None,\n"
        "            'Parameters': {'TopicArn': 'arn:x', 'Message': 'm'}, 'Next': definition['StartAt']}\n"
        "    return {**definition, 'StartAt': 'Tell', 'States': {**definition['States'], 'Tell': call}}\n"
    )
    with pytest.raises(AssertionError, match=r"cannot run on one machine: no handler serves 'sns:publish'"):
        run(hook)
