"""A source whose columns have other names in the files (`rename`): the database, its snapshot and messages use the old names."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast

from extract_job.databases.jdbc import Batch, CarriedRows, Conversion, Converter, JdbcReader, JdbcSource, Remainder
from extract_job.databases.names import column_name
from extract_job.databases.source import PartedSource, Reader
from extract_job.errors import FailureClass, JobError
from extract_job.proof.figures import Figures
from extract_job.splitting.key import SplitTable

if TYPE_CHECKING:
    from extract_job.arguments.model import Arguments
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
    wrapper = _RenamedJdbc if isinstance(source, JdbcSource) else _RenamedParts if isinstance(source, PartedSource) else _Renamed
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
        return _renamed_figures(self._source.figures(), self._by_name)


class _RenamedParts(_Renamed):
    """See `source.PartedSource`."""

    def split(self) -> SplitTable:
        """See `source.PartedSource.split`: the key has its name in the database."""
        return cast("PartedSource", self._source).split()

    def identity(self) -> str:
        """See `source.PartedSource.identity`."""
        return cast("PartedSource", self._source).identity()

    def unchanged(self, rows: "Condition", snapshot: str | None, count: int) -> bool | None:
        """See `source.PartedSource.unchanged`."""
        return cast("PartedSource", self._source).unchanged(rows, snapshot, count)

    @contextmanager
    def readers(self, count: int) -> Iterator[Sequence[Reader]]:
        """See `source.PartedSource.readers`."""
        with cast("PartedSource", self._source).readers(count) as readers:
            yield [replace(reader, part=self._renamed(reader.part)) for reader in readers]

    def _renamed(self, part: "Callable[[Condition], Source]") -> "Callable[[Condition], Source]":
        return lambda rows: cast("Source", _Renamed(part(rows), self._names))


class _RenamedJdbc(_RenamedParts):
    """See `jdbc.JdbcSource`."""

    def by_jdbc(self, arguments: "Arguments") -> JdbcReader:
        """See `jdbc.JdbcSource.by_jdbc`: the queries use the names of the database."""
        reader = cast("JdbcSource", self._source).by_jdbc(arguments)
        return cast("JdbcReader", _RenamedReader(reader, self._names, self._by_name))

    def carried(self, parts: int, left_out: int, digests: bytes) -> None:
        """See `jdbc.JdbcSource.carried`."""
        cast("JdbcSource", self._source).carried(parts, left_out, digests)


class _RenamedReader:
    """See `jdbc.JdbcReader`; what is not here is that of the reader itself."""

    def __init__(self, reader: JdbcReader, names: list[str], by_name: Mapping[str, str]) -> None:
        self._reader = reader
        self._names = names
        self._by_name = by_name

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reader, name)

    def conversion(self, verify: str) -> Conversion:
        """See `jdbc.JdbcReader.conversion`."""
        return _RenamedConversion(self._reader.conversion(verify), self._names, self._by_name)


@dataclass(frozen=True, slots=True)
class _RenamedConversion:
    """See `jdbc.Conversion`."""

    conversion: Conversion
    names: list[str]
    by_name: Mapping[str, str]

    def begin(self) -> Converter:
        """See `jdbc.Conversion.begin`."""
        return _RenamedConverter(self.conversion.begin(), self.names, self.by_name)


class _RenamedConverter:
    def __init__(self, converter: Converter, names: list[str], by_name: Mapping[str, str]) -> None:
        self._converter = converter
        self._names = names
        self._by_name = by_name

    def rows(self, batch: Batch) -> CarriedRows:
        rows = self._converter.rows(batch)
        old = None if rows.old is None else rows.old.rename_columns(self._names)
        return CarriedRows(rows.new.rename_columns(self._names), old)

    def ended(self) -> Remainder:
        remainder = self._converter.ended()
        figures = remainder.figures and _renamed_figures(remainder.figures, self._by_name)
        return replace(remainder, figures=figures)


def _renamed_figures(figures: Figures, names: Mapping[str, str]) -> Figures:
    return replace(figures, columns={names[name]: column for name, column in figures.columns.items()})
