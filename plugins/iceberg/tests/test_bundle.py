"""The plugin runs from the zip of the Lambda functions, with nothing else on the path but boto3."""

from __future__ import annotations

import json
import subprocess
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from moto.server import ThreadedMotoServer

from asl_generator import build
from asl_generator.bundle import build_bundle
from asl_generator.bundle.compiled import interpreter
from asl_generator.bundle.target import BundleTarget, this_machine
from extract_core.registry.loading import discover

pytestmark = [pytest.mark.deploy, pytest.mark.timeout(600)]

CALL = """
import json, sys
sys.path[:0] = sys.argv[1:3]
from extract_core import AttemptReport, JobState, JobStatus, LiveAttempt
from extract_iceberg import extract_run_finished
values = json.loads(sys.argv[3])
attempt = LiveAttempt(
    run_id="r1", attempt=1, mode="full", is_base=True, recorded_at="t", rows=1, files=values["files"], folder="f/"
)
extract_run_finished(
    table={"source": "sales", "table": "t"}, status=JobStatus(state=JobState.SUCCEEDED),
    report=AttemptReport(live=lambda: [attempt]), settings=values["settings"],
)
"""


PYTHON = interpreter("3.13")  # Lambda's Python 3.11 runs on Amazon Linux 2, whose C library is too old for PyArrow's wheels


@pytest.mark.skipif(PYTHON is None, reason="python3.13 is not on PATH")
def test_a_table_is_written_from_the_unpacked_bundle(tmp_path, monkeypatch):
    for name, value in (("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "x"), ("AWS_DEFAULT_REGION", "eu-central-1")):
        monkeypatch.setenv(name, value)
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        catalog = {"type": "glue", "warehouse": (tmp_path / "lake").as_uri(), "glue.endpoint": f"http://{host}:{port}"}
        settings = {"namespace": "lake", "catalog": catalog}
        registry = discover(strict=True)
        machine = build(
            registry,
            name="night",
            max_concurrency=10,
            deployments={"glue": {"job_name": "extract"}},
            plugins={"iceberg": settings},
            partition="aws",
            region="eu-central-1",
            account="123456789012",
        )
        ZipFile(BytesIO(build_bundle(machine, registry, BundleTarget(this_machine().architecture, "3.13")).data)).extractall(
            tmp_path / "bundle"
        )
        boto = tmp_path / "boto"  # a Lambda function has it
        boto.mkdir()
        for module in ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six.py"):
            (boto / module).symlink_to(Path(boto3.__file__).parent.parent / module)
        file = tmp_path / "part-0.parquet"
        pq.write_table(pa.table({"id": [1]}), file)
        values = json.dumps({"files": [file.as_uri()], "settings": settings})
        command = [PYTHON, "-I", "-S", "-c", CALL, str(tmp_path / "bundle"), str(boto), values]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        glue = boto3.client("glue", endpoint_url=f"http://{host}:{port}")
        table = glue.get_table(DatabaseName="lake", Name="t")["Table"]
        assert table["Parameters"]["table_type"] == "ICEBERG"
        assert Path(table["Parameters"]["metadata_location"].removeprefix("file://")).is_file()
    finally:
        server.stop()
