"""What split reads save: seconds of the job on a PostgreSQL table of 13 columns, with 1, 2 and 4 parts, in alternating runs.

Run it with `python benchmarks/bench_split.py`; it starts its own server. Server and job share the cores of the machine.
"""

import argparse
import os
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path

from bench_proof import POSTGRESQL, _run, _server

PARTS = ("1", "2", "4")


def main(argv: Sequence[str]) -> int:
    """Print the rates; return 0."""
    parser = argparse.ArgumentParser(description="the job with num_partitions 1, 2 and 4")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=5)
    options = parser.parse_args(argv)
    programs = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not programs:
        print("PostgreSQL: left out, its server programs are not here (apt-get install postgresql)")
        return 0
    with _server(programs[-1]) as (folder, port):
        os.environ.update({"PGHOST": "127.0.0.1", "PGPORT": str(port), "PGUSER": "admin", "PGPASSWORD": "admin"})
        from adbc_driver_postgresql import dbapi

        with dbapi.connect("postgresql:///postgres", autocommit=True) as connection, connection.cursor() as cursor:
            for statement in [*POSTGRESQL.format(rows=options.rows).split(";\n"), "ALTER TABLE t ADD PRIMARY KEY (id)"]:
                cursor.execute(statement)
        runs: dict[str, list[tuple[float, float]]] = {parts: [] for parts in PARTS}
        for _ in range(options.pairs):
            for parts in PARTS:
                source = {"db_engine": "postgres", "db_name": "postgres", "num_partitions": parts}
                runs[parts].append(_run(source, folder))
    load = os.getloadavg()[0]
    print(f"{options.rows} rows, {options.pairs} rounds, {os.cpu_count()} cores, load {load:.1f} (medians; CPU of the job)")
    for parts in PARTS:
        faster = statistics.median(whole / seconds for (whole, _), (seconds, _) in zip(runs["1"], runs[parts], strict=True))
        seconds, cpu = (statistics.median(values) for values in zip(*runs[parts], strict=True))
        print(f"  {parts} parts: {options.rows / seconds / 1000:6.0f} k rows/s   {faster:.2f} times 1 part   CPU {cpu:.2f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
