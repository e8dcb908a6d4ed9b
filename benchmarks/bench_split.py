"""What split reads save: seconds of the job on a PostgreSQL table of 13 columns, with 1, 2 and 4 parts, in alternating runs.

Run it with `python benchmarks/bench_split.py`; it starts its own server. Server and job share the cores of the machine.
"""

import argparse
import os
import statistics
import sys
from collections.abc import Sequence

from bench_proof import _run, with_table

PARTS = ("1", "2", "4")


def main(argv: Sequence[str]) -> int:
    """Print the rates; return 0."""
    parser = argparse.ArgumentParser(description="the job with num_partitions 1, 2 and 4")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--pairs", type=int, default=5)
    options = parser.parse_args(argv)
    with with_table(options.rows) as folder:
        if folder is None:
            return 0
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
