"""Who may take which slot of a pool: the rules, without a store.

A pool limits how many jobs run at once, over all runs. An attempt takes one of its numbers, and a number is held once. So a store
needs no counter: two that take the same number at once meet at that number only.
"""

from __future__ import annotations

import random
from dataclasses import replace
from typing import TYPE_CHECKING

from extract_core.errors import LeaseLost, PoolFull
from extract_core.tracking.records import Slot
from extract_core.tracking.settle import lost_lease
from extract_core.wording import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from extract_core.tracking.records import Guard, TableState

_NAMED = 3  # holders in a message


def with_slot(  # noqa: PLR0913 - all that the decision depends on
    state: TableState, *, guard: Guard, pool: str, size: int, execution_id: str, taken_at: str, held: Sequence[Slot]
) -> TableState:
    """The state of a table whose attempt has a slot; the same state if it has one already. `held` are the slots of the pool.

    Raises LeaseLost, and PoolFull.
    """
    lost = lost_lease(guard, state)
    if lost is not None:
        raise LeaseLost(f"no slot of pool {pool!r} was taken for {state.table!r}: {lost}")
    if state.slot is not None:
        return replace(state, slot=replace(state.slot, execution_id=execution_id))
    numbers = free_numbers({slot.number for slot in held}, size)
    if not numbers:
        raise PoolFull(full(pool, size, held))
    slot = Slot(
        pool=pool,
        number=random.choice(numbers),  # noqa: S311 - so that those who take at once seldom meet
        execution_id=execution_id,
        run_id=guard.run_id,
        source=state.source,
        table=state.table,
        taken_at=taken_at,
    )
    return replace(state, slot=slot)


def free_numbers(held: Collection[int], size: int) -> list[int]:
    """The numbers that may be taken, given the numbers that are held.

    Numbers above the size are held if the pool was larger before. Each of them blocks one from the top, so that those who take at
    once never hold more than `size` together.
    """
    top = size
    while top > 0 and top + sum(number > top for number in held) > size:
        top -= 1
    return [number for number in range(1, top + 1) if number not in held]


def full(pool: str, size: int, held: Sequence[Slot]) -> str:
    """The message of PoolFull: the oldest holders first."""
    oldest = sorted(held, key=lambda slot: (slot.taken_at, slot.number))
    names = ", ".join(map(str, oldest[:_NAMED])) + (f" and {len(oldest) - _NAMED:,} more" if len(oldest) > _NAMED else "")
    return f"the pool {pool!r} is full ({counted(size, 'slot')}): held by {names}"
