"""CPU of a whole process that builds a machine with 3, 30 and 300 branches, relative to `json.dumps` of the same definition.

    python benchmarks/bench_generator.py [repeats]

The ratio counts, because seconds depend on the machine. Each figure is the minimum of the repeats. Goal: below 15 for each size.
(troposphere, which checks nothing: 3 to 4. About half of our time is imports: pydantic and the checker. `bench_template.py`
compares the whole command with the AWS CDK.)
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Final

SIZES: Final = (3, 30, 300)
GOAL: Final = 15.0

METHODS: Final = """\
    def branch(self, target):
        state = f"{self.title} Start Extract Job Run"
        parameters = {"JobQueue": target.deployment.queue, "JobName.$": "$.arguments.name"}
        task = {"Type": "Task", "Comment": "Runs it", "Resource": "arn:aws:states:::batch:submitJob.sync",
                "Parameters": parameters, "ResultPath": "$.job_result"}
        return Branch(start=state, states={state: task}, job_state=state)
    def arguments(self, table, settings):
        return {}
    def status(self, outcome):
        return JobStatus(state=JobState.UNKNOWN)
"""
"""The parts of a job type of one Task, without its models and permissions."""
BUILD: Final = (
    """
import sys
from pydantic import BaseModel
from asl_generator import build
from extract_core import Branch, JobState, JobStatus, JobType
from extract_core.registry.installed import Registry

class Deployment(BaseModel, extra="forbid"):
    queue: str

class Made(JobType):
    api_version = 1
    def settings(self):
        return Deployment
    deployment = settings
"""
    + METHODS
    + """
made = [type(f"T{n}", (Made,), {"name": f"t{n:03}", "title": f"T{n:03}"})() for n in range(int(sys.argv[1]))]
machine = build(Registry.of(*made), name="extract", partition="aws", region="eu-central-1", account="123456789012",
                max_concurrency=10, deployments={each.name: {"queue": "q"} for each in made})
with open(sys.argv[2], "w") as file:
    file.write(machine.to_json())
"""
)
DUMP: Final = """
import json, sys
definition = json.load(open(sys.argv[1]))
json.dumps(definition, indent=2)
"""


def measure(*argv: str) -> tuple[float, float]:
    """CPU seconds (user and system) and peak MB of one process."""
    process = subprocess.Popen([sys.executable, *argv])
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0, argv
    return usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main() -> int:
    """Print one line per size."""
    repeats = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    worst = 0.0
    print(f"{'branches':>8} {'build s':>8} {'dumps s':>8} {'ratio':>6} {'peak MB':>8} {'bytes':>9}")
    with tempfile.TemporaryDirectory() as folder:
        for size in SIZES:
            file = str(Path(folder) / f"{size}.json")
            built = [measure("-c", BUILD, str(size), file) for _ in range(repeats)]
            dumped = [measure("-c", DUMP, file) for _ in range(repeats)]
            seconds, floor = min(cpu for cpu, _ in built), min(cpu for cpu, _ in dumped)
            worst = max(worst, seconds / floor)
            peak, length = min(peak for _, peak in built), Path(file).stat().st_size
            print(f"{size:>8} {seconds:>8.3f} {floor:>8.3f} {seconds / floor:>6.1f} {peak:>8.0f} {length:>9,}")
    print(f"worst ratio to json.dumps: {worst:.1f} (goal: below {GOAL:.0f})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
