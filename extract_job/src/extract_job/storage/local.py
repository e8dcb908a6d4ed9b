"""A folder on the local disk: files get their final names when all are whole and synced."""

import errno
import os
import secrets
import shutil
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager, nullcontext, suppress
from pathlib import Path

from extract_job.storage.faults import file_fault
from extract_job.storage.places import Place
from extract_job.storage.protocols import file_name


class LocalFolder:
    """See `protocols.Folder`. The workspace is the folder; temporary names begin with a dot."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._temporary: dict[int, Path] = {}

    def workspace(self) -> Path:
        """See `protocols.Folder.workspace`."""
        try:
            self._path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise self._refused(error) from error
        return self._path

    def take(self, path: Path, number: int) -> None:
        """See `protocols.Folder.take`."""
        try:
            _sync(path)
        except OSError as error:
            raise self._refused(error) from error
        self._temporary[number] = path

    def register(self, name: str, number: int) -> None:
        """See `protocols.Folder.register`."""
        self.take(self._path / name, number)

    def finish(self) -> list[str]:
        """See `protocols.Folder.finish`."""
        names = []
        try:
            for number, path in sorted(self._temporary.items()):
                final = path.with_name(file_name(number))
                path.replace(final)
                names.append(final.relative_to(self._path).as_posix())
            for folder in {self._path, *(path.parent for path in self._temporary.values())}:
                _sync(folder)
        except OSError as error:
            raise self._refused(error) from error
        self._temporary.clear()
        return names

    def name_of(self, number: int) -> str:
        """See `protocols.Folder.name_of`."""
        return self._temporary[number].relative_to(self._path).as_posix()

    def adopt(self, folder: Place, names: Sequence[str], number: int) -> int | None:
        """See `protocols.Folder.adopt`. A second name of the same file needs no space, if both folders are on one disk."""
        if not isinstance(folder, Path):
            return None
        path = (self.workspace() / names[0]).with_name(f".{file_name(number)}.{secrets.token_hex(4)}.tmp")
        for name in names:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
                _linked(folder / name, path)
            except (FileNotFoundError, PermissionError):
                continue
            except OSError as error:
                raise self._refused(error) from error
            self._temporary[number] = path
            return path.stat().st_size
        return None

    def drop(self, number: int) -> None:
        """See `protocols.Folder.drop`."""
        with suppress(OSError):
            self._temporary.pop(number).unlink(missing_ok=True)

    def discard(self, keep: Collection[int] = ()) -> None:
        """See `protocols.Folder.discard`."""
        for path in [path for number, path in self._temporary.items() if number not in keep]:
            with suppress(OSError):
                path.unlink(missing_ok=True)

    def _refused(self, error: OSError) -> Exception:
        return file_fault(f"cannot write to {str(self._path)!r}", error)


class LocalResult:
    """See `protocols.ResultPlace`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def withdraw(self) -> None:
        """See `protocols.ResultPlace.withdraw`."""
        try:
            self._path.unlink(missing_ok=True)
        except OSError as error:
            raise file_fault(f"cannot remove the old result {str(self._path)!r}", error) from error

    def put(self, data: bytes) -> None:
        """See `protocols.ResultPlace.put`."""
        path = self._path
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                with temporary.open("xb") as file:
                    file.write(data)
                    file.flush()
                    os.fsync(file.fileno())
                temporary.replace(path)
                _sync(path.parent)
            finally:
                temporary.unlink(missing_ok=True)
        except OSError as error:
            raise file_fault(f"cannot write the result {str(path)!r}", error) from error

    def read(self) -> bytes | None:
        """See `protocols.ResultPlace.read`."""
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise file_fault(f"cannot read the result {str(self._path)!r}", error) from error


class LocalFiles:
    """See `protocols.Files`."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def size(self, name: str) -> int | None:
        """See `protocols.Files.size`."""
        try:
            return (self._path / name).stat().st_size
        except FileNotFoundError:
            return None
        except OSError as error:
            raise file_fault(f"cannot read {str(self._path / name)!r}", error) from error

    def on_disk(self, name: str) -> AbstractContextManager[Path]:
        """See `protocols.Files.on_disk`."""
        return nullcontext(self._path / name)


def _linked(old: Path, new: Path) -> None:
    """Give a file a second name; copy it where a disk cannot."""
    try:
        os.link(old, new)
    except OSError as error:
        if error.errno not in (errno.EXDEV, errno.EPERM, errno.EMLINK, errno.ENOTSUP):
            raise
        shutil.copyfile(old, new)
        _sync(new)


def _sync(path: Path) -> None:
    """Make a file, or the names in a folder, survive a power cut: a rename alone does not."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
