"""What a database's catalog says of its tables, whatever the database."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column. `type` is the database's own word for it, in small letters, without length: ``numeric``, ``timestamp``."""

    name: str
    type: str
    nullable: bool = True
    indexed: bool = False  # whether an index begins with it


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table. `name` is as a config has it: ``schema.table``. `rows` is an estimate; None: not known.

    `least` and `greatest` are of its key, where that is one column of whole numbers and the table has rows.
    """

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()
    rows: int | None = None
    least: int | None = None
    greatest: int | None = None

    def column(self, name: str) -> Column:
        """The column of this name, which must be there."""
        return next(column for column in self.columns if column.name == name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Database:
    """A database and its tables by name. `left_out` says what is there besides and why it is not among them."""

    engine: str
    name: str
    port: int | None = None
    tables: tuple[Table, ...] = ()
    left_out: tuple[str, ...] = field(default=())


WHOLE = frozenset({"smallint", "integer", "bigint", "int", "int2", "int4", "int8", "tinyint", "mediumint"})
"""Types of whole numbers."""
