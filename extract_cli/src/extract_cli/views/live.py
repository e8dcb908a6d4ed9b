"""What a run does right now. Its engine knows: the tracking store holds ends of attempts, not their starts."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from extract_cli.views.output import echo
from extract_cli.views.progress import Progress
from extract_core.contract import JobState
from extract_core.errors import ExtractError
from extract_core.wording import counted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from extract_core.contract import Json
    from extract_core.runs.engine import Engine
    from extract_core.tracking.records import AttemptRow, RunRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningTable:
    """A table whose job runs. `since` is when its first attempt began, `attempt` the number of the present one."""

    table: str
    job_type: str
    since: datetime
    seconds: float
    attempt: int

    def as_json(self) -> dict[str, Json]:
        """As `--output json` shows it."""
        return {
            "table": self.table,
            "job_type": self.job_type,
            "started_at": self.since.isoformat(),
            "seconds": round(self.seconds, 1),
            "attempt": self.attempt,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """A run at this moment. `at_work` also counts tables that are not in `running`: a wide DISTRIBUTED Map names only some.

    `for_slot` counts by pool the tables that wait for a slot, as far as they are known by name.
    """

    running: tuple[RunningTable, ...]
    for_slot: Mapping[str, int]
    at_work: int
    done: int
    failed: int

    def line(self, planned: int | None) -> str:
        """The counts."""
        if planned is None:
            return "the run is being planned"
        waiting = max(0, planned - self.done - self.at_work)
        failed = f" ({self.failed:,} failed)" if self.failed else ""
        pools = ", ".join(f"{count:,} for a slot of {pool}" for pool, count in self.for_slot.items())
        shown = f"{waiting:,} waiting" + (f" ({pools})" if pools else "")
        have = "has" if planned == 1 else "have"
        return f"{self.done:,} of {counted(planned, 'table')} {have} ended{failed}, {self.at_work:,} at work, {shown}"


def look(engine: Engine, record: RunRecord, rows: Collection[AttemptRow], *, waiting: Collection[str]) -> Live:
    """The run as its history shows it. `rows` are the last attempts of its tables, `waiting` those before another attempt.

    If the engine does not answer, stderr says so, and only what the tracking store knows is shown.
    """
    ended = {row.table for row in rows} - set(waiting)
    failed = sum(row.table in ended and row.state is not JobState.SUCCEEDED for row in rows)
    progress = Progress()
    try:
        for event in engine.history(record.run_id):
            progress.feed(event)
    except ExtractError as error:
        echo(f"cannot read what is running now: {error}", err=True)
    now = datetime.now(UTC)
    names = sorted(progress.running.keys() - ended - set(waiting))
    since = {table: progress.since.get(table, now) for table in names}
    running = tuple(
        RunningTable(
            table=table,
            job_type=progress.running[table],
            since=since[table],
            seconds=max(0.0, (now - since[table]).total_seconds()),
            attempt=progress.attempts.get(table, 1),
        )
        for table in names
    )
    done = max(len(ended), progress.done)
    for_slot = Counter(pool for table, pool in sorted(progress.for_slot.items()) if table not in ended)
    at_work = max(progress.counts.get("running", 0) - for_slot.total(), len(running) + len(waiting))
    at_work = min(at_work, max(0, (record.planned or 0) - done))
    return Live(running=running, for_slot=for_slot, at_work=at_work, done=done, failed=failed)
