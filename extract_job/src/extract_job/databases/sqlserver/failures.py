"""Errors of SQL Server and its driver: their text in one line, and their failure class.

The driver's exceptions have no error number, only the text of the message and, in other words, its SQLSTATE. So a number is
recognised by the text that it has in us_english, the language of the session
(https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-events-and-errors).
"""

import re
from collections.abc import Iterable

from extract_job.databases.login import tls_remedy
from extract_job.errors import FailureClass, JobError

_MESSAGES = (
    (1222, "Lock request time out period exceeded", FailureClass.CAPACITY),
    (1204, "cannot obtain a LOCK resource", FailureClass.CAPACITY),
    (701, "There is insufficient system memory", FailureClass.CAPACITY),
    (10928, "limit for the database is", FailureClass.CAPACITY),
    (40501, "The service is currently busy", FailureClass.CAPACITY),
    (17809, "maximum number of", FailureClass.CAPACITY),
    (1205, "chosen as the deadlock victim", FailureClass.INTERRUPTED),
    (3960, "Snapshot isolation transaction aborted", FailureClass.INTERRUPTED),
    (3966, "is rolled back when accessing version store", FailureClass.INTERRUPTED),
    (6005, "SHUTDOWN is in progress", FailureClass.INTERRUPTED),
    (596, "session is in the kill state", FailureClass.INTERRUPTED),
    (40197, "encountered an error processing your request", FailureClass.INTERRUPTED),
    (40613, "is not currently available", FailureClass.INTERRUPTED),
    (18456, "Login failed for user", FailureClass.PERMISSION),
    (4060, "Cannot open database", FailureClass.PERMISSION),
    (229, "permission was denied on the object", FailureClass.PERMISSION),
    (230, "permission was denied on the column", FailureClass.PERMISSION),
    (916, "is not able to access the database", FailureClass.PERMISSION),
    (208, "Invalid object name", FailureClass.CONFIG),
    (207, "Invalid column name", FailureClass.CONFIG),
    (3952, "Snapshot isolation transaction failed", FailureClass.CONFIG),
)
_STATES = (
    # https://learn.microsoft.com/en-us/sql/odbc/reference/appendixes/appendix-a-odbc-error-codes
    ("08001", "Client unable to establish connection", FailureClass.INTERRUPTED),
    ("08003", "Connection not open", FailureClass.INTERRUPTED),
    ("08004", "Server rejected the connection", FailureClass.INTERRUPTED),
    ("08007", "Connection failure during transaction", FailureClass.INTERRUPTED),
    ("08S01", "Communication link failure", FailureClass.INTERRUPTED),
    ("HYT00", "Timeout expired", FailureClass.INTERRUPTED),
    ("HYT01", "Connection timeout expired", FailureClass.INTERRUPTED),
)
_PASSING = frozenset({FailureClass.CAPACITY, FailureClass.INTERRUPTED})
_REMEDIES = {
    208: "correct the name of the table, or grant this user SELECT on it",
    229: "grant this user SELECT on the table",
    230: "grant this user SELECT on the table",
}


def failure_of(database: str, error: Exception, hidden: Iterable[str] = ()) -> JobError:
    """Return the error to raise for one of the driver; the texts in `hidden` do not appear in it."""
    said = str(getattr(error, "ddbc_error", "") or error)
    text = re.sub(r"\s+", " ", re.sub(r"^(\[[^\]]*\])+", "", said)).strip(" .") or type(error).__name__
    for secret in hidden:
        text = text.replace(secret, "…")
    state = str(getattr(error, "driver_error", ""))
    number, failure = next(((number, failure) for number, part, failure in _MESSAGES if part in text), (0, None))
    if failure is None:
        failure = next((failure for _, words, failure in _STATES if words == state), FailureClass.USER_CODE)
    remedy = f"; {_REMEDIES[number]}" if number in _REMEDIES else tls_remedy(text)
    if remedy and not number:
        failure = FailureClass.CONFIG  # TLS: another attempt would fail in the same way
    code = f" (error {number})" if number else ""
    return JobError(f"database {database!r}: {text}{code}{remedy}", failure, retryable=failure in _PASSING)
