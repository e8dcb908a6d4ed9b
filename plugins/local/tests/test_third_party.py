"""A distribution outside this repository adds its branch and runs, without a change here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

MODULE = '''
"""A job type of another team: shell jobs on their own scheduler."""
import json
import sys
from pathlib import Path

from extract_core import Branch, JobState, FailureClass, JobStatus, JobType, LocalCommand, hookimpl
from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid")
    priority: int = 5


class Deployment(BaseModel):
    model_config = ConfigDict(extra="forbid")
    queue: str = "default"


class Farm(JobType[Settings, Deployment]):
    name = "farm"
    title = "Farm"
    api_version = 1

    def settings(self):
        return Settings

    def deployment(self):
        return Deployment

    def branch(self, target):
        start = {
            "Type": "Task",
            "Comment": "Run the job on the farm, to its end.",
            "Resource": f"arn:{target.partition}:states:::batch:submitJob.sync",
            "Parameters": {
                "JobName.$": "$.arguments.name",
                "JobQueue": target.deployment.queue,
                "JobDefinition": "farm",
                "Parameters.$": "$.arguments.parameters",
            },
            "ResultPath": "$.job_result",
        }
        return Branch(start="Farm Start Extract Job Run", states={"Farm Start Extract Job Run": start},
                      job_state="Farm Start Extract Job Run")

    def arguments(self, table, settings):
        return {"name": f"p{settings.priority}", "parameters": dict(table.job_arguments)}

    def status(self, outcome):
        if outcome.error is None and outcome.result == {"ExitCode": 0}:
            return JobStatus(state=JobState.SUCCEEDED)
        return JobStatus(state=JobState.FAILED, failure=FailureClass.USER_CODE, message=outcome.cause or repr(outcome.result))

    def local_command(self, arguments):
        script = Path(__file__).with_name("farm_job.py")
        return LocalCommand(argv=[sys.executable, str(script), json.dumps(arguments["parameters"])])


@hookimpl
def extract_job_types():
    return [Farm()]
'''

JOB = """
import json, os, sys
from urllib.parse import unquote
given = json.loads(sys.argv[1])
where = unquote(given["--extract_s3_uri"].removeprefix("file://"))
os.makedirs(where)
open(where + "rows.txt", "w").write("one\\ntwo\\n")
result = {"run_id": given["--run_id"], "attempt": int(given["--attempt"]), "rows": 2, "bytes": 8,
          "files": [{"name": "rows.txt", "bytes": 8}], "low_watermark": None, "high_watermark": None}
path = unquote(given["--result_uri"].removeprefix("file://"))
os.makedirs(os.path.dirname(path), exist_ok=True)
open(path, "w").write(json.dumps(result))
"""

CONFIG = """
source_name: sales
extract:
  job_type: farm
  tables: {anything: {priority: 9}, public.categories: {job_type: glue}}
  db_engine: sqlite
  db_name: sales.db
"""


@pytest.fixture
def farm(tmp_path: Path) -> Path:
    """What pip leaves in site-packages for a distribution `acme-farm`."""
    site = tmp_path / "site"
    info = site / "acme_farm-2.1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-farm\nVersion: 2.1\n")
    (info / "entry_points.txt").write_text("[extract_core]\nfarm = acme_farm\n")
    (info / "INSTALLER").write_text("pip\n")
    (site / "acme_farm.py").write_text(textwrap.dedent(MODULE))
    (site / "farm_job.py").write_text(JOB)
    return site


@pytest.fixture
def installed(demo_project, farm):
    demo_project.python_path.append(farm)
    toml = demo_project.folder / "extract.toml"
    toml.write_text(toml.read_text() + '\n[job_types.farm]\nqueue = "night"\n')
    demo_project.config(CONFIG)
    return demo_project


def states(definition: dict) -> dict:
    return definition["States"]["Iterate Through Extract Tables"]["ItemProcessor"]["States"]


def test_it_adds_its_branch_to_the_machine(installed):
    built = states(json.loads(installed.extract("asl", "build").stdout))
    branch = built["Farm Start Extract Job Run"]
    assert branch["Parameters"]["JobQueue"] == "night"
    assert branch["Next"] == "Handle Extract Job Run Status"
    assert branch["Catch"][-1] == {
        "ErrorEquals": ["States.ALL"], "ResultPath": "$.job_error", "Next": "Handle Extract Job Run Status"
    }  # fmt: skip
    rule = {"Variable": "$.job_type", "StringEquals": "farm", "Next": "Farm Start Extract Job Run"}
    assert rule in built["Choose Job Type"]["Choices"]


def test_its_branch_is_checked_with_the_others(installed, farm):
    clean = installed.extract("asl", "check")
    assert clean.stdout.splitlines()[-1].startswith("1 file: 0 errors")
    module = farm / "acme_farm.py"
    module.write_text(module.read_text().replace('"JobQueue": target', '"Queue": target'))
    findings = json.loads(installed.extract("asl", "check", "--output", "json", code=1).stdout)
    errors = {finding["pointer"].rpartition("/States/")[2] for finding in findings if finding["severity"] == "ERROR"}
    assert errors == {"Farm Start Extract Job Run/Parameters", "Farm Start Extract Job Run/Parameters/Queue"}


def test_the_machine_is_written_through_a_link_and_into_a_device_as_it_is(installed):
    link, target = installed.folder / "link.json", installed.folder / "target.json"
    target.write_text("before")
    link.symlink_to(target)
    installed.extract("asl", "build", "-o", "link.json")
    assert link.is_symlink()
    assert states(json.loads(target.read_text()))
    installed.extract("asl", "build", "-o", "/dev/null")
    assert not Path("/dev/null").is_file()


def test_without_the_plugin_the_machine_has_no_such_branch(demo_project):
    assert "Farm Start Extract Job Run" not in states(json.loads(demo_project.extract("asl", "build").stdout))


def test_it_runs_and_is_tracked_like_any_other(installed):
    done = installed.extract("run", "sales", "--local", "--output", "json")
    rows = {row["table"]: row for row in json.loads(done.stdout)["tables"]}
    assert (rows["anything"]["state"], rows["anything"]["rows"], rows["anything"]["job_type"]) == ("SUCCEEDED", 2, "farm")
    assert rows["public.categories"]["state"] == "SUCCEEDED"
    listed = installed.extract("plugins", "list", "--output", "json").stdout
    assert {"plugin": "farm", "version": "2.1", "distribution": "acme-farm", "job_types": ["farm"],
            "hooks": ["extract_job_types"]} in json.loads(listed)["plugins"]  # fmt: skip


def test_without_its_program_only_its_own_tables_fail(installed, farm):
    (farm / "farm_job.py").unlink()
    done = installed.extract("run", "sales", "--local", "--output", "json", code=1)
    rows = {row["table"]: row for row in json.loads(done.stdout)["tables"]}
    assert rows["anything"]["state"] == "FAILED"
    assert "farm_job.py" in rows["anything"]["message"]
    assert rows["public.categories"]["state"] == "SUCCEEDED"


def test_a_broken_plugin_is_named_and_other_tables_run(installed, farm):
    (farm / "acme_farm.py").write_text("raise RuntimeError('half an upgrade')\n")
    listed = installed.extract("plugins", "list", code=1)
    assert "broken: plugin 'farm' of acme-farm 2.1: " in listed.stderr
    assert "RuntimeError: half an upgrade" in listed.stderr
    done = installed.extract("run", "sales", "--local", "--output", "json", code=1)
    rows = {row["table"]: row for row in json.loads(done.stdout)["tables"]}
    assert (rows["anything"]["state"], rows["anything"]["failure"]) == ("FAILED", "CONFIG")
    assert "RuntimeError: half an upgrade" in rows["anything"]["message"]
    assert rows["public.categories"]["state"] == "SUCCEEDED"


FAULTS_OF_A_JOB = [
    (
        "local_answer",
        "return None",
        "local_answer of {whom} returned None; it must be an Outcome: Outcome.succeeded(result), or ",
    ),
    ("local_answer", "return {'ExitCode': 0}", "local_answer of {whom} returned {{'ExitCode': 0}}; it must be an Outcome: "),
    ("local_answer", "raise SystemExit(4)", "local_answer of {whom} raised SystemExit: 4 (acme_farm.py:"),
    (
        "local_answer",
        "from extract_core import Outcome; return Outcome.succeeded({1, 2})",
        "local_answer of {whom} raised TypeError: ",
    ),
    ("local_command", "return ['python']", "local_command of {whom} returned ['python']; it must be a LocalCommand, or None"),
    (
        "local_command",
        "return LocalCommand(argv=[3])",
        "local_command of {whom} returned the argv [3]; it must be a program and its ",
    ),
    (
        "local_command",
        "return LocalCommand(argv=['true'], seconds='9')",
        "local_command of {whom} returned the seconds '9'; it must be a number above 0, or None",
    ),
    ("local_command", "return LocalCommand(argv=['true'], env={'X': 1})", "the job of {whom} could not be started: 'true': "),
    ("local_command", "raise KeyError('tired')", "local_command of {whom} raised KeyError: 'tired' (acme_farm.py:"),
    ("arguments", "raise SystemExit(4)", "job type 'farm' failed at planning: SystemExit: 4 (acme_farm.py:"),
    ("status", "raise SystemExit(4)", "the status parser of job type 'farm' raised SystemExit: 4 (acme_farm.py:"),
]
FAULTS_OF_A_BRANCH = [
    ("branch", "raise KeyError('tired')", "branch() raised KeyError: 'tired' (acme_farm.py:"),
    ("branch", "return None", "branch() returned None; return a Branch; "),
    ("permissions", "raise SystemExit(1)", "permissions() raised SystemExit: 1 (acme_farm.py:"),
    ("start_retries", "raise KeyError('tired')", "start_retries() raised KeyError: 'tired' (acme_farm.py:"),
    ("deployment", "raise KeyError('tired')", "deployment() raised KeyError: 'tired' (acme_farm.py:"),
    (
        "branch",
        "built = _branch(self, *given); built.states[built.start]['InputPath'] = '$..[['; return built",
        "/States/Farm Start Extract Job Run/InputPath: ",
    ),
    (
        "branch",
        "built = _branch(self, *given); built.states[built.start]['Retry'] = [{'IntervalSeconds': 0}]; return built",
        "/States/Farm Start Extract Job Run/Retry/0",
    ),
]
FAULTS_OF_A_HOOK = [
    ("return 7", "its hook extract_state_machine returned 7; return a definition or None"),
    ("raise SystemExit(3)", "its hook extract_state_machine raised SystemExit: 3 (acme_farm.py:"),
    ("return {'StartAt': 'A', 'States': {}}", "the definition that the hooks extract_state_machine returned: "),
]


def broken_in(farm: Path, method: str, line: str) -> None:
    module = farm / "acme_farm.py"
    module.write_text(
        module.read_text() + f"\n\n_branch = Farm.branch\n\n\ndef faulty(self, *given):\n    {line}\n\n\nFarm.{method} = faulty\n"
    )


def run_with_one_failure(installed) -> tuple[dict, str]:
    done = installed.extract("run", "sales", "--local", "--output", "json", code=1)
    rows = {row["table"]: row for row in json.loads(done.stdout)["tables"]}
    assert rows["public.categories"]["state"] == "SUCCEEDED"
    assert rows["anything"]["state"] != "SUCCEEDED"
    return rows["anything"], done.stderr


@pytest.mark.parametrize(("method", "line", "message"), FAULTS_OF_A_JOB)
def test_an_error_in_its_code_fails_only_its_own_tables(installed, farm, method, line, message):
    broken_in(farm, method, line)
    row, _ = run_with_one_failure(installed)
    assert message.format(whom="job type 'farm' (plugin 'farm' of acme-farm 2.1)") in row["message"]


@pytest.mark.parametrize(("method", "line", "cause"), FAULTS_OF_A_BRANCH)
def test_a_branch_that_cannot_be_built_is_left_out_of_a_local_run_and_refused_by_build(installed, farm, method, line, cause):
    broken_in(farm, method, line)
    row, stderr = run_with_one_failure(installed)
    problem = f"plugin 'farm' of acme-farm 2.1: its job type 'farm' cannot be built into the machine: {cause}"
    assert row["failure"] == "CONFIG"
    assert problem in row["message"]
    assert f"left out of this run: {problem}" in stderr
    assert "for details: extract plugins check farm" in stderr
    assert cause.removesuffix("; ").rpartition("/States/")[2] in installed.extract("asl", "build", code=2).stderr
    assert cause.removesuffix("; ") in installed.extract("doctor", code=1).stdout


@pytest.mark.parametrize(("line", "cause"), FAULTS_OF_A_HOOK)
def test_a_plugin_whose_hook_breaks_the_machine_is_left_out_of_a_local_run(installed, farm, line, cause):
    module = farm / "acme_farm.py"
    module.write_text(module.read_text() + f"\n\n@hookimpl\ndef extract_state_machine(definition):\n    {line}\n")
    row, stderr = run_with_one_failure(installed)
    assert f"plugin 'farm' of acme-farm 2.1: {cause}" in row["message"]
    assert f"left out of this run: plugin 'farm' of acme-farm 2.1: {cause}" in stderr
    assert cause in installed.extract("doctor", code=1).stdout
    assert cause in installed.extract("asl", "build", code=2).stderr


LOUD = """

def _loud(method):
    kept = getattr(Farm, method)

    def loud(self, *given):
        import click
        print(f"loud {method}")
        click.echo(f"louder {method}")
        return kept(self, *given)

    setattr(Farm, method, loud)


for _method in ("settings", "arguments", "status", "branch", "local_answer"):
    _loud(_method)
"""


@pytest.mark.parametrize(
    ("arguments", "called"),
    [
        (["run", "sales", "--local"], ["settings", "arguments", "status", "branch", "local_answer"]),
        (["plan", "sales"], ["settings", "arguments"]),
    ],
    ids=lambda words: words[0],
)
def test_what_a_job_type_prints_does_not_stand_among_the_data(installed, farm, arguments, called):
    module = farm / "acme_farm.py"
    module.write_text(module.read_text() + LOUD)
    done = subprocess.run(
        [sys.executable, "-c", "from extract_cli import main; main()", *arguments, "--output", "json"],
        cwd=installed.folder, env={**os.environ, "PYTHONPATH": str(farm)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    json.loads(done.stdout)
    assert [method for method in called if f"loud {method}\nlouder {method}\n" not in done.stderr] == []


def test_of_two_job_types_with_the_same_states_the_one_named_like_its_title_keeps_them(installed, farm):
    module = farm / "acme_farm.py"
    module.write_text(module.read_text().replace("Farm Start", "Glue Start").replace('title = "Farm"', 'title = "Glue"'))
    row, stderr = run_with_one_failure(installed)
    taken = "its state 'Glue Start Extract Job Run' is also one of job type 'glue' (plugin 'glue' of extract-sfn-glue "
    assert row["failure"] == "CONFIG"
    assert taken in row["message"]
    assert taken in stderr
    assert "is in two branches" in installed.extract("asl", "build", code=2).stderr
