"""Sends events by the transport of the settings, or of the client's own. A limited time, whatever the endpoint does."""

from __future__ import annotations

import logging
import threading
import time
from typing import TYPE_CHECKING, Any, Final

from openlineage.client import OpenLineageClient, set_producer

from extract_openlineage.events import PRODUCER

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from openlineage.client.event_v2 import RunEvent

log: Final = logging.getLogger("extract_openlineage")
_SECONDS: Final = 5.0


def send(events: Iterable[RunEvent], settings: Mapping[str, Any]) -> None:
    """Send the events in their order. Raises RuntimeError with the reason if one could not be sent, or if time is up.

    The work is done by a thread that is left behind when its time is up: a transport tries again by itself, with its own limits.
    """
    seconds = float(settings.get("seconds", _SECONDS))
    work = _Sending(events, settings, time.monotonic() + seconds)
    thread = threading.Thread(target=work.run, name="OpenLineage", daemon=True)
    thread.start()
    thread.join(seconds)
    if work.error is not None:
        raise RuntimeError(f"an event could not be sent: {type(work.error).__name__}: {work.error}") from work.error
    if not work.is_done:
        raise RuntimeError(f"only {work.sent:,} events were sent within {seconds:g} seconds; see [plugins.openlineage] seconds")


class _Sending:
    def __init__(self, events: Iterable[RunEvent], settings: Mapping[str, Any], deadline: float) -> None:
        self._events = events
        self._settings = settings
        self._deadline = deadline
        self.sent = 0
        self.is_done = False
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            set_producer(PRODUCER)
            transport = self._settings.get("transport")
            client = OpenLineageClient(config={"transport": dict(transport)}) if transport else OpenLineageClient()
            for event in self._events:
                if time.monotonic() >= self._deadline:
                    return
                client.emit(event)
                self.sent += 1
            client.close(timeout=max(0.0, self._deadline - time.monotonic()))
            self.is_done = True
        except Exception as error:  # noqa: BLE001 - a network's or a transport's; raised in the caller's thread
            self.error = error
