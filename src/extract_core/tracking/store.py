"""The store contract of tracking: what a store promises, in SQLite on one machine and in DynamoDB on AWS.

Each kind of record is found by its key, never by a scan: the RUN of a run id; the STATE of a table (source, table); the rows
of a run's attempts (run id, table, attempt); what people changed of a table's watermark. docs/tracking.md draws them.

Promises that hold for each method:

- **Atomic.** A method changes all that it says or nothing. If a store can't write many tables at once (`take` of more
  tables than a transaction holds), each table is atomic and what the method must not keep is given back before it returns.
- **Idempotent.** The same call twice leaves what one call leaves, and answers the same (`finish` says DUPLICATE).
- **Concurrent.** Any number of threads and processes may call at once.
- **Errors.** `TrackingUnavailable`: busy, throttled or unreachable; the same call may succeed later. Nothing was changed, or all
  that the call says (an answer may get lost on its way): the same call again finds out.
  Any other `TrackingError`: the store can't be used as it is; the message says what to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime
    from types import TracebackType
    from typing import Self

    from extract_core.contract import Json
    from extract_core.tracking.records import (
        AttemptRow,
        Claim,
        Commit,
        Finished,
        Guard,
        MarkChange,
        Owner,
        Policy,
        RunRecord,
        Skipped,
        Slot,
        TableState,
    )


class TrackingStore(Protocol):
    """Where runs, leases, attempts and watermarks are kept."""

    def start_run(self, record: RunRecord) -> RunRecord:
        """Put the record unless its run id is there; the record of the same execution comes back unchanged.

        Raises RunNameTaken if another execution used the run id.
        """

    def plan_run(self, run_id: str, *, plan_uri: str, planned: int, policy: Policy, skipped: Sequence[Skipped]) -> RunRecord:
        """Note that the run is planned: `planned` items are at `plan_uri`. Clears `refused`. Raises RunNotFound.

        A run that is planned already, or that has a summary, stays as it is: it was closed while it was planned.
        """

    def reopen_run(self, run_id: str) -> RunRecord:
        """Clear `refused` and the summary of a run that was never planned: its execution was redriven. Raises RunNotFound."""

    def refuse_run(self, run_id: str, reason: str) -> RunRecord:
        """Note why the run could not be planned; a run that is planned stays as it is. Raises RunNotFound."""

    def put_summary(self, run_id: str, summary: Mapping[str, Json]) -> Mapping[str, Json]:
        """Put the run's summary unless it has one; the stored one comes back. Raises RunNotFound."""

    def run(self, run_id: str) -> RunRecord:
        """The record of the run. Raises RunNotFound, with the nearest run ids."""

    def runs(self, limit: int = 20) -> Sequence[RunRecord]:
        """The latest runs, newest first (by `started_at`)."""

    def states(self, source: str, tables: Sequence[str]) -> Mapping[str, TableState]:
        """The states of those of these tables that the store knows, read in batches."""

    def take(  # noqa: PLR0913 - one call, so that a store can do it in one go
        self,
        source: str,
        tables: Sequence[str],
        owner: Owner,
        *,
        is_running: Callable[[str], bool],
        now: datetime,
        all_or_nothing: bool,
        above: Mapping[str, int] | None = None,
    ) -> Claim:
        """Take the leases of these tables for this owner.

        A table is available if it is free, if the same execution holds it (then nothing changes: fencing number, attempt and
        watermark come back unchanged), or if its owner is dead: the bound of that run has passed, or `is_running` (asked
        on a conflict only, once an execution, outside any transaction) says no. A new owner raises the fencing number, and above
        the one that `above` has for the table: the store may be younger than the data.

        With `all_or_nothing`, one held table means that none is taken: `Claim.taken` is empty and `Claim.held` names all that
        are held. Without, the others are taken. What `is_running` raises passes through, and nothing is taken.
        """

    def release(self, source: str, tables: Sequence[str], execution_id: str) -> None:
        """Give back leases for which no attempt will run. Tables that this execution does not hold stay as they are."""

    def take_slot(  # noqa: PLR0913 - all that it depends on
        self, source: str, table: str, *, pool: str, size: int, guard: Guard, execution_id: str, taken_at: str
    ) -> Slot:
        """Take one of the `size` slots of a pool for the attempt of `guard`, which runs in this execution.

        The same attempt again gets the slot that it has. `finish`, `release` and a takeover of the table give the slot back.
        Raises PoolFull, and LeaseLost if the lease of `guard` is no longer valid.
        """

    def slots(self, pool: str) -> Sequence[Slot]:
        """The slots of a pool that are held, by number."""

    def free_slot(self, slot: Slot) -> bool:
        """Give back the slot of an execution that is dead. The table's lease stays.

        A slot that has changed stays as it is: then the answer is False, as for a slot that was given back before.
        """

    def finish(self, row: AttemptRow, *, guard: Guard, commit: Commit | None = None, last: bool = True) -> Finished:
        """Record the end of an attempt, in one transaction.

        - The row of this attempt is there already: DUPLICATE. Nothing changes; that row comes back.
        - The lease of `guard` is no longer valid: CONFLICT. The row is put as FAILED/CONFLICT, the table's state stays.
        - Else RECORDED: the row is put, the state notes it, and the lease ends (`last`) or goes on to the next attempt. A slot of
          a pool is given back in any case.

        `commit` is what a success changes of the state: base, last result and watermark. It counts only if the row is SUCCEEDED.
        If the watermark is no longer of the version it started from, the answer is CONFLICT, the row is put as FAILED/CONFLICT
        and the lease ends all the same. So it is for rows whose high mark is not ahead. Without rows, a mark behind the watermark
        leaves it where it is; one that can't be compared makes the row FAILED/CONFIG. An attempt that read everything (no low
        mark) replaces the watermark.
        """

    def attempts(self, run_id: str) -> Iterator[AttemptRow]:
        """The rows of a run, by table and attempt. Empty for a run without any; memory does not grow with the run."""

    def history(self, source: str, table: str, limit: int = 20) -> Sequence[AttemptRow]:
        """The latest attempts at one table over all runs, newest first (by `recorded_at`)."""

    def set_mark(self, change: MarkChange) -> TableState:
        """Set or take away a watermark by hand, and keep who did it: both or neither.

        `change.version` must be the one after the table's, and `change.before` its watermark; TrackingError where somebody else
        has moved it since. Whoever holds the table keeps it, but a job that was started from the version before commits nothing.
        The same change twice is one.
        """

    def mark_changes(self, source: str, table: str, limit: int = 20) -> Sequence[MarkChange]:
        """What people changed of this table's watermark, newest first. Kept for ever."""

    def close(self) -> None:
        """Let go of files and connections. The store can't be used after it."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None, /
    ) -> None: ...
