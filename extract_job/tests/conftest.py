"""A SQLite database per test, and the job run on it: in this process, or as a process."""

import json
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from shared_fixtures.attempts import places

from extract_job.errors import FailureClass, JobError
from extract_job.program import run
from extract_job.stopping import StopRequest


@dataclass
class Done:
    """What a finished job wrote: exit code, lines on stderr, files."""

    code: int
    errors: list[str]
    folder: Path
    result_path: Path

    @property
    def result(self):
        return json.loads(self.result_path.read_text(encoding="utf-8"))

    @property
    def table(self):
        files = [pq.read_table(self.folder / file["name"]) for file in self.result["files"]]
        return pa.concat_tables(files)

    @property
    def rows(self):
        return [tuple(row.values()) for row in self.table.to_pylist()]

    @property
    def left(self):
        """The names of all files, without a result object that only says why the attempt failed."""
        names = {path.name for path in self.folder.iterdir()} if self.folder.exists() else set()
        return sorted(names - {self.result_path.name} if self.failure else names)

    @property
    def failure(self):
        """The error in the result object: class, message, retryable; None if the attempt succeeded."""
        return self.result.get("error") if self.result_path.is_file() else None


@pytest.fixture
def database(tmp_path, monkeypatch):
    """Return a function that creates `sales.db` in the current folder from SQL and rows."""
    monkeypatch.chdir(tmp_path)

    def make(script: str, insert: str = "", rows: Iterable[Sequence[object]] = ()) -> Path:
        connection = sqlite3.connect("sales.db")
        connection.executescript(script)
        connection.executemany(insert, rows) if insert else None
        connection.commit()
        connection.close()
        return tmp_path / "sales.db"

    return make


@pytest.fixture
def argv(tmp_path, request):
    """Return a function that makes argv: defaults, changed by keywords (None removes a key)."""

    def make(**changed: str | None) -> list[str]:
        pairs = {
            "source_name": "sales",
            "source_type": "jdbc",
            "extract_table": "t",
            "run_id": "run-1",
            "attempt": "1",
            "extract_s3_uri": (tmp_path / "out" / "attempt=1").as_uri() + "/",
            "result_uri": (tmp_path / "out" / "attempt=1" / "result.json").as_uri(),
            "db_engine": "sqlite",
            "db_name": "sales.db",
            "job_engine": request.config.getoption("--job-engine"),
        } | changed
        return [word for key, value in pairs.items() if value is not None for word in ("--" + key, value)]

    return make


@pytest.fixture
def job(tmp_path, argv, capsys, request) -> Callable[..., Done]:
    """Return a function that runs the job within this process."""
    if request.config.getoption("--job-engine") == "spark":
        request.getfixturevalue("spark")

    def go(*words: str, **changed: str | None) -> Done:
        code = run([*argv(**changed), *words], StopRequest())
        out, err = capsys.readouterr()
        assert out == ""
        folder = tmp_path / "out" / "attempt=1"
        return Done(code, err.splitlines(), folder, folder / "result.json")

    return go


@dataclass
class Chain:
    """Runs of one table, each after the last committed one, as the core starts them."""

    job: Callable[..., Done]
    folder: Path
    arguments: dict[str, str | None]
    last: Done | None = None
    attempts: int = 0

    def run(self, **changed: str | None) -> Done:
        """Run once more; a successful run is committed."""
        self.attempts += 1
        folder = self.folder / f"attempt={self.attempts}"
        places = {"extract_s3_uri": f"{folder.as_uri()}/", "result_uri": (folder / "result.json").as_uri()}
        past = {}
        if self.last:
            past = {"low_watermark": self.last.result["high_watermark"], "last_result": self.last.result_path.as_uri()}
        done = self.job(**{"attempt": str(self.attempts)} | self.arguments | places | past | changed)
        done = Done(done.code, done.errors, folder, folder / "result.json")
        if done.code == 0:
            self.last = done
        return done

    def rows(self, **changed: str | None) -> list[tuple[object, ...]]:
        """Run once more and return the rows that it delivered, sorted."""
        done = self.run(**changed)
        assert done.code == 0, done.errors
        return sorted(done.rows, key=repr)


@pytest.fixture
def chain(tmp_path, job) -> Callable[..., Chain]:
    """Return a function that begins a chain of incremental runs with these arguments."""
    return lambda **arguments: Chain(job, tmp_path / "runs", {"extract_type": "PE"} | arguments)


@pytest.fixture
def spark_attempt(spark, job, tmp_path, monkeypatch):
    """Return a function that runs one attempt on an engine, in chunks of 30 rows, and returns how many parts were begun.

    Once `most` parts are whole, it fails.
    """
    from extract_job.engines.part import PartCopier
    from extract_job.engines.spark.jobs import SparkJobs

    def run(number, engine, most=1000, **changed):
        begun = []

        def failing(function):
            def fail(*args, **options):
                if len(begun) == most:
                    raise JobError("the host is gone", FailureClass.INTERRUPTED, retryable=True)
                begun.append(1)
                return function(*args, **options)

            return fail

        with monkeypatch.context() as patch:
            patch.setattr(PartCopier, "copied", failing(PartCopier.copied))
            patch.setattr(SparkJobs, "run", failing(SparkJobs.run))
            done = job(**{"chunk_rows": "30", "job_engine": engine} | places(tmp_path, number) | changed)
        assert done.code == (1 if len(begun) == most else 0), done.errors
        return len(begun)

    return run


@pytest.fixture
def process(tmp_path, argv) -> Callable[..., Done]:
    """Return a function that runs the job as a process."""

    def go(*words: str, **changed: str | None) -> Done:
        done = subprocess.run(
            [sys.executable, "-m", "extract_job", *argv(**changed), *words],
            capture_output=True, text=True, cwd=tmp_path, env=dict(os.environ), timeout=60, check=False,
        )  # fmt: skip
        assert done.stdout == ""
        folder = tmp_path / "out" / "attempt=1"
        return Done(done.returncode, done.stderr.splitlines(), folder, folder / "result.json")

    return go


@pytest.fixture
def shop(postgresql_port, monkeypatch, tmp_path):
    """A new database, reached by libpq's variables; returns a function that runs SQL in it."""
    monkeypatch.chdir(tmp_path)
    for name, value in (("PGHOST", "127.0.0.1"), ("PGPORT", str(postgresql_port)), ("PGUSER", "admin"), ("PGPASSWORD", "admin")):
        monkeypatch.setenv(name, value)

    def run(script, database="shop"):
        with psycopg.connect(dbname=database, autocommit=True) as connection:  # the job's driver takes ten times as long
            for statement in script.split(";\n"):
                if statement.strip():
                    connection.execute(statement)

    run("DROP DATABASE IF EXISTS shop", "postgres")
    run("CREATE DATABASE shop", "postgres")
    return run


@pytest.fixture
def pg(shop, job):
    """Return a function that runs the job on the database."""
    return lambda **changed: job(**{"db_engine": "postgres", "db_name": "shop", "extract_table": "public.t"} | changed)


@pytest.fixture
def new_session(postgresql_port, monkeypatch, tmp_path):
    """A new database, reached by libpq's variables; returns a function that opens a session in it."""
    monkeypatch.chdir(tmp_path)
    for name, value in (("PGHOST", "127.0.0.1"), ("PGPORT", str(postgresql_port)), ("PGUSER", "admin"), ("PGPASSWORD", "admin")):
        monkeypatch.setenv(name, value)
    with psycopg.connect(dbname="postgres", autocommit=True) as server:
        server.execute("DROP DATABASE IF EXISTS shop WITH (FORCE)")
        server.execute("CREATE DATABASE shop")
    sessions = []

    def session(*, autocommit=False):
        sessions.append(psycopg.connect(dbname="shop", autocommit=autocommit))
        return sessions[-1]

    yield session
    for one in sessions:
        one.close()


@pytest.fixture
def sql(new_session):
    """Return a function that runs statements, each in a transaction."""
    session = new_session(autocommit=True)

    def run(*statements):
        for statement in statements:
            session.execute(statement)

    return run


@pytest.fixture
def runs(chain):
    """Runs of the table `t`, incremental by time."""
    return chain(
        db_engine="postgres", db_name="shop", extract_table="public.t", hwm_col_name="at", hwm_column_type="TimestampType"
    )
