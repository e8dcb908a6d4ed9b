"""What the job requires of a place: a folder for whole files, and an object that lists them."""

from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Protocol

from extract_job.storage.places import Place


class Folder(Protocol):
    """Takes the data files of one attempt. Raises `JobError` if the place refuses."""

    def workspace(self) -> Path:
        """Return a folder on this machine for files that are not finished; create it if needed."""

    def take(self, path: Path, number: int) -> None:
        """Take the finished file at `path` in the workspace; files are numbered from 0."""

    def register(self, name: str, number: int) -> None:
        """Take the finished file that another process has put into this folder under this name."""

    def finish(self) -> list[str]:
        """Make all taken files final and durable; return their names by number."""

    def name_of(self, number: int) -> str:
        """Return the present name of a taken file, which is final in S3 only."""

    def adopt(self, folder: Place, names: Sequence[str], number: int) -> int | None:
        """Take a copy of a file of an earlier attempt, which has the first of these names that exists; return its bytes.

        None: there is no such file, or this user may not read it.
        """

    def drop(self, number: int) -> None:
        """Remove one taken file; never raises."""

    def discard(self, keep: Collection[int] = ()) -> None:
        """Remove all files that are not final, but those with these numbers; never raises. After `finish` there are none."""


class ResultPlace(Protocol):
    """Holds the result object of one attempt, or the object beside it.

    Raises `JobError` if the place refuses.
    """

    def withdraw(self) -> None:
        """Remove the result of an earlier process of the same attempt, if it exists."""

    def put(self, data: bytes) -> None:
        """Write the object in one step: a reader sees the whole object or nothing."""

    def read(self) -> bytes | None:
        """Return the object, or None if it does not exist."""


class Files(Protocol):
    """Reads the data files of an attempt that has ended. Raises `JobError` if the place refuses."""

    def size(self, name: str) -> int | None:
        """Return the bytes of a file, or None if it does not exist."""

    def on_disk(self, name: str) -> AbstractContextManager[Path]:
        """Return the file on this machine."""


def file_name(number: int, token: str = "") -> str:
    """Name a data file: `part-00000.parquet`, or with a token `part-00000-1a2b3c4d.parquet`."""
    return f"part-{number:05}{'-' if token else ''}{token}.parquet"
