"""What a real server answers, and the failure class that it becomes."""

import psycopg
import pytest

from extract_job.databases.postgresql.source import PostgresqlSource

pytestmark = pytest.mark.postgres


@pytest.fixture
def server(postgresql_port, monkeypatch, tmp_path):
    """A session in a new database with a table, reached by libpq's variables."""
    monkeypatch.chdir(tmp_path)
    for name, value in (("PGHOST", "127.0.0.1"), ("PGPORT", str(postgresql_port)), ("PGUSER", "admin"), ("PGPASSWORD", "admin")):
        monkeypatch.setenv(name, value)
    with psycopg.connect(dbname="postgres", autocommit=True) as session:
        session.execute("DROP DATABASE IF EXISTS shop WITH (FORCE)")
        session.execute("CREATE DATABASE shop")
        session.execute("DROP ROLE IF EXISTS guest")
        session.execute("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    with psycopg.connect(dbname="shop", autocommit=True) as session:
        session.execute("CREATE TABLE t AS SELECT i AS id, repeat('x', 1000) AS v FROM generate_series(1, 100000) i")
        yield session


@pytest.fixture
def failure(job):
    """Return a function that runs the job and returns class, retryable and message of its failure."""

    def of(**changed):
        done = job(**{"db_engine": "postgres", "db_name": "shop", "extract_table": "public.t"} | changed)
        assert done.left == []
        return done.failure["class"], done.failure["retryable"], done.failure["message"]

    return of


def test_a_locked_table(server, failure):
    with server.transaction():
        server.execute("LOCK TABLE t IN ACCESS EXCLUSIVE MODE")
        name, retryable, message = failure(lock_wait_seconds="1")
    assert (name, retryable) == ("CAPACITY", True)
    assert message.startswith("database 'shop': ERROR: canceling statement due to lock timeout")


def test_no_free_connection(server, failure, monkeypatch):
    server.execute("ALTER ROLE guest CONNECTION LIMIT 0")
    monkeypatch.setenv("PGUSER", "guest")
    monkeypatch.setenv("PGPASSWORD", "guest")
    name, retryable, message = failure()
    assert (name, retryable) == ("CAPACITY", True)
    assert message.endswith('FATAL: too many connections for role "guest"')


@pytest.mark.parametrize("end", ["pg_terminate_backend", "pg_cancel_backend"])
def test_a_session_that_the_server_ends(server, failure, monkeypatch, end):
    read, calls = PostgresqlSource.read, []

    def ended(self, most):
        calls.append(most)
        if len(calls) == 2:  # in the middle of the rows
            query = f"SELECT {end}(pid) FROM pg_stat_activity WHERE application_name = 'extract_job'"  # noqa: S608 - ours
            server.execute(query)
        return read(self, most)

    monkeypatch.setattr(PostgresqlSource, "read", ended)
    name, retryable, _ = failure(fetchsize="1024")
    assert (name, retryable) == ("INTERRUPTED", True)


@pytest.mark.parametrize(
    ("changed", "environ", "name", "retryable"),
    [
        ({}, {"PGPASSWORD": "wrong"}, "PERMISSION", False),
        ({}, {"PGUSER": "guest", "PGPASSWORD": "guest"}, "PERMISSION", False),
        ({"db_name": "none"}, {}, "CONFIG", False),
        ({"extract_table": "none"}, {}, "CONFIG", False),
        ({"text_columns": "none"}, {}, "CONFIG", False),
        ({}, {"PGPORT": "1"}, "INTERRUPTED", True),
        ({}, {"PGHOST": "no-such-host.invalid"}, "CONFIG", False),
        ({"extract_type": "PE", "hwm_col_name": "v", "hwm_column_type": "LongType"}, {}, "CONFIG", False),
    ],
    ids=["password", "right", "database", "table", "column", "port", "host", "mark type"],
)
def test_a_fault_that_a_person_must_fix_is_not_retried(server, failure, monkeypatch, changed, environ, name, retryable):  # noqa: PLR0917 - a case has its parts
    for key, value in environ.items():
        monkeypatch.setenv(key, value)
    assert failure(**changed)[:2] == (name, retryable)
