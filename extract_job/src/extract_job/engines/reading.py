"""What both engines do around the copy of the rows: chunks of earlier attempts, the proof, and what stays of a failure."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from typing import TYPE_CHECKING

from extract_job.arguments.model import Arguments
from extract_job.engines.chunked import Chunked, chunked
from extract_job.engines.copied import Copied
from extract_job.engines.part import PartCopy
from extract_job.errors import FailureClass, JobError
from extract_job.proof.certificate import Proof, named
from extract_job.proof.figures import Figures
from extract_job.result import DataFile
from extract_job.storage.opening import folder_in

if TYPE_CHECKING:
    from extract_job.databases.source import PartedSource, Source


class Reading(ABC):
    """One read of a table into the folder of the attempt."""

    def __init__(self, arguments: Arguments, source: "Source") -> None:
        self.arguments = arguments
        self.source = source
        self.folder = folder_in(arguments.folder)
        self.numbers = count()
        """The numbers of files that are free."""
        self.chunked: Chunked | None = None

    def copied(self) -> Copied:
        """Copy all rows to deliver; raise `JobError`, or `Stopped` on a signal.

        Then no file is left but those of whole chunks, which are listed for the next attempt.
        """
        try:
            return self._copied()
        except JobError as error:
            if error.failure is FailureClass.PROOF and self.chunked:
                # The files are not what the source holds: the next attempt reads all chunks.
                self.chunked.withdraw()
                self.chunked = None
            raise
        finally:
            self.folder.discard(self.chunked.files() if self.chunked else ())

    @abstractmethod
    def _copied(self) -> Copied: ...

    def cut(self, source: "PartedSource", rows: Callable[[], int]) -> Chunked | None:
        """Return the chunks, if the table is read in chunks. `rows` counts its rows, about."""
        self.chunked = chunked(self.arguments, self.source, source, rows, self.folder)
        if self.chunked and self.source.snapshot is None and self.arguments.verify == "count":
            # The database does not know when rows were written, so the next attempt compares the values of the chunks.
            self.arguments = replace(self.arguments, verify="full")
        return self.chunked

    def proven(self, copies: Sequence[PartCopy], figures: Callable[[], Figures], notes: tuple[str, ...], parts: int) -> Copied:
        """Compare the figures of all files with those of the source, and give the files their final names.

        `figures` is called if there is a proof: rows, or all figures. Raises `JobError` (PROOF).
        """
        arguments, source, chunks = self.arguments, self.source, self.chunked
        written = sorted((file for copy in copies for file in copy.files), key=lambda file: file.number)
        certificate = None
        if arguments.verify != "off":
            proof = Proof(source.schema(), source.hasher() if arguments.verify == "full" else None)
            proof.add((file.figures for file in written), sum((copy.left_out for copy in copies), Figures()))
            certificate = proof.certificate(arguments.table, figures())
        names = self.folder.finish()
        files = tuple(DataFile(name, file.bytes, file.rows) for name, file in zip(names, written, strict=True))
        if chunks and chunks.earlier:
            note = f"an earlier attempt had read {chunks.earlier} of {parts} chunks; this one read the others"
            notes += (f"{note}. The chunks have not changed since",)
        members = {"all": parts, "earlier": chunks.earlier} if chunks else None
        return Copied(files, certificate and named(certificate, [file.name for file in files]), notes, members)

    def figures(self) -> Figures:
        """Return the figures that the proof needs, of the source in its own snapshot."""
        return self.source.figures() if self.arguments.verify == "full" else Figures(self.source.count())
