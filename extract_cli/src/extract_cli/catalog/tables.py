"""What a database's catalog says of its tables, whatever the database."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from extract_cli.catalog.names import Names

if TYPE_CHECKING:
    from extract_cli.catalog.names import Place


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column. `type` is the database's own word for it, in small letters, without length: ``numeric``, ``timestamp``.

    `base`: the type in the catalog, without domains: ``timestamptz``. Empty for SQLite.
    `is_empty`: there are rows, and it is NULL in all of them. `ahead`: its greatest value, where that lies in the future.
    Both are looked at only in columns that could be a watermark, and where that is quick.
    """

    name: str
    type: str
    nullable: bool = True
    indexed: bool = False  # whether an index of all rows begins with it
    is_empty: bool = False
    ahead: str | None = None
    base: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table. `name` is as a config has it: ``schema.table``; `place` has both apart. `rows` is an estimate; None: not known.

    `key` is the primary key, or (`is_primary` False) a unique one that is never NULL. `notes` are what else a person should
    know of it. `refusal`: why the database refuses it to this user; `hides_rows`: what it says if row-level security hides rows.
    """

    name: str
    place: Place
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    is_primary: bool = True
    rows: int | None = None
    notes: tuple[str, ...] = ()
    refusal: str | None = None
    hides_rows: str | None = None

    def column(self, name: str) -> Column:
        """The column of this name, which must be there."""
        return next(column for column in self.columns if column.name == name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A database and its tables by name. `left_out` says what else is there and why it is not among them.

    `host` and `user` are those of the connection. They are empty if the driver found them itself.
    """

    engine: str
    name: str
    host: str = ""
    user: str = ""
    port: int | None = None
    tables: tuple[Table, ...] = ()
    names: Names = field(default_factory=lambda: Names((), ()))
    left_out: tuple[str, ...] = field(default=())
