"""The URIs of a run: its plan, and the data and results of each attempt."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_.-]")

MAX_SEGMENT: Final = 255
"""Bytes of one part of a path on common file systems."""

ITEMS_NAME: Final = "items.jsonl"
"""In the folder of a run: what a DISTRIBUTED Map reads, one JSON line per table."""
NOTICE_NAME: Final = "notified.json"
"""In the folder of a run: it is there as soon as the message about the run is on its way ([notify])."""
RESULTS_FOLDER: Final = "map/"
"""In the folder of a run: what the ResultWriter of a DISTRIBUTED Map writes."""


def segment(text: str) -> str:
    """The text as one part of a path, different for different texts: ``Order Details`` → ``Order~20Details``.

    Characters other than ASCII letters, digits and ``_ . -`` become ``~`` and two hex digits per UTF-8 byte. A percent sign
    would be decoded in a file URI, but not in a key of S3.
    """
    if _UNSAFE.search(text) is None and text not in (".", ".."):
        return text
    escaped = _UNSAFE.sub(lambda match: "".join(f"~{byte:02X}" for byte in match[0].encode("utf-8", "surrogatepass")), text)
    return escaped.replace(".", "~2E") if escaped in (".", "..") else escaped


def plan_place(runs_uri: str, run_id: str) -> str:
    """The object that holds the plan of a run: one JSON line per table."""
    return f"{folder(runs_uri)}{segment(run_id)}/plan.jsonl"


def items_place(runs_uri: str, run_id: str) -> str:
    """The object that holds the items of a run of a DISTRIBUTED machine: one JSON line per table."""
    return f"{folder(runs_uri)}{segment(run_id)}/{ITEMS_NAME}"


def notice_place(runs_uri: str, run_id: str) -> str:
    """The object that says that the message about a run is on its way."""
    return f"{folder(runs_uri)}{segment(run_id)}/{NOTICE_NAME}"


def results_place(runs_uri: str, run_id: str) -> str:
    """The folder below which a DISTRIBUTED Map writes the outputs of its children. Its ResultWriter adds the slash."""
    return f"{folder(runs_uri)}{segment(run_id)}/{RESULTS_FOLDER}".rstrip("/")


def s3_place(uri: str) -> tuple[str, str]:
    """Bucket and key of a URI, as a request to S3 has them. Of ``file:///folder/name``: ``file:`` and ``folder/name``.

    Nothing in the key is decoded, and `uri_of` turns it back.
    """
    parts = urlsplit(uri, allow_fragments=False)
    bucket = parts.netloc if parts.scheme == "s3" else f"{parts.scheme}:"
    return bucket, uri.removeprefix(f"{parts.scheme}://{parts.netloc}/")


def uri_of(bucket: str, key: str) -> str:
    """The URI of a bucket and a key from `s3_place`."""
    return f"file:///{key}" if bucket == "file:" else f"s3://{bucket}/{key}"


def arguments_place(result_uri: str) -> str:
    """The object with an attempt's arguments, if they are too long for its service. It is beside the result.

    ``…/results/<table>/attempt=1.json`` → ``…/results/<table>/attempt=1.arguments.json``, so a job reads one prefix only.
    """
    return f"{result_uri.removesuffix('.json')}.arguments.json"


def folder(uri: str) -> str:
    """The URI with a slash at its end."""
    return uri if uri.endswith("/") else uri + "/"
