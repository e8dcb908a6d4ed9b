"""Objects as files of this machine. A temporary name, fsync and rename make each write complete or absent."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from stat import S_ISREG
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urlsplit

from extract_core.errors import ObjectError, ObjectNotFound, ObjectUnavailable
from extract_core.objects.store import Sized, Stamped, too_large

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_TEMPORARY = ".partial"
_PASSING = frozenset({errno.EAGAIN, errno.EBUSY, errno.EINTR, errno.ESTALE, errno.ETIMEDOUT})  # of network file systems
_SAFE = "/:!$&'()*+,;=@~"  # characters that need no encoding in the path of a file URI (RFC 3986, pchar and the slash)


def file_uri(path: Path) -> str:
    """The URI of a file's absolute path. For a folder, the caller adds the trailing slash."""
    return "file://" + quote(str(path.absolute()), safe=_SAFE)


def file_path(uri: str) -> Path:
    """The path that a file URI names, of a file or a folder. Raises ObjectError for another URI."""
    return Path(_text(uri))


class FileObjects:
    """Objects as files of this machine, below ``file:///``. Needs a file system with hard links for `if_absent`."""

    def read(self, uri: str, *, most: int | None = None) -> bytes:
        """As in `ObjectStore`."""
        try:
            with _path(uri).open("rb") as file:
                size = os.fstat(file.fileno()).st_size
                if most is not None and size > most:
                    raise too_large(uri, size, most)
                return file.read()
        except OSError as error:
            raise _refused("read", uri, error) from error

    def read_changed(self, uri: str, stamp: str | None) -> Stamped | None:
        """As in `ObjectStore`; the stamp is of the file's number, size and time."""
        try:
            with _path(uri).open("rb") as file:
                status = os.fstat(file.fileno())
                now = f"{status.st_ino}-{status.st_size}-{status.st_mtime_ns}"
                return None if now == stamp else Stamped(file.read(), now)
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
            raise ObjectError(f"{uri!r} has {len(data)} of the {length} bytes that were requested from byte {offset} on")
        return data

    def write(self, uri: str, data: bytes, *, if_absent: bool = False) -> bool:
        """As in `ObjectStore`."""
        return self._write(uri, (data,), if_absent=if_absent)

    def write_parts(self, uri: str, parts: Iterable[bytes]) -> None:
        """As in `ObjectStore`."""
        self._write(uri, parts, if_absent=False)

    def _write(self, uri: str, parts: Iterable[bytes], *, if_absent: bool) -> bool:
        path = _path(uri)
        temporary = path.with_name(f".{os.urandom(8).hex()}{_TEMPORARY}")  # short: `path` may have the longest name
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with temporary.open("xb") as file:
                    file.writelines(parts)
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
        listed = []

        def refuse(error: OSError) -> None:
            if not isinstance(error, FileNotFoundError):  # a folder that does not exist has no objects
                raise _refused("list", prefix, error)

        for folder, _, names in os.walk(beginning[: beginning.rindex("/") + 1], onerror=refuse):
            paths = (os.path.join(folder, name) for name in names if not _is_temporary(name))  # noqa: PTH118 - a Path a file is slow
            listed += [path for path in paths if path.startswith(beginning)]
        return iter([f"file://{quote(path, safe=_SAFE)}" for path in sorted(listed, key=os.fsencode)])

    def sizes(self, folder: str, *, after: str = "") -> Iterator[Sized]:
        """As in `ObjectStore`."""
        top = file_path(folder)
        listed = []

        def refuse(error: OSError) -> None:
            if not isinstance(error, FileNotFoundError):
                raise _refused("list", folder, error)

        for inner, _, names in os.walk(top, onerror=refuse):
            for name in names:
                path = os.path.join(inner, name)  # noqa: PTH118 - a Path a file is slow
                try:
                    status = os.lstat(path)
                except FileNotFoundError:
                    continue
                relative = os.path.relpath(path, top)
                if S_ISREG(status.st_mode) and not _is_temporary(name) and os.fsencode(relative) > os.fsencode(after):
                    listed.append(Sized(relative, status.st_size))
        return iter(sorted(listed, key=lambda sized: os.fsencode(sized.name)))

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
            os.fsync(folder)  # otherwise a power cut could remove the new name
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
        raise ObjectError(f"{uri!r} contains '?' or '#'; in a URI, write %3F and %23 for them")
    text = unquote(parts.path)
    if "\0" in text:
        raise ObjectError(f"{uri!r} contains a NUL character, which file names can't")
    return text


def _path(uri: str) -> Path:
    text = _text(uri)
    if text.endswith("/"):
        raise ObjectError(f"{uri!r} names a folder, not an object; remove the trailing slash")
    return Path(text)


def _refused(doing: str, uri: str, error: OSError) -> ObjectError:
    if isinstance(error, FileNotFoundError | NotADirectoryError) and doing == "read":
        return ObjectNotFound(f"there is no object at {uri!r}")
    kind = ObjectUnavailable if error.errno in _PASSING else ObjectError
    return kind(f"can't {doing} {uri!r}: {error.strerror or error}")
