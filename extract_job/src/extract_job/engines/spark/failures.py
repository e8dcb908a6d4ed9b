"""Errors of Spark: the job's own words if a task has found them, those of the database, or those of Spark in one line."""

import json
import re
from typing import Any

from extract_job.databases.conditions import Condition
from extract_job.databases.jdbc import JdbcReader, Misfit
from extract_job.engines.spark.part import FAILED
from extract_job.errors import FailureClass, JobError

_SQL = "java.sql.SQLException"
_SQL_IN_TEXT = re.compile(r"(?:PSQLException|SQL\w*Exception|CommunicationsException): (.*)")
_LOST = re.compile(
    r"ExecutorLostFailure|executor \S+ (?:lost|exited)|lost node|SparkContext was shut down|Broken pipe", re.IGNORECASE
)
_NO_MEMORY = re.compile(r"OutOfMemoryError|Cannot allocate memory|MemoryError", re.IGNORECASE)
_PYTHON = re.compile(r"[A-Za-z_.]+(Error|Exception|Invalid|Interrupt): ")
_LONGEST = 500


def spark_failure(error: Exception, reader: JdbcReader) -> JobError:
    """Return the error to raise for one of pyspark or py4j."""
    text = str(error)
    known = _error_of(text, reader)
    if known is not None:
        return known
    fault = _sql_exception(error)
    if fault is not None:
        return reader.failure(*fault)
    match = _SQL_IN_TEXT.search(text)
    if match:
        return reader.failure("", 0, match[1].strip())
    if _NO_MEMORY.search(text):
        return JobError(
            f"a process of Spark had too little memory; give the job bigger workers, or set a smaller --fetchsize: {_line(text)}"
        )
    if _LOST.search(text) or not (hasattr(error, "java_exception") or type(error).__module__.startswith("pyspark.")):
        return JobError(f"the connection to a process of Spark was lost: {_line(text)}", FailureClass.INTERRUPTED, retryable=True)
    return JobError(f"Spark failed: {_line(text)}")


def _error_of(text: str, reader: JdbcReader) -> JobError | None:
    """Return the error that a task has found."""
    begin = text.find(FAILED)
    if begin < 0:
        return None
    try:
        members, _ = json.JSONDecoder().raw_decode(text[begin + len(FAILED) :])
    except ValueError:
        return None
    if "class" in members:
        return JobError(members["message"], FailureClass(members["class"]), retryable=members["retryable"])
    return reader.misfit(Misfit(members["column"], Condition(members["rows"]), members["why"]))


def _sql_exception(error: Exception) -> tuple[str, int, str] | None:
    """Return SQLSTATE, number and text of the SQL exception among the causes."""
    cause: Any = getattr(error, "java_exception", None) or getattr(error, "_origin", None)
    while cause is not None:
        if _is_sql_exception(cause):
            return cause.getSQLState() or "", cause.getErrorCode(), str(cause.getMessage())
        cause = cause.getCause()
    return None


def _is_sql_exception(exception: Any) -> bool:
    kind = exception.getClass()
    while kind is not None:
        if kind.getName() == _SQL:
            return True
        kind = kind.getSuperclass()
    return False


def _line(text: str) -> str:
    """Return the line that says most, in at most 500 characters: Python's exception, the first cause, or the first line."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    causes = [line for line in lines if line.startswith(("Caused by:", "java.", "org.apache.spark.", ": "))]
    python = [line for line in lines if _PYTHON.match(line)]
    line = (python[-1:] or causes or lines or ["no text"])[0].removeprefix(": ")
    return line if len(line) <= _LONGEST else line[: _LONGEST - 1] + "…"
