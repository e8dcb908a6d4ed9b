"""What one execution of an INLINE machine can carry: refused with numbers before it starts, not killed at the end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Final

from extract_core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_core.contract import Json

MAX_PAYLOAD: Final = 262_144
"""Bytes of UTF-8 that a state's input or output may have (Step Functions quotas, "Quotas related to task executions")."""
ENVELOPE: Final = 2_048
"""Bytes of it kept for what lambda:invoke puts around its Payload (ExecutedVersion, SdkHttpMetadata: about 1 KB)."""
MAX_HISTORY: Final = 25_000
"""Events of one execution's history (Step Functions quotas)."""
EVENTS_OF_A_TABLE: Final = 15
"""Map iteration 2, Choice 2, .sync Task 6, status Lambda 5."""
EVENTS_AROUND: Final = 12
"""Config manager, Map, summary and the ends."""


def payload_bytes(output: Mapping[str, Json]) -> int:
    """The size of the config manager's output as Step Functions carries it: compact JSON in UTF-8."""
    return len(json.dumps(output, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass"))


def check_limits(output: Mapping[str, Json]) -> None:
    """Refuse an output of the config manager that an INLINE machine can't carry. UsageError with the numbers and the remedy."""
    items = output.get("tables_to_extract")
    count = len(items) if isinstance(items, list) else 0
    size, room = payload_bytes(output), MAX_PAYLOAD - ENVELOPE
    remedy = "run fewer tables at once (name them in extract_tables, or leave some out with exclude)"
    if size > room:
        fit = max(1, room * count // size)
        raise UsageError(
            f"the {count:,} tables of this run need {size:,} bytes of items, and Step Functions carries {room:,} "
            f"({MAX_PAYLOAD:,} less {ENVELOPE:,} for the Lambda's answer) into an INLINE map: about {fit:,} tables fit; {remedy}"
        )
    events = count * EVENTS_OF_A_TABLE + EVENTS_AROUND
    if events > MAX_HISTORY:
        fit = (MAX_HISTORY - EVENTS_AROUND) // EVENTS_OF_A_TABLE
        raise UsageError(
            f"the {count:,} tables of this run make about {events:,} history events, and an execution with an INLINE map may "
            f"have {MAX_HISTORY:,}: {fit:,} tables fit; {remedy}"
        )
