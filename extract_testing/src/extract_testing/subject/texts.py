"""The texts inside a text: in a JSON value, in base64 of JSON, in a shell's command line."""

from __future__ import annotations

import base64
import binascii
import json
import shlex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


def collect_texts(text: str, texts: set[str]) -> None:
    """Collect a text and the texts inside it: in a JSON value, in base64 of JSON, in a shell's command line."""
    if text in texts:
        return
    texts.add(text)
    for inner in (*_json_texts(text), *_json_texts(decoded(text)), *_words(text)):
        collect_texts(inner, texts)


def _json_texts(text: str) -> Iterator[str]:
    if not text.lstrip().startswith(("{", "[", '"')):
        return
    try:
        value = json.loads(text)
    except ValueError:
        return
    ahead = [value]
    while ahead:
        inner = ahead.pop()
        if isinstance(inner, str):
            yield inner
        elif isinstance(inner, dict):
            ahead.extend(inner.values())
        elif isinstance(inner, list):
            ahead.extend(inner)


def decoded(text: str) -> str:
    """What base64 holds; empty if the text is not base64 of UTF-8."""
    try:
        return base64.b64decode(text, altchars=b"-_", validate=True).decode("utf-8")
    except (binascii.Error, ValueError):
        return ""


def _words(text: str) -> list[str]:
    try:
        words = shlex.split(text)
    except ValueError:
        return []
    return words if len(words) > 1 else []
