"""Sends the message about a failed run, once per run: to an SNS topic and to a webhook. It changes no verdict.

Before anything is sent, an object beside the plan is written that says so, and the call that finds it there sends nothing. So a
message that could not be delivered is not sent again: the fault is logged.
"""

from __future__ import annotations

import json
import logging
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from extract_core.clients import Clients
from extract_core.errors import ObjectError
from extract_core.pipeline.notify import filled
from extract_core.plan.places import notice_place
from extract_core.runs.notice import notice
from extract_core.secret_texts import redacted
from extract_core.status.time_limit import within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from extract_core.contract import Json
    from extract_core.pipeline.notify import NotifyOptions
    from extract_core.pipeline.parts import Parts

log: Final = logging.getLogger("extract_core")

SECONDS: Final = 20.0
"""That one receiver may take, with all that is tried again."""
_CLIENT: Final[dict[str, Any]] = {"connect_timeout": 3, "read_timeout": 5, "retries": {"total_max_attempts": 2}}
_SUBJECT: Final = 99  # characters, in ASCII (SNS API, Publish)


class Notifier:
    """Sends messages as the section [notify] says. `options` are what a command needs to find the run: ``--local``."""

    def __init__(self, notify: NotifyOptions, options: Sequence[str] = (), *, clients: Clients | None = None) -> None:
        self._notify = notify
        self._options = options
        self._clients = clients or Clients()

    def __call__(self, parts: Parts, summary: Mapping[str, Json], reports: Sequence[str]) -> None:
        """Send the message about this run, if it did not succeed and none was sent before. Never raises."""
        if summary["state"] == "SUCCEEDED":
            return
        run_id = str(summary["run_id"])
        if not _is_first(parts, run_id):
            return
        fields = notice(summary, reports, self._options)
        for name, send in self._receivers():
            try:
                within(SECONDS, partial(send, fields))
            except Exception as error:  # noqa: BLE001 - a network's, or a receiver's: the run has ended, and others get theirs
                reason = redacted(f"{type(error).__name__}: {error}")
                text = "the message about the run did not reach %s: %s; correct [notify]. It is not sent again"
                log.warning(text, name, reason, extra={"extract": {"run_id": run_id}})

    def _receivers(self) -> Iterator[tuple[str, Callable[[Mapping[str, str]], None]]]:
        notify = self._notify
        if notify.topic:
            yield f"the topic {notify.topic}", partial(self._publish, notify.topic)
        if notify.webhook or notify.webhook_secret:
            yield "the webhook", self._post

    def _publish(self, topic: str, fields: Mapping[str, str]) -> None:
        client = self._clients.make("sns", region=topic.split(":")[3], **_CLIENT)
        client.publish(
            TopicArn=topic, Subject=fields["title"].encode("ascii", "replace").decode()[:_SUBJECT], Message=fields["text"]
        )

    def _post(self, fields: Mapping[str, str]) -> None:
        from extract_core.runs.webhook import post

        address = self._notify.webhook or self._secret(str(self._notify.webhook_secret))
        post(address, json.dumps(filled(self._notify.template, fields)).encode())

    def _secret(self, name: str) -> str:
        client = self._clients.make("secretsmanager", **_CLIENT)
        return str(client.get_secret_value(SecretId=name).get("SecretString", "")).strip()


def _is_first(parts: Parts, run_id: str) -> bool:
    """Whether this is the first call for this run. If the store does not say, the message is sent: twice is better than never."""
    try:
        return parts.objects.write(notice_place(parts.runs_uri, run_id), b"{}\n", if_absent=True)
    except ObjectError as error:
        log.warning("the message about the run may be sent twice: %s", error, extra={"extract": {"run_id": run_id}})
        return True
