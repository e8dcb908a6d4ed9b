"""A tracking store by its place: the setting `tracking` of extract.toml and EXTRACT_TRACKING in the environment."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from extract_core.clients import Clients
from extract_core.errors import TrackingError

if TYPE_CHECKING:
    from extract_core.tracking.store import TrackingStore

_TABLE: Final = re.compile(r"[A-Za-z0-9_.-]{3,255}")  # names of DynamoDB tables (API reference, CreateTable)


def open_tracking(uri: str, *, create: bool = True, read_only: bool = False, clients: Clients | None = None) -> TrackingStore:
    """The store at ``sqlite:///absolute/path``, ``file:///absolute/path``, a plain path, or ``dynamodb://table?region=…``.

    `create` False: a file that is not there is an error, not made. `read_only`: no file is made or changed; one that is not there
    is an empty store. A DynamoDB table is never made here: its deployment makes it.
    Raises TrackingError for a place that can't be used.
    """
    scheme = uri.partition("://")[0] if "://" in uri else ""
    if scheme in ("sqlite", "file"):
        parts = urlsplit(uri)
        if parts.netloc or len(parts.path) < 2:
            raise TrackingError(f"the tracking place {uri!r} has no absolute path: write {scheme}:///absolute/path")
        return _sqlite(Path(unquote(parts.path)), create=create, read_only=read_only)
    if scheme == "dynamodb":
        return _dynamodb(uri, clients or Clients())
    if scheme or not uri.strip():
        raise TrackingError(
            f"the tracking place {uri!r} is not known: name a file, as in sqlite:///absolute/path, or a table, as in "
            "dynamodb://table?region=eu-central-1"
        )
    return _sqlite(Path(uri), create=create, read_only=read_only)


def _sqlite(path: Path, *, create: bool, read_only: bool) -> TrackingStore:
    from extract_core.tracking.sqlite import SQLiteTracking

    if read_only and not path.exists():
        return SQLiteTracking(Path(":memory:"))
    return SQLiteTracking(path, create=create, read_only=read_only)


def dynamodb_table(uri: str) -> tuple[str, str | None]:
    """The table of ``dynamodb://table?region=…``, and its region if the place names one. Raises TrackingError."""
    parts = urlsplit(uri)
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    region = options.pop("region", None)
    if parts.scheme != "dynamodb" or not _TABLE.fullmatch(parts.netloc) or parts.path not in ("", "/") or options or region == "":
        raise TrackingError(
            f"the tracking place {uri!r} names no table: write dynamodb://table, or dynamodb://table?region=eu-central-1; a "
            "table's name has 3 to 255 letters, digits, _ . and -"
        )
    return parts.netloc, region


def _dynamodb(uri: str, clients: Clients) -> TrackingStore:
    """Region, credentials and AWS_ENDPOINT_URL are botocore's, where the place names no region."""
    table, region = dynamodb_table(uri)
    try:
        from botocore.exceptions import BotoCoreError
    except ImportError as error:
        raise TrackingError(f"the tracking place {uri!r} needs boto3; install it with: pip install boto3") from error
    from extract_core.tracking.dynamodb.calls import THREADS
    from extract_core.tracking.dynamodb.store import DynamoDBTracking

    try:
        client = clients.make(
            "dynamodb",
            region=region,
            connect_timeout=5,
            read_timeout=10,
            retries={"mode": "standard", "total_max_attempts": 6},
            max_pool_connections=THREADS,
        )
    except (BotoCoreError, ValueError) as error:
        raise TrackingError(f"the tracking place {uri!r} can't be used: {error}") from error
    return DynamoDBTracking(client, table)
