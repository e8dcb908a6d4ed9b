"""The key of a table, and which of its columns an index begins with, whatever the database."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from extract_cli.catalog.tables import Table

if TYPE_CHECKING:
    from collections.abc import Iterable

    from extract_cli.catalog.names import Place
    from extract_cli.catalog.tables import Column


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An index of all rows. A part that is not a whole column, such as an expression or a prefix, is None."""

    columns: tuple[str | None, ...]
    is_primary: bool = False
    is_unique: bool = False


def described(name: str, place: Place, columns: Iterable[Column], indexes: Iterable[Index]) -> Table:
    """The table. Without a primary key, its key is the shortest unique one of columns that are never NULL."""
    indexes, columns = list(indexes), list(columns)
    first = {index.columns[0] for index in indexes if index.columns}
    never_null = {column.name for column in columns if not column.nullable}
    whole = {index: tuple(column for column in index.columns if column is not None) for index in indexes}
    primary = next((whole[index] for index in indexes if index.is_primary), ())
    unique = [key for index, key in whole.items() if index.is_unique and key and never_null.issuperset(index.columns)]
    return Table(
        name=name,
        place=place,
        columns=tuple(replace(column, indexed=column.name in first) for column in columns),
        key=primary or min(unique, key=len, default=()),
        is_primary=bool(primary) or not unique,
    )
