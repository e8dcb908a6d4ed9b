"""The answer of S3 (or of a mock) to an ItemReader: a file or a listing.

Anything else is an error, so that it cannot count as empty.
"""

import gzip
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from asl_toolkit.definition.model import ItemReader
from asl_toolkit.errors import RuntimeFailure
from asl_toolkit.json_value import Json

_GZIP = b"\x1f\x8b"


def body_of(answer: Any, reader: ItemReader, state: str) -> bytes | list[Json] | Path:  # a handler's answer may be anything
    """The bytes of a file, its path (so that JSON Lines are read one by one), or the list of items that a mock gives instead.

    RuntimeFailure for anything else.
    """
    body: Any = answer.get("Body") if isinstance(answer, Mapping) else answer
    if hasattr(body, "read"):
        body = body.read()
    if isinstance(body, (list, Path)):
        return body
    if isinstance(body, str):
        body = body.encode(errors="surrogatepass")
    if not isinstance(body, (bytes, bytearray, memoryview)):
        raise _wrong(reader, state, answer, 'the file\'s text, {"Body": text} or the list of items')
    raw = bytes(body)
    return gzip.decompress(raw) if raw.startswith(_GZIP) else raw


def listing_of(answer: Any, reader: ItemReader, state: str) -> tuple[list[Mapping[str, Json]], str | None]:  # as above
    """The objects of one page and the token of the next page. Raises RuntimeFailure if the answer is not a listing."""
    page: Any = {"Contents": answer} if isinstance(answer, list) else answer
    entries: Any = None
    if isinstance(page, Mapping) and ("Contents" in page or page.get("KeyCount") == 0):  # S3 omits an empty list
        entries = page.get("Contents", [])
    if not isinstance(entries, list) or not all(isinstance(entry, Mapping) and "Key" in entry for entry in entries):
        raise _wrong(reader, state, answer, '{"Contents": [{"Key": …}]} or that list')
    return entries, page.get("NextContinuationToken")


def _wrong(reader: ItemReader, state: str, answer: object, wanted: str) -> RuntimeFailure:
    shown = repr(answer)
    shown = shown if len(shown) <= 100 else f"{shown[:99]}…"
    text = f"The ItemReader of {state!r} cannot read the answer of s3:{reader.resource.action}, {shown}: it is {wanted}."
    return RuntimeFailure(text, "Mock.WrongAnswer", bare=True)


def parquet_rows(raw: bytes) -> list[Json]:
    """The rows of a Parquet file, one object each; dates, decimals and bytes as text. Raises ValueError for any other file."""
    import pyarrow.parquet
    from pyarrow import ArrowException

    try:
        rows = pyarrow.parquet.read_table(io.BytesIO(raw)).to_pylist()
    except ArrowException as error:
        raise ValueError(f"it is not a Parquet file: {error}") from error
    return [{name: _plain(value) for name, value in row.items()} for row in rows]


def _plain(value: Any) -> Json:  # whatever Arrow gives
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if isinstance(value, dict):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if value is None or isinstance(value, (str, bool, int, float)):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else str(value)
