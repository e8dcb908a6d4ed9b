"""An account for Lambda functions that run in processes: moto's server in a separate process, buckets, a table, a config."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config

from extract_core.tracking.dynamodb.keys import table_definition

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION = "eu-central-1"
BUCKET = "acme-extract"
MACHINE = f"arn:aws:states:{REGION}:123456789012:stateMachine:night"
GLUE_RUN = {
    "Attempt": 0, "CompletedOn": 1783349798460, "ExecutionTime": 71, "GlueVersion": "5.1", "Id": "jr_1", "JobName": "extract",
    "JobRunState": "SUCCEEDED", "LogGroupName": "/aws-glue/python-jobs", "MaxCapacity": 2.0, "StartedOn": 1783349720582,
}  # fmt: skip
"""The answer of Glue's GetJobRun, as Step Functions gives it to the machine."""


@dataclass
class LambdaAccount:
    """Buckets and services at `url`. Each `pipeline` of it has places and a tracking table that no other one has."""

    url: str
    process: subprocess.Popen[bytes]
    pipelines: int = 0
    clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """A client of this process."""
        if service not in self.clients:
            names = {"aws_access_key_id": "test", "aws_secret_access_key": "test", "region_name": REGION}
            config = Config(retries={"total_max_attempts": 1})
            self.clients[service] = boto3.client(service, endpoint_url=self.url, config=config, **names)
        return self.clients[service]

    def pipeline(self, config: str) -> Pipeline:
        """A new pipeline with this config of the source ``sales``."""
        self.pipelines += 1
        made = Pipeline(self, f"night-{self.pipelines}")
        self.client("s3").put_object(Bucket=BUCKET, Key=f"{made.name}/config/sales.yml", Body=config.encode())
        self.client("dynamodb").create_table(**table_definition(made.name))
        return made

    def stop(self) -> None:
        """End the server."""
        self.process.terminate()
        self.process.wait(10)


@dataclass
class Pipeline:
    """The places of one pipeline, and the payloads that the machine gives its functions."""

    account: LambdaAccount
    name: str

    @property
    def environ(self) -> dict[str, str]:
        """What the template sets on the functions, and what the Lambda service sets."""
        return {
            "EXTRACT_CONFIG_URI": f"s3://{BUCKET}/{self.name}/config/",
            "EXTRACT_DATA_URI": f"s3://{BUCKET}/{self.name}/data/",
            "EXTRACT_RUNS_URI": f"s3://{BUCKET}/{self.name}/runs/",
            "EXTRACT_TRACKING": f"dynamodb://{self.name}",
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_ENDPOINT_URL": self.account.url,
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def begin(self, run_id: str = "run-1") -> dict[str, Any]:
        """The payload of the config manager."""
        machine = {"name": "night", "map": "INLINE", "max_concurrency": 10, "retry_loop": True, "contract": [1, 0]}
        machine["job_types"] = {"glue": {"job_name": "extract"}}
        return {"event": {"source": "sales", "tables": "*"}, "execution": execution(run_id), "machine": machine}

    def succeeded(self, item: dict[str, Any]) -> dict[str, Any]:
        """The payload of the status handler after a job that wrote one file, and its result object in S3."""
        result = {
            "version": 2, "run_id": item["run_id"], "attempt": item["attempt"], "table": item["table"], "rows": 10, "bytes": 1000,
            "files": [{"name": "part-00000.parquet", "rows": 10, "bytes": 1000}],
        }  # fmt: skip
        s3 = self.account.client("s3")
        for uri, body in (
            (item["extract_s3_uri"] + "part-00000.parquet", b"x" * 1000),
            (item["result_uri"], json.dumps(result).encode()),
        ):
            s3.put_object(Bucket=BUCKET, Key=uri.partition(f"{BUCKET}/")[2], Body=body)
        return {**item, "job_result": GLUE_RUN}

    def ended(self, run_id: str = "run-1") -> dict[str, Any]:
        """The payload of the summary."""
        return {"run_id": run_id, "execution": execution(run_id), "map_error": None}


def execution(run_id: str) -> dict[str, str]:
    """The execution of a run, as the machine names it in payloads."""
    return {
        "id": f"{MACHINE.replace('stateMachine', 'execution')}:{run_id}",
        "name": run_id,
        "started_at": "2026-11-30T01:00:00.000Z",
    }


@contextmanager
def lambda_account() -> Iterator[LambdaAccount]:
    """The account; at the end its process is stopped."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    account = LambdaAccount(f"http://127.0.0.1:{port}", process)
    try:
        _wait(port, process)
        account.client("s3").create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
        yield account
    finally:
        account.stop()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError(f"moto's server ended with {process.returncode}")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("moto's server did not start within 30 seconds")
