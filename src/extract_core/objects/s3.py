"""Objects in Amazon S3: ``s3://bucket/key``, the key as it stands. boto3 is imported at the first call.

Facts about S3 are from its API reference: GetObject, PutObject ("Conditional writes": If-None-Match), ListObjectsV2 (keys come
in the order of their UTF-8 bytes), and from "Amazon S3 data consistency model" (a write is seen whole, by every read after it).
"""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from tempfile import SpooledTemporaryFile
from typing import TYPE_CHECKING, Any, Final, cast

from extract_core.errors import ObjectError, ObjectNotFound
from extract_core.objects.store import Stamped

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mypy_boto3_s3 import S3Client

_URI: Final = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(.*)", re.DOTALL)
_IN_MEMORY: Final = 8 * 1024 * 1024  # bytes of a streamed object that are held before it goes to a temporary file
_MAX_KEY: Final = 1024  # bytes of a key in UTF-8 (S3 user guide, "Naming Amazon S3 objects")
_TRIES: Final = 5  # of a conditional write that S3 calls in conflict with another one: its guide says to try again

_REMEDIES: Final = {
    "AccessDenied": "the role may not do this, or there is no such object and it may not list the bucket: "
    "give it s3:GetObject, s3:PutObject and s3:DeleteObject on the objects, s3:ListBucket on the bucket",
    "NoSuchBucket": "there is no such bucket: see the places in extract.toml",
    "ExpiredToken": "the credentials have expired: sign in again",
    "InvalidAccessKeyId": "the credentials are not known to AWS: sign in again",
    "SignatureDoesNotMatch": "the secret key does not fit the access key: sign in again",
    "PermanentRedirect": "the bucket is in another region: set AWS_REGION to it",
}


class S3Objects:
    """Objects of buckets, by `client` or as this process may reach S3 (``AWS_ENDPOINT_URL`` is boto3's own setting)."""

    def __init__(self, client: S3Client | None = None) -> None:
        self._client = client
        self._lock = threading.Lock()

    def read(self, uri: str) -> bytes:
        """As in `ObjectStore`."""
        bucket, key = _place(uri)
        with self._asking("read", uri) as s3:
            return s3.get_object(Bucket=bucket, Key=key)["Body"].read()

    def read_changed(self, uri: str, stamp: str | None) -> Stamped | None:
        """As in `ObjectStore`; the stamp is the ETag."""
        bucket, key = _place(uri)
        with self._asking("read", uri) as s3:
            try:
                if stamp is None:
                    answer = s3.get_object(Bucket=bucket, Key=key)
                else:
                    answer = s3.get_object(Bucket=bucket, Key=key, IfNoneMatch=stamp)
            except s3.exceptions.ClientError as error:
                if _status(error) == 304:
                    return None
                raise
            return Stamped(answer["Body"].read(), answer["ETag"])

    def read_range(self, uri: str, offset: int, length: int) -> bytes:
        """As in `ObjectStore`."""
        bucket, key = _place(uri)
        data = b""
        with self._asking("read", uri) as s3:
            if length == 0:  # HTTP has no empty range
                s3.head_object(Bucket=bucket, Key=key)
                return data
            try:
                data = s3.get_object(Bucket=bucket, Key=key, Range=f"bytes={offset}-{offset + length - 1}")["Body"].read()
            except s3.exceptions.ClientError as error:
                if _status(error) != 416:  # the object ends before the offset
                    raise
        if len(data) != length:
            raise ObjectError(f"{uri!r} has {len(data)} of the {length} bytes that were requested from byte {offset} on")
        return data

    def write(self, uri: str, data: bytes, *, if_absent: bool = False) -> bool:
        """As in `ObjectStore`."""
        bucket, key = _place(uri)
        with self._asking("write", uri) as s3:
            if not if_absent:
                s3.put_object(Bucket=bucket, Key=key, Body=data)
                return True
            for attempt in range(1, _TRIES + 1):
                try:
                    s3.put_object(Bucket=bucket, Key=key, Body=data, IfNoneMatch="*")
                except s3.exceptions.ClientError as error:
                    if _status(error) == 412:
                        return False
                    if _status(error) != 409 or attempt == _TRIES:
                        raise
                else:
                    return True
        return False

    def write_parts(self, uri: str, parts: Iterable[bytes]) -> None:
        """As in `ObjectStore`; over 8 MiB they wait in a temporary file, since S3 wants to know the length first."""
        bucket, key = _place(uri)
        with SpooledTemporaryFile(max_size=_IN_MEMORY) as file:
            for part in parts:
                file.write(part)
            file.seek(0)
            with self._asking("write", uri) as s3:
                s3.put_object(Bucket=bucket, Key=key, Body=cast("Any", file))  # Any: the stubs don't know spooled files

    def exists(self, uri: str) -> bool:
        """As in `ObjectStore`."""
        bucket, key = _place(uri)
        with self._asking("look for", uri) as s3:
            try:
                s3.head_object(Bucket=bucket, Key=key)
            except s3.exceptions.ClientError as error:
                if _status(error) == 404:
                    return False
                raise
            return True

    def list(self, prefix: str) -> Iterator[str]:
        """As in `ObjectStore`, page by page; names that end in a slash (the console's folders) are left out."""
        bucket, key = _place(prefix, whole=False)
        with self._asking("list", prefix) as s3:
            for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=key):
                for entry in page.get("Contents", ()):
                    if not entry["Key"].endswith("/"):
                        yield f"s3://{bucket}/{entry['Key']}"

    def delete(self, uri: str) -> None:
        """As in `ObjectStore`."""
        bucket, key = _place(uri)
        with self._asking("delete", uri) as s3:
            s3.delete_object(Bucket=bucket, Key=key)

    @contextmanager
    def _asking(self, doing: str, uri: str) -> Iterator[S3Client]:
        """The client; botocore's errors become ObjectErrors that say what to do."""
        client = self._connected(uri)
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            yield client
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", ""))
            if code in ("NoSuchKey", "404", "NotFound") and doing == "read":
                raise ObjectNotFound(f"there is no object at {uri!r}") from error
            message = str(error.response.get("Error", {}).get("Message") or error)
            remedy = _REMEDIES.get("AccessDenied" if code == "403" else code)
            raise ObjectError(f"can't {doing} {uri!r}: {code}: {message}" + (f"; {remedy}" if remedy else "")) from error
        except BotoCoreError as error:
            raise ObjectError(f"can't {doing} {uri!r}: {error}{_unreachable(error)}") from error

    def _connected(self, uri: str) -> S3Client:
        with self._lock:  # a session makes its clients one at a time (boto3 guide, "Multithreading")
            if self._client is None:
                try:
                    import boto3
                    from botocore.config import Config
                except ImportError as error:
                    raise ObjectError(f"{uri!r}: S3 needs boto3; install it with: pip install boto3") from error
                from botocore.exceptions import BotoCoreError

                retries = Config(retries={"mode": "standard", "max_attempts": 6})
                try:
                    self._client = boto3.session.Session().client("s3", config=retries)
                except (BotoCoreError, ValueError) as error:
                    raise ObjectError(f"{uri!r}: S3 can't be used: {error}") from error
            return self._client


def _unreachable(error: Exception) -> str:
    remedies = {
        "NoCredentialsError": "; sign in, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        "NoRegionError": "; set AWS_REGION",
        "EndpointConnectionError": "; check the network and AWS_ENDPOINT_URL",
    }
    return remedies.get(type(error).__name__, "")


def _status(error: Any) -> int:  # Any: a ClientError, which is imported with boto3 only
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _place(uri: str, *, whole: bool = True) -> tuple[str, str]:
    """Bucket and key; `whole`: the key of an object, not the beginning of some."""
    match = _URI.fullmatch(uri)
    if match is None:
        raise ObjectError(
            f"{uri!r} is not a place in S3; write s3://bucket/key, the bucket in lower-case letters, digits, . and -"
        )
    if whole and (not match[2] or match[2].endswith("/")):
        raise ObjectError(f"{uri!r} names a folder, not an object; remove the trailing slash")
    try:
        size = len(match[2].encode())
    except UnicodeEncodeError as error:
        raise ObjectError(f"{uri!r} contains half of a character, which keys can't") from error
    if size > _MAX_KEY:
        raise ObjectError(f"{uri!r}: the key has {size:,} bytes, and S3 takes {_MAX_KEY:,}")
    return match[1], match[2]
