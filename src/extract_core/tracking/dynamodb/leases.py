"""Leases in DynamoDB: each table's STATE is put on the condition that it is still the one that was read.

Tables are taken one by one, several in parallel; those that it may not keep are released.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from extract_core.errors import TrackingError, TrackingUnavailable
from extract_core.tracking.dynamodb import items, keys
from extract_core.tracking.dynamodb.calls import Refused
from extract_core.tracking.dynamodb.items import attribute
from extract_core.tracking.lease import holder, taken
from extract_core.tracking.old_names import OWNER_SINCE
from extract_core.tracking.records import Claim, Held, TableState

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from extract_core.tracking.dynamodb.calls import Calls
    from extract_core.tracking.dynamodb.keys import Key
    from extract_core.tracking.records import Owner, Taken

TRIES: Final = 10
"""Reads of an item that another process changes all the time."""

NEW: Final = "attribute_not_exists(pk)"
UNCHANGED: Final = "revision = :revision"
"""Conditions of a put: it is not there yet; it is still as it was read."""

States = dict[str, tuple[TableState, int]]
"""States with the revision that they have in the store; 0: they are not there yet."""


class Leases:
    """Takes and gives back tables through these calls."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

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
        known = self.states(source, wanted)
        states: States = {table: known.get(table) or (nothing(source, table), 0) for table in wanted}
        before = {table for table, (state, _) in known.items() if state.owner and state.owner.execution_id == owner.execution_id}
        claim: dict[str, Taken] = {}
        running: dict[str, bool] = {}  # the answers of `is_running`, by execution
        tried: set[str] = set()  # what this call may have taken, and gives back where it may not keep it
        is_claimed = False
        try:
            for _ in range(TRIES):
                holders = {table: holder(states[table][0], owner, now) for table in wanted if table not in claim}
                for execution in sorted({by.execution_id for by in holders.values() if by} - running.keys()):
                    running[execution] = is_running(execution)
                held = tuple(Held(table=t, by=by) for t, by in holders.items() if by and running[by.execution_id])
                if held and all_or_nothing:
                    return Claim(held=held)
                others = {lease.table for lease in held}
                free = [table for table in holders if table not in others]
                tried.update(free)
                for table, (had, stands) in zip(free, self._take_each(free, states, owner, above or {}), strict=True):
                    states[table] = stands
                    if had is not None:
                        claim[table] = had
                if all(table in claim for table in free):
                    is_claimed = True
                    return Claim(taken={table: claim[table] for table in wanted if table in claim}, held=held)
        finally:
            if not is_claimed:
                with suppress(TrackingError):  # a lease that stays is this execution's: it takes it again, or dies with it
                    self.release(source, sorted(tried - before), owner.execution_id)
        raise TrackingUnavailable(f"the tables of {source!r} change hands too fast to be taken: try again")

    def release(self, source: str, tables: Sequence[str], execution_id: str) -> None:
        """See `TrackingStore.release`."""
        names = ("owner_execution", "owner_run", "owner_started_at", OWNER_SINCE, "owner_bound")

        def give_back(table: str) -> None:
            try:
                self._calls.update(
                    keys.state_key(source, table),
                    f"REMOVE {', '.join(f'#{name}' for name in names)} ADD #revision :one",
                    "#owner_execution = :execution AND attribute_not_exists(#slot_pool)",
                    names=(*names, "revision", "slot_pool"),
                    values={":execution": attribute(execution_id), ":one": attribute(1)},
                )
            except Refused:
                self._give_back_with_slot(source, table, execution_id)

        self._calls.map(give_back, tuple(dict.fromkeys(tables)))

    def _give_back_with_slot(self, source: str, table: str, execution_id: str) -> None:
        """Give back a table whose attempt has a slot. One that is another execution's, or free, stays as it is."""
        for _ in range(TRIES):
            state, revision = self.states(source, [table]).get(table, (nothing(source, table), 0))
            if state.owner is None or state.owner.execution_id != execution_id:
                return
            after = items.state_item(replace(state, owner=None, slot=None), revision=revision + 1)
            with suppress(Refused):
                self._calls.put_together((after, UNCHANGED, {":revision": attribute(revision)}), delete=slot_key_of(state))
                return
        raise TrackingUnavailable(f"table {table!r} of {source!r} changes too fast to be released: try again")

    def states(self, source: str, tables: Sequence[str]) -> States:
        """The states that are there."""
        wanted = [keys.state_key(source, table) for table in dict.fromkeys(tables)]
        states = (items.table_state(item) for item in self._calls.get_all(wanted).values())
        return {state.table: (state, revision) for state, revision in states}

    def _take_each(
        self, tables: Sequence[str], states: States, owner: Owner, above: Mapping[str, int]
    ) -> list[tuple[Taken | None, tuple[TableState, int]]]:
        """Each table as taken, or None if another process was faster; and its state as it is now."""

        def take(table: str) -> tuple[Taken | None, tuple[TableState, int]]:
            state, revision = states[table]
            mine = taken(state, owner, above.get(table, 0))
            if mine.state == state:  # this execution has it
                return mine, (state, revision)
            item = items.state_item(mine.state, revision=revision + 1)
            try:
                if state.slot is not None:  # the dead owner's
                    self._calls.put_together((item, UNCHANGED, {":revision": attribute(revision)}), delete=slot_key_of(state))
                elif revision:
                    self._calls.put(item, UNCHANGED, {":revision": attribute(revision)})
                else:
                    self._calls.put(item, NEW)
            except Refused as refused:
                current = refused.current or self._calls.get(keys.state_key(state.source, table))
                stands = items.table_state(current) if current else (nothing(state.source, table), 0)
                return (mine, stands) if stands[0] == mine.state else (None, stands)  # a first try may have got no answer
            return mine, (mine.state, revision + 1)

        return self._calls.map(take, tables)


def slot_key_of(state: TableState | None) -> Key | None:
    """The key of the slot that this state names, if any."""
    slot = state.slot if state is not None else None
    return None if slot is None else keys.slot_key(slot.pool, slot.number)


def nothing(source: str, table: str) -> TableState:
    """The state of a table that the store does not know."""
    return TableState(source=source, table=table)
