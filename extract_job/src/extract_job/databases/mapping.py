"""What the declared types of a database become: one `TypeLine` per type, as data, with the source of each line.

Each database has its `mapping.py`. All engines use the same lines: the SELECT expression decides what the database sends, and
`Kind` decides the type in the files. `docs/types.md` is made from them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum
from fnmatch import fnmatchcase

from extract_job.databases.names import quoted
from extract_job.errors import FailureClass, JobError

MAX_PRECISION = 76
"""Digits of Arrow's widest decimal."""
UNBOUNDED = (38, 18)
"""All digits, and those after the point, of a decimal that declares neither; as in Spark."""


class Kind(Enum):
    """The type of a column in the files; the value names it (see `arrow_types.arrow_type`)."""

    BOOLEAN = "bool"
    SMALLINT = "int16"
    INTEGER = "int32"
    BIGINT = "int64"
    REAL = "float32"
    DOUBLE = "float64"
    DECIMAL = "decimal"
    DATE = "date32"
    TIME = "time64[us]"
    TIMESTAMP = "timestamp[us]"
    INSTANT = "timestamp[us, tz=UTC]"
    TEXT = "string"
    BINARY = "binary"


@dataclass(frozen=True, slots=True)
class TypeLine:
    """One line of a mapping. In all SQL, `{}` stands for the quoted name of the column.

    `types` are names as the catalog spells them; `*` stands for any letters. `value` is the SELECT expression, `text` the one
    that reads the column as text (empty: that of the database). `digits` are all digits of a decimal and those after the point;
    None: those of the catalog. `misfit` is a condition on rows whose value the type in the files cannot hold, if SQL must say
    it. `refusal` says why the type cannot be read, except as text. `double` reads a decimal as the nearest double, for
    `--decimal_overflow double`; empty if all decimals of the database fit. `source` is the page that documents the type.
    """

    types: tuple[str, ...]
    kind: Kind
    value: str
    source: str
    text: str = ""
    digits: tuple[int, int] | None = None
    misfit: str = ""
    refusal: str = ""
    double: str = ""


@dataclass(frozen=True, slots=True)
class Column:
    """A column as it is read. `base` is the name of its type in the catalog; `value` and `text` are SQL expressions.

    `precision` and `scale` are for decimals. `double`: see `TypeLine`; `rounded`: the value is `double`.
    `undecided`: values decide if a timestamp without a zone is an instant (SQLite).
    """

    name: str
    declared: str
    kind: Kind
    base: str = ""
    value: str = ""
    text: str = ""
    precision: int = 0
    scale: int = 0
    misfit: str = ""
    undecided: bool = False
    nullable: bool = True
    double: str = ""
    rounded: bool = False

    @property
    def expression(self) -> str:
        """The expression in the SELECT, under the name of the column."""
        return f"{self.value} AS {quoted(self.name)}"

    def as_double(self) -> "Column":
        """Return the column read as doubles."""
        return replace(self, kind=Kind.DOUBLE, value=self.double, precision=0, scale=0, rounded=True)


@dataclass(frozen=True, slots=True)
class Mapping:
    """The lines of one database. A type without a line is read by `others`; `text` reads any column as text."""

    lines: Sequence[TypeLine]
    others: TypeLine
    text: str

    def line(self, base: str) -> TypeLine:
        """Return the line of a type: the one with its name, else the first whose pattern fits, else `others`."""
        for line in self.lines:
            if base in line.types:
                return line
        fitting = (line for line in self.lines if any("*" in kind and fnmatchcase(base, kind) for kind in line.types))
        return next(fitting, self.others)

    def column(  # noqa: PLR0913 - one row of the catalog
        self,
        table: str,
        name: str,
        declared: str,
        base: str,
        *,
        line: TypeLine | None = None,
        digits: tuple[int, int] = (0, 0),
        as_text: bool = False,
    ) -> Column:
        """Return the column for a row of the catalog; raise `JobError` for a type that does not fit into Parquet.

        `line`: None is that of `base`. `digits` are those that the catalog shows for a decimal.
        """
        line = self.line(base) if line is None else line
        sql = quoted(name)
        text = (line.text or self.text).replace("{}", sql)
        double = line.double.replace("{}", sql)
        if as_text:
            return Column(name, declared, Kind.TEXT, base, text, text, double=double)
        if line.refusal:
            raise JobError(
                f"table {table!r}, column {name!r}: {declared} cannot be read: {line.refusal}, or read it as text with "
                f"--text_columns {name}",
                FailureClass.CONFIG,
            )
        value, misfit = line.value.replace("{}", sql), line.misfit.replace("{}", sql)
        if line.kind is not Kind.DECIMAL:
            return Column(name, declared, line.kind, base, value, text, misfit=misfit)
        precision, scale = line.digits or digits
        check_decimal(table, name, declared, precision, scale)
        return Column(name, declared, line.kind, base, value, text, precision, scale, misfit, double=double)


class TooManyDigits(JobError):  # noqa: N818 - the name says what is wrong
    """The decimals of a column do not fit into Parquet."""


def check_decimal(table: str, name: str, declared: str, precision: int, scale: int) -> None:
    """Raise `TooManyDigits` for a decimal that does not fit into Parquet."""
    if not 1 <= precision <= MAX_PRECISION or not 0 <= scale <= precision:
        raise TooManyDigits(
            f"table {table!r}, column {name!r}: {declared} does not fit into Parquet, whose decimals have 1 to {MAX_PRECISION} "
            f"digits, up to all of them after the point; read it as text with --text_columns {name}",
            FailureClass.CONFIG,
        )
