"""The bundle as Lambda runs it: AWS's runtime client, the unpacked zip and boto3 are all that is on the path.

S3, DynamoDB and Step Functions are moto's server in another process. pip installs awslambdaric, so these tests are `soak`.
"""

from __future__ import annotations

import queue
import socket
import subprocess
import sys
import threading
from importlib import metadata
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from shared_fixtures.lambda_account import lambda_account
from shared_fixtures.runtime_api import RuntimeApi

from asl_generator import build
from asl_generator.bundle import build_bundle
from asl_generator.bundle.target import this_machine
from extract_core.registry.loading import discover

pytestmark = [pytest.mark.soak, pytest.mark.xdist_group("bundle-in-lambda")]

SDK = ("boto3", "botocore", "s3transfer", "jmespath", "python-dateutil", "six", "urllib3")
CONFIG = """
source_type: jdbc
extract:
  job_type: glue
  db_engine: sqlite
  db_name: x.db
  tables:
    public.orders: {max_attempts: 2}
    public.events: {}
"""
CONFIG_MANAGER, STATUS = "extract_core.lambdas.config_manager.handler", "extract_core.lambdas.job_run_status.handler"
SUMMARY, RECONCILE = "extract_core.lambdas.run_summary.handler", "extract_core.lambdas.reconcile.handler"


@pytest.fixture(scope="module")
def bundle(tmp_path_factory):
    registry = discover(strict=True)
    place = {"partition": "aws", "region": "eu-central-1", "account": "123456789012"}
    machine = build(registry, name="night", max_concurrency=10, deployments={"glue": {"job_name": "extract"}}, **place)
    folder = tmp_path_factory.mktemp("task")
    ZipFile(BytesIO(build_bundle(machine, registry, this_machine()).data)).extractall(folder)
    for file in folder.rglob("*"):
        file.chmod(0o555 if file.is_dir() else 0o444)  # /var/task is read-only
    return folder


@pytest.fixture(scope="module")
def runtime(tmp_path_factory):
    """boto3 as Lambda has it, and awslambdaric."""
    folder = tmp_path_factory.mktemp("runtime")
    for name in SDK:
        distribution = metadata.distribution(name)
        for top in {file.parts[0] for file in distribution.files or () if file.parts[0] not in ("..", "__pycache__")}:
            (folder / top).symlink_to(Path(str(distribution.locate_file(top))))
    client = tmp_path_factory.mktemp("awslambdaric")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--only-binary", ":all:"]
    subprocess.run([*pip, "--target", client, "awslambdaric>=3"], check=True)
    return [folder, client]


@pytest.fixture(scope="module")
def account():
    with lambda_account() as made:
        yield made


@pytest.fixture
def functions(bundle, runtime, account, tmp_path):
    """Starts a function of a new pipeline; its processes end with the test."""
    started: list[tuple[RuntimeApi, subprocess.Popen[bytes]]] = []
    pipeline = account.pipeline(CONFIG)
    log = tmp_path / "log"

    def start(handler: str, **environ: str) -> RuntimeApi:
        api = RuntimeApi()
        process = api.start(handler, bundle, runtime, {**pipeline.environ, **environ}, log)
        started.append((api, process))
        return api

    start.pipeline, start.log, start.started = pipeline, log, started  # type: ignore[attr-defined]
    yield start
    for api, process in started:
        process.kill()
        process.wait(10)
        api.stop()


def test_a_run_through_all_functions(functions):
    pipeline = functions.pipeline
    kind, begun = functions(CONFIG_MANAGER).ask(pipeline.begin())
    assert kind == "response", (begun, functions.log.read_text())
    items = begun["tables_to_extract"]
    assert sorted(item["table"] for item in items) == ["public.events", "public.orders"]
    status = functions(STATUS)
    assert status.ask(pipeline.succeeded(items[0])) == ("response", {"status": "SUCCEEDED"})
    failed = {**items[1], "job_error": {"Error": "States.TaskFailed", "Cause": '{"JobRunState": "FAILED", "Id": "jr_2"}'}}
    assert status.ask(failed)[0] == "response", functions.log.read_text()
    kind, summary = functions(SUMMARY).ask(pipeline.ended())
    assert kind == "response"
    assert summary["succeeded"] is False
    arn = pipeline.begin()["execution"]["id"]
    detail = {"executionArn": arn, "name": "run-1", "status": "FAILED", "error": "ExtractFailed", "cause": "x"}
    kind, cleaned = functions(RECONCILE).ask({"detail": detail})
    assert (kind, cleaned.get("run_id")) == ("response", "run-1"), cleaned
    log = functions.log.read_text()
    assert "Traceback" not in log
    assert "do not fit this botocore" not in log
    assert '"logger": "botocore' not in log


def test_the_same_call_again_in_a_warm_and_in_a_cold_function_gives_the_same_answer(functions):
    begin = functions.pipeline.begin()
    warm = functions(CONFIG_MANAGER)
    first, again = warm.ask(begin), warm.ask(begin)
    assert first[0] == "response"
    assert again == first
    assert functions(CONFIG_MANAGER).ask(begin) == first


def test_an_error_is_reported_with_its_type_and_the_function_goes_on(functions):
    api = functions(STATUS)
    kind, error = api.ask({"table": "public.orders"})
    assert kind == "error"
    assert error["errorType"] == "UsageError"
    assert error["errorMessage"].startswith("the item can't be recorded, it lacks run_id (None), source (None), ")
    assert any("/extract_core/lambdas/job_run_status.py" in line for line in error["stackTrace"])
    assert api.ask({})[0] == "error"


def test_a_function_without_its_environment_names_what_is_missing(functions):
    kind, error = functions(SUMMARY, EXTRACT_TRACKING="").ask(functions.pipeline.ended())
    assert kind == "error"
    assert error["errorMessage"] == (
        "the environment has no EXTRACT_TRACKING: set them on the function, as the deployed template does"
    )


def test_a_call_that_is_cut_off_by_its_time_limit_is_made_again(functions):
    """S3 does not answer, so Lambda kills the function at its limit; Step Functions calls it again."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        threading.Thread(target=_accept, args=(silent,), daemon=True).start()
        api = functions(CONFIG_MANAGER, AWS_ENDPOINT_URL_S3=f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(queue.Empty):
            api.ask(functions.pipeline.begin(), seconds=8)
        process = functions.started[-1][1]
        assert process.poll() is None
        process.kill()
        process.wait(10)
    kind, begun = functions(CONFIG_MANAGER).ask(functions.pipeline.begin())
    assert kind == "response"
    assert len(begun["tables_to_extract"]) == 2


def _accept(silent: socket.socket) -> None:
    connections = []
    while True:
        try:
            connections.append(silent.accept())
        except OSError:
            return
