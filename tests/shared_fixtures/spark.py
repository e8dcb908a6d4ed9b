"""One session of Spark per pytest process, in which the reference job copies tables: `make test-spark` installs what it needs."""

from __future__ import annotations

import importlib.util
import os
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT: Final = Path(__file__).parents[2]
JARS: Final = (Path("/usr/share/java/postgresql.jar"), Path("/usr/share/java/mariadb-java-client.jar"))
RANDOM_TABLES: Final = int(os.environ.get("EXTRACT_RANDOM_TABLES", "12"))
"""Per database: `make test-spark RANDOM_TABLES=1000` takes hours."""
INSTALL: Final = "make test-spark (it installs pyspark, Java, and the JDBC drivers of Debian)"


@pytest.fixture(scope="session")
def spark_environment() -> Iterator[dict[str, str]]:
    """The environment in which a process finds pyspark and the JDBC drivers, and its Spark runs on this machine.

    Without them, the test is skipped with a message. Under EXTRACT_REQUIRE_SPARK=1 it fails instead.
    """
    own = ROOT / ".spark"
    if importlib.util.find_spec("pyspark") is None and own.is_dir():
        sys.path.append(str(own))
    missing = [str(jar) for jar in JARS if not jar.exists()]
    if importlib.util.find_spec("pyspark") is None or missing:
        text = f"left out: pyspark or a JDBC driver is not on this machine; {INSTALL}"
        if os.environ.get("EXTRACT_REQUIRE_SPARK") == "1":
            pytest.fail(text)
        pytest.skip(text)
    environment = {
        "PYTHONPATH": str(own),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_LOCAL_IP": "127.0.0.1",
        "PYSPARK_SUBMIT_ARGS": f"--master local[2] --driver-memory 1g --jars {','.join(map(str, JARS))} pyspark-shell",
    }
    yield environment
    if str(own) in sys.path:
        sys.path.remove(str(own))


@pytest.fixture(scope="session")
def spark(spark_environment: dict[str, str]) -> Iterator[Any]:
    """The running session. The job uses it as it is: a start per job would cost most of the time of the tests."""
    before = dict(os.environ)
    os.environ.update(spark_environment)
    settings = {"spark.task.maxFailures": "1", "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of pyspark's own code
        from pyspark.sql import SparkSession

        builder = SparkSession.builder
        for name, value in settings.items():
            builder = builder.config(name, value)
        session = builder.getOrCreate()
    os.environ.clear()
    os.environ.update(before)
    yield session
    session.stop()


VOLATILE = ("bytes", "files", "snapshot", "checksum", "server_time", "by_file", "remembers")
"""What may differ between two attempts: sizes of files, moments, random names, and how the rows are spread over files."""


def steady(member: Any) -> Any:
    """A member of a result object without what may differ."""
    if isinstance(member, dict):
        return {key: steady(value) for key, value in member.items() if key not in VOLATILE}
    return [steady(value) for value in member] if isinstance(member, list) else member


@pytest.fixture
def both(spark: Any, job: Any, tmp_path: Path) -> Any:
    """Returns a function that runs the job on both engines, compares them, and returns the job on Spark."""

    def run(**changed: str) -> Any:
        done = {}
        for engine in ("arrow", "spark"):
            folder = tmp_path / engine
            places = {"extract_s3_uri": f"{folder.as_uri()}/", "result_uri": (folder / "result.json").as_uri()}
            one = job(**changed | places | {"job_engine": engine})
            done[engine] = type(one)(one.code, one.errors, folder, folder / "result.json")
        arrow, spark_ = done["arrow"], done["spark"]
        assert spark_.code == arrow.code, spark_.errors
        assert steady(spark_.result) == steady(arrow.result)
        if arrow.code == 0:
            assert spark_.table.schema == arrow.table.schema
            assert sorted(map(repr, spark_.rows)) == sorted(map(repr, arrow.rows))
            data = {name for name in spark_.left if not name.startswith("result.")}
            assert {file["name"] for file in spark_.result["files"]} == data
        return spark_

    return run


@pytest.fixture
def on_spark(spark: Any, chain: Any) -> Any:
    """Returns a function that begins a chain of incremental runs on Spark."""
    return lambda **arguments: chain(job_engine="spark", **arguments)


@pytest.fixture
def lake_of_processes(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A client of an S3 server with the bucket `lake`, which processes find by the environment, so the tasks of Spark too."""
    import boto3
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(port=0)
    server.start()
    try:
        _, port = server.get_host_and_port()
        login = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "us-east-1"}
        for name, value in {**login, "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}"}.items():
            monkeypatch.setenv(name, value)
        client = boto3.client("s3")
        client.create_bucket(Bucket="lake")
        yield client
    finally:
        server.stop()
