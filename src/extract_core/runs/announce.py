"""Announces the end of a run: an EventBridge event, a log line that CloudWatch makes metrics of, and the messages of [notify].

It is announced at least once: after the summary is stored, by each call that sums the run up. A receiver that must not act twice
remembers the `run_id`.
"""

from __future__ import annotations

import json
import logging
from typing import TYPE_CHECKING, Any, Final, Protocol

from extract_core.clients import Clients
from extract_core.wording import encodable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from extract_core.contract import Json
    from extract_core.pipeline.parts import Parts

log: Final = logging.getLogger("extract_core")

SOURCE: Final = "extract"
DETAIL_TYPE: Final = "Extract Run Ended"
NAMESPACE: Final = "Extract"
_METRICS: Final = (
    ("TablesPlanned", "planned", "Count"),
    ("TablesSucceeded", "succeeded", "Count"),
    ("TablesFailed", "failed", "Count"),
    ("TablesSkipped", "skipped_tables", "Count"),
    ("Rows", "rows", "Count"),
    ("Bytes", "bytes", "Bytes"),
    ("Duration", "seconds", "Seconds"),
)
"""Metric, its key in the summary, its unit."""


class EventsClient(Protocol):
    """The part of boto3's client of EventBridge that is used."""

    def put_events(self, *, Entries: Sequence[Mapping[str, str]]) -> Mapping[str, Any]:  # noqa: N803 - boto3's name
        """Any: boto3's answer."""


class EventBridge:
    """Puts the summary of a run on this bus (a name or an ARN). Without a client, one is made at the first event."""

    def __init__(self, bus: str, client: EventsClient | None = None, *, clients: Clients | None = None) -> None:
        self._bus = bus
        self._clients = clients or Clients()
        self._client = client

    def __call__(self, summary: Mapping[str, Json]) -> None:
        """One event. Raises what the client raises, and RuntimeError where EventBridge refuses it."""
        if self._client is None:
            self._client = self._clients.make("events")
        detail = encodable(json.dumps(summary, ensure_ascii=False, sort_keys=True))
        entry = {"Source": SOURCE, "DetailType": DETAIL_TYPE, "Detail": detail, "EventBusName": self._bus}
        answer = self._client.put_events(Entries=[entry])
        if answer.get("FailedEntryCount"):
            refused = answer["Entries"][0]
            raise RuntimeError(f"{refused.get('ErrorCode')}: {refused.get('ErrorMessage')}")


def tell(parts: Parts, summary: Mapping[str, Json], reports: Sequence[str] = ()) -> None:
    """Log the end of a run with its metrics, announce it, and send the messages. `reports` are the URIs of its reports.

    Never raises: the run has ended, announced or not.
    """
    fields = {"run_id": summary["run_id"], "summary": summary, **metrics(summary, parts.now())}
    log.info("run %s: %s", summary["run_id"], summary["state"], extra={"extract": fields})
    try:
        parts.announce(summary)
    except Exception as error:  # noqa: BLE001 - an engine's or a network's: it must not change the verdict
        fields = {"run_id": summary["run_id"]}
        log.warning("the end of the run could not be announced: %s", error, extra={"extract": fields})
    parts.registry.tell("extract_run_ended", log, summary=summary)
    try:
        parts.notify(parts, summary, reports)
    except Exception as error:  # noqa: BLE001 - as above
        fields = {"run_id": summary["run_id"]}
        log.warning("no message about the run was sent: %s: %s", type(error).__name__, error, extra={"extract": fields})


def metrics(summary: Mapping[str, Json], now: datetime) -> dict[str, Json]:
    """The members of a log line that CloudWatch makes metrics of (CloudWatch guide, "Embedded metric format specification")."""
    known = [
        (name, value, unit) for name, key, unit in _METRICS if isinstance(value := summary.get(key), int | float) and value >= 0
    ]
    known.append(("RunsFailed", int(summary["state"] != "SUCCEEDED"), "Count"))
    definitions: Json = [{"Name": name, "Unit": unit} for name, _, unit in known]
    directive: Json = {"Namespace": NAMESPACE, "Dimensions": [["source"]], "Metrics": definitions}
    return {
        "_aws": {"Timestamp": int(now.timestamp() * 1000), "CloudWatchMetrics": [directive]},
        "source": summary["source"],
        **{name: value for name, value, _ in known},
    }
