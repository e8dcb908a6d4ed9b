"""One attempt at the tables of a run: the run, the number, and the places of its data and its reports."""

from __future__ import annotations

from dataclasses import field
from typing import Final

from extract_core.dataclass import dataclass
from extract_core.plan.places import folder, segment


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
"""Of a table without a committed attempt."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where this pipeline stores its data, and its plans and results."""

    data_uri: str
    runs_uri: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One attempt of a run; attempts count from 1. The common part of its places is worked out once for all tables."""

    run: RunContext
    number: int
    places: Places
    _sources: dict[str, str] = field(default_factory=dict, repr=False, compare=False)
    _run_segment: list[str] = field(default_factory=list, repr=False, compare=False)

    def places_of(self, source: str, table_segment: str) -> tuple[str, str]:
        """`extract_s3_uri` and `result_uri` of this attempt. The table's name comes as a `segment`.

        They are ``<data>/<source>/<table>/run_id=<run>/attempt=<n>/`` and ``<runs>/<run>/results/<table>/attempt=<n>.json``.
        """
        data = self._sources.get(source)
        if data is None:
            data = self._sources[source] = f"{folder(self.places.data_uri)}{segment(source)}/"
            self._run_segment[:] = [
                segment(self.run.run_id),
                f"{folder(self.places.runs_uri)}{segment(self.run.run_id)}/results/",
            ]
        run, results = self._run_segment
        return (
            f"{data}{table_segment}/run_id={run}/attempt={self.number}/",
            f"{results}{table_segment}/attempt={self.number}.json",
        )

    def last_of(self, run_id: str, table_segment: str, number: object) -> str:
        """`result_uri` of an attempt of another run. A job that resumes looks there, and at the attempts before it."""
        return f"{folder(self.places.runs_uri)}{segment(run_id)}/results/{table_segment}/attempt={number}.json"
