"""How long *Take A Slot* waits for a slot of a pool that is full: the Retry of the state, and what follows from it.

Each try costs a state transition and three events of the history (Step Functions guide, "Error handling": retries are state
transitions). In a DISTRIBUTED Map a table has a history for itself, so it tries about each half minute for about a day. In an
INLINE Map all tables share 25,000 events, so a table tries 30 times in about three hours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_core.contract import Retry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.pipeline.map_modes import MapMode

POOL_FULL: Final = "PoolFull"
"""The error of a function is the name of its exception: `extract_core.errors.PoolFull`."""

SLOT_RETRIES: Final[Mapping[MapMode, Retry]] = {
    "INLINE": Retry(errors=(POOL_FULL,), interval_seconds=10, max_attempts=30, max_delay_seconds=900),
    "DISTRIBUTED": Retry(errors=(POOL_FULL,), interval_seconds=2, max_attempts=2_880, max_delay_seconds=60),
}
"""With full jitter, a wait is half of the delay on average."""
