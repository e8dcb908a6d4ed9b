"""Cold start of the Lambda functions: CPU of whole processes, against a bare boto3 handler in the same series.

    python benchmarks/bench_cold_start.py [rounds]

Each process has the unpacked bundle, boto3 and 100 other distributions on its path, and runs a function once. The bare handler
makes two clients of boto3, reads one object and writes one item. S3 and DynamoDB are moto's server in another process.
Goals: status handler at most 1.0 times, config manager (10 tables) at most 1.3 times the bare handler.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from importlib import metadata
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from zipfile import ZipFile

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests"))

from shared_fixtures.lambda_account import BUCKET, lambda_account  # noqa: E402 - after the path

if TYPE_CHECKING:
    from shared_fixtures.lambda_account import Pipeline

GOALS: Final = {"status": 1.0, "config": 1.3}
DISTRIBUTIONS: Final = 100
SDK: Final = ("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six", "urllib3")
CONFIG: Final = "source_type: jdbc\nextract:\n  job_type: glue\n  db_engine: sqlite\n  db_name: x.db\n  tables:\n" + "".join(
    f"    public.table_{number}: {{}}\n" for number in range(10)
)
RUN: Final = """
import importlib, json, re, resource, sys
sys.path[:0] = sys.argv[1:3]
payload = json.load(sys.stdin)
name, _, function = sys.argv[3].rpartition(".")
answer = getattr(importlib.import_module(name), function)(payload, None)
usage = resource.getrusage(resource.RUSAGE_SELF)
peak = int(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])  # ru_maxrss is that of the parent at least
json.dump([usage.ru_utime + usage.ru_stime, peak / 1024, answer], sys.stdout)
"""
BARE: Final = """
import boto3, os
def handler(event, context):
    s3, dynamodb = boto3.client("s3"), boto3.client("dynamodb")
    body = s3.get_object(Bucket=event["bucket"], Key=event["key"])["Body"].read()
    dynamodb.put_item(TableName=event["table"], Item={"pk": {"S": "x"}, "sk": {"S": "y"}, "size": {"N": str(len(body))}})
    return len(body)
"""


def unpacked(folder: Path) -> Path:
    """The bundle of the plugins glue, emr and ecs for this machine."""
    os.environ["EXTRACT_DISABLE_PLUGINS"] = "batch"
    from asl_generator import build
    from asl_generator.bundle import build_bundle
    from asl_generator.bundle.target import this_machine
    from extract_core.registry.loading import discover

    registry = discover(strict=True)
    place = {"partition": "aws", "region": "eu-central-1", "account": "123456789012"}
    machine = build(registry, name="night", max_concurrency=10, deployments={"glue": {"job_name": "extract"}}, **place)
    bundle = build_bundle(machine, registry, this_machine())
    ZipFile(BytesIO(bundle.data)).extractall(folder)
    print(f"bundle: {bundle.unzipped / 1e6:.1f} MB unzipped, {len(bundle.files)} files; plugins {', '.join(registry.job_types)}")
    return folder


def runtime(folder: Path) -> Path:
    """A folder with boto3 and what it needs, as Lambda has it, and the metadata of 100 other distributions."""
    folder.mkdir()
    for name in SDK:
        distribution = metadata.distribution(name)
        for top in {file.parts[0] for file in distribution.files or () if file.parts[0] not in ("..", "__pycache__")}:
            (folder / top).symlink_to(Path(str(distribution.locate_file(top))))
    for number in range(DISTRIBUTIONS):
        info = folder / f"acme_{number}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: acme-{number}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text("[console_scripts]\nx = x:x\n")
    return folder


def measured(bundle: Path, sdk: Path, pipeline: Pipeline, handler: str, payload: Any) -> tuple[float, float, Any]:
    """CPU seconds and peak MB of a process that runs this function once, and its answer."""
    command = [sys.executable, "-I", "-S", "-c", RUN, str(bundle), str(sdk), handler]
    done = subprocess.run(
        command, input=json.dumps(payload), capture_output=True, text=True, check=False, env={**pipeline.environ, "TZ": "UTC"}
    )
    assert done.returncode == 0, done.stderr
    cpu, peak, answer = json.loads(done.stdout)
    return cpu, peak, answer


def main() -> int:
    """Print the medians of CPU, of the ratio within a round, and of the peak. Exit code 1 if a goal is missed."""
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 9
    figures: dict[str, list[tuple[float, float]]] = {"bare": [], "status": [], "config": []}
    with tempfile.TemporaryDirectory() as scratch, lambda_account() as account:
        bundle, sdk = unpacked(Path(scratch, "bundle")), runtime(Path(scratch, "runtime"))
        (Path(scratch, "bare")).mkdir()
        Path(scratch, "bare", "bare.py").write_text(BARE)
        for number in range(rounds + 1):
            pipeline = account.pipeline(CONFIG)
            bare = {"bucket": BUCKET, "key": f"{pipeline.name}/config/sales.yml", "table": pipeline.name}
            one = measured(Path(scratch, "bare"), sdk, pipeline, "bare.handler", bare)
            config = measured(bundle, sdk, pipeline, "extract_core.lambdas.config_manager.handler", pipeline.begin())
            payload = pipeline.succeeded(config[2]["tables_to_extract"][0])
            status = measured(bundle, sdk, pipeline, "extract_core.lambdas.job_run_status.handler", payload)
            assert status[2] == {"status": "SUCCEEDED"}, status[2]
            if number:  # the first round fills the caches of the disk
                for name, figure in (("bare", one), ("status", status), ("config", config)):
                    figures[name].append(figure[:2])
    missed = False
    for name, measures in figures.items():
        ratio = statistics.median(cpu / bare for (cpu, _), (bare, _) in zip(measures, figures["bare"], strict=True))
        cpu, peak = (statistics.median(column) for column in zip(*measures, strict=True))
        goal = f" (goal: at most {GOALS[name]})" if name in GOALS else ""
        print(f"{name:<8}{cpu * 1000:6.0f} ms CPU{ratio:7.2f}{peak:6.0f} MB{goal}")
        missed |= ratio > GOALS.get(name, ratio)
    return int(missed)


if __name__ == "__main__":
    sys.exit(main())
