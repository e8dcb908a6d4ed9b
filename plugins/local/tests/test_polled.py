"""A job type that polls its service runs on one machine: its questions are answered, or its tables say why not."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from extract_core.tracking.open import open_tracking

DOCUMENT = Path(__file__).resolve().parents[3] / "docs" / "plugins" / "poll-a-service.md"
FILES = dict(re.findall(r"(?ms)^cat > extract-sfn-ssm/src/(extract_ssm/\w+\.py) <<'END'\n(.*?)^END$", DOCUMENT.read_text()))
HOOKS = """
from extract_core import hookimpl
from extract_ssm.job_type import Ssm


@hookimpl
def extract_job_types():
    return [Ssm()]
"""

CONFIG = """
source_name: sales
extract:
  job_type: ssm
  db_engine: sqlite
  db_name: sales.db
  tables: {public.categories: {}, public.customers: {}, crm.contacts: {}, public.suppliers: {job_type: glue}}
"""


@pytest.fixture
def run(demo_project, tmp_path):
    """Install the job type with further methods, run its tables, and tell how each ended."""

    def ran(more="", *inject, hooks="", code=0):
        site = tmp_path / "site"
        info = site / "acme_ssm-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-ssm\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[extract_core]\nssm = extract_ssm\n")
        (site / "extract_ssm").mkdir()
        (site / "extract_ssm" / "__init__.py").write_text(HOOKS + hooks)
        for name, text in FILES.items():
            (site / name).write_text(text + (more if name.endswith("job_type.py") else ""))
        demo_project.python_path.append(site)
        toml = demo_project.folder / "extract.toml"
        toml.write_text(toml.read_text() + "\n[job_types.ssm]\ninstance = 'i-0123456789abcdef0'\n")
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
    assert entered.count("SSM Ask") == 3


def test_with_injected_faults(run):
    ends = run("", "throttle:public.categories", "oom:public.customers", "fail:crm.contacts", code=1)
    assert (ends["public.customers"].state, ends["public.customers"].failure) == ("FAILED", "OUT_OF_MEMORY")
    assert (ends["crm.contacts"].state, ends["crm.contacts"].failure) == ("FAILED", "USER_CODE")
    assert ends["public.categories"].state == "SUCCEEDED"
    assert ends["public.suppliers"].state == "SUCCEEDED"


def test_throttled_questions_start_no_second_job(run):
    ends = run("", "question:public.categories:3", "question:public.customers:30", code=1)
    assert (ends["public.categories"].state, ends["public.categories"].attempt) == ("SUCCEEDED", 1)
    given_up = ends["public.customers"]
    assert (given_up.failure, given_up.retryable, given_up.attempt) == ("THROTTLED", False, 1)
    assert "the question about it failed: Ssm.SsmException: Rate exceeded" in given_up.message


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ("    def local_task(self, state, parameters, end):\n        return None\n", "has no local_task for 'SSM Ask'"),
        ("    def local_task(self, state, parameters, end):\n        return 7\n", "returned 7; it must be an Outcome, or None"),
        (
            "    def local_task(self, state, parameters, end):\n        1 / 0\n",
            "raised ZeroDivisionError: division by zero (",
        ),
    ],
)
def test_a_question_without_an_answer_is_the_reason(run, more, said):
    ends = run(more, code=1)
    assert ends.pop("public.suppliers").state == "SUCCEEDED"
    assert [row.state.value for row in ends.values()] == ["FAILED"] * 3
    for row in ends.values():
        assert said in row.message
        assert "acme-ssm 1.0" in row.message


def test_a_task_that_a_hook_added_is_refused_before_the_start(run):
    hook = (
        "\n@hookimpl\ndef extract_state_machine(definition):\n"
        "    call = {'Type': 'Task', 'Resource': 'arn:aws:states:::sns:publish', 'ResultPath': None,\n"
        "            'Parameters': {'TopicArn': 'arn:x', 'Message': 'm'}, 'Next': definition['StartAt']}\n"
        "    return {**definition, 'StartAt': 'Tell', 'States': {**definition['States'], 'Tell': call}}\n"
    )
    with pytest.raises(AssertionError, match=r"cannot run on one machine: no handler serves 'sns:publish'"):
        run(hooks=hook)
