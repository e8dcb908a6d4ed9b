"""Errors of MySQL, MariaDB and the driver: their text in one line, and their failure class."""

import re
from collections.abc import Iterable

from extract_job.databases.login import tls_remedy
from extract_job.errors import FailureClass, JobError

_CLASSES = {
    # Numbers: https://dev.mysql.com/doc/mysql-errors/8.4/en/server-error-reference.html and client-error-reference.html
    FailureClass.CAPACITY: {1040, 1203, 1205, 1226, 3572},  # too many connections, of a user; lock wait; NOWAIT
    FailureClass.INTERRUPTED: {
        1028, 1053, 1159, 1161, 1213, 1317, 1927, 1969, 2002, 2003, 2006, 2013, 2055, 3024, 4031,
    },  # shutdown, deadlock, killed, timed out, server away, connection lost
    FailureClass.PERMISSION: {1044, 1045, 1142, 1143, 1227, 1370, 1410, 1698, 1820, 3118, 3159, 3955, 4151},
    FailureClass.CONFIG: {1046, 1049, 1051, 1054, 1064, 1146, 1193, 1286, 1356, 2005},  # names that do not exist; broken views
}  # fmt: skip
_BY_NUMBER = {number: failure for failure, numbers in _CLASSES.items() for number in numbers}
_PASSING = frozenset({FailureClass.CAPACITY, FailureClass.INTERRUPTED})
_CONNECTING = frozenset({0, 2003, 2013, 2026, 3159})
_GRANT = "grant this user SELECT on the table"


def failure_of(database: str, error: Exception, hidden: Iterable[str] = ()) -> JobError:
    """Return the error to raise for one of the driver; the texts in `hidden` do not appear in it."""
    number, text = _parts(error)
    for secret in hidden:
        text = text.replace(secret, "…") if secret else text
    failure = _BY_NUMBER.get(number, FailureClass.USER_CODE)
    if remedy := tls_remedy(text) if number in _CONNECTING or isinstance(error, RuntimeError) else "":
        text, failure = f"{text}{remedy}", FailureClass.CONFIG  # another attempt would fail in the same way
    if number in (1142, 1143):
        text = f"{text.rstrip(' .')}; {_GRANT}"
    code = f" (error {number})" if number else ""
    return JobError(f"database {database!r}: {text}{code}", failure, retryable=failure in _PASSING)


def _parts(error: Exception) -> tuple[int, str]:
    """Return number and text; the driver puts both into `args`, and some errors have no number."""
    number, *texts = error.args if error.args and isinstance(error.args[0], int) else (0, *error.args)
    text = re.sub(r"\s+", " ", " ".join(map(str, texts))).strip()
    return number, text or type(error).__name__
