"""Errors of PostgreSQL and its driver: their text in one line, and their failure class."""

import re
from collections.abc import Iterable

from extract_job.databases.login import tls_remedy
from extract_job.errors import FailureClass, JobError

_GRANT = "grant this user SELECT on the table and USAGE on its schema; for a view, grant them to its owner"
_ROW_SECURITY = (
    "let the job use a role with BYPASSRLS (for a view, its owner), or set row_security: allow to read the visible rows only"
)
_DOUBLE = "is out of range for type double precision"
_TEXT = "if the table has decimal_overflow: double, set decimal_overflow: text, which keeps all digits"
_DIGITS = re.compile(r"(\d[\d.]{19})[\d.]{20,}")
"""A number that PostgreSQL writes with all its digits: 1e-400 has 400."""
_STATE = re.compile(r" SQLSTATE: (?P<state>[0-9A-Z]{5})")
_BY_STATE = (
    (("53",), FailureClass.CAPACITY),  # insufficient resources: 53300 is "too many connections"
    (("55P03",), FailureClass.CAPACITY),  # lock_not_available, also after lock_timeout
    (("08", "57P", "57014"), FailureClass.INTERRUPTED),  # connection lost, server stops or starts, query canceled
    (("40",), FailureClass.INTERRUPTED),  # deadlock; a standby reports a conflict with recovery as 40001
    (("42501", "28"), FailureClass.PERMISSION),  # insufficient_privilege, invalid authorization
    (("42", "3D", "3F", "0A"), FailureClass.CONFIG),  # a name or type that does not fit; not supported
)
"""Classes and codes of https://www.postgresql.org/docs/current/errcodes-appendix.html."""
_PASSING = frozenset({FailureClass.CAPACITY, FailureClass.INTERRUPTED})
_BY_TEXT = (
    (r"too many clients|remaining connection slots|too many connections", FailureClass.CAPACITY),
    (r"is starting up|is shutting down|in recovery mode|not (yet )?accepting connections", FailureClass.INTERRUPTED),
    (r"authentication failed|no password supplied|no pg_hba\.conf entry|role .* does not exist", FailureClass.PERMISSION),
    (r"database .* does not exist|could not translate host name|invalid ", FailureClass.CONFIG),
    (r"canceling statement due to (user request|conflict)", FailureClass.INTERRUPTED),
    (r"connection refused|timeout expired|closed the connection|could not (send|receive)|reset by", FailureClass.INTERRUPTED),
    (r"no connection to the server|connection .*(lost|failed)|terminating connection", FailureClass.INTERRUPTED),
)  # fmt: skip
"""libpq reports no SQLSTATE for a connection that it cannot make, or that is lost, and the driver
none for an error between two batches: the text remains."""


def failure_of(database: str, error: Exception, hidden: Iterable[str] = ()) -> JobError:
    """Return the error to raise for one of the driver; the texts in `hidden` do not appear in it."""
    raw = re.sub(r"\s+", " ", str(error)).strip()
    text = re.sub(r"^([A-Z_]+: )?(\[libpq\] )?(Execution error \[\w+\]: |Failed to (?:execute|prepare) query: )?", "", raw)
    text = text.removeprefix("could not begin COPY: ")
    text = re.sub(r" Query was: .*?(?= SQLSTATE|$)", "", text)
    text = text.partition(" SQLSTATE: ")[0]
    match = _STATE.search(raw)
    state = getattr(error, "sqlstate", None) or (match["state"] if match else "")
    if state == "42501":
        text = re.sub(r" HINT: .*", "", text)  # it advises to change the table
        text = f"{text.rstrip(' .')}; {_ROW_SECURITY if 'row-level security' in text else _GRANT}"
    if _DOUBLE in text:
        text = _DIGITS.sub(r"\1…", text).rstrip(" .") + f"; {_TEXT}"
    for secret in hidden:
        text = text.replace(secret, "…")
    failure = _class_of(state, text)
    remedy = "" if state.strip("0") else tls_remedy(text)
    if remedy:
        text, failure = f"{text.rstrip(' .')}{remedy}", FailureClass.CONFIG  # another attempt would fail in the same way
    return JobError(f"database {database!r}: {text}", failure, retryable=failure in _PASSING)


def _class_of(state: str, text: str) -> FailureClass:
    for codes, failure in _BY_STATE:
        if state.startswith(codes):
            return failure
    if state.strip("0"):
        return FailureClass.USER_CODE
    return next((failure for words, failure in _BY_TEXT if re.search(words, text, re.IGNORECASE)), FailureClass.USER_CODE)
