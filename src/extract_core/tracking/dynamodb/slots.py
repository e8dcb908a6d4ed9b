"""Slots of pools in DynamoDB: an item per slot that is held, written and deleted together with the STATE of its table.

So a slot is held exactly as long as the STATE of a table names it. Of two attempts that take the same number, one is refused. A
pool that is full costs two reads and no write.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from extract_core.errors import TrackingUnavailable
from extract_core.tracking.dynamodb import items, keys
from extract_core.tracking.dynamodb.calls import Refused
from extract_core.tracking.dynamodb.items import attribute
from extract_core.tracking.dynamodb.leases import NEW, TRIES, UNCHANGED, nothing
from extract_core.tracking.pools import with_slot

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from extract_core.tracking.dynamodb.calls import Calls
    from extract_core.tracking.records import Guard, Slot, TableState


class Slots:
    """Takes and gives back slots through these calls."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def take(  # noqa: PLR0913 - the contract's
        self, source: str, table: str, *, pool: str, size: int, guard: Guard, execution_id: str, taken_at: str
    ) -> Slot:
        """See `TrackingStore.take_slot`."""
        for _ in range(TRIES):
            state, revision = self._state(source, table)
            held = [] if state.slot is not None else self.held(pool)
            after = with_slot(state, guard=guard, pool=pool, size=size, execution_id=execution_id, taken_at=taken_at, held=held)
            slot = after.slot
            assert slot is not None  # noqa: S101 - by with_slot
            if after == state:
                return slot
            put_state = (items.state_item(after, revision=revision + 1), UNCHANGED, {":revision": attribute(revision)})
            condition: tuple[str, Mapping[str, Any]] = (NEW, {})
            if state.slot is not None:  # the same slot, in another execution
                condition = ("run_id = :run", {":run": attribute(slot.run_id)})
            with suppress(Refused):  # another attempt was faster, or the first try got no answer
                self._calls.put_together(put_state, (items.slot_item(slot), *condition))
                return slot
        raise TrackingUnavailable(f"the slots of pool {pool!r} change hands too fast to be taken: try again")

    def held(self, pool: str) -> list[Slot]:
        """See `TrackingStore.slots`."""
        slots: list[Slot] = []
        after: Mapping[str, Any] | None = None
        while True:
            page, after = self._calls.query(keys.pool_pk(pool), after)
            slots += map(items.held_slot, page)
            if not after:
                return slots

    def free(self, slot: Slot) -> bool:
        """See `TrackingStore.free_slot`."""
        key = keys.slot_key(slot.pool, slot.number)
        for _ in range(TRIES):
            state, revision = self._state(slot.source, slot.table)
            with suppress(Refused):
                if state.slot == slot:
                    after = items.state_item(replace(state, slot=None), revision=revision + 1)
                    self._calls.put_together((after, UNCHANGED, {":revision": attribute(revision)}), delete=key)
                    return True
                return self._delete_orphan(slot, key)
        raise TrackingUnavailable(f"slot {slot.number} of pool {slot.pool!r} changes too fast to be freed: try again")

    def _delete_orphan(self, slot: Slot, key: keys.Key) -> bool:
        """Delete an item that no STATE names: a person, or a restored backup, has changed the STATE. Whether it was there.

        A STATE that names the slot has another execution or moment, and so has its item: that one stays.
        """
        members = {"run_id": slot.run_id, "execution_id": slot.execution_id, "table": slot.table, "taken_at": slot.taken_at}
        try:
            self._calls.delete(
                key,
                " AND ".join(f"#{name} = :{name}" for name in members),
                names=members,
                values={f":{name}": attribute(value) for name, value in members.items()},
            )
        except Refused:
            return False
        return True

    def _state(self, source: str, table: str) -> tuple[TableState, int]:
        item = self._calls.get(keys.state_key(source, table))
        return items.table_state(item) if item is not None else (nothing(source, table), 0)
