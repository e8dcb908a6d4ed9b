"""Reads a large table in chunks: key ranges whose files stay if the attempt fails, so that the next one reads only the rest."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from threading import Lock
from typing import TYPE_CHECKING, Any

from extract_job import chunks
from extract_job.arguments.model import Arguments
from extract_job.chunks import Chunk, ChunkFile, ChunkList
from extract_job.engines.part import PartCopy, PartFile
from extract_job.proof.figures import Figures
from extract_job.splitting.parts import ranges
from extract_job.splitting.plan import Split, cuts_of
from extract_job.storage.opening import result_in
from extract_job.storage.places import folder_at
from extract_job.storage.protocols import Folder, file_name

if TYPE_CHECKING:
    from extract_job.databases.conditions import Condition
    from extract_job.databases.source import PartedSource, Source

MOST_CHUNKS = 1000
"""Chunks of a table at most: the list is written anew after each."""


class Chunked:
    """The chunks of one table. `copies` are those whose files are whole, `earlier` how many of them another attempt has read."""

    def __init__(
        self, arguments: Arguments, listed: ChunkList, parts: "Sequence[Condition]", snapshot: str | None, folder: Folder
    ) -> None:
        self._arguments = arguments
        self._listed = listed
        self._snapshot = snapshot
        self._folder = folder
        self._lock = Lock()
        self.parts = parts
        self.copies: dict[int, PartCopy] = {}
        self.earlier = 0

    def adopt(self, source: "PartedSource", numbers: Iterator[int]) -> None:
        """Take over the chunks of an earlier attempt that still hold what the table holds; forget the others.

        If the database knows when rows were written, it decides. Else the figures of the values decide; a number of rows alone
        does not, because other rows may have come for those that have gone.
        """
        self._listed.put(self._arguments.result)  # before all else: if this attempt dies, the next one finds the list
        for number, chunk in sorted(self._listed.chunks.items()):
            copy = self._adopted(chunk, numbers) if self._holds(source, number, chunk) else None
            if copy is None:
                del self._listed.chunks[number]
            else:
                self.copies[number] = copy
                self._listed.chunks[number] = self._chunk(copy, chunk.snapshot)
        self.earlier = len(self.copies)
        self._listed.put(self._arguments.result)

    def done(self, number: int, copy: PartCopy) -> None:
        """List a chunk whose files are whole."""
        with self._lock:
            self.copies[number] = copy
            self._listed.chunks[number] = self._chunk(copy, self._snapshot)
            self._listed.put(self._arguments.result)

    def files(self) -> dict[int, str]:
        """Return the files that are listed: their present names, by number."""
        with self._lock:
            return {file.number: file.name for copy in self.copies.values() for file in copy.files}

    def forget(self) -> None:
        """Remove the files of all chunks, and begin anew."""
        for number in self.files():
            self._folder.drop(number)
        self.copies.clear()
        self._listed.chunks.clear()
        self.earlier = 0
        self._listed.put(self._arguments.result)

    def withdraw(self) -> None:
        """Remove the list: the next attempt reads all chunks."""
        result_in(chunks.place_of(self._arguments.result)).withdraw()

    def _holds(self, source: "PartedSource", number: int, chunk: Chunk) -> bool:
        rows = self.parts[number]
        same = source.unchanged(rows, chunk.snapshot, chunk.rows)
        if same is not None:
            return same
        figures = sum((_figures(file) for file in chunk.files), Figures())
        if figures.rows and not figures.columns:
            return False
        with source.readers(1) as readers:
            part = readers[0].part(rows)
            return part.figures() == figures if figures.rows else part.count() == 0

    def _adopted(self, chunk: Chunk, numbers: Iterator[int]) -> PartCopy | None:
        files: list[PartFile] = []
        for file in chunk.files:
            number = next(numbers)
            size = self._folder.adopt(folder_at("resume_from", file.folder), (file.name, file.final), number)
            if size != file.bytes:
                for wrong in [taken.number for taken in files] + ([] if size is None else [number]):
                    self._folder.drop(wrong)
                return None
            files.append(PartFile(number, self._folder.name_of(number), file.bytes, file.rows, _figures(file)))
        return PartCopy(tuple(files), Figures())

    def _chunk(self, copy: PartCopy, snapshot: str | None) -> Chunk:
        place = self._arguments.folder
        folder = chunks.uri_of(place)
        return Chunk(
            tuple(
                ChunkFile(
                    folder,
                    file.name,
                    PurePosixPath(file.name).with_name(file_name(file.number)).as_posix()
                    if isinstance(place, Path)
                    else file.name,
                    file.bytes,
                    file.rows,
                    {"rows": file.figures.rows, "columns": file.figures.columns, "digest": file.figures.digest},
                )
                for file in copy.files
            ),
            snapshot,
        )


def chunked(
    arguments: Arguments, source: "Source", parted: "PartedSource", rows: Callable[[], int], folder: Folder
) -> Chunked | None:
    """Return the chunks of a table that is read in full, has more than `chunk_rows` rows, and has a key; else None.

    An earlier attempt has frozen the cuts. Its chunks are useless if the arguments, the database, the table or a column have
    changed since.
    """
    if arguments.watermark is not None or not arguments.chunk_rows:
        return None
    key = parted.split().key(None)
    if key is None or arguments.split.column not in (None, *(column.name for column in key.columns[:1] if key.scale)):
        return None
    if rows() <= arguments.chunk_rows:
        return None
    columns = [(column.column, column.declared, column.arrow) for column in _columns(source)]
    what = chunks.about(arguments, parted.identity(), columns)
    listed = chunks.read_chunks(arguments.result, arguments.resume_from)
    if listed is None or listed.about != what:
        count = max(arguments.split.parts_for(rows()), min(MOST_CHUNKS, -(-rows() // arguments.chunk_rows)))
        split = Split(arguments.split.column, arguments.split.bounds)
        listed = ChunkList(what, cuts_of(key, arguments.table, split, count))
    return Chunked(arguments, listed, ranges(key.columns, listed.cuts), source.snapshot, folder)


def _columns(source: "Source") -> Any:
    from extract_job.schema import result_columns

    return result_columns(source.columns, source.schema())


def _final(file: PartFile) -> str:
    """Return the name that a file of a local folder gets if its attempt succeeds."""
    return PurePosixPath(file.name).with_name(file_name(file.number)).as_posix()


def _figures(file: ChunkFile) -> Figures:
    members = file.figures
    return Figures(members["rows"], members["columns"], tuple(members["digest"]))
