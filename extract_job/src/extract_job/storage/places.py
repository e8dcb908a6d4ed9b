"""Where the job reads and writes: `file://` URIs as paths on this machine, `s3://` URIs as a bucket and a key."""

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from urllib.parse import unquote, urlsplit

from extract_job.errors import ArgumentError


@dataclass(frozen=True, slots=True)
class S3Uri:
    """An object, or a folder of objects (then `key` ends with a slash, or is empty). Keys stand in URIs as they are."""

    bucket: str
    key: str

    def __str__(self) -> str:
        """Give the URI."""
        return f"s3://{self.bucket}/{self.key}"


Place: TypeAlias = Path | S3Uri


def object_at(key: str, uri: str) -> Place:
    """Give the place of one object, which the URI of argument `key` names; raises `ArgumentError`."""
    if not uri.startswith("s3://"):
        return local_path(key, uri)
    found = _in_s3(key, uri)
    if not found.key or found.key.endswith("/"):
        raise ArgumentError(f"--{key} {uri!r} names a folder; give the object, like '{uri.rstrip('/')}/result.json'")
    return found


def folder_at(key: str, uri: str) -> Place:
    """Give the folder that the URI of argument `key` names; raises `ArgumentError`."""
    if not uri.startswith("s3://"):
        return local_path(key, uri)
    found = _in_s3(key, uri)
    return S3Uri(found.bucket, found.key if found.key.endswith("/") or not found.key else f"{found.key}/")


def _in_s3(key: str, uri: str) -> S3Uri:
    bucket, _, name = uri.removeprefix("s3://").partition("/")
    if not bucket:
        raise ArgumentError(f"--{key} {uri!r} names no bucket; give one like 's3://bucket/orders/'")
    return S3Uri(bucket, name)


def local_path(key: str, uri: str) -> Path:
    """Give the path that the `file://` URI of argument `key` names; any other place is an `ArgumentError`."""
    parts = urlsplit(uri)
    if parts.scheme != "file":
        raise ArgumentError(
            f"--{key} {uri!r} is not a URI of a place; give one like 'file:///data/orders/' or 's3://bucket/orders/'"
        )
    if parts.netloc not in ("", "localhost"):
        raise ArgumentError(f"--{key} {uri!r} names the host {parts.netloc!r}; a local place has three slashes: file:///…")
    # A question mark or hash may stand unescaped in a file's name; urlsplit takes them for a query or fragment.
    rest = uri[len("file://") + len(parts.netloc) :]
    path = unquote(rest)
    if not path.startswith("/") or "\0" in path:
        raise ArgumentError(f"--{key} {uri!r} has no absolute path; give one like 'file:///data/orders/'")
    return Path(path)
