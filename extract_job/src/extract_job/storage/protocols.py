"""What the job needs of the place it writes to: a folder that takes whole files, and the object that says which they are."""

from pathlib import Path
from typing import Protocol


class Folder(Protocol):
    """Takes the data files of one attempt. Raises `JobError` where the place refuses."""

    def workspace(self) -> Path:
        """Give a folder on this machine, made if need be, where files are written before they are whole."""

    def take(self, path: Path, number: int) -> None:
        """Take the finished file at `path` of the workspace, the attempt's file of that number (from 0)."""

    def finish(self) -> list[str]:
        """Give all files that were taken their last names, make them last, and say the names by number."""

    def discard(self) -> None:
        """Remove what is not finished; raises nothing. After `finish` there is nothing to remove."""


class ResultPlace(Protocol):
    """Holds the result object of one attempt. Raises `JobError` where the place refuses."""

    def withdraw(self) -> None:
        """Remove the result of an earlier process of the same attempt, if there is one."""

    def put(self, text: str) -> None:
        """Put the result in one step: a reader sees the whole object or none."""


def file_name(number: int, token: str = "") -> str:
    """Name a data file: `part-00000.parquet`, or with a token `part-00000-1a2b3c4d.parquet`."""
    return f"part-{number:05}{'-' if token else ''}{token}.parquet"
