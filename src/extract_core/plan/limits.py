"""The limits of one execution of an INLINE machine. A run above them is refused with numbers before it starts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from extract_core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from extract_core.contract import Json

MAX_PAYLOAD: Final = 262_144
"""Bytes of UTF-8 that a state's input or output may have (Step Functions quotas, "Quotas related to task executions")."""
ENVELOPE: Final = 2_048
"""Bytes of it kept for what lambda:invoke puts around its Payload (ExecutedVersion, SdkHttpMetadata: about 1 KB)."""
MAX_HISTORY: Final = 25_000
"""Events of one execution's history (Step Functions quotas)."""
EVENTS_OF_A_TABLE: Final = 15
"""Map iteration 2, Choice 2, .sync Task 6, status Lambda 5."""
EVENTS_OF_THE_LOOP: Final = 4
"""Of a table in a machine with the retry loop: Choice 2, Succeed 2."""
EVENTS_OF_AN_ATTEMPT: Final = 17
"""Of each further attempt: Choice 2, Wait 2, Choice 2, .sync Task 6, status Lambda 5."""
EVENTS_AROUND: Final = 20
"""Config manager 5, Map 4, summary 5, Choice 2, the ends 4."""


def payload_bytes(output: Mapping[str, Json]) -> int:
    """The size of the config manager's output as Step Functions carries it: compact JSON in UTF-8."""
    return len(json.dumps(output, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))


def history_events(items: Sequence[Json], *, retry_loop: bool) -> int:
    """The events of an execution in which each of these tables needs all the attempts that it may have."""
    attempts = sum(most - 1 for item in items if isinstance(item, Mapping) and isinstance(most := item.get("max_attempts"), int))
    per_table = EVENTS_OF_A_TABLE + (EVENTS_OF_THE_LOOP if retry_loop else 0)
    return EVENTS_AROUND + len(items) * per_table + attempts * EVENTS_OF_AN_ATTEMPT


def check_limits(output: Mapping[str, Json], *, retry_loop: bool = False) -> None:
    """Raise UsageError, with numbers and a remedy, if the config manager's output exceeds the limits of an INLINE machine."""
    tables = output.get("tables_to_extract")
    items = tables if isinstance(tables, list) else []
    count = len(items)
    size, room = payload_bytes(output), MAX_PAYLOAD - ENVELOPE
    remedy = "run fewer tables at once (name them in the event, or leave some out with exclude)"
    if size > room:
        fit = max(1, room * count // size)
        raise UsageError(
            f"the {count:,} tables of this run need {size:,} bytes of items, and Step Functions carries {room:,} "
            f"({MAX_PAYLOAD:,} less {ENVELOPE:,} for the Lambda's answer) into an INLINE map: about {fit:,} tables fit; {remedy}"
        )
    events = history_events(items, retry_loop=retry_loop)
    if events > MAX_HISTORY:
        once = history_events([{}] * count, retry_loop=retry_loop)
        fit = (MAX_HISTORY - EVENTS_AROUND) * count // (events - EVENTS_AROUND)
        attempts = " if each needs all its attempts" if events > once else ""
        fewer = "" if events == once else ", or give them fewer attempts (max_attempts)"
        raise UsageError(
            f"the {count:,} tables of this run make about {events:,} history events{attempts}, and an execution with an INLINE "
            f"map may have {MAX_HISTORY:,}: about {fit:,} tables fit; {remedy}{fewer}"
        )
