"""The error for a run that a tracking store does not know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from extract_core.errors import RunNotFound
from extract_core.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Sequence


def unknown_run(run_id: str, newest: Sequence[str]) -> RunNotFound:
    """The error that names similar runs, or the latest one. `newest` are ids of recorded runs, newest first."""
    hint = did_you_mean(run_id, newest, most=3)
    if not hint:
        known = f"the latest one is {newest[0]!r}" if newest else "none is recorded here"
        hint = f"; {known}; a run that has just begun is recorded after some seconds"
    return RunNotFound(f"there is no run {run_id!r}{hint}")
