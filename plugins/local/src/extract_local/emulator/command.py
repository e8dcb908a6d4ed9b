"""`extract emulate`: an AWS account on this machine, into which a pipeline is deployed and in which it runs."""

from __future__ import annotations

import os
import shutil
import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import click

from extract_cli.options import examples, pipeline_option
from extract_cli.views.output import echo
from extract_core.errors import ExtractError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from asl_toolkit import Handler
    from extract_core.contract import Json
    from extract_core.pipeline.model import Pipeline
    from extract_local.emulator.machines import DeployedMachines
    from extract_local.jobs.starting import JobStarter

PORT: Final = 5000
_LOOK_SECONDS: Final = 0.1


@click.command(epilog=examples("extract emulate", "extract emulate --port 5100"))
@click.option(
    "--port",
    type=click.IntRange(1, 65534),
    default=PORT,
    show_default=True,
    help="The port of moto's server. The next port is that of Step Functions.",
)
@pipeline_option
def emulate(port: int, pipeline: Path | None) -> int:
    """Emulate an AWS account on this machine, to try `extract deploy up` and runs without an account. Ctrl-C ends it.

    moto's server has S3, DynamoDB, CloudFormation, Lambda and IAM. Step Functions runs the machine that is deployed there. Each
    call of a function and each job is a process on this machine. The lines on stdout are for the shell of your other commands.

    The account is empty at the start, and its content is lost at the end. It can be reached from this machine only.
    """
    from extract_core.pipeline.read import read_pipeline
    from extract_local.emulator.moto import moto_server, require_free

    read = read_pipeline(pipeline)
    over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: over.set())
    require_free(port + 1)
    folder = read.home / "emulator"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    environment = _environment(read, port)
    log = folder / "moto.log"
    with moto_server(port, log) as server, _step_functions(read, port + 1, folder, environment):
        for name, value in environment.items():
            echo(f"export {name}={value}")
        echo("copy these lines into another terminal; Ctrl-C here ends the emulator", err=True)
        while not over.wait(_LOOK_SECONDS):
            if server.poll() is not None:
                raise ExtractError(f"moto's server ended with exit code {server.returncode}; its log is {str(log)!r}")
    return 0


def _environment(pipeline: Pipeline, port: int) -> dict[str, str]:
    """What a process needs to use the emulator. moto takes any credentials; its S3 needs the name localhost."""
    return {
        "AWS_ENDPOINT_URL": f"http://localhost:{port}",
        "AWS_ENDPOINT_URL_SFN": f"http://localhost:{port + 1}",
        "AWS_ACCESS_KEY_ID": "emulator",
        "AWS_SECRET_ACCESS_KEY": "emulator",
        "AWS_DEFAULT_REGION": pipeline.region,
    }


@contextmanager
def _step_functions(pipeline: Pipeline, port: int, folder: Path, environment: Mapping[str, str]) -> Iterator[None]:
    """Step Functions at this port. Functions, jobs and the clients of this process use the emulator too."""
    from asl_toolkit.endpoint import Endpoint
    from extract_local.jobs.starting import JobStarter

    os.environ.update(environment)
    starter = JobStarter(pipeline.folder)
    machines = _machines(pipeline, folder, starter, environment["AWS_ENDPOINT_URL"])
    try:
        with Endpoint(machines, port=port):
            yield
            machines.stop_all()
    finally:
        starter.close()


def _machines(pipeline: Pipeline, folder: Path, starter: JobStarter, url: str) -> DeployedMachines:
    import boto3

    from asl_generator import build_pipeline
    from asl_toolkit import Services
    from asl_toolkit.services.aws.calls import AwsCalls
    from extract_core.pipeline.read import read_pipeline
    from extract_core.registry.loading import discover
    from extract_local.emulator.functions import DeployedFunctions
    from extract_local.emulator.machines import DeployedMachines
    from extract_local.executions.folder import ExecutionFolder
    from extract_local.jobs.injection import Injections
    from extract_local.services import job_handlers

    session: Any = boto3.session.Session()
    calls = AwsCalls(lambda service: session.client(service, endpoint_url=url))
    account = calls.client("sts").get_caller_identity()["Account"]
    functions = DeployedFunctions(
        calls.client, folder, lambda line: echo(line, err=True), region=pipeline.region, account=account
    )
    registry = discover()

    def log_of(item: Mapping[str, Json]) -> Path:
        run = ExecutionFolder.of(folder / "runs", str(item["run_id"]))
        run.jobs.mkdir(parents=True, exist_ok=True)
        return run.job_log(str(item["table"]), int(str(item["attempt"])))

    def handlers() -> Mapping[str, Handler]:
        machine = build_pipeline(read_pipeline(pipeline.file), registry)
        return job_handlers(machine, registry, log_of, Injections(), starter)

    served = {**calls.handlers(), ("lambda", "invoke"): functions.invoke}
    return DeployedMachines(calls.client("stepfunctions"), Services(served), handlers, region=pipeline.region, account=account)
