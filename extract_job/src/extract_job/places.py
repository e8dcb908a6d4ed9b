"""Where the job writes: `file://` URIs as paths on this machine."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from extract_job.errors import ArgumentError


def local_path(key: str, uri: str) -> Path:
    """Give the path that the `file://` URI of argument `key` names; any other place is an `ArgumentError`."""
    parts = urlsplit(uri)
    if parts.scheme == "s3":
        raise ArgumentError(f"--{key} {uri!r}: this version writes to local disk only; give a file:/// URI")
    if parts.scheme != "file":
        raise ArgumentError(f"--{key} {uri!r} is not a URI of a place; give one like 'file:///data/orders/'")
    if parts.netloc not in ("", "localhost"):
        raise ArgumentError(f"--{key} {uri!r} names the host {parts.netloc!r}; a local place has three slashes: file:///…")
    # A question mark or hash may stand unescaped in a file's name; urlsplit takes them for a query or fragment.
    rest = uri[len("file://") + len(parts.netloc) :]
    path = unquote(rest)
    if not path.startswith("/") or "\0" in path:
        raise ArgumentError(f"--{key} {uri!r} has no absolute path; give one like 'file:///data/orders/'")
    return Path(path)
