"""The records of tracking and the arguments of its calls: runs, table states, owners of leases, attempts, commits.

All values are immutable. Times are text, ISO 8601 with an offset (``2026-03-01T06:00:00+00:00``); marks are text and
`watermark` says how they compare.
"""

from __future__ import annotations

from dataclasses import field
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, TypeAlias

from extract_core.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from extract_core.contract import FailureClass, JobState, Json

OnConflict: TypeAlias = Literal["fail", "skip", "wait"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The policies of a run that tracking and the summary act on, as the source config (``run:``) has them.

    `fail_when` is ``any``, ``all`` or a percentage such as ``10%``.
    """

    fail_when: str = "any"
    on_conflict: OnConflict = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Skipped:
    """A table that the event selects and that got no item, and the reason, for people."""

    table: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """One run. `planned` (the number of items) and `policy` are None until the config manager has planned it.

    `refused` is why it was never planned; `summary` is there once the run has ended.
    """

    run_id: str
    execution_id: str
    source: str
    started_at: str
    event: Mapping[str, Json] = field(default_factory=dict)
    rerun_of: str | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    plan_uri: str | None = None
    planned: int | None = None
    policy: Policy | None = None
    skipped: Sequence[Skipped] = ()
    refused: str | None = None
    summary: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """Who holds a lease: an execution, for its run. `bound` is when that run must be over."""

    execution_id: str
    run_id: str
    started_at: str
    bound: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A place of a pool that an attempt at a table holds. Slots of a pool are numbered from 1.

    `execution_id` is the execution in which the attempt runs: that of the run, or its child in a DISTRIBUTED Map.
    """

    pool: str
    number: int
    execution_id: str
    run_id: str
    source: str
    table: str
    taken_at: str

    def __str__(self) -> str:
        return f"{self.table!r} of run {self.run_id!r} since {self.taken_at}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TableState:
    """What is known of one table of one source. `owner` is None when no run holds it.

    `fencing` counts the owners that it has had and never falls. `attempt` is the attempt that the owner is at. `version`
    counts the changes of the watermark; `column` and `type` say what was committed. `set_by_hand`: a person set it.

    `base` is the URI of the manifest entry of the last committed attempt, and `last_result` that of its result object. Backfills
    do not count. Both are None where version 0.1.0 committed; `last_result` also if the job wrote no result object.

    `slot` is the place in a pool that the present attempt holds. It is a part of the lease, and ends with the attempt.
    """

    source: str
    table: str
    owner: Owner | None = None
    slot: Slot | None = None
    fencing: int = 0
    attempt: int = 0
    watermark: str | None = None
    column: str | None = None
    type: str | None = None
    version: int = 0
    set_by_hand: bool = False
    base: str | None = None
    last_result: str | None = None
    last_run: str | None = None
    last_state: JobState | None = None
    last_failure: FailureClass | None = None
    last_at: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """A lease that was taken: `state` as it is now. `taken_over` is the run whose dead lease it was, if any."""

    state: TableState
    taken_over: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A table that another run holds."""

    table: str
    by: Owner

    def __str__(self) -> str:
        return f"{self.table!r} is held by run {self.by.run_id!r} since {self.by.started_at}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What `TrackingStore.take` answers: the leases taken, by table, and those that others hold."""

    taken: Mapping[str, Taken] = field(default_factory=dict)
    held: Sequence[Held] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """The lease under which a job was started. A commit counts only while exactly this lease is valid.

    The execution needs no mention: `TrackingStore.start_run` gives a run id to one execution only.
    """

    run_id: str
    fencing: int
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """What a full or incremental extract that succeeded changes of its table's state.

    `base` and `last_result` are those of `TableState`. The other members are of an incremental extract; `column` None: it was a
    full one. `from_version` is the version of the watermark when the lease was taken. `low` is the low mark that the job started
    from (None: it read everything), `high` the new one (None: it saw no mark). `rows` were delivered. `reads_overlap`: rows at
    the low mark are expected. `may_be_behind`: the table goes on although its newest mark is behind the committed one.
    """

    base: str | None = None
    last_result: str | None = None
    from_version: int = 0
    column: str | None = None
    type: str | None = None
    low: str | None = None
    high: str | None = None
    rows: int = 0
    reads_overlap: bool = False
    may_be_behind: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptRow:
    """The end of one attempt at one table. The key is (run_id, table, attempt).

    `state`, `failure`, `retryable`, `message`, `job_run_id`, `log_url` and `cost_basis` are the job's `JobStatus`; `rows`,
    `bytes`, `files` and the marks come from the result object (None: not known). `settings` are those it ran with; None, as for
    a success at the first attempt: those of its plan line. `message_uri` is the place of the whole message, if `message` is only
    its beginning.

    These are from the result object: `rows_without_watermark` were left out of the files, because their watermark is NULL;
    `rows_in_the_future`, because their watermark is above the source's clock; `rows_delivered_before`, because the last
    committed attempt delivered them. `schema_changes` and `notes` are sentences for people. `proof` is the job's.

    `waited_seconds` is how long the attempt waited for its slot of a pool, in whole seconds, apart from `seconds`. None: the
    table has no pool, or no slot was taken.

    `shared` is set if several tables shared the job: `tables` (how many), `part` (of `cost_basis`, from 0 to 1: the row has its
    part only), `log` (table and attempt that the job is named after), `counts` (false: the attempt does not count as one of
    `max_attempts`) and `alone` (true: the next attempt needs its own job).

    `fencing` is that of the attempt's lease, and `mode` the watermark's: full, incremental or backfill. The place of the
    manifest entry follows from them. None: version 0.1.0 recorded the attempt.
    """

    run_id: str
    source: str
    table: str
    attempt: int
    job_type: str | None
    state: JobState
    recorded_at: str
    failure: FailureClass | None = None
    retryable: bool = False
    message: str | None = None
    job_run_id: str | None = None
    log_url: str | None = None
    started_at: str | None = None
    ended_at: str | None = None
    cost_basis: Mapping[str, float] | None = None
    rows: int | None = None
    bytes: int | None = None
    files: Sequence[Mapping[str, Json]] | None = None
    watermark_low: str | None = None
    watermark_high: str | None = None
    extract_s3_uri: str | None = None
    result_uri: str | None = None
    settings: Mapping[str, Json] | None = None
    message_uri: str | None = None
    rows_without_watermark: int | None = None
    fencing: int | None = None
    mode: str | None = None
    rows_in_the_future: int | None = None
    rows_delivered_before: int | None = None
    schema_changes: Sequence[str] | None = None
    notes: Sequence[str] | None = None
    proof: Mapping[str, Json] | None = None
    waited_seconds: int | None = None
    shared: Mapping[str, Json] | None = None

    @property
    def seconds(self) -> float | None:
        """How long the job ran. None if its start or its end is not known."""
        if self.started_at is None or self.ended_at is None:
            return None
        return round((datetime.fromisoformat(self.ended_at) - datetime.fromisoformat(self.started_at)).total_seconds(), 3)


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkChange:
    """A watermark that a person set or took away: what was there, what is there now, who did it, when and why.

    `version` is the version of the watermark that this change made. `mark` None: the table is read from its beginning next time.
    """

    source: str
    table: str
    version: int
    changed_at: str
    changed_by: str
    reason: str
    before: str | None
    mark: str | None
    column: str | None = None
    type: str | None = None


class Recorded(StrEnum):
    """What became of a finish: RECORDED, DUPLICATE (it was recorded before, nothing changed) or CONFLICT (lease lost)."""

    RECORDED = "RECORDED"
    DUPLICATE = "DUPLICATE"
    CONFLICT = "CONFLICT"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """What `TrackingStore.finish` answers: `row` is what the store holds now, `committed` the new watermark or None."""

    outcome: Recorded
    row: AttemptRow
    committed: str | None = None
