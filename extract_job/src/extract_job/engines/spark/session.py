"""The session of Spark, with the settings that the job relies on."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from extract_job.errors import FailureClass, JobError

INSTALL = "pip install 'pyspark>=3.5.4,<3.6' pandas"
_BATCH_ROWS = 10_000


def runs_in_spark() -> bool:
    """Return whether this process is the driver of spark-submit, of Glue or of EMR: PythonRunner sets this variable."""
    return "PYSPARK_GATEWAY_PORT" in os.environ


@contextmanager
def spark_session(*, once: bool, batch_rows: int | None) -> Iterator[Any]:
    """Start a session, or use the one that runs; stop it at the end if it was started here.

    `once`: a task that fails is not tried again, because it would read other rows. Raises `JobError` (CONFIG) if pyspark is
    missing, or if a session runs already whose settings could deliver rows twice.
    """
    try:
        from pyspark import SparkConf, SparkContext
        from pyspark.sql import SparkSession
    except ImportError as error:
        message = f"--job_engine spark requires pyspark 3.5; start the job with spark-submit, or install it with: {INSTALL}"
        raise JobError(message, FailureClass.CONFIG) from error
    running = SparkContext._active_spark_context is not None  # noqa: SLF001 - it has no public way
    interrupt = signal.getsignal(signal.SIGINT)
    SparkContext._ensure_initialized()  # noqa: SLF001 - starts the JVM, whose options SparkConf reads
    conf = SparkConf()
    for name, value in _settings(once=once).items():
        conf.set(name, value)
    conf.set("spark.ui.showConsoleProgress", "false")
    for name, value in _DEFAULTS.items():
        conf.setIfMissing(name, value)
    context = SparkContext.getOrCreate(conf)
    try:
        if signal.getsignal(signal.SIGINT) is not interrupt:
            signal.signal(signal.SIGINT, interrupt)  # Spark's own handler would hide the signal from the job
        context.setLogLevel("ERROR")
        _check(context.getConf(), once=once)
        session = SparkSession(context)
        session.conf.set("spark.sql.session.timeZone", "UTC")
        session.conf.set("spark.sql.execution.arrow.maxRecordsPerBatch", str(batch_rows or _BATCH_ROWS))
        yield session
    finally:
        if not running:
            context.stop()


_DEFAULTS = {"spark.master": "local[*]", "spark.app.name": "extract_job"}


def _settings(*, once: bool) -> dict[str, str]:
    """Settings of a session that is started here. A second copy of a running task would write the same rows again."""
    settings = {"spark.speculation": "false"}
    return settings | {"spark.task.maxFailures": "1"} if once else settings


def _check(conf: Any, *, once: bool) -> None:
    for name, value in _settings(once=once).items():
        default = "false" if name == "spark.speculation" else "4"
        if conf.get(name, default) != value:
            raise JobError(
                f"a Spark session runs already with {name}={conf.get(name, default)}, and the job requires {value}; set it when "
                "the session is started, or let the job start its own",
                FailureClass.CONFIG,
            )
