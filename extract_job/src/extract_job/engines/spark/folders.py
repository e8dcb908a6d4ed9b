"""The files of all parts in the attempt's folder, whose names hold one token, so that all can be removed.

On a local disk a part leaves its files under temporary names, and the driver gives them their final names when all parts are
whole. In S3 a name is final at once, and the result object alone says which files are data.
"""

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from extract_job.aws import client, faults
from extract_job.storage.local import LocalFolder
from extract_job.storage.places import Place, S3Uri
from extract_job.storage.protocols import Folder
from extract_job.storage.s3 import S3Folder


def part_folder(place: Place, token: str, number: int, parts: int) -> Folder:
    """Return the folder of one part in the process of its task. The numbers of files differ between parts."""
    return _LocalPart(place) if isinstance(place, Path) else _S3Part(place, token, number, parts)


class _LocalPart(LocalFolder):
    """Files keep their temporary names."""

    def finish(self) -> list[str]:
        """Return the temporary names, by number."""
        names = [path.relative_to(self._path).as_posix() for _, path in sorted(self._temporary.items())]
        self._temporary.clear()
        return names


class _S3Part(S3Folder):
    """The files of part 2 of 4 have the numbers 2, 6, 10 and so on."""

    def __init__(self, place: S3Uri, token: str, number: int, parts: int) -> None:
        super().__init__(place, token)
        self._number, self._parts = number, parts

    def take(self, path: Path, number: int) -> None:
        """See `protocols.Folder.take`."""
        super().take(path, self._number + number * self._parts)


def removed(place: Place, token: str, keep: Collection[str]) -> None:
    """Remove the files of all parts, also of those that were killed, but those with these names; never raises."""
    if isinstance(place, Path):
        for path in place.rglob(f".part-*.{token}-*.tmp"):
            if path.relative_to(place).as_posix() not in keep:
                with suppress(OSError):
                    path.unlink(missing_ok=True)
        return
    with suppress(*faults()):
        s3 = client("s3")
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=place.bucket, Prefix=place.key)
        for page in pages:
            for item in page.get("Contents", ()):
                if item["Key"].endswith(f"-{token}.parquet") and item["Key"].removeprefix(place.key) not in keep:
                    s3.delete_object(Bucket=place.bucket, Key=item["Key"])
