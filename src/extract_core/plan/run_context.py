"""What a plan depends on besides the config: the run, and what each table continues."""

from __future__ import annotations

from typing import Final

from extract_core.dataclass import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Backfill:
    """The rows above `low` (None: from the beginning), up to and including `high`; marks are text."""

    low: str | None
    high: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Committed:
    """What the tracking store knows of a table's last committed attempt: the next increment continues from here.

    `mark` is a value of `column`, whose type of the config was `type`.
    `last_result` is the URI of its result object, if it wrote one. `set_by_hand`: a person has set the mark, so rows below it
    are not read again. `missing` is why its data is not where this pipeline writes, `unknown` why that can't be known; both None:
    it is there.
    """

    mark: str | None = None
    column: str | None = None
    type: str | None = None
    last_result: str | None = None
    set_by_hand: bool = False
    missing: str | None = None
    unknown: str | None = None


NOTHING: Final = Committed()
"""The value of a table without a committed attempt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunContext:
    """The run that is planned for. `started_at` is ISO 8601, UTC.

    `reingest` reads incremental tables from the beginning, without a low mark. The new mark replaces the committed one.
    `backfill` reads a range of them again, and moves no mark.
    """

    run_id: str
    execution_id: str
    started_at: str
    reingest: bool = False
    rerun_of: str | None = None
    backfill: Backfill | None = None
