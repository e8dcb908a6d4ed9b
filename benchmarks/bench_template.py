"""CPU and memory of `extract deploy template` for 3, 30 and 300 job types, against the AWS CDK with an equal machine.

    python benchmarks/bench_template.py [rounds]

Both are whole processes with their children (the CDK starts node), in turn. Ours runs in an environment of wheels, the CDK in
a separate one: pip installs it, and node must be there. Both make the machine (a Choice over the job types in a DISTRIBUTED Map,
a Task of Batch with Retry and Catch each), its role and five functions; ours also checks the definition and makes a role per
function. Goals: at most 1/25 of the CPU, 1/10 of the memory.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import Final

from bench_cli import environment
from bench_generator import METHODS

SIZES: Final = (3, 30, 300)
CDK_VERSION: Final = "aws-cdk-lib>=2.200,<3"
CPU_GOAL: Final = 25
MEMORY_GOAL: Final = 10

PLUGIN: Final = (
    """
from extract_core import Branch, JobState, JobStatus, JobType, Statement, hookimpl

class Made(JobType):
    api_version = 1
    def settings(self):
        from acme_models import Deployment
        return Deployment
    deployment = settings
"""
    + METHODS
    + """\
    def permissions(self, target):
        yield Statement(actions=("batch:SubmitJob",), resources=(target.arn("batch", f"job-queue/{target.deployment.queue}"),))
        yield Statement(actions=("batch:DescribeJobs", "batch:TerminateJob"), resources=("*",))

@hookimpl
def extract_job_types():
    return [type(f"T{n}", (Made,), {"name": f"t{n:03}", "title": f"T{n:03}"})() for n in range(NUMBER)]
"""
)
MODELS: Final = "from pydantic import BaseModel\n\nclass Deployment(BaseModel, extra='forbid'):\n    queue: str\n"
PIPELINE: Final = """\
[pipeline]
name = "night"
region = "eu-central-1"
account = "123456789012"
config_uri = "s3://acme-extract/config/"
data_uri = "s3://acme-extract/data/"
runs_uri = "s3://acme-extract/runs/"
tracking = "dynamodb://extract"
"""
CDK: Final = """
import sys
import aws_cdk as cdk
from aws_cdk import aws_iam as iam, aws_lambda as lambda_, aws_logs as logs, aws_stepfunctions as sfn

app = cdk.App(outdir=sys.argv[2])
stack = cdk.Stack(app, "night", env=cdk.Environment(account="123456789012", region="eu-central-1"))
role = iam.Role(stack, "role", assumed_by=iam.ServicePrincipal("states.amazonaws.com"))

def function(name):
    arn = f"arn:aws:lambda:eu-central-1:123456789012:function:{name}"
    retry = {"ErrorEquals": ["Lambda.ServiceException"], "IntervalSeconds": 2, "MaxAttempts": 6, "BackoffRate": 2}
    return sfn.CustomState(stack, f"Call {name}", state_json={"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke",
        "Parameters": {"FunctionName": arn, "Payload.$": "$"}, "ResultPath": "$.manager", "Retry": [retry]})

status, choice = function("status"), sfn.Choice(stack, "Choose Job Type")
for number in range(int(sys.argv[1])):
    retry = {"ErrorEquals": ["Batch.BatchException"], "IntervalSeconds": 5, "MaxAttempts": 6, "BackoffRate": 2}
    job = sfn.CustomState(stack, f"T{number:03} Start Extract Job Run", state_json={"Type": "Task", "Comment": "Runs it",
        "Resource": "arn:aws:states:::batch:submitJob.sync", "Parameters": {"JobQueue": "q", "JobName.$": "$.arguments.name"},
        "ResultPath": "$.job_result", "TimeoutSecondsPath": "$.timeout_seconds", "Retry": [retry]})
    job.add_catch(status, errors=["States.ALL"], result_path="$.job_error")
    job.next(status)
    choice.when(sfn.Condition.string_equals("$.job_type", f"t{number:03}"), job)
    queue = "arn:aws:batch:eu-central-1:123456789012:job-queue/q"
    role.add_to_policy(iam.PolicyStatement(actions=["batch:SubmitJob"], resources=[queue]))
choice.otherwise(status)
tables = sfn.DistributedMap(stack, "Iterate Through Extract Tables", max_concurrency=10, items_path="$.manager.items")
tables.item_processor(choice)
role.add_to_policy(iam.PolicyStatement(actions=["batch:DescribeJobs", "batch:TerminateJob"], resources=["*"]))
states = sfn.DefinitionBody.from_chainable(function("config").next(tables).next(function("summary")))
options = sfn.LogOptions(destination=logs.LogGroup(stack, "logs"), level=sfn.LogLevel.ERROR)
sfn.StateMachine(stack, "machine", definition_body=states, role=role, logs=options)
for name in ("config", "status", "summary", "reconcile", "slot"):
    code = {"s3_bucket": "b", "s3_key": "k"}
    lambda_.CfnFunction(stack, name, role=role.role_arn, handler="x.y", runtime="python3.13", code=code)
app.synth()
"""


def project(folder: Path, number: int) -> Path:
    """A pipeline with this many job types, of a plugin in the folder `lib`, and the app of the CDK."""
    library = folder / "lib"
    info = library / "acme_made-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-made\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[extract_core]\nmade = acme_made\n")
    (library / "acme_made.py").write_text(PLUGIN.replace("NUMBER", str(number)))
    (library / "acme_models.py").write_text(MODELS)
    sections = "".join(f'[job_types.t{of:03}]\nqueue = "q"\n' for of in range(number))
    (folder / "extract.toml").write_text(PIPELINE + sections)
    (folder / "app.py").write_text(CDK)
    return folder


def cdk_python(folder: Path) -> Path:
    """The Python of a new environment with the AWS CDK."""
    venv.create(folder, with_pip=False)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q", "--python", python]
    subprocess.run([*pip, "install", CDK_VERSION], check=True)
    return python


MEASURED: Final = """
import json, resource, subprocess, sys
code = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL).returncode
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([code, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024]))
"""


def measured(command: list[str | Path], folder: Path, environ: dict[str, str]) -> tuple[float, float]:
    """CPU seconds of the command and its children, and the peak MB of the largest of them."""
    runner = [sys.executable, "-I", "-S", "-c", MEASURED, *command]
    done = subprocess.run(runner, cwd=folder, env=environ, capture_output=True, text=True, check=True)
    code, cpu, peak = (float(part) for part in done.stdout.strip(" []\n").split(","))
    assert code == 0, command
    return cpu, peak


def main() -> int:
    """Print a line per size. Exit code 1 if a goal is missed."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    missed = False
    plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    print(f"{'types':>5} {'ours s':>7} {'CDK s':>7} {'CPU':>7} {'ours MB':>8} {'CDK MB':>7} {'memory':>7}")
    with tempfile.TemporaryDirectory() as scratch:
        python, cdk = environment(Path(scratch)), cdk_python(Path(scratch, "cdk"))
        for number in SIZES:
            folder = project(Path(scratch, str(number)), number)
            environ = {
                **plain,
                "PYTHONPATH": str(folder / "lib"),
                "EXTRACT_DISABLE_PLUGINS": "glue,emr,emr_eks,emr_serverless,ecs",
            }
            template: list[str | Path] = [python.with_name("extract"), "deploy", "template"]
            synth: list[str | Path] = [cdk, "app.py", str(number), folder / "out"]
            pairs = [(measured(template, folder, environ), measured(synth, folder, plain)) for _ in range(rounds + 1)][1:]
            cpu = statistics.median(theirs[0] / ours[0] for ours, theirs in pairs)
            memory = statistics.median(theirs[1] / ours[1] for ours, theirs in pairs)
            ours, theirs = ([statistics.median(column) for column in zip(*of, strict=True)] for of in zip(*pairs, strict=True))
            sizes = f"{ours[1]:>8.0f} {theirs[1]:>7.0f}"
            print(f"{number:>5} {ours[0]:>7.3f} {theirs[0]:>7.2f}  1/{cpu:<4.1f} {sizes}  1/{memory:<4.1f}", flush=True)
            missed |= cpu < CPU_GOAL or memory < MEMORY_GOAL
    print(f"goals: 1/{CPU_GOAL} of the CPU, 1/{MEMORY_GOAL} of the memory")
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
