"""Runs every benchmark of this folder, or the named ones. Each prints ratios against a reference in the same run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BY_NAME_ONLY = {"peers", "template"}  # they install other projects' tools: make bench-peers, python benchmarks/run.py template


def main(argv: list[str]) -> int:
    """`python benchmarks/run.py [NAME …]`: exit code 1 if one could not be measured."""
    benchmarks = {path.stem.removeprefix("bench_"): path for path in sorted(HERE.glob("bench_*.py"))}
    unknown = [name for name in argv if name not in benchmarks]
    if unknown:
        print(f"there is no benchmark {unknown[0]!r}; there are: {', '.join(benchmarks)}", file=sys.stderr)
        return 2
    failed = []
    for name in argv or sorted(benchmarks.keys() - BY_NAME_ONLY):
        print(f"== {name}", flush=True)
        if subprocess.run([sys.executable, benchmarks[name]], check=False).returncode != 0:
            failed.append(name)
    if failed:
        print(f"not measured: {', '.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
