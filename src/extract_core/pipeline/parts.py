"""What a pipeline at work consists of: its stores, its plugins, its places. Every function of a run gets them."""

from __future__ import annotations

from dataclasses import field
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from extract_core.dataclass import dataclass

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from extract_core.config.source_files import ReadSources
    from extract_core.contract import Json, Outcome
    from extract_core.objects.store import ObjectStore
    from extract_core.registry.installed import Registry
    from extract_core.tracking.records import RunRecord
    from extract_core.tracking.store import TrackingStore

    History = Callable[[str], Iterator[Mapping[str, Json]]]


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def no_history(execution_id: str) -> Iterator[Mapping[str, Json]]:  # noqa: ARG001 - the signature of History
    """No history is known."""
    return iter(())


def to_nobody(summary: Mapping[str, Json]) -> None:
    """Announce nothing."""


def never_redriven(record: RunRecord) -> bool:  # noqa: ARG001 - the signature of `Parts.stop_redriven`
    """Executions of this engine cannot be redriven."""
    return False


def unpublished(parts: Parts, run_id: str) -> Sequence[str]:  # noqa: ARG001 - the signature of `Parts.publish`
    """Write no report."""
    return ()


def no_notice(parts: Parts, summary: Mapping[str, Json], reports: Sequence[str]) -> None:
    """Send no message."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The stores, the plugins and the places of one pipeline. The places are URIs that end in a slash.

    `is_running` says whether an execution is alive; it is called only if two runs need one table. `history` returns the events of
    an execution that has ended, in the shape of GetExecutionHistory; it is called only if a run has no summary. `stop_redriven`
    stops the execution of a run that has a summary, if it was redriven after that; it returns whether it did.
    `sources` are the configs that this process has read. `announce` gets the summary at the end of a run; before
    that, `publish` gets these parts and the run id, and may write reports, whose URIs it returns. `notify` gets the summary and
    these URIs, and sends messages about failed runs. None of them changes how the run ended. `aws` makes a boto3 session, with
    which job types ask their services (`JobType.diagnose`, `JobType.stop`). Without it, jobs run on this machine, and `stop_here`
    stops one (False: it had already ended). `alone` says which tables share no job in this run (None: none).
    """

    objects: ObjectStore
    tracking: TrackingStore
    registry: Registry
    config_uri: str
    data_uri: str
    runs_uri: str
    is_running: Callable[[str], bool]
    now: Callable[[], datetime] = utc_now
    history: History = no_history
    stop_redriven: Callable[[RunRecord], bool] = never_redriven
    sources: ReadSources = field(default_factory=dict)
    announce: Callable[[Mapping[str, Json]], None] = to_nobody
    publish: Callable[[Parts, str], Sequence[str]] = unpublished
    notify: Callable[[Parts, Mapping[str, Json], Sequence[str]], None] = no_notice
    aws: Callable[[], object] | None = None
    stop_here: Callable[[Outcome], bool] | None = None
    alone: Callable[[str], bool] | None = None
