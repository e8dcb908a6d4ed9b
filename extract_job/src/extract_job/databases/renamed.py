"""A source whose columns have other names in the files (`rename`): the database and its snapshot know nothing of it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from extract_job.databases.names import column_name
from extract_job.databases.source import PartedSource, Reader
from extract_job.errors import FailureClass, JobError
from extract_job.proof.figures import Figures
from extract_job.splitting.key import SplitTable

if TYPE_CHECKING:
    from extract_job.databases.conditions import Condition
    from extract_job.databases.source import Schema, Source, Table


def renamed(source: "Source", table: str, names: Mapping[str, str]) -> "Source":
    """Return the source with the new names of its columns; raise `JobError` if two would have the same name."""
    if not names:
        return source
    known = [column.name for column in source.columns]
    new = {column_name(table, "rename", name, known): new_name for name, new_name in names.items()}
    new_names = [new.get(name, name) for name in known]
    twice = next((name for name in new_names if new_names.count(name) > 1), None)
    if twice is not None:
        raise JobError(
            f"table {table!r}: with --rename, two columns of the files are called {twice!r}; change one name", FailureClass.CONFIG
        )
    wrapper = _RenamedParts if isinstance(source, PartedSource) else _Renamed
    return cast("Source", wrapper(source, new_names))


class _Renamed:
    """See `source.Source`; what is not here is that of the source itself."""

    def __init__(self, source: "Source", names: list[str]) -> None:
        self._source = source
        self._names = names
        self._by_name = {column.name: name for column, name in zip(source.columns, names, strict=True)}
        self.columns = tuple(replace(column, name=name) for column, name in zip(source.columns, names, strict=True))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._source, name)

    def schema(self) -> "Schema":
        """See `source.Source.schema`."""
        return self._source.schema().empty_table().rename_columns(self._names).schema

    def left_out_to(self, take: "Callable[[Table], None]") -> None:
        """See `source.Source.left_out_to`."""
        self._source.left_out_to(lambda rows: take(rows.rename_columns(self._names)))

    def read(self, most: int) -> "Table | None":
        """See `source.Source.read`."""
        rows = self._source.read(most)
        return None if rows is None else rows.rename_columns(self._names)

    def figures(self) -> Figures:
        """See `source.Source.figures`."""
        figures = self._source.figures()
        columns = {self._by_name[name]: column for name, column in figures.columns.items()}
        return replace(figures, columns=columns)


class _RenamedParts(_Renamed):
    """See `source.PartedSource`."""

    def split(self) -> SplitTable:
        """See `source.PartedSource.split`: the key has its name in the database."""
        return cast("PartedSource", self._source).split()

    @contextmanager
    def readers(self, count: int) -> Iterator[Sequence[Reader]]:
        """See `source.PartedSource.readers`."""
        with cast("PartedSource", self._source).readers(count) as readers:
            yield [replace(reader, part=self._renamed(reader.part)) for reader in readers]

    def _renamed(self, part: "Callable[[Condition], Source]") -> "Callable[[Condition], Source]":
        return lambda rows: cast("Source", _Renamed(part(rows), self._names))
