"""The limits of one execution. An INLINE machine runs all tables in one; a run above its limits is refused before it starts.

In a DISTRIBUTED machine each table has an execution, so only the size of its item counts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from extract_core.dataclass import dataclass
from extract_core.errors import UsageError
from extract_core.plan.slot_wait import SLOT_RETRIES
from extract_core.registry.routing import POOL
from extract_core.wording import counted

if TYPE_CHECKING:
    from extract_core.contract import Json

MAX_PAYLOAD: Final = 262_144
"""Bytes of UTF-8 that a state's input or output may have (Step Functions quotas, "Quotas related to task executions")."""
ENVELOPE: Final = 2_048
"""Bytes of it kept for what lambda:invoke puts around its Payload (ExecutedVersion, SdkHttpMetadata: about 1 KB)."""
MAX_ARGUMENTS: Final = 200_000
"""Bytes of one table's `$.arguments`: the item, the job's answer and a cause of 32 KiB are beside them in a state's input."""
MAX_HISTORY: Final = 25_000
"""Events of one execution's history (Step Functions quotas)."""
EVENTS_OF_A_TABLE: Final = 15
"""Map iteration 2, Choice 2, .sync Task 6, status Lambda 5."""
EVENTS_OF_THE_LOOP: Final = 4
"""History events of a table in a machine with the retry loop: Choice 2, Succeed 2."""
EVENTS_OF_AN_ATTEMPT: Final = 17
"""History events of each further attempt: Choice 2, Wait 2, Choice 2, .sync Task 6, status Lambda 5."""
EVENTS_OF_A_SLOT: Final = 7 + 3 * SLOT_RETRIES["INLINE"].max_attempts
"""History events of a slot, per attempt at a table of a pool: Choice 2, Take A Slot 5, and 3 per try that meets a full pool."""
EVENTS_AROUND: Final = 20
"""Config manager 5, Map 4, summary 5, Choice 2, the ends 4."""
NEAR: Final = 0.8
"""Part of a limit from which on there is a warning."""

SWITCH: Final = 'write map = "distributed" in [machine] of extract.toml, then build and deploy the machine'
REMEDY: Final = f"{SWITCH}, or run fewer tables at once (name them in the event, or leave some out with exclude)"


@dataclass(slots=True)
class Load:
    """What planned tables need of one execution, added up item by item. `payload_bytes` starts with the output around them."""

    payload_bytes: int
    tables: int = 0
    unplanned: int = 0
    further_attempts: int = 0  # that the tables may have after their first ones
    pooled: int = 0  # tables of pools
    slots: int = 0  # that all attempts at these may take

    def add(self, item: Json) -> None:
        """One more item of the output."""
        self.payload_bytes += payload_bytes(item) + (self.tables > 0)  # a comma
        self.count(item)

    def count(self, item: Json) -> None:
        """One more item, whose bytes are counted already."""
        self.tables += 1
        if isinstance(item, Mapping):
            self.unplanned += "plan_error" in item
            most = item.get("max_attempts")
            self.further_attempts += most - 1 if isinstance(most, int) else 0
            self.pooled += POOL in item
            self.slots += most if POOL in item and isinstance(most, int) else 0

    def history_events(self, *, retry_loop: bool) -> int:
        """The events of an execution in which each table needs all the attempts that it may have."""
        per_table = EVENTS_OF_A_TABLE + (EVENTS_OF_THE_LOOP if retry_loop else 0)
        further = self.further_attempts * EVENTS_OF_AN_ATTEMPT + self.slots * EVENTS_OF_A_SLOT
        return EVENTS_AROUND + self.tables * per_table + further


def payload_bytes(value: Json | Mapping[str, Json]) -> int:
    """The size of the config manager's output, or of a part of it, as Step Functions carries it: compact JSON in UTF-8."""
    return len(json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))


def check_limits(output: Mapping[str, Json], *, retry_loop: bool = False) -> None:
    """Raise UsageError, with numbers and a remedy, if the config manager's output exceeds the limits of an INLINE machine."""
    items = output.get("tables_to_extract")
    load = Load(payload_bytes(output))
    for item in items if isinstance(items, list) else []:
        load.count(item)
    check_load(load, retry_loop=retry_loop)


def check_load(load: Load, *, retry_loop: bool) -> None:
    """As `check_limits`, for an output that is already added up."""
    count, size = load.tables, load.payload_bytes
    if size > MAX_PAYLOAD - ENVELOPE:
        room = MAX_PAYLOAD - ENVELOPE
        fit = max(1, room * count // size)
        need, fits = ("needs" if count == 1 else "need"), ("fits" if fit == 1 else "fit")
        raise UsageError(
            f"the {counted(count, 'table')} of this run {need} {size:,} bytes of items, and Step Functions "
            f"carries {room:,} ({MAX_PAYLOAD:,} less {ENVELOPE:,} for the Lambda's answer) into an INLINE map: about "
            f"{counted(fit, 'table')} {fits}; {REMEDY}"
        )
    events = load.history_events(retry_loop=retry_loop)
    if events > MAX_HISTORY:
        once = Load(size, tables=count).history_events(retry_loop=retry_loop)
        fit = (MAX_HISTORY - EVENTS_AROUND) * count // (events - EVENTS_AROUND)
        attempts = " if each needs all its attempts" if events > once else ""
        fewer = "" if events == once else ", or give them fewer attempts (max_attempts)"
        raise UsageError(
            f"the {count:,} tables of this run make about {events:,} history events{attempts}, and an execution with an INLINE "
            f"map may have {MAX_HISTORY:,}: about {fit:,} tables fit; {REMEDY}{fewer}"
        )


def near_limit(load: Load, *, retry_loop: bool) -> str | None:
    """A warning for an output that an INLINE machine carries, but that uses most of one of its limits. None: there is room."""
    uses = (
        (load.payload_bytes, MAX_PAYLOAD - ENVELOPE, "bytes of items"),
        (load.history_events(retry_loop=retry_loop), MAX_HISTORY, "history events"),
    )
    amount, room, what = max(uses, key=lambda use: use[0] / use[1])
    if not NEAR <= amount / room <= 1:
        return None
    use = "uses" if load.tables == 1 else "use"
    return (
        f"the {counted(load.tables, 'table')} {use} {amount:,} of the {room:,} {what} that an INLINE map may have "
        f"({100 * amount // room} %): before there are more tables, {SWITCH}"
    )
