"""What a read costs the source: latency of a pgbench probe on PostgreSQL while the job reads, beside the idle server.

The probe is pgbench's default transaction (it writes), at a steady rate by one client. The longest statement of the job, and its
locks on the table, are looked up while it reads. The server shares the cores with job and probe. Run it with
`python benchmarks/bench_harm.py`.
"""

import argparse
import os
import shutil
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path

from bench_proof import _run, with_table

WATCH = """
SELECT max(extract(epoch FROM clock_timestamp() - query_start))::float8, string_agg(DISTINCT mode, ', ')
FROM pg_stat_activity LEFT JOIN pg_locks ON pg_locks.pid = pg_stat_activity.pid AND relation = 't'::regclass
WHERE backend_type = 'client backend' AND state = 'active' AND application_name <> 'pgbench'
  AND pg_stat_activity.pid <> pg_backend_pid()
"""
PER_SECOND = 100


def main(argv: Sequence[str]) -> int:
    """Print the latencies; return 1 if the median ratio of p99 is above 2."""
    parser = argparse.ArgumentParser(description="a pgbench probe while the job reads")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=4)
    parser.add_argument("--seconds", type=int, default=6)
    options = parser.parse_args(argv)
    with with_table(options.rows) as folder:
        if folder is None:
            return 0
        pgbench = str(max(Path("/usr/lib/postgresql").glob("*/bin/pgbench")))
        subprocess.run([pgbench, "-i", "-q", "-s", "5", "postgres"], check=True, capture_output=True)
        pairs, longest, modes = [], 0.0, set[str]()
        for _ in range(options.pairs):
            idle = _latencies(pgbench, folder, options.seconds)
            stop, seen = threading.Event(), list[tuple[float, str]]()
            threads = [threading.Thread(target=_read, args=(folder, stop)), threading.Thread(target=_watch, args=(stop, seen))]
            for thread in threads:
                thread.start()
            busy = _latencies(pgbench, folder, options.seconds)
            stop.set()
            for thread in threads:
                thread.join()
            pairs.append((idle, busy))
            longest = max([longest, *(seconds for seconds, _ in seen)])
            modes |= {mode for _, held in seen for mode in held.split(", ") if mode}
    rounds = f"{options.pairs} rounds of {options.seconds} s, {PER_SECOND} transactions per second"
    print(f"{options.rows:,} rows, {rounds}, {os.cpu_count()} cores")
    for name, share in (("p50", 50), ("p99", 99)):
        idle, busy = (statistics.median(_percentile(values, share) for values in side) for side in zip(*pairs, strict=True))
        ratio = statistics.median(_percentile(after, share) / _percentile(before, share) for before, after in pairs)
        print(f"  {name}: idle {idle:.2f} ms, while the job reads {busy:.2f} ms: {ratio:.2f} times")
    held = ", ".join(sorted(modes)) or "none seen"
    print(f"  the longest statement of the job that was seen: {longest:.1f} s; locks on its table: {held}")
    return int(ratio > 2)


def _latencies(pgbench: str, folder: Path, seconds: int) -> list[float]:
    """Milliseconds per transaction, without the wait for its turn."""
    logs = folder / "probe"
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir()
    command = [pgbench, "-n", "-c", "1", "-R", str(PER_SECOND), "-T", str(seconds), "-l", "--log-prefix", str(logs / "log")]
    command.append("postgres")
    subprocess.run(command, check=True, capture_output=True)
    # client, transaction, microseconds, script, epoch, microseconds of the epoch, lag in microseconds (of the time before)
    lines = [line.split() for log in logs.iterdir() for line in log.read_text().splitlines()]
    return [(int(fields[2]) - int(fields[6])) / 1000 for fields in lines]


def _read(folder: Path, stop: threading.Event) -> None:
    while not stop.is_set():
        _run({"db_engine": "postgres", "db_name": "postgres"}, folder)


def _watch(stop: threading.Event, seen: list[tuple[float, str]]) -> None:
    from adbc_driver_postgresql import dbapi

    with dbapi.connect("postgresql:///postgres", autocommit=True) as connection, connection.cursor() as cursor:
        while not stop.is_set():
            cursor.execute(WATCH)
            for seconds, held in cursor.fetchall():
                if seconds is not None:
                    seen.append((seconds, held or ""))
            time.sleep(0.05)


def _percentile(values: Sequence[float], share: int) -> float:
    return statistics.quantiles(values, n=100)[share - 1]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
