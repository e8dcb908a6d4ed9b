"""Logs of jobs in S3: the setting that makes a job run write them there, and the end of a log, which EMR's services gzip."""

from __future__ import annotations

import re
import zlib
from contextlib import closing
from typing import TYPE_CHECKING, Any, Final

from extract_core import Statement
from extract_core.parsing.asking import answer, client
from extract_core.parsing.payload import objects, text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from extract_core import Json, Target

_MOST: Final = 16 * 1024 * 1024
"""Bytes read of one log: a diagnosis must not cost minutes."""

_TAIL: Final = 64 * 1024
_LINES: Final = 20
_CHARACTERS: Final = 2000


def logging_to(uri: str | None) -> dict[str, Json]:
    """The member of StartJobRun (EMR Serverless, EMR on EKS) that sends logs to this folder; nothing without one."""
    if not uri:
        return {}
    return {"ConfigurationOverrides": {"MonitoringConfiguration": {"S3MonitoringConfiguration": {"LogUri": uri}}}}


def log_tail(aws: object, uri: str | None) -> str | None:
    """The last lines of this log (at most 20, 2,000 characters) below a line that names it; None where it can't be read."""
    match = re.fullmatch(r"s3[an]?://([^/]+)/(.+)", uri or "")
    if not match:
        return None
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        with closing(client(aws, "s3").get_object(Bucket=match[1], Key=match[2])["Body"]) as body:
            tail = _unpacked(body.iter_chunks(256 * 1024))
    except (BotoCoreError, ClientError, zlib.error, OSError):
        return None
    lines = "\n".join(tail.decode("utf-8", "replace").splitlines()[-_LINES:])[-_CHARACTERS:].strip()
    return f"last lines of {uri}:\n{lines}" if lines else None


def stderr_of_step(aws: object, cluster: str, step_id: str) -> str | None:
    """The place of a step's stderr, for a cluster that stores its logs (EMR guide, "View log files")."""
    place = folder(text(answer(aws, "emr", "describe_cluster", ClusterId=cluster), "Cluster", "LogUri"))
    return f"s3://{place[0]}/{place[1]}{cluster}/steps/{step_id}/stderr.gz" if place else None


def read_logs(target: Target[Any], log_uri: str | None, prefixes: Iterable[str]) -> Iterable[Statement]:
    """Read what lies below these prefixes of a log folder in S3; nothing without such a folder."""
    if place := folder(log_uri):
        where = f"arn:{target.partition}:s3:::{place[0]}/{place[1]}"
        yield Statement(actions=("s3:GetObject",), resources=tuple(f"{where}{prefix}*" for prefix in prefixes))


def _unpacked(chunks: Iterable[bytes]) -> bytes:
    """The end of what was compressed. A gzip file can't be read from behind: so the whole is, up to 16 MiB."""
    inflate = zlib.decompressobj(wbits=47)  # gzip or zlib, by its own header
    read, tail = 0, b""
    for chunk in chunks:
        read += len(chunk)
        tail = (tail + inflate.decompress(chunk))[-_TAIL:]
        if read >= _MOST:
            break
    return tail


def folder(uri: str | None) -> tuple[str, str] | None:
    """Bucket and prefix (with its slash, or empty) of ``s3://bucket/prefix``; None for any other text."""
    match = re.fullmatch(r"s3[an]?://([^/]+)(?:/(.*))?", uri or "")
    if not match:
        return None
    prefix = (match[2] or "").strip("/")
    return match[1], f"{prefix}/" if prefix else ""


def newest_key(aws: object, bucket: str, prefix: str, ending: str) -> str | None:
    """The last key below a prefix with this ending; None if there is none, or if S3 refuses."""
    listed = objects(answer(aws, "s3", "list_objects_v2", Bucket=bucket, Prefix=prefix), "Contents")
    keys = [key for item in listed if (key := text(item, "Key")) and key.endswith(ending)]
    return max(keys, default=None)
