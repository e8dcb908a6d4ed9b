"""CPU of whole commands against `python -c "import click"`, in an environment with only the run-time dependencies.

Goals: `extract --help` at most 2.5 times, commands that read the tracking store at most 4 times; `extract plan` of 10,000
tables at most 2 times `extract validate`; `extract deploy diff` with a template and three job types at most 1.5 times
`extract --help`.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MEMBERS = (
    *(".", "extract_cli", "asl_generator", "asl_toolkit", "extract_job"),
    *("plugins/glue", "plugins/emr", "plugins/ecs", "plugins/local"),
)
ROUNDS = 9
TABLES = 200
MANY = 10_000
GOALS = {"help": 2.5, "status": 4.0, "status, JSON": 4.0, "runs": 4.0}
PLAN_GOAL = 2.0  # times validate
DIFF_GOAL = 1.5  # times help
DEPLOYED = """\
[pipeline]
account = "123456789012"
config_uri = "s3://lake/config/"
data_uri = "s3://lake/data/"
runs_uri = "s3://lake/runs/"
tracking = "dynamodb://tracking"
[job_types.glue]
job_name = "extract-jdbc"
[job_types.emr]
cluster_id = "j-3KVT5M2Q9Z7UG"
scripts_uri = "s3://code/"
[job_types.ecs]
cluster = "extract"
task_definition = "extract-job"
subnets = ["subnet-0a1b2c3d4e5f60718"]
"""

PIPELINE = """\
[pipeline]
[job_types.ecs]
cluster = "extract"
task_definition = "extract-job"
subnets = ["subnet-0a1b2c3d4e5f60718"]
"""
SOURCE = "source_type: jdbc\nextract:\n  job_type: ecs\n  script_name: job.py\n  db_engine: sqlite\n  db_name: x.db\n  tables:\n"
RECORD = """
import sys
from extract_core.contract import JobState
from extract_core.tracking.open import open_tracking
from extract_core.tracking.records import AttemptRow, Guard, Owner, Policy, RunRecord

started, ended = "2026-03-01T06:00:00+00:00", "2026-03-01T06:01:00+00:00"
tables = sys.argv[1].split(",")
with open_tracking(".extract/tracking.db") as store:
    store.start_run(RunRecord(run_id="one", execution_id="e", source="sales", started_at=started))
    store.plan_run("one", plan_uri="file:///p", planned=len(tables), policy=Policy(), skipped=[])
    owner = Owner(execution_id="e", run_id="one", started_at=started, bound="2100-01-01T00:00:00+00:00")
    store.take("sales", tables, owner, is_running=bool, now=None, all_or_nothing=True)
    for table in tables:
        row = AttemptRow(run_id="one", source="sales", table=table, attempt=1, job_type="ecs", state=JobState.SUCCEEDED, rows=10,
                         bytes=800, started_at=started, ended_at=ended, recorded_at=ended)
        store.finish(row, guard=Guard(run_id="one", fencing=1, attempt=1))
    store.put_summary("one", {"state": "SUCCEEDED"})
"""


def environment(folder: Path) -> Path:
    """A fresh environment with extract-sfn[glue,emr,ecs,local,cli], installed from wheels."""
    environ = dict(os.environ, PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    wheels = folder / "wheels"
    members = [str(ROOT / member) for member in MEMBERS]
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", wheels, *members], check=True, env=environ)
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv" / "bin" / "python"
    subprocess.run([*pip, "--python", python, "install", *wheels.iterdir()], check=True, env=environ)
    return python


def project(folder: Path, tables: int) -> Path:
    """A pipeline with this many tables."""
    (folder / "config").mkdir(parents=True)
    (folder / ".extract").mkdir()
    (folder / "extract.toml").write_text(PIPELINE)
    lines = "".join(f"    {table}: {{}}\n" for table in names(tables))
    (folder / "config" / "sales.yml").write_text(f"source_name: sales\n{SOURCE}{lines}")
    return folder


def names(count: int) -> list[str]:
    """Names of tables."""
    return [f"public.table_{number:05}" for number in range(count)]


def cpu(command: list[str], folder: Path) -> float:
    """User and system seconds of one whole process."""
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, _, usage = os.wait4(process.pid, 0)
    process.returncode = 0
    return usage.ru_utime + usage.ru_stime


def main() -> int:
    """Run the commands in turn. Prints the median CPU time and the median ratio of each."""
    with tempfile.TemporaryDirectory() as scratch:
        python = environment(Path(scratch))
        small, large = project(Path(scratch, "small"), TABLES), project(Path(scratch, "large"), MANY)
        subprocess.run([python, "-c", RECORD, ",".join(names(TABLES))], cwd=small, check=True)
        extract = str(python.parent / "extract")
        commands = {
            "help": [extract, "--help"],
            "version": [extract, "--version"],
            "status": [extract, "status"],
            "status, JSON": [extract, "status", "--output", "json"],
            "runs": [extract, "runs"],
            "validate": [extract, "validate"],
            "plan": [extract, "plan", "sales"],
        }
        click = [str(python), "-c", "import click"]
        times: dict[str, list[float]] = {name: [] for name in commands}
        ratios: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(ROUNDS):
            base = cpu(click, small)
            for name, command in commands.items():
                times[name].append(cpu(command, small))
                ratios[name].append(times[name][-1] / base)
        deployed = Path(scratch, "deployed")
        deployed.mkdir()
        (deployed / "extract.toml").write_text(DEPLOYED)
        subprocess.run([extract, "deploy", "template", "-o", "template.yml"], cwd=deployed, check=True)
        diff = [extract, "deploy", "diff", "--against", "template.yml"]
        of_diff = [(cpu(diff, deployed), cpu(commands["help"], deployed)) for _ in range(ROUNDS)]
        pairs = [(cpu(commands["plan"], large), cpu(commands["validate"], large)) for _ in range(3)]
    print(f"{TABLES} tables; CPU, and its ratio to `import click`")
    for name in commands:
        goal = f" (goal: at most {GOALS[name]})" if name in GOALS else ""
        milliseconds = statistics.median(times[name]) * 1000
        print(f"  {name:<14}{milliseconds:5.0f} ms {statistics.median(ratios[name]):6.2f}{goal}")
    plan, validate = (statistics.median(column) for column in zip(*pairs, strict=True))
    print(f"{MANY:,} tables: plan {plan:.2f} s, validate {validate:.2f} s: {plan / validate:.2f} (goal: at most {PLAN_GOAL})")
    diff_time, help_time = (statistics.median(column) for column in zip(*of_diff, strict=True))
    ratio = f"{diff_time / help_time:.2f} times help (goal: at most {DIFF_GOAL})"
    print(f"deploy diff --against, 3 job types: {diff_time * 1000:.0f} ms, {ratio}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
