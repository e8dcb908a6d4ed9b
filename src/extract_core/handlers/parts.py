"""What the handlers work with: stores, plugins, places. In Lambda they come from the environment, once a process."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

from extract_core.config.find import ReadSources
from extract_core.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from extract_core.contract import Json, Outcome
    from extract_core.handlers.executions import StepFunctions
    from extract_core.objects import ObjectStore
    from extract_core.registry import Registry
    from extract_core.tracking import TrackingStore

    History = Callable[[str], Iterator[Mapping[str, Json]]]

EVENT_BUS = "EXTRACT_EVENT_BUS"
PLACES = ("EXTRACT_CONFIG_URI", "EXTRACT_DATA_URI", "EXTRACT_RUNS_URI", "EXTRACT_TRACKING")


def utc_now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


def no_history(execution_id: str) -> Iterator[Mapping[str, Json]]:  # noqa: ARG001 - the signature of History
    """Nothing is known of what an execution did."""
    return iter(())


def to_nobody(summary: Mapping[str, Json]) -> None:
    """Announce nothing."""


def boto3_session() -> object:
    """A session of this process's own credentials. boto3 is imported here."""
    import boto3

    return boto3.session.Session()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The stores, the plugins and the places of one pipeline. The places are URIs that end in a slash.

    `is_running` says whether an execution is alive; it is asked only when two runs want one table. `history` gives the events of
    an execution that has ended, in the shape of GetExecutionHistory; it is asked only where a run was left without a summary.
    `sources` are the configs that this process has read.
    `announce` tells others of the end of a run: it gets the summary. `aws` makes a boto3 session, by which job types ask their
    services (`JobType.diagnose`, `JobType.stop`); None: jobs run on this machine, where `stop_here` ends one
    (False: it had ended by itself).
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
    sources: ReadSources = field(default_factory=ReadSources)
    announce: Callable[[Mapping[str, Json]], None] = to_nobody
    aws: Callable[[], object] | None = None
    stop_here: Callable[[Outcome], bool] | None = None


def parts_from(environ: Mapping[str, str], executions: StepFunctions | None = None) -> Parts:
    """The parts that these variables name: EXTRACT_CONFIG_URI, EXTRACT_DATA_URI, EXTRACT_RUNS_URI and EXTRACT_TRACKING.

    With EXTRACT_EVENT_BUS (the name or ARN of a bus of EventBridge) the end of each run is put there. `executions` is whom to ask
    of executions.
    Raises UsageError naming those that are missing.
    """
    from extract_core.handlers.announce import EventBridge
    from extract_core.handlers.executions import StepFunctions
    from extract_core.objects import open_objects
    from extract_core.registry import discover
    from extract_core.tracking import open_tracking

    missing = [name for name in PLACES if not environ.get(name, "").strip()]
    if missing:
        raise UsageError(f"the environment has no {', '.join(missing)}: set them on the function, as the deployed template does")
    config_uri, data_uri, runs_uri = (environ[name].rstrip("/") + "/" for name in PLACES[:3])
    executions = executions or StepFunctions()
    return Parts(
        objects=open_objects(),
        tracking=open_tracking(environ["EXTRACT_TRACKING"]),
        registry=discover(environ=environ),
        config_uri=config_uri,
        data_uri=data_uri,
        runs_uri=runs_uri,
        is_running=executions.is_running,
        history=executions.history,
        announce=EventBridge(bus) if (bus := environ.get(EVENT_BUS, "").strip()) else to_nobody,
        aws=boto3_session,
    )


@cache
def parts_from_environment() -> Parts:
    """The parts of this process, built at the first call: a Lambda function that is warm has them already."""
    return parts_from(os.environ)
