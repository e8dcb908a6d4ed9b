"""The chunk list of an attempt: which key ranges of a large table are read already, and in which files they are.

It is an object beside the result, `attempt=1.chunks.json`, which is written anew whenever a chunk is whole. The next attempt
takes it over, also on another service, and reads only what is missing. The key ranges are frozen: all attempts use the same cuts.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields
from itertools import chain
from pathlib import Path
from typing import Any

from extract_job.arguments.model import Arguments
from extract_job.errors import FailureClass, JobError
from extract_job.memory import beside
from extract_job.splitting.parts import Cut
from extract_job.storage.opening import result_in
from extract_job.storage.places import Place, S3Uri

VERSION = 1
_OF_THE_ATTEMPT = frozenset(
    {"run_id", "attempt", "folder", "result", "resume_from", "last_result", "low_mark", "split", "fetchsize",
     "rows_per_file", "target_file_mb", "lock_wait_seconds", "ignored", "job_engine", "chunk_rows", "source_name",
     "metadata"}
)  # fmt: skip
"""Arguments that do not change what a chunk holds. All others must be equal, those of later versions included."""
_ATTEMPT = re.compile(r"attempt=([0-9]{1,4})\.json$")


@dataclass(frozen=True, slots=True)
class ChunkFile:
    """A whole file: the URI of its folder, its name there, and the name that it gets if its attempt succeeds."""

    folder: str
    name: str
    final: str
    bytes: int
    rows: int
    figures: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Chunk:
    """What one key range holds. `snapshot` is that in which it was read (PostgreSQL)."""

    files: tuple[ChunkFile, ...]
    snapshot: str | None

    @property
    def rows(self) -> int:
        """Rows of all files."""
        return sum(file.rows for file in self.files)


@dataclass(slots=True)
class ChunkList:
    """The frozen cuts, and the chunks that are whole, by number. `about` says of what: see `about`."""

    about: str
    cuts: Sequence[Cut]
    chunks: dict[int, Chunk] = field(default_factory=dict)

    def put(self, result: Place) -> None:
        """Write the list beside a result; raise `JobError` if the place refuses."""
        chunks = {str(number): asdict(chunk) for number, chunk in sorted(self.chunks.items())}
        members = {"version": VERSION, "about": self.about, "cuts": self.cuts, "chunks": chunks}
        result_in(place_of(result)).put(json.dumps(members).encode())


def place_of(result: Place) -> Place:
    """Return the place of the chunk list beside a result."""
    name = result.name if isinstance(result, Path) else result.key.rpartition("/")[2]
    return beside(result, f"{name.removesuffix('.json')}.chunks.json")


def about(arguments: Arguments, source: str, columns: Sequence[tuple[str, str, str]]) -> str:
    """Return a digest of all that must be the same for a chunk to be usable: arguments, database, table and columns."""
    names = [argument.name for argument in fields(arguments) if argument.name not in _OF_THE_ATTEMPT]
    settings = [(name, repr(getattr(arguments, name))) for name in names]
    return hashlib.sha256(json.dumps([settings, source, columns]).encode("utf-8", "surrogatepass")).hexdigest()


def read_chunks(*results: Place | None) -> ChunkList | None:
    """Return the newest list of these attempts and those before them in their runs; None: there is none, or it is damaged.

    An attempt may have died before it wrote its list. Raises `JobError` if the place refuses, unless this user may not read
    there: without s3:ListBucket, S3 says the same of an object that does not exist.
    """
    for place in chain.from_iterable(map(_attempts, results)):
        try:
            data = result_in(place_of(place)).read()
        except JobError as error:
            if error.failure is not FailureClass.PERMISSION:
                raise
            data = None
        if data is not None:
            try:
                return _decoded(json.loads(data))
            except (ValueError, TypeError, KeyError, AttributeError):
                return None
    return None


def _attempts(result: Place | None) -> Iterator[Place]:
    if result is None:
        return
    name = result.name if isinstance(result, Path) else result.key.rpartition("/")[2]
    number = _ATTEMPT.fullmatch(name)
    if number is None:
        yield result
        return
    for earlier in range(int(number[1]), 0, -1):
        yield beside(result, f"attempt={earlier}.json")


def _decoded(members: dict[str, Any]) -> ChunkList:
    if members["version"] != VERSION:
        raise ValueError("another version")
    chunks = {
        int(number): Chunk(tuple(ChunkFile(**file) for file in chunk["files"]), chunk["snapshot"])
        for number, chunk in members["chunks"].items()
    }
    return ChunkList(str(members["about"]), [tuple(cut) for cut in members["cuts"]], chunks)


def uri_of(folder: Place) -> str:
    """Return the URI of a folder."""
    return str(folder) if isinstance(folder, S3Uri) else folder.as_uri()
