"""`extract --help` against `python -c "import click"`, in an environment that holds the run-time dependencies only.

Goal: at most 2.5 times.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MEMBERS = (".", "plugins/glue", "plugins/emr", "plugins/ecs", "plugins/local", "asl_generator", "asl_toolkit", "extract_job")
PAIRS = 15
GOAL = 2.5


def environment(folder: Path) -> Path:
    """A fresh environment with extract-sfn[glue,emr,ecs,local,cli], installed from wheels."""
    environ = dict(os.environ, PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "-q"]
    wheels = folder / "wheels"
    members = [str(ROOT / member) for member in MEMBERS]
    subprocess.run([*pip, "wheel", "--no-deps", "--no-build-isolation", "-w", wheels, *members], check=True, env=environ)
    venv.create(folder / "venv", with_pip=False)
    python = folder / "venv" / "bin" / "python"
    subprocess.run([*pip[:3], "--python", python, *pip[3:], "install", "-q", "--find-links", wheels,
                    "extract-sfn[glue,emr,ecs,local,cli]"], check=True, env=environ)  # fmt: skip
    return python


def seconds(command: list[str]) -> float:
    """Wall time of one whole process."""
    started = time.perf_counter()
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def main() -> int:
    """Alternating pairs; prints the median times and the median ratio."""
    with tempfile.TemporaryDirectory() as scratch:
        python = environment(Path(scratch))
        ours = [str(python.parent / "extract"), "--help"]
        click = [str(python), "-c", "import click"]
        bare = [str(python), "-c", "pass"]
        for command in (ours, click, bare):
            seconds(command)
        pairs = [(seconds(ours), seconds(click), seconds(bare)) for _ in range(PAIRS)]
    median = [statistics.median(column) * 1000 for column in zip(*pairs, strict=True)]
    ratio = statistics.median(a / b for a, b, _ in pairs)
    print(f"extract --help {median[0]:.0f} ms   import click {median[1]:.0f} ms   bare python {median[2]:.0f} ms")
    print(f"ratio to `import click`: {ratio:.2f} (goal: at most {GOAL})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
