"""A read-only connection to a SQLite file, within one transaction.

The transaction is the snapshot. In rollback-journal mode, writers of the database wait until it
ends; in WAL mode they do not (https://www.sqlite.org/isolation.html).
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from extract_job.databases.sqlite.comparing import define_functions
from extract_job.errors import FailureClass, JobError
from extract_job.stopping import Stopped, StopRequest

STOP_CHECK = 100_000
"""Steps of SQLite's virtual machine between two checks of the stop request: a few milliseconds."""


@contextmanager
def snapshot(database: str, lock_wait_seconds: int, stop: StopRequest) -> Iterator[sqlite3.Connection]:
    """Open the file and begin the snapshot.

    Raises `JobError` if SQLite refuses, then or while the snapshot is open, and `Stopped` on a
    signal.
    """
    path = Path(database)
    try:
        problem = None if path.is_file() else "is not a file" if path.exists() else "does not exist"
    except (OSError, ValueError) as error:  # a name that no file can have
        problem = f"cannot be opened: {getattr(error, 'strerror', None) or error}"
    if problem is not None:
        raise JobError(f"database {database!r} {problem} (--db_name, relative to {str(Path.cwd())!r})", FailureClass.CONFIG)
    try:
        with closing(_connected(path, lock_wait_seconds)) as connection:
            define_functions(connection)
            connection.set_progress_handler(lambda: stop.signal is not None, STOP_CHECK)
            yield connection
    except sqlite3.Error as error:
        if stop.signal is not None:
            raise Stopped from error
        raise _refused(database, error, lock_wait_seconds) from error


def _connected(path: Path, wait_seconds: int) -> sqlite3.Connection:
    """Open the file, never create it, and begin; wait in short steps to handle signals."""
    uri = f"file://{quote(os.fsencode(path.absolute()))}?mode=ro"
    deadline = time.monotonic() + wait_seconds
    while True:
        connection = sqlite3.connect(uri, uri=True, timeout=0.2, isolation_level=None)
        try:
            connection.execute("BEGIN")
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        except BaseException as error:
            connection.close()
            busy = isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() >= deadline:
                raise
        else:
            return connection


def _refused(database: str, error: sqlite3.Error, waited_seconds: int) -> JobError:
    """Return the error for one of SQLite; the codes: https://www.sqlite.org/rescode.html."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the primary code, without its extension
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        message = f"database {database!r} is locked by another process (waited {waited_seconds} s); try again when it is free"
        return JobError(message, FailureClass.CAPACITY, retryable=True)
    if code == sqlite3.SQLITE_NOTADB:
        return JobError(f"database {database!r} is not a SQLite database", FailureClass.CONFIG)
    if code == sqlite3.SQLITE_CANTOPEN:
        return JobError(
            f"cannot open database {database!r}: check that this user may read it and, if it is in WAL mode, write in its folder",
            FailureClass.PERMISSION,
        )
    return JobError(f"cannot read database {database!r}: {error}")
