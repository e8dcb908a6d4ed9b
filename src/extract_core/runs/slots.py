"""Take A Slot: gives an attempt a slot of its table's pool, or says that the pool is full; then the machine tries again.

If the pool is full, holders whose execution is dead lose their slots. Reconcile and the summary of a run do that at its end; this
is for the time before, and for runs that nothing has cleaned up.
"""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING, Any, Final

from extract_core.errors import PoolFull, RunNotFound, TrackingUnavailable, UsageError
from extract_core.plan.item_key import item_key
from extract_core.tracking.records import Guard
from extract_core.wording import utc

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from extract_core.contract import Json
    from extract_core.pipeline.parts import Parts
    from extract_core.tracking.records import Slot

log: Final = logging.getLogger("extract_core")

_ASK_AGAIN: Final = 60.0  # seconds between two questions about one execution, per process
_QUESTIONS: Final = 2  # holders that one call asks about: DescribeExecution allows 15 calls per second (Step Functions quotas)


class SlotTaker:
    """Takes slots with these parts. It remembers for a minute which executions are alive; safe for use by several threads."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._alive: dict[str, float] = {}  # when an execution was seen alive

    def take(self, payload: Mapping[str, Json]) -> dict[str, Json]:
        """Take a slot for the item of ``{"item", "execution", "entered_at", "pools"}``: ``{"pool", "number", "waited_seconds"}``.

        `execution` is the id of the execution that the iteration runs in, `entered_at` is when it entered the state, `pools` are
        the sizes. The same again changes nothing and answers the same. Raises PoolFull, LeaseLost,
        TrackingUnavailable, and UsageError for what the machine does not send.
        """
        item, execution_id, entered_at, sizes = (payload.get(name) for name in ("item", "execution", "entered_at", "pools"))
        if not (
            isinstance(item, dict) and isinstance(execution_id, str) and isinstance(entered_at, str) and isinstance(sizes, dict)
        ):
            raise UsageError(
                "the payload has no item, execution, entered_at and pools: this function is called by the generated state "
                "machine; build and deploy it again"
            )
        key, pool = item_key(item), item.get("pool")
        size = sizes.get(pool) if isinstance(pool, str) else None
        if not isinstance(pool, str) or not isinstance(size, int):
            known = ", ".join(sizes) or "none"
            raise UsageError(f"the state machine has no pool {pool!r} (it has: {known}): build and deploy it again")

        def take() -> Slot:
            return self._parts.tracking.take_slot(
                key.source,
                key.table,
                pool=pool,
                size=size,
                guard=Guard(run_id=key.run_id, fencing=key.fencing, attempt=key.attempt),
                execution_id=execution_id,
                taken_at=self._parts.now().isoformat(),
            )

        try:
            slot = take()
        except PoolFull:
            if not self._free_dead(pool):
                raise
            slot = take()
        waited = (utc(slot.taken_at) - utc(entered_at)).total_seconds()
        return {"pool": slot.pool, "number": slot.number, "waited_seconds": max(0, round(waited))}

    def _free_dead(self, pool: str) -> bool:
        """Free slots of dead executions, the oldest first. Returns whether one is free now."""
        now = time.monotonic()
        holders = sorted(self._parts.tracking.slots(pool), key=lambda slot: slot.taken_at)
        due = [slot for slot in holders if now - self._alive.get(slot.execution_id, -_ASK_AGAIN) >= _ASK_AGAIN]
        self._alive = {execution: seen for execution, seen in self._alive.items() if now - seen < _ASK_AGAIN}
        freed = False
        for slot in due[:_QUESTIONS]:
            if is_held(self._parts, slot):
                self._alive[slot.execution_id] = now
                continue
            freed = True
            if self._parts.tracking.free_slot(slot):  # else its attempt has ended meanwhile
                fields: dict[str, Any] = {"run_id": slot.run_id, "table": slot.table}
                log.warning("slot %d of pool %s is free: its execution is dead", slot.number, pool, extra={"extract": fields})
        return freed


def free_dead(parts: Parts, pools: Iterable[str]) -> list[Slot]:
    """Free the slots of all dead executions in these pools, and return them."""
    dead = [slot for pool in pools for slot in parts.tracking.slots(pool) if not is_held(parts, slot)]
    return [slot for slot in dead if parts.tracking.free_slot(slot)]


def is_held(parts: Parts, slot: Slot) -> bool:
    """Whether the run of a slot, and the execution that its attempt runs in, are alive. True if that cannot be asked now."""
    try:
        run = parts.tracking.run(slot.run_id)
        return parts.is_running(run.execution_id) and (
            slot.execution_id == run.execution_id or parts.is_running(slot.execution_id)
        )
    except RunNotFound:
        return False
    except TrackingUnavailable:
        return True
