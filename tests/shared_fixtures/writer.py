"""A writer that commits while a table is read, and the rows of the table after each of its transactions.

Transaction n sets the row 0 to n, so what was read says of which moment it should be: all its rows are then compared.
"""

from __future__ import annotations

import random
import threading
from contextlib import contextmanager
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROWS: Final = 4000
CHANGED: Final = 8
"""Rows that a transaction changes: anywhere in the table, so that a read of two moments shows both."""
Values: TypeAlias = "tuple[int, Decimal, str | None]"

TABLE: Final = "CREATE TABLE t (id int PRIMARY KEY, v int, amount decimal(9, 2), note varchar(20), at {kind})"


class Writer:
    """`deletes`: rows go, too. `now` is the SQL of the moment for the column `at`."""

    def __init__(self, now: str, *, deletes: bool) -> None:
        self._now = now
        self._deletes = deletes
        self._most = 0
        self._state: dict[int, Values] = {number: (0, Decimal(number) / 4, "né") for number in range(ROWS)}
        self._next = ROWS
        self.versions = set(self._state.items())
        """What a row has held after any transaction of `rows_after`."""
        self.committed = 0
        """The last transaction."""

    def fill(self) -> list[str]:
        """The statements that insert the first rows."""
        return [self._inserted(list(self._state)[begin : begin + 500]) for begin in range(0, ROWS, 500)]

    def rows_after(self, transaction: int) -> dict[int, Values]:
        """The rows of the table, by `id`. Call this with ascending numbers."""
        while self._most < transaction:
            self._most += 1
            self._changes(self._most)
        return self._state

    @contextmanager
    def at_work(self, run: Callable[[Sequence[str]], None]) -> Iterator[None]:
        """Commit transactions, which `run` executes each, until the end of the block."""
        writing, ended = Writer(self._now, deletes=self._deletes), threading.Event()

        def write() -> None:
            number = 0
            while not ended.is_set():
                number += 1
                run(writing._changes(number))
                self.committed = number

        thread = threading.Thread(target=write)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _changes(self, transaction: int) -> list[str]:
        """Apply a transaction to the rows; return its statements."""
        chance, state = random.Random(transaction), self._state  # noqa: S311 - test data
        statements = []
        for number in sorted({0, *(chance.randrange(1, self._next) for _ in range(CHANGED))} & state.keys()):
            state[number] = (transaction, Decimal(chance.randrange(10**6)) / 100, chance.choice([None, "é", f"n{number}"]))
            statements.append(self._updated(number, state[number]))
        state[self._next] = (transaction, Decimal(1), "late")
        changed = {number for number in state if state[number][0] == transaction}
        self.versions |= {(number, state[number]) for number in changed}
        statements.append(self._inserted([self._next]))
        self._next += 1
        gone = chance.randrange(1, self._next)
        if self._deletes and state.pop(gone, None) is not None:
            statements.append(f"DELETE FROM t WHERE id = {gone}")  # noqa: S608 - ours
        return statements

    def _updated(self, number: int, values: Values) -> str:
        v, amount, note = values
        return f"UPDATE t SET v = {v}, amount = {amount}, note = {_literal(note)}, at = {self._now} WHERE id = {number}"  # noqa: S608 - ours

    def _inserted(self, numbers: Sequence[int]) -> str:
        values = [(number, *self._state[number]) for number in numbers]
        rows = ", ".join(f"({number}, {v}, {amount}, {_literal(note)}, {self._now})" for number, v, amount, note in values)
        return f"INSERT INTO t VALUES {rows}"  # noqa: S608 - ours


def _literal(text: str | None) -> str:
    return "NULL" if text is None else f"'{text}'"


def delivered(rows: Sequence[tuple[int, int, Decimal, str | None, object]]) -> dict[int, Values]:
    """The rows of an extract as `Writer.rows_after` has them; no row comes twice."""
    values: dict[int, Values] = {number: (v, amount, note) for number, v, amount, note, _ in rows}
    assert len(values) == len(rows)
    return values


def moment_is_whole(writer: Writer, run: Callable[[Sequence[str]], None], extract: Callable[[], Any]) -> None:
    """Assert that a full extract holds all rows of one moment, while the writer commits. It is the second extract."""
    with writer.at_work(run):
        done = [extract(), extract()]
        assert [one.code for one in done] == [0, 0], done[-1].errors
        rows = delivered(done[-1].rows)
    assert rows[0][0] > 0
    assert rows == writer.rows_after(rows[0][0])
