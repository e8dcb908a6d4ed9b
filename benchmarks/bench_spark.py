"""The Spark engine beside plain Spark JDBC, on the same PostgreSQL table, in one session, alternating.

Plain Spark reads the table with `spark.read.jdbc` and writes zstd Parquet; it proves nothing. The engine also counts the rows
in the source, reads its files back, and writes the result object. Both have one partition, then `--parts`. libpq's variables
say where the server is: `PGHOST=127.0.0.1 PGUSER=admin PGPASSWORD=admin python benchmarks/bench_spark.py`. The database
`extract_bench_spark` is made, and removed at the end. `make test-spark` installs Spark.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
JAR = "/usr/share/java/postgresql.jar"
DATABASE = "extract_bench_spark"
TABLE = """
CREATE TABLE t AS SELECT n AS id, (n % 9973)::int AS customer_id, (n * 7919 % 1000000 / 100.0)::numeric(12,2) AS amount,
  n % 2 = 0 AS active, n * 0.37::float8 AS score, 'name ' || n % 5000 AS name, md5(n::text) AS note,
  date '2020-01-01' + (n % 1500)::int AS born, timestamp '2024-01-01' + n * interval '1.000001 s' AS made_at,
  timestamptz '2024-01-01 00:00+00' + n * interval '1 s' AS updated_at
FROM generate_series(1::bigint, {rows}) AS n
"""


def main(argv: list[str]) -> int:
    """Print the figures; return 1 if a rate is below 0.9 of plain Spark's."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--parts", type=int, default=4)
    options = parser.parse_args(argv)
    if (ROOT / ".spark").is_dir():
        sys.path.append(str(ROOT / ".spark"))
        os.environ["PYTHONPATH"] = str(ROOT / ".spark")
    if "PGHOST" not in os.environ:
        print("bench_spark: set PGHOST, PGUSER and PGPASSWORD: a server is needed", file=sys.stderr)
        return 1
    os.environ |= {"PYSPARK_PYTHON": sys.executable, "PYSPARK_SUBMIT_ARGS": f"--master local[2] --jars {JAR} pyspark-shell"}
    import psycopg

    with psycopg.connect(dbname="postgres", autocommit=True) as server:
        server.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
        server.execute(f"CREATE DATABASE {DATABASE}")
        try:
            with psycopg.connect(dbname=DATABASE, autocommit=True) as connection:
                connection.execute(TABLE.format(rows=options.rows))
                connection.execute("ALTER TABLE t ADD PRIMARY KEY (id)")
                connection.execute("ANALYZE t")
            return _compared(options)
        finally:
            server.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


def _compared(options: argparse.Namespace) -> int:
    from pyspark.sql import SparkSession

    builder = SparkSession.builder.config("spark.ui.enabled", "false").config("spark.sql.session.timeZone", "UTC")
    session = builder.config("spark.ui.showConsoleProgress", "false").getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    low = 0
    with tempfile.TemporaryDirectory() as folder:
        for parts in (1, options.parts):
            _engine(Path(folder), parts)  # the first job of each kind starts processes and compiles
            _plain(session, Path(folder), parts, options.rows)
            pairs = [
                (_engine(Path(folder), parts), _plain(session, Path(folder), parts, options.rows)) for _ in range(options.pairs)
            ]
            ratio = statistics.median(plain / engine for engine, plain in pairs)
            engine, plain = (statistics.median(seconds) for seconds in zip(*pairs, strict=True))
            print(f"{options.rows} rows, {parts} parts: engine {engine:.1f} s, plain Spark {plain:.1f} s, rate {ratio:.2f}")
            low += ratio < 0.9
    return 1 if low else 0


def _engine(folder: Path, parts: int) -> float:
    from extract_job.program import run
    from extract_job.stopping import StopRequest

    out = folder / "engine"
    shutil.rmtree(out, ignore_errors=True)
    pairs = {
        "extract_table": "public.t", "run_id": "r", "attempt": "1", "db_engine": "postgres", "db_name": DATABASE,
        "extract_s3_uri": f"{out.as_uri()}/", "result_uri": f"{out.as_uri()}/result.json", "job_engine": "spark",
        "num_partitions": str(parts),
    }  # fmt: skip
    began = time.perf_counter()
    code = run([word for key, value in pairs.items() for word in (f"--{key}", value)], StopRequest())
    assert code == 0
    return time.perf_counter() - began


def _plain(session: Any, folder: Path, parts: int, rows: int) -> float:
    out = folder / "plain"
    shutil.rmtree(out, ignore_errors=True)
    address = f"{os.environ['PGHOST']}:{os.environ.get('PGPORT', '5432')}"
    reader = (
        session.read.format("jdbc")
        .option("url", f"jdbc:postgresql://{address}/{DATABASE}")
        .option("dbtable", "public.t")
        .option("driver", "org.postgresql.Driver")
    )
    reader = reader.option("user", os.environ["PGUSER"]).option("password", os.environ["PGPASSWORD"]).option("fetchsize", "10000")
    if parts > 1:
        reader = reader.option("partitionColumn", "id").option("numPartitions", parts)
        reader = reader.option("lowerBound", 1).option("upperBound", rows)
    began = time.perf_counter()
    reader.load().write.option("compression", "zstd").parquet(out.as_uri())
    return time.perf_counter() - began


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
