"""A tracking store by its place: the setting `tracking` of extract.toml and EXTRACT_TRACKING in the environment."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from extract_core.errors import TrackingError
from extract_core.tracking.sqlite import SQLiteTracking

if TYPE_CHECKING:
    from extract_core.tracking.store import TrackingStore


def open_tracking(uri: str, *, create: bool = True) -> TrackingStore:
    """The store at ``sqlite:///absolute/path``, ``file:///absolute/path`` or a plain path.

    `create` False: a store that is not there is an error, not made. Raises TrackingError for a place that can't be used.
    """
    scheme = uri.partition("://")[0] if "://" in uri else ""
    if scheme in ("sqlite", "file"):
        parts = urlsplit(uri)
        if parts.netloc or len(parts.path) < 2:
            raise TrackingError(f"the tracking place {uri!r} has no absolute path: write {scheme}:///absolute/path")
        return SQLiteTracking(Path(unquote(parts.path)), create=create)
    if scheme == "dynamodb":
        raise TrackingError(
            f"the tracking place {uri!r} is not known to this version: name a file, as in sqlite:///absolute/path"
        )
    if scheme or not uri.strip():
        raise TrackingError(f"the tracking place {uri!r} is not known: name a file, as in sqlite:///absolute/path")
    return SQLiteTracking(Path(uri), create=create)
