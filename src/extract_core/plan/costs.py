"""How much of one execution a planned run uses: payload, history events, state transitions and their price."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_core.dataclass import dataclass
from extract_core.plan.limits import ENVELOPE, MAX_HISTORY, MAX_PAYLOAD

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json
    from extract_core.plan.limits import Load

USD_A_TRANSITION: Final = 0.000025
"""Standard workflows in us-east-1 and most regions: $0.025 for 1,000 state transitions (Step Functions pricing)."""
AROUND: Final = 5
"""Config manager, Map, summary, Choice, end."""
A_TABLE: Final = 3
"""Choice, one state of the job, status handler."""
A_LOOP: Final = 1
"""Also, in a machine with the retry loop: the Choice that checks whether the table is done."""
AN_ATTEMPT: Final = 5
"""State transitions of each further attempt: Wait, Choice, job, status handler, Choice."""
A_SLOT: Final = 2
"""State transitions of a slot, per attempt at a table of a pool: Take A Slot, and the Choice after it. Tries that meet a full
pool are not counted."""
A_CHILD: Final = 1
"""Also, in a DISTRIBUTED map: the start of the table's own execution."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Estimates, exact if each job type has one state. `transitions_at_most` counts all attempts that the tables may have."""

    tables: int
    payload_bytes: int
    payload_room: int
    history_events: int
    history_room: int
    transitions: int
    transitions_at_most: int

    @property
    def usd(self) -> float:
        """The price of `transitions`."""
        return self.transitions * USD_A_TRANSITION


def costs_of(load: Load, machine: Mapping[str, Json], shared: int = 0) -> Costs:
    """The costs of these tables in this machine. `shared` of them run in the job of another one."""
    loop = machine.get("retry_loop") is True
    distributed = machine.get("map") == "DISTRIBUTED"
    per_table = A_TABLE + A_LOOP * loop + A_CHILD * distributed
    # tables that can't be planned have no job
    transitions = AROUND + per_table * (load.tables - shared) - load.unplanned + A_SLOT * load.pooled
    further = load.further_attempts * AN_ATTEMPT * loop + (load.slots - load.pooled) * A_SLOT
    return Costs(
        tables=load.tables,
        payload_bytes=load.payload_bytes,
        payload_room=MAX_PAYLOAD - ENVELOPE,
        history_events=load.history_events(retry_loop=loop),
        history_room=MAX_HISTORY,
        transitions=transitions,
        transitions_at_most=transitions + further,
    )
