"""An account that stands in for AWS: MiniStack, a process on loopback, and a project to deploy there."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.error import URLError
from urllib.request import urlopen

import pytest
from click.testing import CliRunner, Result

from extract_cli.deploy.command import deploy

if TYPE_CHECKING:
    from collections.abc import Iterator

REGION = "eu-central-1"
ACCOUNT = "123456789012"
MINISTACK = os.environ.get("EXTRACT_MINISTACK", "")
PROJECT = f"""[pipeline]
name = "nightly"
region = "{REGION}"
config_uri = "s3://acme-extract/config/"
data_uri = "s3://acme-lake/"
runs_uri = "s3://acme-extract/runs/"
tracking = "dynamodb://nightly"

[deploy]
managed = ["alarms", "buckets", "reconcile", "tracking"]
architecture = "x86_64"
runtime = "python{sys.version_info[0]}.{sys.version_info[1]}"

[schedules.sales]
when = "cron(0 2 * * ? *)"
event = {{source = "sales", tables = "*"}}

[job_types.glue]
job_name = "extract-jdbc"
managed = true
"""
CONFIG = """source_name: sales
source_type: jdbc
extract:
  job_type: glue
  db_engine: postgres
  db_name: sales
  db_secret: postgres/sales
  tables:
    public.accounts: {}
    public.events: {}
"""


@contextmanager
def served(command: list[str], environment: dict[str, str], folder: Path) -> Iterator[None]:
    """The server, from the moment it answers at its port."""
    process = subprocess.Popen(
        command, env={**os.environ, **environment}, cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            assert process.poll() is None, f"{command[0]} has ended"
            assert time.monotonic() < deadline
            try:
                urlopen(f"http://127.0.0.1:{environment['PORT']}/", timeout=2)
                break
            except URLError as error:
                if getattr(error, "code", None):
                    break  # it answers
            except OSError:
                pass
            time.sleep(0.2)
        yield
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:  # MiniStack waits for the threads of executions
            process.kill()
            process.wait(20)


def free_port() -> str:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


def deployed(*arguments: str) -> Result:
    """`extract deploy …`, with its exit code."""
    done = CliRunner().invoke(deploy, [*arguments], catch_exceptions=False, standalone_mode=False)
    done.exit_code = int(done.return_value or 0)
    return done


def project(folder: Path, monkeypatch: pytest.MonkeyPatch, port: str) -> None:
    """A project in the current folder, and an environment in which boto3 calls the server at this port."""
    (folder / "config").mkdir()
    (folder / "extract.toml").write_text(PROJECT)
    (folder / "config" / "sales.yml").write_text(CONFIG)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://localhost:{port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", ACCOUNT)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "x")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    monkeypatch.setenv("EXTRACT_DISABLE_PLUGINS", "batch,many_states")
    monkeypatch.setattr("boto3.DEFAULT_SESSION", None)
