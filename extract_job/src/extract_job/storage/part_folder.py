"""The folder of an attempt, for one of several writers that use it at once."""

from collections.abc import Collection, Iterator, Sequence
from itertools import count
from pathlib import Path

from extract_job.storage.places import Place
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

    def register(self, name: str, number: int) -> None:
        """See `protocols.Folder.register`; the number is that of the folder."""
        self._folder.register(name, number)

    def finish(self) -> list[str]:
        """Do nothing: the folder finishes the files of all writers."""
        return []

    def name_of(self, number: int) -> str:
        """See `protocols.Folder.name_of`; the number is that of the folder."""
        return self._folder.name_of(number)

    def adopt(self, folder: Place, names: Sequence[str], number: int) -> int | None:
        """See `protocols.Folder.adopt`; the number is that of the folder."""
        return self._folder.adopt(folder, names, number)

    def drop(self, number: int) -> None:
        """See `protocols.Folder.drop`; the number is that of the folder."""
        self._folder.drop(number)

    def discard(self, keep: Collection[int] = ()) -> None:
        """Do nothing: the folder discards the files of all writers."""


class NumberedFolder(PartFolder):
    """The folder of one writer of several folders below it: all files get numbers in the order in which they are taken."""

    def __init__(self, folder: Folder) -> None:
        super().__init__(folder, count())

    def finish(self) -> list[str]:
        """See `protocols.Folder.finish`."""
        return self._folder.finish()

    def discard(self, keep: Collection[int] = ()) -> None:
        """See `protocols.Folder.discard`."""
        self._folder.discard(keep)
