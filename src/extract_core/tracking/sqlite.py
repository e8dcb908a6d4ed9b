"""The tracking store of one machine: the contract of `store`, kept in a SQLite file."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from extract_core.errors import RunNameTaken, TrackingUnavailable
from extract_core.tracking import rows
from extract_core.tracking.database import Database
from extract_core.tracking.flat import readable
from extract_core.tracking.lease import holder, taken
from extract_core.tracking.pools import with_slot
from extract_core.tracking.records import Claim, Finished, Held, RunRecord, TableState
from extract_core.tracking.settle import settle, with_mark
from extract_core.tracking.unknown_run import unknown_run
from extract_core.wording import encodable

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from types import TracebackType
    from typing import Self

    from extract_core.contract import Json
    from extract_core.tracking.records import AttemptRow, Commit, Guard, MarkChange, Owner, Policy, Skipped, Slot

_BATCH: Final = 500  # names in one query
_PAGE: Final = 1000  # attempts read at once
_PUT_STATE: Final = f"INSERT OR REPLACE INTO table_states ({rows.STATE}) VALUES ({rows.marks(rows.STATE)})"  # noqa: S608 - the queries are made of our own column names and of question marks, never of values
_PUT_ATTEMPT: Final = f"INSERT INTO attempts ({rows.ATTEMPT}) VALUES ({rows.marks(rows.ATTEMPT)})"  # noqa: S608 - the queries are made of our own column names and of question marks, never of values
_PUT_CHANGE: Final = f"INSERT INTO mark_changes ({rows.CHANGE}) VALUES ({rows.marks(rows.CHANGE)})"  # noqa: S608 - the queries are made of our own column names and of question marks, never of values
_NO_SLOT: Final = "slot_pool = NULL, slot_number = NULL, slot_execution = NULL, slot_taken_at = NULL"
_PUT_RUN: Final = f"INSERT INTO runs ({rows.RUN}) VALUES ({rows.marks(rows.RUN)})"  # noqa: S608 - the queries are made of our own column names and of question marks, never of values


class SQLiteTracking:
    """A `TrackingStore` in the file at `path`, which is made if `create`. Others are waited for `busy_seconds`.

    `read_only`: nothing is written, not even beside it, and what would write raises TrackingError.
    """

    def __init__(self, path: Path, *, create: bool = True, read_only: bool = False, busy_seconds: float = 30.0) -> None:
        self._database = Database(path, create=create, read_only=read_only, busy_seconds=busy_seconds)

    def start_run(self, record: RunRecord) -> RunRecord:
        """See `TrackingStore.start_run`."""
        with self._database.writing() as cursor:
            existing = _run(cursor, record.run_id)
            if existing is None:
                cursor.execute(_PUT_RUN, rows.run_row(record))
                return record
        if existing.execution_id != record.execution_id:
            raise RunNameTaken(
                f"the run id {record.run_id!r} was used by execution {existing.execution_id!r} (source {existing.source!r}, "
                f"started {existing.started_at}): start the run under another name"
            )
        return existing

    def plan_run(self, run_id: str, *, plan_uri: str, planned: int, policy: Policy, skipped: Sequence[Skipped]) -> RunRecord:
        """See `TrackingStore.plan_run`."""
        with self._database.writing() as cursor:
            cursor.execute(
                "UPDATE runs SET plan_uri = ?, planned = ?, policy = ?, skipped = ?, refused = NULL "
                "WHERE run_id = ? AND planned IS NULL AND summary IS NULL",
                (plan_uri, planned, rows.policy_text(policy), rows.skipped_text(skipped), run_id),
            )
            return _known(cursor, run_id)

    def reopen_run(self, run_id: str) -> RunRecord:
        """See `TrackingStore.reopen_run`."""
        with self._database.writing() as cursor:
            cursor.execute("UPDATE runs SET refused = NULL, summary = NULL WHERE run_id = ? AND planned IS NULL", (run_id,))
            return _known(cursor, run_id)

    def refuse_run(self, run_id: str, reason: str) -> RunRecord:
        """See `TrackingStore.refuse_run`."""
        with self._database.writing() as cursor:
            cursor.execute("UPDATE runs SET refused = ? WHERE run_id = ? AND planned IS NULL", (encodable(reason), run_id))
            return _known(cursor, run_id)

    def put_summary(self, run_id: str, summary: Mapping[str, Json]) -> Mapping[str, Json]:
        """See `TrackingStore.put_summary`."""
        with self._database.writing() as cursor:
            text = rows.summary_text(summary)
            cursor.execute("UPDATE runs SET summary = ? WHERE run_id = ? AND summary IS NULL", (text, run_id))
            return _known(cursor, run_id).summary or {}

    def run(self, run_id: str) -> RunRecord:
        """See `TrackingStore.run`."""
        with self._database.reading() as cursor:
            return _known(cursor, run_id)

    def runs(self, limit: int = 20) -> Sequence[RunRecord]:
        """See `TrackingStore.runs`."""
        with self._database.reading() as cursor:
            query = f"SELECT {rows.RUN} FROM runs ORDER BY started_at DESC, run_id DESC LIMIT ?"  # noqa: S608 - the queries are made of our own column names and of question marks, never of values
            return list(readable(rows.run_record, cursor.execute(query, (limit,))))

    def states(self, source: str, tables: Sequence[str]) -> Mapping[str, TableState]:
        """See `TrackingStore.states`."""
        with self._database.reading() as cursor:
            return _states(cursor, source, tables)

    def take(  # noqa: PLR0913 - the contract's
        self,
        source: str,
        tables: Sequence[str],
        owner: Owner,
        *,
        is_running: Callable[[str], bool],
        now: datetime,
        all_or_nothing: bool,
        above: Mapping[str, int] | None = None,
    ) -> Claim:
        """See `TrackingStore.take`."""
        wanted = tuple(dict.fromkeys(tables))
        running: dict[str, bool] = {}  # the answers of `is_running`, by execution
        for _ in range(10):
            with self._database.writing() as cursor:
                known = _states(cursor, source, wanted)
                states = {table: known.get(table) or TableState(source=source, table=table) for table in wanted}
                holders = {table: holder(state, owner, now) for table, state in states.items()}
                unasked = {by.execution_id for by in holders.values() if by and by.execution_id not in running}
                if not unasked:
                    held = [Held(table=t, by=by) for t, by in holders.items() if by and running[by.execution_id]]
                    if held and all_or_nothing:
                        return Claim(held=tuple(held))
                    others = {table.table for table in held}
                    floor = above or {}
                    claim = {t: taken(state, owner, floor.get(t, 0)) for t, state in states.items() if t not in others}
                    cursor.executemany(_PUT_STATE, [rows.state_row(claimed.state) for claimed in claim.values()])
                    return Claim(taken=claim, held=tuple(held))
            running.update({execution: is_running(execution) for execution in sorted(unasked)})
        raise TrackingUnavailable(f"the tables of {source!r} change hands too fast to be taken: try again")

    def release(self, source: str, tables: Sequence[str], execution_id: str) -> None:
        """See `TrackingStore.release`."""
        with self._database.writing() as cursor:
            cursor.executemany(
                f"UPDATE table_states SET owner_execution = NULL, owner_run = NULL, owner_started_at = NULL, owner_bound = NULL, "  # noqa: S608 - the queries are made of our own column names and of question marks, never of values
                f"{_NO_SLOT} "
                'WHERE source = ? AND "table" = ? AND owner_execution = ?',
                [(source, table, execution_id) for table in tables],
            )

    def take_slot(  # noqa: PLR0913 - the contract's
        self, source: str, table: str, *, pool: str, size: int, guard: Guard, execution_id: str, taken_at: str
    ) -> Slot:
        """See `TrackingStore.take_slot`."""
        with self._database.writing() as cursor:
            state = _states(cursor, source, (table,)).get(table) or TableState(source=source, table=table)
            after = with_slot(
                state,
                guard=guard,
                pool=pool,
                size=size,
                execution_id=execution_id,
                taken_at=taken_at,
                held=_slots(cursor, pool),
            )
            if after != state:
                cursor.execute(_PUT_STATE, rows.state_row(after))
        assert after.slot is not None  # noqa: S101 - by with_slot
        return after.slot

    def slots(self, pool: str) -> Sequence[Slot]:
        """See `TrackingStore.slots`."""
        with self._database.reading() as cursor:
            return _slots(cursor, pool)

    def free_slot(self, slot: Slot) -> bool:
        """See `TrackingStore.free_slot`."""
        with self._database.writing() as cursor:
            state = _states(cursor, slot.source, (slot.table,)).get(slot.table)
            if state is None or state.slot != slot:
                return False
            cursor.execute(_PUT_STATE, rows.state_row(replace(state, slot=None)))
            return True

    def finish(self, row: AttemptRow, *, guard: Guard, commit: Commit | None = None, last: bool = True) -> Finished:
        """See `TrackingStore.finish`."""
        with self._database.writing() as cursor:
            key = (row.run_id, row.table, row.attempt)
            query = f'SELECT {rows.ATTEMPT} FROM attempts WHERE run_id = ? AND "table" = ? AND attempt = ?'  # noqa: S608 - the queries are made of our own column names and of question marks, never of values
            stored_row = cursor.execute(query, key).fetchone()
            done = settle(
                row,
                guard=guard,
                commit=commit,
                stored=rows.attempt(stored_row) if stored_row else None,
                state=_states(cursor, row.source, (row.table,)).get(row.table),
                last=last,
            )
            if done.row is not None:
                cursor.execute(_PUT_ATTEMPT, rows.attempt_row(done.row))
            if done.state is not None:
                cursor.execute(_PUT_STATE, rows.state_row(done.state))
            return done.finished

    def attempts(self, run_id: str) -> Iterator[AttemptRow]:
        """See `TrackingStore.attempts`."""
        query = (
            f'SELECT {rows.ATTEMPT} FROM attempts WHERE run_id = ? AND ("table", attempt) > (?, ?) '  # noqa: S608 - the queries are made of our own column names and of question marks, never of values
            'ORDER BY "table", attempt LIMIT ?'
        )
        after = ("", -1)
        while True:
            with self._database.reading() as cursor:
                page = cursor.execute(query, (run_id, *after, _PAGE)).fetchall()
            yield from readable(rows.attempt, page)
            if len(page) < _PAGE:
                return
            after = (page[-1][2], page[-1][3])

    def history(self, source: str, table: str, limit: int = 20) -> Sequence[AttemptRow]:
        """See `TrackingStore.history`."""
        query = (
            f'SELECT {rows.ATTEMPT} FROM attempts WHERE source = ? AND "table" = ? '  # noqa: S608 - the queries are made of our own column names and of question marks, never of values
            "ORDER BY recorded_at DESC, run_id DESC, attempt DESC LIMIT ?"
        )
        with self._database.reading() as cursor:
            return list(readable(rows.attempt, cursor.execute(query, (source, table, limit))))

    def set_mark(self, change: MarkChange) -> TableState:
        """See `TrackingStore.set_mark`."""
        with self._database.writing() as cursor:
            known = _states(cursor, change.source, (change.table,)).get(change.table)
            state = known or TableState(source=change.source, table=change.table)
            query = f'SELECT {rows.CHANGE} FROM mark_changes WHERE source = ? AND "table" = ? AND version = ?'  # noqa: S608 - the queries are made of our own column names and of question marks, never of values
            row = cursor.execute(query, (change.source, change.table, change.version)).fetchone()
            if row is None or rows.mark_change(row) != change:
                state = with_mark(state, change)
                cursor.execute(_PUT_STATE, rows.state_row(state))
                cursor.execute(_PUT_CHANGE, rows.change_row(change))
            return state

    def mark_changes(self, source: str, table: str, limit: int = 20) -> Sequence[MarkChange]:
        """See `TrackingStore.mark_changes`."""
        query = f'SELECT {rows.CHANGE} FROM mark_changes WHERE source = ? AND "table" = ? ORDER BY version DESC LIMIT ?'  # noqa: S608 - the queries are made of our own column names and of question marks, never of values
        with self._database.reading() as cursor:
            return list(readable(rows.mark_change, cursor.execute(query, (source, table, limit))))

    def close(self) -> None:
        """See `TrackingStore.close`."""
        self._database.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /) -> None:
        self.close()


def _run(cursor: sqlite3.Cursor, run_id: str) -> RunRecord | None:
    row = cursor.execute(f"SELECT {rows.RUN} FROM runs WHERE run_id = ?", (run_id,)).fetchone()  # noqa: S608 - the queries are made of our own column names and of question marks, never of values
    return rows.run_record(row) if row else None


def _known(cursor: sqlite3.Cursor, run_id: str) -> RunRecord:
    record = _run(cursor, run_id)
    if record is not None:
        return record
    raise unknown_run(run_id, [name for (name,) in cursor.execute("SELECT run_id FROM runs ORDER BY started_at DESC LIMIT 200")])


def _slots(cursor: sqlite3.Cursor, pool: str) -> list[Slot]:
    query = f"SELECT {rows.STATE} FROM table_states WHERE slot_pool = ? ORDER BY slot_number"  # noqa: S608 - the queries are made of our own column names and of question marks, never of values
    states = map(rows.table_state, cursor.execute(query, (pool,)))
    return [state.slot for state in states if state.slot is not None]


def _states(cursor: sqlite3.Cursor, source: str, tables: Sequence[str]) -> dict[str, TableState]:
    states: dict[str, TableState] = {}
    for start in range(0, len(tables), _BATCH):
        batch = tables[start : start + _BATCH]
        names = ", ".join("?" * len(batch))
        query = f'SELECT {rows.STATE} FROM table_states WHERE source = ? AND "table" IN ({names})'  # noqa: S608 - the queries are made of our own column names and of question marks, never of values
        for row in cursor.execute(query, (source, *batch)):
            states[row[1]] = rows.table_state(row)
    return states
