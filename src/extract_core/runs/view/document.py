"""The types of `run_results.json`. `schema.py` derives its JSON Schema from them: the text below an attribute is its description.

Times are text, ISO 8601 with an offset. Durations are seconds. Marks are text.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from typing import Any, ClassVar, Final, Literal, TypeAlias

from extract_core.dataclass import dataclass

VERSION: Final = 1
"""The version of the document. A new member keeps it; a member that goes away or changes its meaning raises it."""

RunState: TypeAlias = Literal["SUCCEEDED", "FAILED", "STOPPED", "REFUSED", "RUNNING", "DIED"]
TableState: TypeAlias = Literal["SUCCEEDED", "FAILED", "TIMED_OUT", "STOPPED", "UNKNOWN", "RETRYING", "OPEN"]
ChangeKind: TypeAlias = Literal["newly_failed", "fixed", "new", "slower", "faster", "fewer_rows", "more_rows"]
Costs: TypeAlias = Mapping[str, float]


@dataclass(frozen=True, kw_only=True)
class _Documented:
    """Read by pydantic when the schema is made: descriptions come from the texts below the attributes."""

    __pydantic_config__: ClassVar[Mapping[str, Any]] = {"use_attribute_docstrings": True, "extra": "forbid"}


@dataclass(frozen=True, kw_only=True)
class Window(_Documented):
    """The range of the watermark that an attempt reads, as it was planned."""

    mode: Literal["full", "incremental", "backfill"] = "full"
    column: str | None = None
    type: str | None = None
    low: str | None = None
    """The low mark; null: from the beginning."""
    high: str | None = None
    """The high mark that was read up to; null: not known."""


@dataclass(frozen=True, kw_only=True)
class Attempt(_Documented):
    """One recorded attempt at a table."""

    attempt: int
    job_type: str | None
    state: Literal["SUCCEEDED", "FAILED", "TIMED_OUT", "STOPPED", "UNKNOWN"]
    failure: str | None
    """The class of failure; null if the attempt succeeded."""
    retryable: bool
    message: str | None
    """The reason that the service gave, or its beginning if `message_uri` is set."""
    message_uri: str | None
    job_run_id: str | None
    log_url: str | None
    started_at: str | None
    """When the job started, as its service says; null: not known, or no job was started."""
    ended_at: str | None
    seconds: float | None
    recorded_at: str
    cost: Costs
    """Units of the bill, for example ``{"dpu_seconds": 480.0}``. If the job was shared, this is the part of this table."""
    shared_by: int | None = None
    """How many tables shared the job; null: the table had its own job."""


@dataclass(frozen=True, kw_only=True)
class Earlier(_Documented):
    """How the table ended in the latest earlier run that had it."""

    run_id: str
    whole: bool
    """Whether it read the table from the beginning."""
    state: str
    failure: str | None
    rows: int | None
    bytes: int | None
    seconds: float | None


@dataclass(frozen=True, kw_only=True)
class TableResult(_Documented):
    """One planned table and how it ended: values are those of its last attempt, `seconds` and `cost` those of all attempts."""

    table: str
    job_type: str | None
    state: TableState
    """RETRYING: another attempt follows. OPEN: no attempt has been recorded yet."""
    failure: str | None = None
    message: str | None = None
    log_url: str | None = None
    window: Window | None = None
    rows: int | None = None
    bytes: int | None = None
    files: int | None = None
    seconds: float | None = None
    rows_without_watermark: int | None = None
    """Rows that are not in the files because their watermark is NULL."""
    rows_in_the_future: int | None = None
    """Rows that are not in the files because their watermark is above the source's clock."""
    rows_delivered_before: int | None = None
    """Rows of the overlap that an earlier attempt has delivered."""
    schema_changes: Sequence[str] = ()
    notes: Sequence[str] = ()
    proof: Mapping[str, object] | None = None
    """What the job compared between the source and its files; null: nothing was proved."""
    cost: Costs = field(default_factory=dict)
    usd: float | None = None
    attempts: Sequence[Attempt] = ()
    earlier: Earlier | None = None


@dataclass(frozen=True, kw_only=True)
class Reason(_Documented):
    """Tables that failed for the same reason: messages that differ only in names, numbers and ids are one reason."""

    message: str
    """The message of the first of these tables."""
    tables: Sequence[str]


@dataclass(frozen=True, kw_only=True)
class FailureGroup(_Documented):
    """The tables of one class of failure."""

    failure: str
    meaning: str
    remedy: str
    """What a person can do about it."""
    tables: int
    reasons: Sequence[Reason]
    """The most frequent reason first."""


@dataclass(frozen=True, kw_only=True)
class Skipped(_Documented):
    """A table that was selected and not extracted."""

    table: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class Step(_Documented):
    """One attempt of the longest path."""

    table: str
    attempt: int
    started_at: str
    ended_at: str


@dataclass(frozen=True, kw_only=True)
class Timeline(_Documented):
    """When jobs ran."""

    concurrency: Sequence[tuple[float, int]] = ()
    """From which second of the run on how many jobs ran."""
    peak: int = 0
    longest_path: Sequence[Step] = ()
    """The chain of attempts that the run waited for: each began when the one before it ended. The last one ended last."""
    attempts_without_times: int = 0


@dataclass(frozen=True, kw_only=True)
class Prices(_Documented):
    """The price list of one job type."""

    as_of: str
    """The date of the prices."""
    region: str
    usd: Costs
    """US dollars per unit of the bill."""


@dataclass(frozen=True, kw_only=True)
class Bill(_Documented):
    """What all attempts used, failed ones too."""

    units: Costs
    by_job_type: Mapping[str, Costs]
    usd: float | None = None
    """The price of the units that have a price; null: no price is known."""
    usd_by_job_type: Costs = field(default_factory=dict)
    unpriced: Sequence[str] = ()
    """Units without a price, as ``ecs: vcpu_hours``."""
    prices: Mapping[str, Prices] = field(default_factory=dict)
    """The price lists that were used, by job type."""


@dataclass(frozen=True, kw_only=True)
class Change(_Documented):
    """What is different for one table since its earlier run."""

    table: str
    kind: ChangeKind
    now: float | str | None
    before: float | str | None


@dataclass(frozen=True, kw_only=True)
class Comparison(_Documented):
    """This run beside the latest earlier runs of its tables. Sums count the tables that succeeded in both, in the same mode."""

    runs: Sequence[str]
    """The earlier runs that had one of these tables."""
    tables: int
    rows: int
    rows_before: int
    seconds: float
    seconds_before: float
    changes: Sequence[Change]


@dataclass(frozen=True, kw_only=True)
class StateCount(_Documented):
    """How often the machine entered a state, and how often the state failed."""

    state: str
    entered: int
    failed: int

    @property
    def words(self) -> str:
        """``19``, ``9, 1 failed``."""
        return f"{self.entered:,}" + (f", {self.failed:,} failed" if self.failed else "")


@dataclass(frozen=True, kw_only=True)
class Totals(_Documented):
    """Counts of tables and sums over those that succeeded."""

    planned: int
    succeeded: int
    failed: int
    open: int
    """Tables whose last attempt is not recorded yet."""
    skipped: int
    retried: int
    """Tables with more than one attempt."""
    rows: int
    bytes: int
    files: int
    rows_without_watermark: int
    rows_in_the_future: int
    rows_delivered_before: int
    proved: Mapping[str, int]
    """Tables by the extent of their proof (`count`, `full`)."""


@dataclass(frozen=True, kw_only=True)
class RunResults(_Documented):
    """One run of extract: its verdict, its tables, and why they ended as they did."""

    version: int
    """The version of this document's schema."""
    made_at: str
    run_id: str
    source: str
    state: RunState
    """REFUSED: it was never planned, because its config or event is wrong or another run holds a table."""
    verdict: str
    """The result of the run in one sentence."""
    reason: str | None
    """Why the run as a whole failed, ended early or was refused; null: the tables say it."""
    started_at: str
    ended_at: str | None
    seconds: float
    """From the start to the end, or to `made_at` if the run has not ended."""
    rerun_of: str | None
    execution_id: str
    plan_uri: str | None
    fail_when: str
    event: Mapping[str, object]
    versions: Mapping[str, str]
    """Versions of the distributions that planned the run."""
    rerun: str | None
    """The command that runs the tables again that did not succeed; null: there are none, or the run has not ended."""
    totals: Totals
    tables: Sequence[TableResult]
    """Sorted by name."""
    skipped: Sequence[Skipped]
    failures: Sequence[FailureGroup]
    """The class with the most tables first."""
    timeline: Timeline
    bill: Bill
    comparison: Comparison | None
    """null: no earlier run had a table of this one."""
    states: Sequence[StateCount] | None
    """From the execution's history, in the order in which states were first entered; null: the history was not read."""
