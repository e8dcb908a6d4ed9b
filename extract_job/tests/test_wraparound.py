"""Frozen rows keep the 32 bits of their transaction: 2^32 transactions later, these look new."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import psycopg
import pytest
from shared_fixtures.postgresql import Server, server_programs

pytestmark = pytest.mark.postgres


@pytest.fixture
def server():
    """A server of this test, in which pg_resetwal may set the next transaction."""
    programs = server_programs()
    if programs is None:
        pytest.skip("PostgreSQL's server programs are not here")
    folder = Path(tempfile.mkdtemp(prefix="extract-postgresql-"))
    server = Server(programs, folder)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


def program(server, name, *argv, **environ):
    user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
    command = [server.programs / name, *argv]
    subprocess.run(command, check=True, capture_output=True, cwd=server.folder, env=os.environ | environ, **user)


def test_frozen_rows_of_an_earlier_epoch_stay_delivered_and_a_late_row_among_them_is_not_lost(server, chain, monkeypatch):
    port = server.start()
    for name, value in (("PGHOST", "127.0.0.1"), ("PGPORT", str(port)), ("PGUSER", "admin"), ("PGPASSWORD", "admin")):
        monkeypatch.setenv(name, value)
    with psycopg.connect(dbname="postgres", autocommit=True) as session:
        session.execute("CREATE TABLE t (id int, at timestamptz)")
        for number in range(5):  # five transactions, one after the other
            session.execute(f"INSERT INTO t VALUES ({number}, '2024-05-01')")  # noqa: S608 - the values are those of the tests
        (first,) = session.execute("SELECT min(xmin::text::bigint) FROM t").fetchone()
    program(server, "vacuumdb", "--all", "--freeze")
    data = server.folder / "data"
    program(server, "pg_ctl", "-D", data, "-w", "-m", "fast", "stop")
    program(server, "pg_resetwal", "-D", data, "-e", "1", "-x", str(first - 3))
    settings = f"-p {port} -k {server.folder} -c listen_addresses=127.0.0.1 -c fsync=off -c autovacuum=off"
    program(server, "pg_ctl", "-D", data, "-w", "-l", server.folder / "log", "-o", settings, "start")
    runs = chain(
        db_engine="postgres", db_name="postgres", extract_table="t", hwm_col_name="at", hwm_column_type="TimestampType"
    )  # fmt: skip
    assert len(runs.rows()) == 5
    delivered, late = [], 100
    with psycopg.connect(dbname="postgres", autocommit=True) as session:
        for _ in range(9):
            session.execute("SELECT pg_current_xact_id()")
            (number,) = session.execute(f"INSERT INTO t VALUES ({late}, '2024-05-01') RETURNING xmin::text::bigint").fetchone()  # noqa: S608 - the values are those of the tests
            delivered.append((number, late, [row[0] for row in runs.rows()]))
            late += 1
    for number, new, ids in delivered:
        assert new in ids, number
        # The new transaction has the number of an old one: both rows count as new, because none may be lost.
        assert len(ids) == (2 if first <= number < first + 5 else 1), number
    assert any(first <= number < first + 5 for number, *_ in delivered)
    assert runs.rows() == []
