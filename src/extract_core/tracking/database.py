"""The SQLite file of tracking: opened, checked, versioned; transactions; SQLite's errors in words that say what to do.

One connection serves all threads of the process, one transaction at a time: SQLite has one writer anyway. Several processes
share the file through SQLite's own locks (WAL, https://sqlite.org/wal.html), and wait for one another up to `busy_seconds`.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from extract_core.errors import TrackingError, TrackingUnavailable
from extract_core.tracking.copying import copied

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

VERSION: Final = 3
"""Of the schema below. A store of a newer version is refused; an older one is brought up by `_UPGRADES`."""

_SCHEMA: Final = (  # of version 1
    "CREATE TABLE schema_version (version INTEGER NOT NULL)",
    """CREATE TABLE runs (
        run_id TEXT NOT NULL PRIMARY KEY, execution_id TEXT NOT NULL, source_name TEXT NOT NULL, started_at TEXT NOT NULL,
        event TEXT NOT NULL, rerun_of TEXT, versions TEXT NOT NULL, plan_uri TEXT, planned INTEGER, policy TEXT,
        skipped TEXT NOT NULL, refused TEXT, summary TEXT
    ) WITHOUT ROWID""",
    "CREATE INDEX runs_by_start ON runs (started_at, run_id)",
    """CREATE TABLE table_states (
        source TEXT NOT NULL, table_name TEXT NOT NULL, owner_execution TEXT, owner_run TEXT, owner_since TEXT,
        owner_bound TEXT, fencing INTEGER NOT NULL, attempt INTEGER NOT NULL, watermark TEXT, watermark_column TEXT,
        watermark_type TEXT, watermark_version INTEGER NOT NULL, last_run TEXT, last_state TEXT, last_failure TEXT,
        last_at TEXT, PRIMARY KEY (source, table_name)
    ) WITHOUT ROWID""",
    """CREATE TABLE attempts (
        run_id TEXT NOT NULL, source TEXT NOT NULL, table_name TEXT NOT NULL, attempt INTEGER NOT NULL, job_type TEXT,
        state TEXT NOT NULL, recorded_at TEXT NOT NULL, failure TEXT, retryable INTEGER NOT NULL, message TEXT,
        job_run_id TEXT, log_url TEXT, started_at TEXT, ended_at TEXT, cost_basis TEXT, rows INTEGER, bytes INTEGER,
        files TEXT, low_watermark TEXT, high_watermark TEXT, extract_s3_uri TEXT, result_uri TEXT, settings TEXT,
        PRIMARY KEY (run_id, table_name, attempt)
    ) WITHOUT ROWID""",
    "CREATE INDEX attempts_by_table ON attempts (source, table_name, recorded_at)",
)

_UPGRADES: Final[dict[int, tuple[str, ...]]] = {
    1: (
        "ALTER TABLE attempts ADD COLUMN message_uri TEXT",
        """CREATE TABLE mark_changes (
            source TEXT NOT NULL, table_name TEXT NOT NULL, version INTEGER NOT NULL, changed_at TEXT NOT NULL,
            changed_by TEXT NOT NULL, reason TEXT NOT NULL, mark_before TEXT, mark TEXT, watermark_column TEXT,
            watermark_type TEXT, PRIMARY KEY (source, table_name, version)
        ) WITHOUT ROWID""",
    ),
    2: ("ALTER TABLE attempts ADD COLUMN rows_without_watermark INTEGER",),
}
"""From the version in front to the next one. A new store goes the same way, so that both are alike."""

_WAIT: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_REMEDIES: Final = {
    sqlite3.SQLITE_FULL: "the disk is full, nothing of this write was kept: free some space; a run that ended of it goes "
    "on with: extract rerun RUN, any other command is given again",
    sqlite3.SQLITE_READONLY: "the file or its folder can't be written: give this user the right to, or name another one",
    sqlite3.SQLITE_CANTOPEN: "the file can't be opened: see that its folder exists and that this user may write there",
    sqlite3.SQLITE_PERM: "the file or its folder can't be written: give this user the right to, or name another one",
    sqlite3.SQLITE_IOERR: "reading or writing the file failed: see whether the disk is full or gone",
    sqlite3.SQLITE_NOTADB: "this file is not a SQLite database: name another place for tracking, or move the file away",
    sqlite3.SQLITE_CORRUPT: "the file is damaged: restore it from a backup, or move it away to start with an empty store",
}


def _may_be_written(path: Path) -> bool:
    """Whether this user may write the file, what SQLite has beside it, and their folder. True where there is no file."""
    if not path.exists():
        return True
    beside = [each for end in ("-wal", "-shm") if (each := path.with_name(path.name + end)).exists()]
    return all(os.access(each, os.W_OK) for each in (path, path.parent, *beside))


class Database:
    """A tracking file. `create` False: a missing file is an error, not a new store.

    `read_only` changes no byte there and makes no file, not even SQLite's own beside it: a file that nobody has open (there is no
    -wal file) is read as one that nobody changes (https://sqlite.org/c3ref/open.html, "immutable"), any other from a copy. A file
    that this user may not write, or that lies on a read-only disk, is opened so too: whoever may look, can.
    """

    def __init__(self, path: Path, *, create: bool = True, read_only: bool = False, busy_seconds: float = 30.0) -> None:
        self._path = path
        self._lock = threading.Lock()
        if (read_only or not create) and not path.exists():
            raise TrackingError(f"there is no tracking store at {str(path)!r}: start a run there first, or name the right place")
        read_only = read_only or not _may_be_written(path)
        try:
            if not read_only:
                path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise TrackingError(f"the folder of the tracking store {str(path)!r} can't be made: {error}") from error
        with self._translated():
            self._copy = copied(path) if read_only else None
            self._connection = sqlite3.connect(
                self._copy.path if self._copy else f"{path.absolute().as_uri()}?immutable=1" if read_only else path,
                uri=read_only and self._copy is None,
                timeout=busy_seconds,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=64,
            )
        try:
            self._prepare(read_only=read_only)
        except BaseException:
            self._connection.close()
            if self._copy is not None:
                self._copy.remove()
            raise

    def close(self) -> None:
        """Close the file; SQLite then folds its -wal file into it."""
        with self._lock:
            self._connection.close()
            if self._copy is not None:
                self._copy.remove()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Cursor]:
        """A transaction that holds the file's write lock from its start: what is read in it still stands when it commits."""
        with self._transaction("BEGIN IMMEDIATE") as cursor:
            yield cursor

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Cursor]:
        """A transaction whose reads all see one moment."""
        with self._transaction("BEGIN") as cursor:
            yield cursor

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Cursor]:
        with self._lock, self._translated():
            cursor = self._connection.cursor()
            try:
                cursor.execute(begin)
                yield cursor
                cursor.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # some errors, a full disk among them, have rolled it back already
                    cursor.execute("ROLLBACK")
                raise
            finally:
                cursor.close()

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte of an extended code: sqlite.org/rescode.html
            if code in _WAIT:
                raise TrackingUnavailable(
                    f"the tracking store {str(self._path)!r} is in use by another process and stayed locked ({error}): try again"
                ) from error
            remedy = _REMEDIES.get(code)
            detail = f"{remedy} ({error})" if remedy else str(error)
            raise TrackingError(f"the tracking store {str(self._path)!r}: {detail}") from error

    def _prepare(self, *, read_only: bool) -> None:
        with self._lock, self._translated():
            self._connection.execute("PRAGMA foreign_keys = ON")
            names = self._names()
            if names and "schema_version" not in names:
                raise TrackingError(
                    f"{str(self._path)!r} is a database, but no tracking store (it holds {', '.join(sorted(names)[:5])}): "
                    "name another place for tracking"
                )
            if read_only:
                found = self._connection.execute("SELECT max(version) FROM schema_version").fetchone()[0] if names else None
                self._check_version(found)
                self._connection.execute("PRAGMA query_only = ON")
                return
            self._connection.execute("PRAGMA journal_mode = WAL")  # a file system without it keeps its own mode: slower, right
            self._connection.execute("PRAGMA synchronous = FULL")  # a commit outlives a power cut, at 0.3 ms each
        with self.writing() as cursor:
            if not self._names():
                for statement in _SCHEMA:
                    cursor.execute(statement)
                cursor.execute("INSERT INTO schema_version VALUES (1)")
            found = cursor.execute("SELECT max(version) FROM schema_version").fetchone()[0]
            while found in _UPGRADES:
                for statement in _UPGRADES[found]:
                    cursor.execute(statement)
                found += 1
                cursor.execute("INSERT INTO schema_version VALUES (?)", (found,))
        self._check_version(found)

    def _check_version(self, found: int | None) -> None:
        if found in _UPGRADES or found is None:  # only where nothing may be written
            raise TrackingError(
                f"the tracking store {str(self._path)!r} is of an earlier version ({found!r}): extract status brings it up"
            )
        if found != VERSION:
            raise TrackingError(
                f"the tracking store {str(self._path)!r} has schema version {found!r}, this extract-sfn knows {VERSION}: "
                "upgrade extract-sfn, or name another place for tracking"
            )

    def _names(self) -> set[str]:
        return {name for (name,) in self._connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
