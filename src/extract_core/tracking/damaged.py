"""Rows that can't be read: damaged, or written by a newer version. One of them does not hide the others."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final, TypeVar

from extract_core.errors import TrackingError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Row = TypeVar("Row")
Record = TypeVar("Record")

log: Final = logging.getLogger("extract_core")

_FAULTS: Final = (ValueError, LookupError, TypeError, AttributeError, RecursionError, StopIteration)


class DamagedRow(TrackingError):  # noqa: N818 - what it is
    """A row of the tracking store that can't be read; the message says which kind, and what to do."""


def guarded(what: str, read: Callable[[Row], Record]) -> Callable[[Row], Record]:
    """The same reader, which raises DamagedRow for a row that is not `what`."""

    def guarded_read(row: Row) -> Record:
        try:
            return read(row)
        except _FAULTS as error:
            raise DamagedRow(
                f"{what} in the tracking store is damaged, or was written by a newer version ({type(error).__name__}: {error}): "
                "upgrade extract-sfn, or restore the store from a backup"
            ) from error

    return guarded_read


def readable(read: Callable[[Row], Record], rows: Iterable[Row]) -> Iterator[Record]:
    """The records of the rows that can be read. The log names each of the others."""
    for row in rows:
        try:
            yield read(row)
        except DamagedRow as error:
            log.warning("left out: %s", error)
