"""Objects in Amazon S3: ``s3://bucket/key``, with an unescaped key. botocore is imported at the first call.

Facts about S3 are from its API reference: GetObject, PutObject ("Conditional writes": If-None-Match), ListObjectsV2 (keys come
in the order of their UTF-8 bytes; StartAfter), and from "Amazon S3 data consistency model" (a write is seen whole, by every read
after it).
"""

from __future__ import annotations

import re
import time
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from extract_core.clients import Clients
from extract_core.errors import ObjectError, ObjectUnavailable
from extract_core.objects.s3_calls import S3Calls, status
from extract_core.objects.s3_parts import write_parts
from extract_core.objects.store import Sized, Stamped, too_large

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef, ObjectTypeDef

_URI: Final = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/(.*)", re.DOTALL)
_MAX_KEY: Final = 1024  # bytes of a key in UTF-8 (S3 user guide, "Naming Amazon S3 objects")
_TRIES: Final = 5  # of a conditional write that S3 calls in conflict with another one: its guide says to try again


class S3Objects:
    """Objects of buckets, by `client` or as this process may reach S3 (``AWS_ENDPOINT_URL`` is boto3's own setting)."""

    def __init__(
        self, client: S3Client | None = None, *, clients: Clients | None = None, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._calls = S3Calls(client, clients or Clients(), sleep)

    def read(self, uri: str, *, most: int | None = None) -> bytes:
        """As in `ObjectStore`."""
        bucket, key = _place(uri)

        def call(s3: S3Client) -> bytes:
            return _body(uri, s3.get_object(Bucket=bucket, Key=key), most)

        return self._calls.ask("read", uri, call)

    def read_changed(self, uri: str, stamp: str | None) -> Stamped | None:
        """As in `ObjectStore`; the stamp is the ETag."""
        bucket, key = _place(uri)

        def call(s3: S3Client) -> Stamped | None:
            try:
                if stamp is None:
                    answer = s3.get_object(Bucket=bucket, Key=key)
                else:
                    answer = s3.get_object(Bucket=bucket, Key=key, IfNoneMatch=stamp)
            except s3.exceptions.ClientError as error:
                if status(error) == 304:
                    return None
                raise
            return Stamped(_body(uri, answer), answer["ETag"])

        return self._calls.ask("read", uri, call)

    def read_range(self, uri: str, offset: int, length: int) -> bytes:
        """As in `ObjectStore`."""
        bucket, key = _place(uri)

        def call(s3: S3Client) -> bytes:
            if length == 0:  # HTTP has no empty range
                s3.head_object(Bucket=bucket, Key=key)
                return b""
            try:
                return _body(uri, s3.get_object(Bucket=bucket, Key=key, Range=f"bytes={offset}-{offset + length - 1}"))
            except s3.exceptions.ClientError as error:
                if status(error) != 416:  # the object ends before the offset
                    raise
                return b""

        data = self._calls.ask("read", uri, call)
        if len(data) != length:
            raise ObjectError(f"{uri!r} has {len(data)} of the {length} bytes that were requested from byte {offset} on")
        return data

    def write(self, uri: str, data: bytes, *, if_absent: bool = False) -> bool:
        """As in `ObjectStore`. With `if_absent`, a write whose answer was lost is found there: the answer is then False."""
        bucket, key = _place(uri)

        def call(s3: S3Client) -> bool:
            if not if_absent:
                s3.put_object(Bucket=bucket, Key=key, Body=data, ContentType=_content_type(key))
                return True
            for attempt in range(1, _TRIES + 1):
                try:
                    s3.put_object(Bucket=bucket, Key=key, Body=data, IfNoneMatch="*")
                except s3.exceptions.ClientError as error:
                    if status(error) == 412:
                        return False
                    if status(error) != 409 or attempt == _TRIES:
                        raise
                else:
                    return True
            return False

        return self._calls.ask("write", uri, call)

    def write_parts(self, uri: str, parts: Iterable[bytes]) -> None:
        """As in `ObjectStore`; a large object is uploaded part by part."""
        bucket, key = _place(uri)
        write_parts(self._calls, uri, {"Bucket": bucket, "Key": key}, parts)

    def exists(self, uri: str) -> bool:
        """As in `ObjectStore`."""
        bucket, key = _place(uri)

        def call(s3: S3Client) -> bool:
            try:
                s3.head_object(Bucket=bucket, Key=key)
            except s3.exceptions.ClientError as error:
                if status(error) == 404:
                    return False
                raise
            return True

        return self._calls.ask("look for", uri, call)

    def list(self, prefix: str) -> Iterator[str]:
        """As in `ObjectStore`, page by page; names that end in a slash (the console's folders) are left out."""
        bucket, _ = _place(prefix, whole=False)
        return (f"s3://{bucket}/{entry['Key']}" for entry in self._entries(prefix))

    def sizes(self, folder: str, *, after: str = "") -> Iterator[Sized]:
        """As in `ObjectStore`, page by page."""
        _, key = _place(folder, whole=False)
        return (Sized(entry["Key"][len(key) :], entry["Size"]) for entry in self._entries(folder, after))

    def _entries(self, prefix: str, after: str = "") -> Iterator[ObjectTypeDef]:
        bucket, key = _place(prefix, whole=False)
        more: dict[str, Any] = {"StartAfter": key + after} if after else {}
        while True:
            page = self._calls.ask(
                "list",
                prefix,
                lambda s3, more=more: s3.list_objects_v2(Bucket=bucket, Prefix=key, **more),  # type: ignore[misc]
            )
            for entry in page.get("Contents", ()):
                if not entry["Key"].endswith("/"):
                    yield entry
            if not page.get("IsTruncated"):
                return
            more = {"ContinuationToken": page["NextContinuationToken"]}

    def delete(self, uri: str) -> None:
        """As in `ObjectStore`."""
        bucket, key = _place(uri)
        self._calls.ask("delete", uri, lambda s3: s3.delete_object(Bucket=bucket, Key=key))


def _body(uri: str, answer: GetObjectOutputTypeDef, most: int | None = None) -> bytes:
    """The whole body, at most `most` bytes; the connection is free again, whatever happens.

    botocore compares the length with the header Content-Length, so an answer without one was cut off.
    """
    with closing(answer["Body"]) as body:
        if "ContentLength" not in answer:
            raise ObjectUnavailable(f"can't read {uri!r}: the answer of S3 was cut off: try again")
        if most is not None and answer["ContentLength"] > most:
            raise too_large(uri, answer["ContentLength"], most)
        return body.read()


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


def _content_type(key: str) -> str:
    """What a browser takes the object for: a page is shown. Other objects have the default of S3 (API reference, PutObject)."""
    return "text/html; charset=utf-8" if key.endswith(".html") else "binary/octet-stream"
