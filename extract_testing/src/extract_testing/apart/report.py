"""What one process reports."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True, slots=True)
class Report:
    """What one process reports. `seen` has kind, place and text of what the plugin did to its process."""

    imported: tuple[str, ...]
    seen: tuple[tuple[str, str, str], ...]
    outputs: Mapping[str, str]
