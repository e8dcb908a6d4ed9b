"""The reference job as a process that kills itself at one of its steps: `killable_job.py LOG STEP SECONDS WORD…`.

Steps are: a part or batch begins, a file is taken, registered or adopted, files get their final names, a chunk list is written.
In the part of the Spark engine, the kill comes some seconds later, while a task runs. LOG gets a line per part that is begun.

If PYSPARK_GATEWAY_PORT is set, the job uses the Spark of another process, which survives it. So do its tasks, as those of a
cluster may.
"""

from __future__ import annotations

import os
import signal
import sys
from itertools import count
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


def main(log: str, step: str, seconds: str, *words: str) -> int:
    """Run the job; return its exit code."""
    from extract_job import chunks
    from extract_job.databases.postgresql.source import PostgresqlSource
    from extract_job.databases.row_source import RowSource
    from extract_job.engines.part import PartCopier
    from extract_job.engines.spark.jobs import SparkJobs
    from extract_job.program import run
    from extract_job.stopping import StopRequest
    from extract_job.storage.local import LocalFolder

    steps = count()

    def kill() -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def stepping(kind: Any, name: str, *, later: float = 0, logged: bool = False) -> None:
        function: Callable[..., Any] = getattr(kind, name)

        def stepped(*args: Any, **options: Any) -> Any:
            if logged:
                with Path(log).open("a", encoding="utf-8") as file:
                    file.write("part\n")
            if next(steps) == int(step):
                Timer(later, kill).start() if later else kill()
            return function(*args, **options)

        setattr(kind, name, stepped)

    stepping(PartCopier, "copied", logged=True)
    stepping(SparkJobs, "run", later=float(seconds), logged=True)
    stepping(SparkJobs, "run")
    for name in ("take", "register", "adopt", "finish"):
        stepping(LocalFolder, name)
    stepping(chunks.ChunkList, "put")
    stepping(PostgresqlSource, "read")
    stepping(RowSource, "left_out_to")
    if "PYSPARK_GATEWAY_PORT" in os.environ:
        join_spark()
    return run(list(words), StopRequest())


def join_spark() -> None:
    """Make the context of Spark that runs already the one of this process."""
    from pyspark import SparkConf, SparkContext
    from pyspark.java_gateway import launch_gateway

    gateway = launch_gateway()
    running = gateway.jvm.org.apache.spark.SparkContext.getOrCreate()
    context = gateway.jvm.org.apache.spark.api.java.JavaSparkContext.fromSparkContext(running)
    SparkContext(gateway=gateway, jsc=context, conf=SparkConf(_jconf=context.getConf()))


if __name__ == "__main__":
    code = main(*sys.argv[1:])
    sys.stderr.flush()
    os._exit(code)  # at its end pyspark would stop the Spark of the other process
