"""Errors of Oracle Database and its driver: their text in one line, and their failure class, by number."""

import re
from collections.abc import Iterable

from extract_job.databases.login import tls_remedy
from extract_job.errors import FailureClass, JobError

_CLASSES = {
    # https://docs.oracle.com/en/error-help/db/
    FailureClass.CAPACITY: {18, 20, 54, 2391, 2395, 4030, 4031, 12516, 12518, 12519, 12520, 30006},
    FailureClass.INTERRUPTED: {
        28, 60, 1012, 1033, 1034, 1089, 1092, 1555, 2396, 3113, 3114, 3135, 8103, 12170, 12537, 12541, 12543, 12547, 12571, 12757,
    },
    FailureClass.PERMISSION: {1017, 1031, 1045, 1720, 28000, 28001, 28009, 41900},
    FailureClass.CONFIG: {904, 942, 4043, 4063, 12154, 12504, 12505, 12514},
}  # fmt: skip
_BY_NUMBER = {number: failure for failure, numbers in _CLASSES.items() for number in numbers}
_DRIVER = {
    # https://python-oracledb.readthedocs.io/en/latest/user_guide/troubleshooting.html
    "DPY-4011": FailureClass.INTERRUPTED,
    "DPY-4024": FailureClass.INTERRUPTED,
    "DPY-6001": FailureClass.CONFIG,
    "DPY-6003": FailureClass.CONFIG,
    "DPY-6005": FailureClass.INTERRUPTED,
    "DPY-6006": FailureClass.CONFIG,
}
_PASSING = frozenset({FailureClass.CAPACITY, FailureClass.INTERRUPTED})
_REMEDIES = {
    942: "correct the name of the table, or grant this user SELECT on it",
    1031: "grant this user SELECT on the table",
    1555: (
        "the database no longer has the rows as they were when the job began: make UNDO_RETENTION longer than the read, split "
        "the read, or read at a quieter time"
    ),
    41900: "grant this user SELECT on the table",
}


def failure_of(database: str, error: Exception, hidden: Iterable[str] = ()) -> JobError:
    """Return the error to raise for one of the driver; the texts in `hidden` do not appear in it."""
    parts = error.args[0] if error.args else None
    number, name = int(getattr(parts, "code", 0) or 0), str(getattr(parts, "full_code", "") or "")
    text = re.sub(r"\s+", " ", re.sub(r"(?m)^(Help|Docs): .*$", "", str(error))).strip(" .") or type(error).__name__
    for secret in hidden:
        text = text.replace(secret, "…")
    others = FailureClass.INTERRUPTED if isinstance(error, OSError) else FailureClass.USER_CODE
    failure = _BY_NUMBER.get(number) or _DRIVER.get(name, others)
    remedy = f"; {_REMEDIES[number]}" if number in _REMEDIES else tls_remedy(text)
    return JobError(f"database {database!r}: {text}{remedy}", failure, retryable=failure in _PASSING)
