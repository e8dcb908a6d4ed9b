"""The job on PostgreSQL and MariaDB beside connectorx and ADBC + pyarrow: whole processes in alternating runs, rows counted.

Two tables: 13 columns, and 4 narrow ones. It starts its servers, which share the cores with the readers. Run it with
`python benchmarks/bench_databases.py`. A reader that is not installed is left out with a line: `--peers PYTHON` names an
interpreter that has connectorx. `--nice -15` runs servers and readers before other work of the machine; only root may do that.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench_extract_job import MEASURE, Figure
from bench_proof import POSTGRESQL, _server

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

CONNECTORX = """
import sys
import connectorx, pyarrow.parquet as pq
table = connectorx.read_sql(sys.argv[1], f"SELECT * FROM {sys.argv[2]}", return_type="arrow", protocol=sys.argv[4])
pq.write_table(table, sys.argv[3], compression="zstd")
"""
ADBC = """
import sys
import pyarrow.parquet as pq
from adbc_driver_postgresql import dbapi
with dbapi.connect(sys.argv[1]) as connection, connection.cursor() as cursor:
    cursor.execute(f"SELECT * FROM {sys.argv[2]}")
    reader = cursor.fetch_record_batch()
    with pq.ParquetWriter(sys.argv[3], reader.schema, compression="zstd") as writer:
        for batch in reader:
            writer.write_batch(batch)
"""
NARROW = """
CREATE TABLE narrow AS SELECT n::bigint AS id, (n % 9973)::int AS customer, n * 0.37::float8 AS score,
  timestamp '2024-01-01' + n * interval '1 second' AS at FROM generate_series(1, {rows}) AS n;
VACUUM ANALYZE narrow
"""
MARIADB = (
    """CREATE TABLE t (id BIGINT PRIMARY KEY, customer INT, kind SMALLINT, amount DECIMAL(12,2), active TINYINT, score DOUBLE,
  small FLOAT, name VARCHAR(50), note TEXT, born DATE, at DATETIME(6), ts TIMESTAMP NULL, payload VARBINARY(16))
  SELECT seq AS id, seq % 9973 AS customer, seq % 7 AS kind, seq * 7919 % 1000000 / 100.0 AS amount, seq % 2 AS active,
  seq * 0.37 AS score, seq * 0.1 AS small, CONCAT('name ', seq % 5000) AS name,
  IF(seq % 3 = 0, CONCAT('note ', seq), NULL) AS note,
  DATE'2000-01-01' + INTERVAL seq % 9000 DAY AS born, TIMESTAMP'2024-01-01 00:00:00' + INTERVAL seq SECOND AS at,
  TIMESTAMP'2024-01-01 00:00:00' + INTERVAL seq SECOND AS ts,
  IF(seq % 10 = 0, UNHEX(MD5(seq)), NULL) AS payload FROM seq_1_to_{rows}""",
    """CREATE TABLE narrow (id BIGINT PRIMARY KEY, customer INT, score DOUBLE, at DATETIME)
  SELECT seq AS id, seq % 9973 AS customer, seq * 0.37 AS score, TIMESTAMP'2024-01-01 00:00:00' + INTERVAL seq SECOND AS at
  FROM seq_1_to_{narrow}""",
)


def main(argv: Sequence[str]) -> int:
    """Print the rates; return 1 if a reader failed or lost rows."""
    parser = argparse.ArgumentParser(description="the job beside other readers of PostgreSQL and MariaDB")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--narrow", type=int, default=3_000_000)
    parser.add_argument("--pairs", type=int, default=5)
    parser.add_argument("--peers", default=sys.executable)
    parser.add_argument("--only", choices=("postgresql", "mariadb"))
    parser.add_argument("--nice", type=int, default=0)
    options = parser.parse_args(argv)
    os.nice(options.nice)
    for name, server in (("postgresql", _postgresql), ("mariadb", _mariadb)):
        if options.only in (None, name):
            with server(options) as (source, url):
                for table, rows in (("t", options.rows), ("narrow", options.narrow)):
                    _compare(f"{name}, table {table}", _Table(source, url, table, rows), options)
    return 0


@contextmanager
def _postgresql(options: argparse.Namespace) -> Iterator[tuple[dict[str, str], str]]:
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        raise SystemExit("the programs of the PostgreSQL server are not here: apt-get install postgresql, or --only mariadb")
    with _server(programs[-1]) as (_, port):
        url = f"postgresql://admin:admin@127.0.0.1:{port}/postgres"
        os.environ.update({"PGHOST": "127.0.0.1", "PGPORT": str(port), "PGUSER": "admin", "PGPASSWORD": "admin"})
        from adbc_driver_postgresql import dbapi

        with dbapi.connect(url, autocommit=True) as connection, connection.cursor() as cursor:
            for text in (POSTGRESQL.format(rows=options.rows), NARROW.format(rows=options.narrow)):
                for statement in text.split(";\n"):
                    cursor.execute(statement)
        yield {"db_engine": "postgres", "db_name": "postgres"}, url


@contextmanager
def _mariadb(options: argparse.Namespace) -> Iterator[tuple[dict[str, str], str]]:
    import pymysql
    from shared_fixtures.mariadb import mariadb_server

    with mariadb_server(Path(tempfile.mkdtemp(prefix="bench-mariadb-"))) as port:
        with pymysql.connect(host="127.0.0.1", port=port, user="admin", password="admin") as connection:  # noqa: S106
            cursor = connection.cursor()
            cursor.execute("CREATE DATABASE bench")
            cursor.execute("USE bench")
            for statement in MARIADB:
                cursor.execute(statement.format(rows=options.rows, narrow=options.narrow))
            connection.commit()
        os.environ.update({"MYSQL_HOST": "127.0.0.1", "MYSQL_TCP_PORT": str(port), "MYSQL_USER": "admin", "MYSQL_PWD": "admin"})
        yield {"db_engine": "mariadb", "db_name": "bench"}, f"mysql://admin:admin@127.0.0.1:{port}/bench"


@dataclass(frozen=True, slots=True)
class _Table:
    """A table of a server: for the job, and for the other readers."""

    source: dict[str, str]
    url: str
    name: str
    rows: int


def _compare(title: str, table: _Table, options: argparse.Namespace) -> None:
    url, rows = table.url, table.rows
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        protocol = "binary" if "postgres" in url else "text"
        readers: dict[str, Callable[[], tuple[list[str], Path]]] = {
            "extract_job": lambda: (_job(table.source, table.name, folder), folder / "job"),
            "connectorx": lambda: _script(options.peers, CONNECTORX, folder, url, table.name, protocol),
        }
        if protocol == "binary":
            readers["ADBC + pyarrow"] = lambda: _script(sys.executable, ADBC, folder, url, table.name)
        figures: dict[str, list[Figure]] = {reader: [] for reader in readers}
        for _ in range(options.pairs):
            for reader in list(readers):
                figure = _measured(*readers[reader](), rows)
                if isinstance(figure, str) and reader == "extract_job":
                    raise SystemExit(figure)
                if isinstance(figure, str):
                    print(f"  {reader} is left out: {figure}")
                    del readers[reader]
                else:
                    figures[reader].append(figure)
    print(f"{title}, {rows:,} rows, {options.pairs} rounds, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f} (medians)")
    for reader in readers:
        runs = figures[reader]
        pairs = list(zip(figures["extract_job"], runs, strict=True))
        seconds, cpu, peak = (statistics.median(getattr(run, key) for run in runs) for key in ("seconds", "cpu", "peak"))
        faster, less = (statistics.median(getattr(b, key) / getattr(a, key) for a, b in pairs) for key in ("seconds", "cpu"))
        compared = "" if reader == "extract_job" else f"   the job: rate {faster:.2f} x, CPU 1/{less:.2f}"
        print(
            f"  {reader:15}{rows / seconds / 1000:7.0f} k rows/s   CPU {cpu:6.2f} s   peak {peak:4.0f} MiB{compared}", flush=True
        )


def _job(source: dict[str, str], table: str, folder: Path) -> list[str]:
    pairs = source | {
        "extract_table": table,
        "run_id": "bench",
        "attempt": "1",
        "extract_s3_uri": (folder / "job").as_uri(),
        "result_uri": (folder / "result.json").as_uri(),
        "num_partitions": "1",
    }
    return [sys.executable, "-m", "extract_job", *(word for key, value in pairs.items() for word in (f"--{key}", value))]


def _script(python: str, script: str, folder: Path, url: str, table: str, *more: str) -> tuple[list[str], Path]:
    out = folder / "peer"
    out.mkdir(exist_ok=True)
    return [python, "-c", script, url, table, str(out / "part.parquet"), *more], out


def _measured(command: list[str], out: Path, rows: int) -> Figure | str:
    """The figures of one process, or why it failed. SystemExit if its files do not have the rows."""
    import pyarrow.parquet as pq

    done = subprocess.run([sys.executable, "-c", MEASURE, *command], capture_output=True, text=True, check=True)
    code, seconds, cpu, peak = json.loads(done.stdout)
    if code:
        failed = subprocess.run(command, capture_output=True, text=True, check=False)
        return (failed.stderr.strip() or "it failed").splitlines()[-1]
    files = sorted(out.rglob("*.parquet"))
    written = sum(pq.read_metadata(file).num_rows for file in files)
    if written != rows:
        raise SystemExit(f"{command[:3]} wrote {written} rows of {rows}")
    size = sum(file.stat().st_size for file in files) / 1e6
    for file in files:
        file.unlink()
    return Figure(seconds, cpu, peak, size)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
