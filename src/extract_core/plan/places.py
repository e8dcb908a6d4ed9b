"""The URIs of a run: its plan, and the data and results of each attempt."""

from __future__ import annotations

import re
from typing import Final

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9_.-]")

MAX_SEGMENT: Final = 255
"""Bytes of one part of a path on common file systems."""


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


def arguments_place(result_uri: str) -> str:
    """The object with an attempt's arguments, if they are too long for its service. It is beside the result.

    ``…/results/<table>/attempt=1.json`` → ``…/results/<table>/attempt=1.arguments.json``, so a job reads one prefix only.
    """
    return f"{result_uri.removesuffix('.json')}.arguments.json"


def folder(uri: str) -> str:
    """The URI with a slash at its end."""
    return uri if uri.endswith("/") else uri + "/"
