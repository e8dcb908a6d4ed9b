"""What `extract doctor` says of one thing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at. `remedy` is what to do, empty where nothing need be done."""

    state: Literal["ok", "note", "wrong"]
    what: str
    said: str
    remedy: str = ""
