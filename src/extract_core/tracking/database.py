"""The SQLite file of tracking: opened, checked, brought up to date; transactions; SQLite's errors in words that say what to do.

One connection serves all threads of the process, one transaction at a time: SQLite has one writer anyway. Several processes
share the file through SQLite's own locks (WAL, https://sqlite.org/wal.html), and wait for one another up to `busy_seconds`.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import closing, contextmanager
from typing import TYPE_CHECKING, Final

from extract_core.errors import TrackingError, TrackingUnavailable
from extract_core.tracking.copying import copied, wal_of
from extract_core.tracking.schema import SCHEMA, UPGRADES, VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_WAIT: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_REMEDIES: Final = {
    sqlite3.SQLITE_FULL: "the disk is full, nothing of this write was kept: free some space; continue a run that ended "
    "because of it with: extract rerun RUN; repeat any other command",
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
    beside = [file for end in ("-wal", "-shm") if (file := path.with_name(path.name + end)).exists()]
    return all(os.access(file, os.W_OK) for file in (path, path.parent, *beside))


class Database:
    """A tracking file. `create` False: a missing file is an error, not a new store.

    `read_only` changes no byte there and makes no file, not even SQLite's own beside it. A file of today's version that no
    process has open (there is no -wal file) is read in place (https://sqlite.org/c3ref/open.html, "immutable"). Any other is
    read from a copy, and the copy is brought up to today's version. A file that this user may not write, or that lies on a
    read-only disk, is opened so too: all who may read the file can read the store.
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
            self._copy = copied(path) if read_only and not _can_be_read_in_place(path) else None
            self._connection = sqlite3.connect(
                self._copy.path if self._copy else _immutable(path) if read_only else path,
                uri=read_only and self._copy is None,
                timeout=busy_seconds,
                isolation_level=None,
                check_same_thread=False,
                cached_statements=64,
            )
        try:
            self._prepare(in_place=read_only and self._copy is None)
            if read_only:
                self._connection.execute("PRAGMA query_only = ON")
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
        """A transaction that holds the file's write lock from its start: what is read in it is still true when it commits."""
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

    def _prepare(self, *, in_place: bool) -> None:
        """Check the file and bring it up to today's version; `in_place`: check only."""
        with self._lock, self._translated():
            self._connection.execute("PRAGMA foreign_keys = ON")
            names = _names(self._connection)
            if names and "schema_version" not in names:
                raise TrackingError(
                    f"{str(self._path)!r} is a database, but no tracking store (it holds {', '.join(sorted(names)[:5])}): "
                    "name another place for tracking"
                )
            if in_place:
                self._check_version(_version(self._connection))
                return
            self._connection.execute("PRAGMA journal_mode = WAL")  # a file system without it keeps its own mode: slower, right
            self._connection.execute("PRAGMA synchronous = FULL")  # a commit outlives a power cut, at 0.3 ms each
        with self.writing() as cursor:
            if not _names(self._connection):
                for statement in SCHEMA:
                    cursor.execute(statement)
                cursor.execute("INSERT INTO schema_version VALUES (1)")
            version = _version(self._connection)
            while version is not None and version in UPGRADES:
                for statement in UPGRADES[version]:
                    cursor.execute(statement)
                version += 1
                cursor.execute("INSERT INTO schema_version VALUES (?)", (version,))
        self._check_version(version)

    def _check_version(self, version: int | None) -> None:
        if version != VERSION:
            raise TrackingError(
                f"the tracking store {str(self._path)!r} has schema version {version!r}, this extract-sfn knows {VERSION}: "
                "upgrade extract-sfn, or name another place for tracking"
            )


def _can_be_read_in_place(path: Path) -> bool:
    """Whether no process has the file open, and reading it needs no upgrade. A file that is not a store is refused later."""
    if wal_of(path).exists():
        return False
    with closing(sqlite3.connect(_immutable(path), uri=True)) as connection:
        names = _names(connection)
        return bool(names) and ("schema_version" not in names or _version(connection) not in UPGRADES)


def _immutable(path: Path) -> str:
    return f"{path.absolute().as_uri()}?immutable=1"


def _names(connection: sqlite3.Connection) -> set[str]:
    return {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}


def _version(connection: sqlite3.Connection) -> int | None:
    row: tuple[int | None] = connection.execute("SELECT max(version) FROM schema_version").fetchone()
    return row[0]
