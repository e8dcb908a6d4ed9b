"""Which rows an extract reads, and what its high mark is: the same rule in every database."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from extract_job.arguments.model import Arguments
from extract_job.databases.conditions import ALL_ROWS, Condition
from extract_job.databases.mapping import Column
from extract_job.databases.tables import SourceTable
from extract_job.errors import FailureClass, JobError
from extract_job.marks import Watermark, begin_of, default_lag


@dataclass(frozen=True, slots=True)
class Window:
    """The rows of an extract, before those are left out that were delivered before.

    `rows` is the whole window. `overlap` is its part that an earlier attempt may have delivered;
    None: there is none, or nothing is known of it. `next_overlap` is the part that the next attempt
    reads again, from `next_begin` (`high` minus `lag`) on; None: there is no mark, or a backfill.
    """

    rows: Condition
    begin: str | None = None
    high: str | None = None
    without_mark: int = 0
    in_the_future: int = 0
    lag: str = "0"
    overlap: Condition | None = None
    next_begin: str | None = None
    next_overlap: Condition | None = None
    notes: tuple[str, ...] = ()


EVERYTHING = Window(ALL_ROWS)


@dataclass(frozen=True, slots=True)
class Past:
    """What is known of the rows that the last committed attempt delivered.

    It knows them from the mark `begin` on, up to `high`. `problem` is None, or says why nothing is
    known; then both are None.
    """

    begin: str | None = None
    high: str | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class Rules:
    """Choices of the user: `--future read`, `--on_mark_behind continue`, and the text of `--where` (None: all rows)."""

    read_future: bool = False
    continue_behind: bool = False
    where: str | None = None

    @classmethod
    def of(cls, arguments: Arguments) -> "Rules":
        """Return the choices in the arguments."""
        return cls(arguments.future == "read", arguments.on_mark_behind == "continue", arguments.selection.where_text)


class WatermarkColumn(Protocol):
    """The watermark column in the SQL of one database."""

    is_null: Condition
    zoned: bool
    """Timestamps: the column holds instants."""

    def compared(self, operator: str, mark: str) -> Condition:
        """Return the condition that the column is `>`, `>=` or `<=` a mark."""

    def below(self, mark: str, other: str) -> bool:
        """Return whether a mark is below another in the order of the database."""

    def newest(self, rows: Condition) -> str | None:
        """Return the newest value in these rows as text, or None if they have none."""

    def check(self, mark: str) -> None:
        """Raise `JobError` if the text of a value is not a valid mark."""

    def count(self, rows: Condition) -> int:
        """Count these rows."""

    def clock(self) -> str | None:
        """Return the greatest mark that is not in the future; None: the type knows no future."""


def decide(column: WatermarkColumn, watermark: Watermark, past: Past, rules: Rules) -> Window:
    """Decide the window within the snapshot; raise `JobError` if the mark would lose rows.

    Without a low mark: all rows, including those without a mark. Else the rows from the low mark
    minus the lag on, inclusive; rows without a mark are skipped and counted. The high mark is the
    newest mark up to the clock of the source, and never below the low mark.
    """
    if watermark.high is not None:
        return _backfill(column, watermark, watermark.high)
    clock = None if rules.read_future else column.clock()
    newest, future = column.newest(ALL_ROWS), 0
    if clock is not None and newest is not None and column.below(clock, newest):
        newest, future = column.newest(column.compared("<=", clock)), column.count(column.compared(">", clock))
    if newest is not None:
        column.check(newest)
    low = watermark.low
    if low is None:
        rows = column.is_null if newest is None else column.compared("<=", newest) | column.is_null
        return _with_next(column, watermark, Window(rows, high=newest, in_the_future=future))
    notes: tuple[str, ...] = ()
    high = newest
    if high is None or column.below(high, low):
        _check_low(column, watermark, low, clock)
        notes = (_behind(watermark.column, low, newest, rules),)
        high = low
    begin = begin_of(watermark.type, low, _lag(column, watermark, low))
    overlap = None
    if past.problem is not None:
        notes += (f"rows from {begin!r} up to {low!r} are read again, also those that were delivered: {past.problem}",)
    elif past.begin is not None and past.high is not None:
        begin = past.begin if begin is None or column.below(begin, past.begin) else begin
        overlap = column.compared("<=", past.high)
    rows = column.compared("<=", high)
    if begin is not None:
        rows = column.compared(">=", begin) & rows
    nulls = column.count(column.is_null)
    return _with_next(column, watermark, Window(rows, begin, high, nulls, future, overlap=overlap, notes=notes))


def _backfill(column: WatermarkColumn, watermark: Watermark, top: str) -> Window:
    """The rows above the low mark, without a lag, up to the end that a person gave."""
    rows = column.compared("<=", top)
    if watermark.low is not None:
        rows = column.compared(">", watermark.low) & rows
    newest = column.newest(rows)
    if newest is not None:
        column.check(newest)
    return Window(rows, watermark.low, watermark.low if newest is None else newest, column.count(column.is_null))


def _with_next(column: WatermarkColumn, watermark: Watermark, window: Window) -> Window:
    if window.high is None:
        return window
    lag = _lag(column, watermark, window.high)
    begin = begin_of(watermark.type, window.high, lag) or window.high
    if window.begin is not None and column.below(begin, window.begin):
        begin = window.begin  # a longer lag, or an older mark: nothing is known of the rows before the window
    overlap = column.compared(">=", begin) & column.compared("<=", window.high)
    return replace(window, lag=lag, next_begin=begin, next_overlap=overlap)


def _lag(column: WatermarkColumn, watermark: Watermark, mark: str) -> str:
    return watermark.lag if watermark.lag is not None else default_lag(watermark.type, mark, zoned=column.zoned)


def _check_low(column: WatermarkColumn, watermark: Watermark, low: str, clock: str | None) -> None:
    if clock is not None and column.below(clock, low):
        raise JobError(
            f"the committed mark {low!r} of {watermark.column!r} is in the future: the clock of the source says {clock!r}, and "
            "rows up to the mark would never count as new; begin anew with --reingest, or set a mark that is not in the future",
            FailureClass.CONFLICT,
        )


def _behind(name: str, low: str, newest: str | None, rules: Rules) -> str:
    """Return the note about a newest mark below the low one; raise `JobError` unless it is allowed."""
    rows, no_rows = "the table", "the table has no rows"
    if rules.where is not None:
        rows, no_rows = f"the rows that where {rules.where} selects", f"where {rules.where} selects no rows"
    state = f"{no_rows} with a mark" if newest is None else f"the newest mark of {rows} is {newest!r}"
    behind = f"{state}, and the committed mark of {name!r} is {low!r}"
    if rules.continue_behind:
        return f"{behind}: the mark stays, and only rows near it or above are read (on_mark_behind: continue)"
    if rules.where is not None:
        raise JobError(
            f"{behind}: where selects fewer rows than before, or the table was emptied or restored, so that new rows may stay "
            "below the mark; begin anew with --reingest, or, if only where is narrower now, set on_mark_behind: continue, which "
            "keeps the mark",
            FailureClass.CONFLICT,
        )
    raise JobError(
        f"{behind}: the table was emptied or restored, or its numbers begin again, so that new rows may stay below the mark; "
        "begin anew with --reingest, or set on_mark_behind: continue if the table is emptied on purpose",
        FailureClass.CONFLICT,
    )


def mark_column(table: SourceTable, watermark: Watermark, fold: Callable[[str], str] = str) -> Column:
    """Return the watermark column; for `fold` see `column_name`. Raises `JobError`."""
    name = watermark.column
    if "," in name and all(fold(column.name) != fold(name) for column in table.every):
        raise JobError(
            f"table {table.name!r}: --hwm_col_name {name!r} names several columns, but a watermark is one column; use one whose "
            "values grow with each change, or run a full extract",
            FailureClass.CONFIG,
        )
    return table.column("hwm_col_name", name, fold)


def not_a_mark(table: str, column: Column, watermark: Watermark, value: object, why: object) -> JobError:
    """Return the error for a value of the watermark column that is not a mark of its type."""
    return JobError(
        f"table {table!r}: watermark column {column.name!r} ({column.declared or 'no type declared'}) holds {value!r}, which is "
        f"not a valid mark of {watermark.type.value} ({why}); fix the value, set the --hwm_column_type that fits the column, or "
        "run a full extract",
        FailureClass.CONFIG,
    )
