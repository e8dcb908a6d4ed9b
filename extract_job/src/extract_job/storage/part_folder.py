"""The folder of an attempt, for one of several writers that use it at once."""

from collections.abc import Iterator
from pathlib import Path

from extract_job.storage.protocols import Folder


class PartFolder:
    """See `protocols.Folder`. Its files get the next free numbers of the folder.

    All writers must have ended before the folder finishes or discards the files.
    """

    def __init__(self, folder: Folder, numbers: Iterator[int]) -> None:
        self._folder = folder
        self._numbers = numbers
        self.taken: list[int] = []
        """The numbers of the files, in the order of this writer."""

    def workspace(self) -> Path:
        """See `protocols.Folder.workspace`."""
        return self._folder.workspace()

    def take(self, path: Path, number: int) -> None:  # noqa: ARG002 - the numbers of this writer are not those of the folder
        """See `protocols.Folder.take`."""
        free = next(self._numbers)
        self._folder.take(path, free)
        self.taken.append(free)

    def finish(self) -> list[str]:
        """Do nothing: the folder finishes the files of all writers."""
        return []

    def discard(self) -> None:
        """Do nothing: the folder discards the files of all writers."""
