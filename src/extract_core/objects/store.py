"""The contract of a store of objects: files of this machine, or Amazon S3.

As in S3, an object is bytes under a name, and there are no folders. A write is visible completely or not at all, and `list`
returns names in the order of their UTF-8 bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from extract_core.dataclass import dataclass
from extract_core.errors import ObjectError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@dataclass(frozen=True, slots=True)
class Stamped:
    """An object's bytes, and a stamp that changes whenever they do (S3: the ETag)."""

    data: bytes
    stamp: str


@dataclass(frozen=True, slots=True)
class Sized:
    """An object below a folder: its name from there on, and its bytes."""

    name: str
    bytes: int


def too_large(uri: str, size: int, most: int) -> ObjectError:
    """The refusal of an object that has more bytes than the reader takes."""
    return ObjectError(f"{uri!r} has {size:,} bytes, and at most {most:,} are read")


class ObjectStore(Protocol):
    """A store of objects.

    Every method raises ObjectError if the store refuses, and ObjectUnavailable if it does not answer for now. A store tries
    again itself before it raises ObjectUnavailable.
    """

    def read(self, uri: str, *, most: int | None = None) -> bytes:
        """The whole object; ObjectNotFound if there is none; ObjectError if it has more than `most` bytes."""

    def read_changed(self, uri: str, stamp: str | None) -> Stamped | None:
        """The object with its stamp; None if its stamp is still this one. ObjectNotFound if there is none."""

    def read_range(self, uri: str, offset: int, length: int) -> bytes:
        """Exactly `length` bytes from `offset` on; ObjectError if the object has fewer."""

    def write(self, uri: str, data: bytes, *, if_absent: bool = False) -> bool:
        """Write the object in one step. With `if_absent`, an existing object stays as it is, and the answer is False."""

    def write_parts(self, uri: str, parts: Iterable[bytes]) -> None:
        """As `write`, for parts that come one by one and are not held in memory. If they raise, nothing is written."""

    def exists(self, uri: str) -> bool:
        """Whether there is an object of exactly this name."""

    def list(self, prefix: str) -> Iterator[str]:
        """The URIs that begin with `prefix`, sorted. None of them is half-written."""

    def sizes(self, folder: str, *, after: str = "") -> Iterator[Sized]:
        """The objects below this folder, sorted by name, from the first name after `after` on. Links are not objects."""

    def delete(self, uri: str) -> None:
        """Remove the object. It need not exist."""
