"""The extract job against a plain `sqlite3 + pyarrow` loop, whole processes in alternating pairs; and memory at 1/4 of the rows.

The loop takes no care of types: what `pa.array` makes of the values stands. Run it with `python benchmarks/bench_extract_job.py`.
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
# A process of its own asks the kernel for the peak of its only child.
WATCH = """
import json, resource, subprocess, sys, time
started = time.perf_counter()
code = subprocess.run(sys.argv[1:], stderr=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps([code, time.perf_counter() - started, used.ru_maxrss / 1024]))
"""
COLUMNS = """
    id INTEGER PRIMARY KEY, customer_id BIGINT, amount DECIMAL(12,2), active BOOLEAN, score DOUBLE,
    name TEXT, note TEXT, born DATE, updated_at TIMESTAMP, payload BLOB"""


@dataclass(frozen=True, slots=True)
class Figure:
    """One process: its seconds on the wall and its peak memory in MiB."""

    seconds: float
    peak: float


def main(argv: Sequence[str]) -> int:
    """Print the figures; gives 1 when memory grows with the table or the job is slower than 0.8 of the loop."""
    parser = argparse.ArgumentParser(description="extract_job against a plain sqlite3 + pyarrow loop")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=4)
    options = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        database = folder / "bench.db"
        _make(database, "quarter", options.rows // 4)
        _make(database, "whole", options.rows)
        quarter = _watched(_job(folder, database, "quarter"))
        pairs = [
            (_watched(_job(folder, database, "whole")), _watched(_plain(folder, database, "whole"))) for _ in range(options.pairs)
        ]
        written = json.loads((folder / "result.json").read_text())["rows"]
        assert written == options.rows, f"the job wrote {written} rows of {options.rows}"
    jobs, plains = zip(*pairs, strict=True)
    speed = statistics.median(plain.seconds / job.seconds for job, plain in pairs)
    growth = statistics.median(job.peak for job in jobs) / quarter.peak
    print(f"extract_job, {options.rows} rows, {options.pairs} pairs (medians)")
    _show("extract_job", options.rows, jobs)
    _show("plain sqlite3 + pyarrow", options.rows, plains)
    print(f"  extract_job / plain: rate {speed:.2f}  memory {_peak(jobs) / _peak(plains):.2f}")
    print(f"  extract_job peak, all rows / a quarter: {_peak(jobs):.0f} / {quarter.peak:.0f} MiB = {growth:.2f}")
    # Below this a quarter doesn't fill its first batches and row group: growing to full size is no growth with the table.
    grown = growth >= 1.2 and options.rows >= 600_000
    if speed < 0.8 or grown:
        print("  beyond its bounds: at least 0.8 of the plain loop's rate, and memory that grows by less than 1.2")
        return 1
    return 0


def _make(database: Path, table: str, rows: int) -> None:
    """Fill a table of ten columns, with NULLs, text and blobs in it."""
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
    return [sys.executable, "-c", PLAIN, str(database), table, str(folder / "plain.parquet")]


def _watched(command: list[str]) -> Figure:
    done = subprocess.run([sys.executable, "-c", WATCH, *command], capture_output=True, text=True, check=True)
    code, seconds, peak = json.loads(done.stdout)
    if code:
        raise SystemExit(f"the process ended with {code}: {command[:4]}")
    return Figure(seconds, peak)


def _peak(figures: Sequence[Figure]) -> float:
    return statistics.median(figure.peak for figure in figures)


def _show(label: str, rows: int, figures: Sequence[Figure]) -> None:
    rate = statistics.median(rows / figure.seconds for figure in figures)
    print(f"  {label:26}{rate / 1000:8.0f} k rows/s{_peak(figures):8.0f} MiB peak")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
