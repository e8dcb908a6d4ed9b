"""What the Spark engine requires of a database: the rows of the source, read over JDBC in parts.

Spark only carries: values whose type Spark would change travel as text, and the conversion into Arrow is that of the Arrow
engine. So both engines write the same types and values, and refuse the same ones.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, TypeAlias, runtime_checkable

from extract_job.arguments.model import Arguments
from extract_job.databases.conditions import Condition
from extract_job.errors import FailureClass, JobError
from extract_job.proof.figures import Figures

Table: TypeAlias = Any  # pyarrow ships no types
Batch: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Connection:
    """How a task connects: driver class, URL, and the options of Spark's JDBC reader, which hold user and password.

    https://spark.apache.org/docs/3.5.4/sql-data-sources-jdbc.html
    """

    driver: str
    url: str
    options: Mapping[str, str] = field(repr=False)


@dataclass(frozen=True, slots=True)
class PartQuery:
    """A SELECT for one part, whose columns have the names c0, c1, …, and their types in Spark (see `customSchema`).

    `counted` is the expression that counts the rows of the table among its rows.
    """

    sql: str
    types: tuple[str, ...]
    counted: str = "count(1)"

    @property
    def schema(self) -> str:
        """The types as Spark's option `customSchema` takes them."""
        return ", ".join(f"c{number} {kind}" for number, kind in enumerate(self.types))


@dataclass(frozen=True, slots=True)
class CarriedRows:
    """The rows of one batch: those to deliver, and those that were delivered before."""

    new: Table
    old: Table | None = None


class Converter(Protocol):
    """Converts the batches of one part, in their order."""

    def rows(self, batch: Batch) -> CarriedRows:
        """Convert a batch of Spark; raise `MisfitError` for a value that does not fit its column, or `JobError`."""

    def ended(self) -> "Remainder":
        """Return what is known of the part after its last batch."""


class Conversion(Protocol):
    """Makes a converter in a process of Spark; it travels there, so it can be pickled."""

    def begin(self) -> Converter:
        """Return the converter of one part."""


@dataclass(frozen=True, slots=True)
class Remainder:
    """What a part leaves beside its rows: digests of rows that the next attempt must recognise, and what its source counted.

    `figures` None: the part's query has none (then the source has them in its own snapshot).
    """

    digests: bytes = b""
    figures: Figures | None = None


@dataclass(frozen=True, slots=True)
class Misfit:
    """A value that does not fit: its column as the database names it, and the end of a sentence (see `misfits.MisfitError`)."""

    column: str
    rows: Condition
    why: str


class JdbcReader(Protocol):
    """One table of a `Source`, for Spark. The source stays open while Spark reads."""

    once: bool
    """Whether a part must not be read twice, because a second read would see other rows."""
    alone: bool
    """Whether all rows must be in one part, because old rows are recognised by digests, of which each counts once."""

    def connection(self, has_driver: Callable[[str], bool]) -> Connection:
        """Return how to connect; raise `JobError` if no driver of this database is on Spark's class path."""

    def query(self, part: Condition, verify: str, counted: Condition | None = None) -> PartQuery:
        """Return the query of a part. `verify` is the value of `--verify`: a part may have to bring its own figures.

        They are those of all rows that meet `counted`, if it is not None, which the same statement counts.
        """

    def conversion(self, verify: str) -> Conversion:
        """Return the conversion of all parts."""

    def misfit(self, error: Misfit) -> JobError:
        """Return the error for a value that does not fit, with its place in the source."""

    def failure(self, state: str, code: int, text: str) -> JobError:
        """Return the error for a java.sql.SQLException with this SQLSTATE, number and text."""


@runtime_checkable
class JdbcSource(Protocol):
    """A `source.Source` that Spark can read too."""

    def by_jdbc(self, arguments: Arguments) -> JdbcReader:
        """Return how Spark reads the same rows."""

    def carried(self, parts: int, left_out: int, digests: bytes) -> None:
        """Take back how many rows the parts left out, and the digests that they remember.

        Rows that the database itself knows as delivered are passed on now: see `Source.left_out_to`.
        """


def no_driver(database: str, classes: Sequence[str], jar: str) -> JobError:
    """Return the error for a JDBC driver that is missing."""
    return JobError(
        f"the JDBC driver of {database} ({' or '.join(classes)}) is not on Spark's class path; add its jar with --jars "
        f"(Glue: --extra-jars; on this machine: PYSPARK_SUBMIT_ARGS='--jars {jar} pyspark-shell')",
        FailureClass.CONFIG,
    )
