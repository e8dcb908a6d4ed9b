"""The benchmark of this package runs."""

import subprocess
import sys
from pathlib import Path

BENCHMARK = Path(__file__).parents[2] / "benchmarks" / "bench_extract_job.py"


def test_the_benchmark_runs_on_few_rows():
    done = subprocess.run(
        [sys.executable, BENCHMARK, "--rows", "4000", "--pairs", "1"], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.stdout.startswith("extract_job, 4000 rows, 1 pairs (medians)\n"), done.stderr
    assert "extract_job / plain: rate " in done.stdout
