"""Long reasons: the row of an attempt keeps both ends of one, the whole text lies beside the run's results."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from extract_core.errors import ObjectError
from extract_core.plan.places import folder, segment
from extract_core.secret_texts import redacted

if TYPE_CHECKING:
    from extract_core.pipeline.parts import Parts
    from extract_core.plan.item_key import ItemKey

log: Final = logging.getLogger("extract_core")

MESSAGE_LENGTH: Final = 4_000
"""Characters of a message that a row keeps: each kilobyte of a row is paid for. A Cause has up to 32,768 (botocore:
TaskFailedEventDetails), a result of a service up to 262,144."""
_HEAD: Final = 1_500  # the rest is the end, where a stack trace has its error


def stored_reason(parts: Parts, key: ItemKey, message: str | None) -> tuple[str | None, str | None]:
    """What the row keeps of the message, and the URI of the whole text if that is more.

    Neither holds a secret, as far as the text shows. If the text cannot be written, it is cut all the same, and the
    log says why.
    """
    message = None if message is None else redacted(message)
    if message is None or len(message) <= MESSAGE_LENGTH:
        return message, None
    uri = message_place(parts.runs_uri, key)
    try:
        parts.objects.write(uri, message.encode("utf-8", "backslashreplace"))
    except ObjectError as error:
        fields = {"run_id": key.run_id, "table": key.table, "attempt": key.attempt}
        log.warning("cannot store the full reason: %s", error, extra={"extract": fields})
        return cut(message), None
    return cut(message, f"; the whole text: {uri}"), uri


def cut(message: str, more: str = "") -> str:
    """Both ends of a long message, with a mark between them that says how much is missing."""
    missing = len(message) - MESSAGE_LENGTH
    tail = message[-(MESSAGE_LENGTH - _HEAD) :]
    return f"{message[:_HEAD]} … ({missing} characters cut{more}) … {tail}" if missing > 0 else message


def message_place(runs_uri: str, key: ItemKey) -> str:
    """Where the whole message of an attempt lies."""
    return f"{folder(runs_uri)}{segment(key.run_id)}/messages/{segment(key.table)}/attempt={key.attempt}.txt"
