"""The extract job beside a plain `sqlite3` + `pyarrow` loop, and its memory at 1/4 of the rows.

Whole processes run in alternating pairs. The loop ignores declared types: it writes what `pa.array`
infers. Run it with `python benchmarks/bench_extract_job.py`.
"""

import argparse
import json
import sqlite3
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

PLAIN = """
import sqlite3, sys
import pyarrow as pa
import pyarrow.parquet as pq
cursor = sqlite3.connect(sys.argv[1]).execute(f'SELECT * FROM "{sys.argv[2]}"')
names = [column[0] for column in cursor.description]
writer = None
while rows := cursor.fetchmany(65536):
    table = pa.table([pa.array(values) for values in zip(*rows)], names=names)
    writer = writer or pq.ParquetWriter(sys.argv[3], table.schema, compression="zstd")
    writer.write_table(table)
writer.close()
"""
# One process per measurement: the kernel reports CPU and peak of all children together.
MEASURE = """
import json, resource, subprocess, sys, time
started = time.perf_counter()
code = subprocess.run(sys.argv[1:], stderr=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([code, time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024]))
"""
COLUMNS = """
    id INTEGER PRIMARY KEY, customer_id BIGINT, amount DECIMAL(12,2), active BOOLEAN, score DOUBLE,
    name TEXT, note TEXT, born DATE, updated_at TIMESTAMP, payload BLOB"""


@dataclass(frozen=True, slots=True)
class Figure:
    """One process: wall and CPU seconds, peak memory in MiB, and the MB that it wrote."""

    seconds: float
    cpu: float
    peak: float
    size: float


def main(argv: Sequence[str]) -> int:
    """Print the figures; return 1 if memory grows or the rate is below 0.8 of the loop's."""
    parser = argparse.ArgumentParser(description="extract_job against a plain sqlite3 + pyarrow loop")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=4)
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = folder / "bench.db"
        _make(database, "quarter", options.rows // 4)
        _make(database, "whole", options.rows)
        job_files, plain_files = folder / "job", folder / "plain"
        plain_files.mkdir()
        quarter = _measured(_job(folder, database, "quarter"), job_files)
        pairs = [
            (_measured(_job(folder, database, "whole"), job_files), _measured(_plain(folder, database, "whole"), plain_files))
            for _ in range(options.pairs)
        ]
        written = json.loads((folder / "result.json").read_text())["rows"]
        assert written == options.rows, f"the job wrote {written} rows of {options.rows}"
    jobs, plains = zip(*pairs, strict=True)
    speed = statistics.median(plain.seconds / job.seconds for job, plain in pairs)
    cpu = statistics.median(job.cpu / plain.cpu for job, plain in pairs)
    size = jobs[0].size / plains[0].size
    growth = statistics.median(job.peak for job in jobs) / quarter.peak
    print(f"extract_job, {options.rows} rows, {options.pairs} pairs (medians)")
    _show("extract_job", options.rows, jobs)
    _show("plain sqlite3 + pyarrow", options.rows, plains)
    memory = _peak(jobs) / _peak(plains)
    print(f"  extract_job / plain: rate {speed:.2f}  CPU {cpu:.2f}  memory {memory:.2f}  size {size:.2f}")
    print(f"  extract_job peak, all rows / a quarter: {_peak(jobs):.0f} / {quarter.peak:.0f} MiB = {growth:.2f}")
    # A small quarter does not fill its first row group: its peak says nothing about growth.
    grown = growth >= 1.2 and options.rows >= 600_000
    if speed < 0.8 or grown:
        print("  out of bounds: the rate must be at least 0.8 of the plain loop's, and memory must grow by less than 1.2")
        return 1
    return 0


def _make(database: Path, table: str, rows: int) -> None:
    """Fill a table of ten columns that include NULLs, text and blobs."""
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(f"CREATE TABLE {table} ({COLUMNS})")
        connection.executemany(
            f"INSERT INTO {table} VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - a constant
            (
                (
                    number,
                    number % 9973,
                    number * 7919 % 1000000 / 100,
                    number % 2,
                    number * 0.37,
                    f"name {number % 5000}",
                    None if number % 3 else f"nóte\n{number}",
                    f"20{number % 24:02}-{number % 12 + 1:02}-{number % 28 + 1:02}",
                    f"2024-{number % 12 + 1:02}-{number % 28 + 1:02} 10:{number % 60:02}:{number // 60 % 60:02}",
                    b"x%d" % number if number % 10 == 0 else None,
                )
                for number in range(rows)
            ),
        )
        connection.commit()


def _job(folder: Path, database: Path, table: str) -> list[str]:
    pairs = {
        "extract_table": table,
        "run_id": "bench",
        "attempt": "1",
        "extract_s3_uri": (folder / "job").as_uri(),
        "result_uri": (folder / "result.json").as_uri(),
        "db_engine": "sqlite",
        "db_name": str(database),
    }
    return [sys.executable, "-m", "extract_job", *(word for key, value in pairs.items() for word in (f"--{key}", value))]


def _plain(folder: Path, database: Path, table: str) -> list[str]:
    return [sys.executable, "-c", PLAIN, str(database), table, str(folder / "plain" / "plain.parquet")]


def _measured(command: list[str], files: Path) -> Figure:
    done = subprocess.run([sys.executable, "-c", MEASURE, *command], capture_output=True, text=True, check=True)
    code, seconds, cpu, peak = json.loads(done.stdout)
    if code:
        raise SystemExit(f"the process ended with exit code {code}: {command[:4]}")
    return Figure(seconds, cpu, peak, sum(file.stat().st_size for file in files.glob("*.parquet")) / 1e6)


def _peak(figures: Sequence[Figure]) -> float:
    return statistics.median(figure.peak for figure in figures)


def _show(label: str, rows: int, figures: Sequence[Figure]) -> None:
    rate = statistics.median(rows / figure.seconds for figure in figures)
    cpu = statistics.median(figure.cpu for figure in figures)
    peak, size = _peak(figures), figures[0].size
    print(f"  {label:26}{rate / 1000:8.0f} k rows/s{cpu:8.2f} s CPU{peak:8.0f} MiB peak{size:8.1f} MB")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
