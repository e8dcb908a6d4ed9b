"""The URIs of a run: its plan, the data and results of each attempt, and the manifests of its tables."""

from __future__ import annotations

import re
from dataclasses import field
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from extract_core.dataclass import dataclass

if TYPE_CHECKING:
    from extract_core.plan.run_context import RunContext

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where this pipeline stores its data, and its plans and results."""

    data_uri: str
    runs_uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt of a run; attempts count from 1. The common part of its places is worked out once for all tables."""

    run: RunContext
    number: int
    places: Places
    _sources: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    _run_segment: list[str] = field(default_factory=list, repr=False, compare=False)

    def places_of(self, source: str, table_segment: str) -> tuple[str, str]:
        """`extract_s3_uri` and `result_uri` of this attempt. The table's name comes as a `segment`.

        They are ``<data>/<source>/<table>/run_id=<run>/attempt=<n>/`` and ``<runs>/<run>/results/<table>/attempt=<n>.json``.
        """
        data = self._sources.get(source)
        if data is None:
            data = self._sources[source] = f"{folder(self.places.data_uri)}{segment(source)}/"
            self._run_segment[:] = [
                segment(self.run.run_id),
                f"{folder(self.places.runs_uri)}{segment(self.run.run_id)}/results/",
            ]
        run, results = self._run_segment
        return (
            f"{data}{table_segment}/run_id={run}/attempt={self.number}/",
            f"{results}{table_segment}/attempt={self.number}.json",
        )

    def last_of(self, run_id: str, table_segment: str, number: object) -> str:
        """`result_uri` of an attempt of another run. A job that resumes looks there, and at the attempts before it."""
        return f"{folder(self.places.runs_uri)}{segment(run_id)}/results/{table_segment}/attempt={number}.json"


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


def manifest_place(data_uri: str, source: str, table: str) -> str:
    """The folder of a table's entries. Readers of Hive's kind skip names that begin with ``_``."""
    return f"{folder(data_uri)}{segment(source)}/{segment(table)}/_committed/"


def uri_in(place: str, name: str) -> str:
    """The URI of a file in this folder: its name is escaped below file://, and stays as it is in S3."""
    return folder(place) + (quote(name) if place.startswith("file://") else name)


def folder(uri: str) -> str:
    """The URI with a slash at its end."""
    return uri if uri.endswith("/") else uri + "/"
