"""Places: `file://` URIs as paths on this machine, `s3://` URIs as a bucket and a key."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

from extract_job.errors import ArgumentError


@dataclass(frozen=True, slots=True)
class S3Uri:
    """An object, or a folder of objects: then `key` ends with a slash, or is empty.

    The URI holds the key as it is, without escapes.
    """

    bucket: str
    key: str

    def __str__(self) -> str:
        """Return the URI."""
        return f"s3://{self.bucket}/{self.key}"


Place: TypeAlias = Path | S3Uri


def object_at(key: str, uri: str) -> Place:
    """Return the place of an object; `uri` is the value of argument `key`. Raises `ArgumentError`."""
    if not uri.startswith("s3://"):
        return _local_path(key, uri)
    place = _in_s3(key, uri)
    if not place.key or place.key.endswith("/"):
        raise ArgumentError(f"--{key} {uri!r} names a folder; name an object, like '{uri.rstrip('/')}/result.json'")
    return place


def folder_at(key: str, uri: str) -> Place:
    """Return a folder; `uri` is the value of argument `key`. Raises `ArgumentError`."""
    if not uri.startswith("s3://"):
        return _local_path(key, uri)
    place = _in_s3(key, uri)
    return S3Uri(place.bucket, place.key if place.key.endswith("/") or not place.key else f"{place.key}/")


def _in_s3(key: str, uri: str) -> S3Uri:
    bucket, _, name = uri.removeprefix("s3://").partition("/")
    if not bucket:
        raise ArgumentError(f"--{key} {uri!r} has no bucket; use a URI like 's3://bucket/orders/'")
    return S3Uri(bucket, name)


def _local_path(key: str, uri: str) -> Path:
    parts = urlsplit(uri)
    if parts.scheme != "file":
        raise ArgumentError(
            f"--{key} {uri!r} is not a file:// or s3:// URI; use one like 'file:///data/orders/' or 's3://bucket/orders/'"
        )
    if parts.netloc not in ("", "localhost"):
        raise ArgumentError(f"--{key} {uri!r} names the host {parts.netloc!r}; a local path begins with three slashes: file:///…")
    # A file name may contain an unescaped ? or #, which urlsplit reads as a query or fragment.
    rest = uri[len("file://") + len(parts.netloc) :]
    path = unquote(rest)
    if not path.startswith("/") or "\0" in path:
        raise ArgumentError(f"--{key} {uri!r} has no absolute path; use a URI like 'file:///data/orders/'")
    return Path(path)
