"""Names that version 0.1.0 wrote, and what they are called now. Old values are read under the new names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

T = TypeVar("T")

OWNER_SINCE: Final = "owner_since"
_NEW: Final = {
    "source_name": "source",
    OWNER_SINCE: "owner_started_at",
    "low_watermark": "watermark_low",
    "high_watermark": "watermark_high",
}


def renamed(members: Mapping[str, T]) -> dict[str, T]:
    """The attributes of an item, or the members of a summary, with the names of today."""
    return {_NEW.get(name, name): value for name, value in members.items()}
