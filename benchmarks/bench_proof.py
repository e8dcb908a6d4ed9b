"""What the proof costs: rows per second of the job with `verify: off`, `count` and `full`, in alternating runs.

SQLite, and PostgreSQL if its server programs are here: a separate server, with 13 columns. Run it
with `python benchmarks/bench_proof.py`; `--rows 1000000` is the table of the documents.
"""

import argparse
import os
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

MODES = ("off", "count", "full")
SQLITE = """
CREATE TABLE t (id INTEGER PRIMARY KEY, customer BIGINT, amount DECIMAL(12,2), active BOOLEAN, score DOUBLE, name TEXT,
  note TEXT, born DATE, at TIMESTAMP, payload BLOB);
WITH RECURSIVE n(n) AS (VALUES (1) UNION ALL SELECT n + 1 FROM n LIMIT {rows})
INSERT INTO t SELECT n, n % 9973, n * 7919 % 1000000 / 100.0, n % 2, n * 0.37, 'name ' || (n % 5000),
  iif(n % 3, NULL, 'nóte ' || n), date('2000-01-01', (n % 9000) || ' days'), datetime('2024-01-01', n || ' seconds'),
  iif(n % 10, NULL, CAST('x' || n AS BLOB)) FROM n
"""
POSTGRESQL = """
CREATE TABLE t AS SELECT n::bigint AS id, (n % 9973)::int AS customer, (n % 7)::smallint AS kind,
  (n::bigint * 7919 % 1000000 / 100.0)::numeric(12, 2) AS amount, n % 2 = 0 AS active, n * 0.37::float8 AS score,
  (n * 0.1)::real AS small, 'name ' || (n % 5000) AS name, CASE WHEN n % 3 = 0 THEN 'nóte ' || n END AS note,
  date '2000-01-01' + (n % 9000) AS born, timestamp '2024-01-01' + n * interval '1.000001 second' AS at,
  timestamptz '2024-01-01' + n * interval '1 second' AS ts, CASE WHEN n % 10 = 0 THEN decode(md5(n::text), 'hex') END AS payload
FROM generate_series(1, {rows}) AS n;
VACUUM ANALYZE t
"""


def main(argv: Sequence[str]) -> int:
    """Print the rates; return 1 if `count` costs more than 10 percent of CPU (its goal is 5, and runs differ)."""
    parser = argparse.ArgumentParser(description="the job with verify: off, count and full")
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--pairs", type=int, default=5)
    options = parser.parse_args(argv)
    slow = False
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = folder / "bench.db"
        with closing(sqlite3.connect(database)) as connection:
            connection.executescript(SQLITE.format(rows=options.rows))
        slow |= _compare("SQLite, 10 columns", {"db_engine": "sqlite", "db_name": str(database)}, folder, options)
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        print("PostgreSQL: left out, its server programs are not here (apt-get install postgresql)")
        return int(slow)
    with _server(programs[-1]) as (folder, port):
        environ = {"PGHOST": "127.0.0.1", "PGPORT": str(port), "PGUSER": "admin", "PGPASSWORD": "admin"}
        os.environ.update(environ)
        from adbc_driver_postgresql import dbapi

        with dbapi.connect("postgresql:///postgres", autocommit=True) as connection, connection.cursor() as cursor:
            for statement in POSTGRESQL.format(rows=options.rows).split(";\n"):
                cursor.execute(statement)
        slow |= _compare("PostgreSQL, 13 columns", {"db_engine": "postgres", "db_name": "postgres"}, folder, options)
    return int(slow)


def _compare(title: str, source: dict[str, str], folder: Path, options: argparse.Namespace) -> bool:
    runs: dict[str, list[tuple[float, float]]] = {mode: [] for mode in MODES}
    for _ in range(options.pairs):
        for mode in MODES:
            runs[mode].append(_run(source | {"verify": mode}, folder))
    print(f"{title}, {options.rows} rows, {options.pairs} rounds (medians; CPU of the job alone)")
    cost_of_count = 0.0
    for mode in MODES:
        pairs = list(zip(runs[mode], runs["off"], strict=True))
        cost = statistics.median(seconds / off for (seconds, _), (off, _) in pairs) - 1
        cpu = statistics.median(used / off for (_, used), (_, off) in pairs) - 1
        rate = options.rows / statistics.median(seconds for seconds, _ in runs[mode]) / 1000
        print(f"  verify: {mode:6}{rate:8.0f} k rows/s   time {cost:+.0%}   CPU {cpu:+.0%}")
        if mode == "count":
            cost_of_count = cpu
    return cost_of_count > 0.1 and options.rows >= 200_000


def _run(source: dict[str, str], folder: Path) -> tuple[float, float]:
    """Return the seconds of one job, and its CPU seconds."""
    pairs = source | {
        "extract_table": "t",
        "run_id": "bench",
        "attempt": "1",
        "extract_s3_uri": (folder / "out").as_uri(),
        "result_uri": (folder / "result.json").as_uri(),
    }
    command = [sys.executable, "-m", "extract_job", *(word for key, value in pairs.items() for word in (f"--{key}", value))]
    started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - started
    if done.returncode:
        raise SystemExit(done.stderr)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return seconds, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@contextmanager
def with_table(rows: int) -> Iterator[Path | None]:
    """The folder of a PostgreSQL server with the table of 13 columns and its key; None, and a line, without its programs."""
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        print("PostgreSQL: left out, its server programs are not here (apt-get install postgresql)")
        yield None
        return
    with _server(programs[-1]) as (folder, port):
        os.environ.update({"PGHOST": "127.0.0.1", "PGPORT": str(port), "PGUSER": "admin", "PGPASSWORD": "admin"})
        from adbc_driver_postgresql import dbapi

        with dbapi.connect("postgresql:///postgres", autocommit=True) as connection, connection.cursor() as cursor:
            for statement in [*POSTGRESQL.format(rows=rows).split(";\n"), "ALTER TABLE t ADD PRIMARY KEY (id)"]:
                cursor.execute(statement)
        yield folder


@contextmanager
def _server(programs: Path) -> Iterator[tuple[Path, int]]:
    """A PostgreSQL server on loopback, as an ordinary user: it refuses to run as root."""
    folder = Path(tempfile.mkdtemp(prefix="bench-postgresql-"))
    port = 49_152 + os.getpid() % 16_000
    user: dict[str, str] = {}
    if os.geteuid() == 0:
        user = {"user": "postgres", "group": "postgres"}
        shutil.chown(folder, "postgres", "postgres")
    (folder / "password").write_text("admin", encoding="utf-8")
    (folder / "password").chmod(0o644)

    def run(program: str, *argv: str | Path) -> None:
        command = [programs / program, "-D", folder / "data", *argv]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder, **user)  # type: ignore[call-overload]

    run("initdb", "-A", "scram-sha-256", "-U", "admin", f"--pwfile={folder / 'password'}")
    run("pg_ctl", "-w", "-l", folder / "log", "-o", f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c fsync=off", "start")
    try:
        yield folder, port
    finally:
        run("pg_ctl", "-m", "immediate", "stop")
        shutil.rmtree(folder)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
