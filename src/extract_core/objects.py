"""Objects behind URIs: configs, plans and results, read and written in one way whatever keeps them.

A store is what Amazon S3 is: bytes below names, whole objects only, no folders. A write is seen whole or not at all, and
`list` gives names in the order of their UTF-8 bytes. Files keep the same promises: a temporary name, fsync, rename.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from urllib.parse import quote, unquote, urlsplit

from extract_core.errors import ObjectError, ObjectNotFound

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_TEMPORARY = ".partial"
_SAFE = "/:!$&'()*+,;=@~"  # what a path in a file URI may hold as it stands (RFC 3986, pchar and the slash)


class ObjectStore(Protocol):
    """One place of objects. Every method raises ObjectError where the store refuses or can't be reached."""

    def read(self, uri: str) -> bytes:
        """The whole object; ObjectNotFound where there is none."""

    def read_range(self, uri: str, offset: int, length: int) -> bytes:
        """Exactly `length` bytes from `offset` on; ObjectError where the object has fewer."""

    def write(self, uri: str, data: bytes, *, if_absent: bool = False) -> bool:
        """Put the object in one step. False, with nothing written: `if_absent` was asked and there is one already."""

    def exists(self, uri: str) -> bool:
        """Whether there is an object of exactly this name."""

    def list(self, prefix: str) -> Iterator[str]:
        """The URIs that begin with `prefix`, sorted. None of them is half-written."""

    def delete(self, uri: str) -> None:
        """Remove the object; one that is not there is fine."""


def open_objects() -> ObjectStore:
    """The stores that this version knows, chosen by each URI's scheme: ``file://``."""
    return RoutedObjects({"file": FileObjects()})


def file_uri(path: Path) -> str:
    """The URI of a file's absolute path; a trailing slash of a folder is the caller's to add."""
    return "file://" + quote(str(path.absolute()), safe=_SAFE)


class RoutedObjects:
    """Hands each call to the store of its URI's scheme."""

    def __init__(self, stores: Mapping[str, ObjectStore]) -> None:
        self._stores = stores

    def read(self, uri: str) -> bytes:
        """As in `ObjectStore`."""
        return self._store(uri).read(uri)

    def read_range(self, uri: str, offset: int, length: int) -> bytes:
        """As in `ObjectStore`."""
        return self._store(uri).read_range(uri, offset, length)

    def write(self, uri: str, data: bytes, *, if_absent: bool = False) -> bool:
        """As in `ObjectStore`."""
        return self._store(uri).write(uri, data, if_absent=if_absent)

    def exists(self, uri: str) -> bool:
        """As in `ObjectStore`."""
        return self._store(uri).exists(uri)

    def list(self, prefix: str) -> Iterator[str]:
        """As in `ObjectStore`."""
        return self._store(prefix).list(prefix)

    def delete(self, uri: str) -> None:
        """As in `ObjectStore`."""
        self._store(uri).delete(uri)

    def _store(self, uri: str) -> ObjectStore:
        scheme, colon, _ = uri.partition("://")
        store = self._stores.get(scheme) if colon else None
        if store is not None:
            return store
        known = ", ".join(f"{name}://" for name in sorted(self._stores))
        if not colon:
            raise ObjectError(f"{uri!r} is not a URI; write it with its scheme ({known}), a file as file:///folder/name")
        raise ObjectError(f"{uri!r}: this version keeps no objects in {scheme}://; use one of: {known}")


class FileObjects:
    """Objects as files of this machine, below ``file:///``. Needs a file system with hard links for `if_absent`."""

    def read(self, uri: str) -> bytes:
        """As in `ObjectStore`."""
        try:
            return _path(uri).read_bytes()
        except OSError as error:
            raise _refused("read", uri, error) from error

    def read_range(self, uri: str, offset: int, length: int) -> bytes:
        """As in `ObjectStore`."""
        try:
            with _path(uri).open("rb") as file:
                file.seek(offset)
                data = file.read(length)
        except OSError as error:
            raise _refused("read", uri, error) from error
        if len(data) != length:
            raise ObjectError(f"{uri!r} has {len(data)} of the {length} bytes asked for from byte {offset} on")
        return data

    def write(self, uri: str, data: bytes, *, if_absent: bool = False) -> bool:
        """As in `ObjectStore`."""
        path = _path(uri)
        temporary = path.with_name(f".{secrets.token_hex(8)}{_TEMPORARY}")  # short: the name itself may be as long as names get
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with temporary.open("xb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                return self._name(temporary, path, if_absent=if_absent)
            finally:
                with suppress(FileNotFoundError):
                    temporary.unlink()
        except OSError as error:
            raise _refused("write", uri, error) from error

    def exists(self, uri: str) -> bool:
        """As in `ObjectStore`."""
        try:
            return _path(uri).is_file()
        except OSError as error:
            raise _refused("look for", uri, error) from error

    def list(self, prefix: str) -> Iterator[str]:
        """As in `ObjectStore`."""
        beginning = _text(prefix)
        found = []

        def refuse(error: OSError) -> None:
            if not isinstance(error, FileNotFoundError):  # a folder that is not there holds nothing
                raise _refused("list", prefix, error)

        for folder, _, names in os.walk(beginning[: beginning.rindex("/") + 1], onerror=refuse):
            paths = (os.path.join(folder, name) for name in names if not _is_temporary(name))  # noqa: PTH118 - a Path a file is slow
            found += [path for path in paths if path.startswith(beginning)]
        return iter([f"file://{quote(path, safe=_SAFE)}" for path in sorted(found, key=os.fsencode)])

    def delete(self, uri: str) -> None:
        """As in `ObjectStore`."""
        try:
            _path(uri).unlink(missing_ok=True)
        except OSError as error:
            raise _refused("delete", uri, error) from error

    @staticmethod
    def _name(temporary: Path, path: Path, *, if_absent: bool) -> bool:
        if if_absent:
            try:
                path.hardlink_to(temporary)
            except FileExistsError:
                return False
        else:
            temporary.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)  # else a power cut could take the new name away again
        finally:
            os.close(folder)
        return True


def _is_temporary(name: str) -> bool:
    return name.startswith(".") and name.endswith(_TEMPORARY)


def _text(uri: str) -> str:
    """The absolute path that a file URI names."""
    parts = urlsplit(uri)
    if parts.scheme != "file" or parts.netloc not in ("", "localhost") or not parts.path.startswith("/"):
        raise ObjectError(f"{uri!r} is not a file URI with an absolute path; write file:///folder/name")
    if parts.query or parts.fragment:
        raise ObjectError(f"{uri!r} holds '?' or '#' as they stand; in a URI they are written %3F and %23")
    text = unquote(parts.path)
    if "\0" in text:
        raise ObjectError(f"{uri!r} holds a NUL character, which no file name can")
    return text


def _path(uri: str) -> Path:
    text = _text(uri)
    if text.endswith("/"):
        raise ObjectError(f"{uri!r} names a folder, not an object; leave out the trailing slash")
    return Path(text)


def _refused(doing: str, uri: str, error: OSError) -> ObjectError:
    if isinstance(error, FileNotFoundError | NotADirectoryError) and doing == "read":
        return ObjectNotFound(f"there is no object at {uri!r}")
    return ObjectError(f"can't {doing} {uri!r}: {error.strerror or error}")
