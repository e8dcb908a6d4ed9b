"""A folder in S3: each file is written on this machine and uploaded when it is whole.

So a reader never sees half a file. Objects cannot be renamed, so each process of an attempt uses
different names; the result object, written last, lists the valid ones. boto3 uploads in parts, with
checksums and retries
(https://boto3.amazonaws.com/v1/documentation/api/latest/guide/s3-uploading-files.html).
"""

import secrets
import shutil
import tempfile
from collections.abc import Collection, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path, PurePosixPath
from typing import Any

from extract_job.aws import client, faults, refused
from extract_job.storage.faults import file_fault
from extract_job.storage.places import Place, S3Uri
from extract_job.storage.protocols import file_name


class S3Folder:
    """See `protocols.Folder`. This machine holds one file at a time."""

    def __init__(self, place: S3Uri, token: str | None = None) -> None:
        self._place = place
        self._s3 = client("s3")
        self._token = token or secrets.token_hex(4)
        self._disk: Path | None = None
        self._names: dict[int, str] = {}

    def workspace(self) -> Path:
        """See `protocols.Folder.workspace`."""
        if self._disk is None:
            try:
                self._disk = Path(tempfile.mkdtemp(prefix="extract-job-"))
            except OSError as error:
                raise file_fault("cannot create a temporary folder on this machine", error) from error
        return self._disk

    def take(self, path: Path, number: int) -> None:
        """See `protocols.Folder.take`."""
        below = path.parent.relative_to(self.workspace())
        name = (below / file_name(number, self._token)).as_posix()
        self._names[number] = name
        try:
            self._s3.upload_file(str(path), self._place.bucket, self._place.key + name)
        except faults() as error:
            raise refused(f"cannot write to {str(self._place)!r}", error) from error
        path.unlink()

    def register(self, name: str, number: int) -> None:
        """See `protocols.Folder.register`."""
        self._names[number] = name

    def finish(self) -> list[str]:
        """See `protocols.Folder.finish`."""
        names = [name for _, name in sorted(self._names.items())]
        self._names.clear()
        self._remove_disk()
        return names

    def name_of(self, number: int) -> str:
        """See `protocols.Folder.name_of`."""
        return self._names[number]

    def adopt(self, folder: Place, names: Sequence[str], number: int) -> int | None:
        """See `protocols.Folder.adopt`. S3 copies the object itself."""
        if not isinstance(folder, S3Uri):
            return None
        name = PurePosixPath(names[0]).with_name(file_name(number, self._token)).as_posix()
        for old in names:
            with suppress(*faults()):
                source = {"Bucket": folder.bucket, "Key": folder.key + old}
                self._s3.copy(source, self._place.bucket, self._place.key + name)
                self._names[number] = name
                return S3Files(self._place).size(name)
        return None

    def drop(self, number: int) -> None:
        """See `protocols.Folder.drop`."""
        with suppress(*faults()):
            self._s3.delete_object(Bucket=self._place.bucket, Key=self._place.key + self._names.pop(number))

    def discard(self, keep: Collection[int] = ()) -> None:
        """See `protocols.Folder.discard`."""
        for name in [name for number, name in self._names.items() if number not in keep]:
            with suppress(*faults()):
                self._s3.delete_object(Bucket=self._place.bucket, Key=self._place.key + name)
        self._remove_disk()

    def _remove_disk(self) -> None:
        if self._disk is not None:
            shutil.rmtree(self._disk, ignore_errors=True)


class S3Result:
    """See `protocols.ResultPlace`. S3 shows a new object to all readers at once, and whole."""

    def __init__(self, place: S3Uri) -> None:
        self._place = place
        self._s3: Any = client("s3")

    def withdraw(self) -> None:
        """See `protocols.ResultPlace.withdraw`."""
        try:
            self._s3.delete_object(Bucket=self._place.bucket, Key=self._place.key)
        except faults() as error:
            raise refused(f"cannot remove the old result {str(self._place)!r}", error) from error

    def put(self, data: bytes) -> None:
        """See `protocols.ResultPlace.put`."""
        kind = "application/json" if self._place.key.endswith(".json") else "application/octet-stream"
        try:
            self._s3.put_object(Bucket=self._place.bucket, Key=self._place.key, Body=data, ContentType=kind)
        except faults() as error:
            raise refused(f"cannot write the result {str(self._place)!r}", error) from error

    def read(self) -> bytes | None:
        """See `protocols.ResultPlace.read`."""
        try:
            with closing(self._s3.get_object(Bucket=self._place.bucket, Key=self._place.key)["Body"]) as body:
                data: bytes = body.read()
        except self._s3.exceptions.NoSuchKey:
            return None
        except faults() as error:
            raise refused(f"cannot read the result {str(self._place)!r}", error) from error
        return data


class S3Files:
    """See `protocols.Files`. This machine holds one file at a time."""

    def __init__(self, place: S3Uri) -> None:
        self._place = place
        self._s3: Any = client("s3")

    def size(self, name: str) -> int | None:
        """See `protocols.Files.size`."""
        try:
            answer = self._s3.head_object(Bucket=self._place.bucket, Key=self._place.key + name)
        except faults() as error:
            if getattr(error, "response", {}).get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:
                return None
            raise refused(f"cannot read {str(self._place)!r}", error) from error
        return int(answer["ContentLength"])

    @contextmanager
    def on_disk(self, name: str) -> Iterator[Path]:
        """See `protocols.Files.on_disk`."""
        with tempfile.TemporaryDirectory(prefix="extract-job-") as folder:
            path = Path(folder) / "file.parquet"
            try:
                self._s3.download_file(self._place.bucket, self._place.key + name, str(path))
            except faults() as error:
                raise refused(f"cannot read {str(self._place)!r}", error) from error
            yield path
