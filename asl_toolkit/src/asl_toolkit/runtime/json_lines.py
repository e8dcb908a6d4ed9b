"""The items of a JSON Lines file: a line is read and parsed when it is asked for, so memory does not grow with the items."""

import os
import weakref
from array import array
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import overload

from asl_toolkit.errors import StateFailure
from asl_toolkit.json_value import Json, loads


class JsonLines(Sequence[Json]):
    """Lines that hold something. `read` returns the bytes between two places of the file."""

    def __init__(self, read: Callable[[int, int], bytes], starts: "array[int]", ends: "array[int]") -> None:
        self._read = read
        self._starts = starts
        self._ends = ends

    @classmethod
    def of_bytes(cls, raw: bytes) -> "JsonLines":
        """The lines of a text that is in memory."""
        return cls(lambda start, end: raw[start:end], *_places(line + b"\n" for line in raw.split(b"\n")))

    @classmethod
    def of_file(cls, path: Path) -> "JsonLines":
        """The lines of a file, which stays open as long as they are used. Raises OSError."""
        with path.open("rb") as file:
            starts, ends = _places(file)
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        lines = cls(lambda start, end: os.pread(handle, end - start, start), starts, ends)
        weakref.finalize(lines, os.close, handle)
        return lines

    def __len__(self) -> int:
        """How many lines hold something."""
        return len(self._starts)

    @overload
    def __getitem__(self, index: int) -> Json: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Json]: ...

    def __getitem__(self, index: int | slice) -> Json | Sequence[Json]:
        """The value of a line, or a part of the lines."""
        if isinstance(index, slice):
            return _Part(self, range(len(self))[index])
        try:
            return loads(self._read(self._starts[index], self._ends[index]))
        except ValueError as error:
            cause = f"Line {index + 1} of the JSONL file is not JSON: {error}"
            raise StateFailure("States.ItemReaderFailed", cause) from error


class _Part(Sequence[Json]):
    """Some of the lines, by their numbers."""

    def __init__(self, lines: JsonLines, numbers: range) -> None:
        self._lines = lines
        self._numbers = numbers

    def __len__(self) -> int:
        return len(self._numbers)

    @overload
    def __getitem__(self, index: int) -> Json: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[Json]: ...

    def __getitem__(self, index: int | slice) -> Json | Sequence[Json]:
        return _Part(self._lines, self._numbers[index]) if isinstance(index, slice) else self._lines[self._numbers[index]]


def _places(lines: Iterable[bytes]) -> "tuple[array[int], array[int]]":
    """The begin and the end of each line that is not blank."""
    starts, ends, end = array("q"), array("q"), 0
    for line in lines:
        start, end = end, end + len(line)
        if line.strip():
            starts.append(start)
            ends.append(end)
    return starts, ends
