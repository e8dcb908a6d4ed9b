"""The object beside the result that lists what the next attempt must recognise.

Its first line is a JSON object; then the records follow, all of one length. Its name has a random
part, so that two processes of an attempt never write the same object; the result names the right
one.
"""

import hashlib
import json
import secrets
from pathlib import Path
from typing import Any

from extract_job.storage.places import Place, S3Uri

VERSION = 1


def new_name(result: Place) -> str:
    """Return a name for the object beside a result: `result.delivered-1a2b3c4d.bin`."""
    return f"{_base(result).removesuffix('.json')}.delivered-{secrets.token_hex(4)}.bin"


def beside(result: Place, name: str) -> Place:
    """Return the place of the object with this name beside a result."""
    if isinstance(result, Path):
        return result.with_name(name)
    return S3Uri(result.bucket, result.key[: len(result.key) - len(_base(result))] + name)


def encoded(by: str, records: bytes) -> bytes:
    """Return the whole object."""
    header = {"version": VERSION, "by": by, "bytes": len(records), "blake2b": _checksum(records)}
    return json.dumps(header).encode() + b"\n" + records


def decoded(data: bytes, by: str) -> bytes:
    """Return the records; raise ValueError, which says why, if the object is not whole."""
    line, _, records = data.partition(b"\n")
    header: Any = json.loads(line)
    if not isinstance(header, dict) or header.get("version") != VERSION or header.get("by") != by:
        raise ValueError("unknown version or content")
    if header.get("bytes") != len(records) or header.get("blake2b") != _checksum(records):
        raise ValueError("its checksum does not match")
    return records


def _checksum(records: bytes) -> str:
    return hashlib.blake2b(records, digest_size=16).hexdigest()


def _base(result: Place) -> str:
    return result.name if isinstance(result, Path) else result.key.rpartition("/")[2]
