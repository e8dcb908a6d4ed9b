"""The proof of one attempt: the figures of its files, held against those of the source."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from extract_job.errors import FailureClass, JobError
from extract_job.proof.figures import NAMES, Figures, shown

if TYPE_CHECKING:
    from extract_job.proof.arrow import Hasher

SHOWN = 3
"""Differences in a message; the others are counted."""


class Proof:
    """Collects the figures of the files, read back from disk, and of rows that were left out.

    `schema` is the Arrow schema of the files. `hasher` None: only rows are counted.
    """

    def __init__(self, schema: Any, hasher: "Hasher | None") -> None:
        self.schema = schema
        self._hasher = hasher
        self._files: list[Figures] = []
        self._left_out = Figures()

    def read_back(self, path: Path) -> None:
        """Add a file that was written and closed; raise `JobError` if it cannot be read."""
        self._files.append(figures_back(path, self._hasher))

    def add(self, files: Iterable[Figures], left_out: Figures) -> None:
        """Add figures that were read back in another process, in the order of the files."""
        self._files += files
        self._left_out += left_out

    @property
    def parts(self) -> tuple[list[Figures], Figures]:
        """The figures of the files, in their order, and of the rows that were left out."""
        return self._files, self._left_out

    def leave_out(self, rows: Any) -> None:
        """Add rows (an Arrow table) that the source has in its window and that no file gets."""
        if self._hasher is None:
            self.leave_out_count(rows.num_rows)
            return
        from extract_job.proof.arrow import figures_of

        for batch in rows.to_batches():
            self._left_out += figures_of(batch, self._hasher)

    def leave_out_count(self, rows: int) -> None:
        """Add rows of which only the number is known; enough if only rows are counted."""
        self._left_out += Figures(rows)

    def certificate(self, table: str, source: Figures) -> dict[str, Any]:
        """Return the result's member `proof`; raise `JobError` if source and files differ."""
        files = sum(self._files, Figures())
        differences = list(compared(self.schema, source, files + self._left_out))
        if differences:
            raise JobError(_message(table, differences, len(self._files)), FailureClass.PROOF)
        members: dict[str, Any] = {"verify": "count"}
        if self._hasher is not None:
            members = {"verify": "full", "hash": self._hasher.name}
        members |= {"source": source.to_json(self.schema), "files": files.to_json(self.schema)}
        if self._left_out.rows:
            members["left_out"] = self._left_out.to_json(self.schema)
        by_file = [{"rows": file.rows} | ({"digest": file.digest_text} if file.digest else {}) for file in self._files]
        return members | {"by_file": by_file}


def figures_back(path: Path, hasher: "Hasher | None") -> Figures:
    """Return the figures of a file that was written and closed; raise `JobError` if it cannot be read."""
    from extract_job.proof.files import figures_in, rows_in

    try:
        return Figures(rows_in(path)) if hasher is None else figures_in(path, hasher)
    except (pa.ArrowException, OSError) as error:
        message = f"the file {str(path)!r} was written, but cannot be read back: {' '.join(str(error).split())}"
        raise JobError(message, FailureClass.PROOF) from error


def named(certificate: Mapping[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return the certificate with the final names of the files, in their order."""
    by_file = [{"name": name, **file} for name, file in zip(names, certificate["by_file"], strict=True)]
    return {**certificate, "by_file": by_file}


def compared(schema: Any, source: Figures, files: Figures) -> Iterator[str]:
    """Yield what differs, as parts of a sentence: both figures, and the column if it is one's."""
    if source.rows != files.rows:
        yield f"rows: {source.rows} in the source, {files.rows} in the files"
    if not source.digest:
        return
    different = source.rows != files.rows
    for name, column in source.columns.items():
        kind = schema.field(name).type
        for key, value in column.items():
            other = files.columns[name].get(key)
            if value != other:
                different = True
                left, right = shown(kind, key, value), shown(kind, key, other)
                yield f"column {name!r}, {NAMES[key]}: {left} in the source, {right} in the files"
    if source.digest != files.digest:
        why = "digest of the rows" if different else "digest of the rows (each column has its values, but in other rows)"
        yield f"{why}: {source.digest_text} in the source, {files.digest_text} in the files"


def _message(table: str, differences: Sequence[str], count: int) -> str:
    more = f"; and {len(differences) - SHOWN} more" if len(differences) > SHOWN else ""
    files = "The file is" if count == 1 else f"The {count} files are"
    return (
        f"table {table!r}: the files do not hold what the source holds: {'; '.join(differences[:SHOWN])}{more}. {files} removed, "
        "and nothing is committed. Run the table again. If the proof fails again, the job changes values: report it with this "
        "message. A view that computes other values at each read cannot be proved: set verify: count for it"
    )
