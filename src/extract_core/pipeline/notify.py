"""The section [notify] of extract.toml: who gets a message when a run fails, and what a webhook is sent."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, field
from string import Template
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from extract_core.dataclass import dataclass
from extract_core.pipeline.keys import NOTIFY
from extract_core.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from extract_core.contract import Json

    Complain = Callable[[str, str], None]

FIELDS: Final = ("failed", "planned", "reason", "report", "rerun", "run_id", "source", "state", "succeeded", "text", "title")
"""What a template may name, as ``$text``."""
_TOPIC: Final = r"arn:aws[a-z-]*:sns:[a-z0-9-]+:\d{12}:[A-Za-z0-9_-]{1,256}"
_IN_MANAGER: Final = r"[A-Za-z0-9/_+=.@-]{1,512}"  # Secrets Manager API, CreateSecret
_MOST_TEMPLATE: Final = 2_000  # bytes of JSON: all variables of a Lambda function together have 4 KB (Lambda guide, "Quotas")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_EXAMPLE: Final = 'template = {text = "$text"}'


@dataclass(frozen=True, slots=True, kw_only=True)
class NotifyOptions:
    """The section [notify]. `topic` is the ARN of an SNS topic.

    The webhook's address is `webhook`, or the text of the secret `webhook_secret` in Secrets Manager. It is sent `template`: a
    JSON object whose texts may name `FIELDS`.
    """

    topic: str | None = None
    webhook: str | None = None
    webhook_secret: str | None = None
    template: Mapping[str, Json] = field(default_factory=dict)

    def __bool__(self) -> bool:
        """Whether anyone gets a message."""
        return bool(self.topic or self.webhook or self.webhook_secret)

    def to_json(self) -> str:
        """The options as one line of JSON: the variable of a Lambda function."""
        return json.dumps({key: value for key, value in asdict(self).items() if value}, sort_keys=True, separators=(",", ":"))


def notify_options(section: Mapping[str, Any], complain: Complain) -> NotifyOptions:
    """The options of the section. `complain` gets the path and the message of each wrong value, which is left out."""
    faults = dict(_faults(section))
    for key, fault in faults.items():
        complain(f"notify.{key}" if key else "notify", fault)
    return NotifyOptions(**{key: value for key, value in section.items() if key in NOTIFY and key not in faults})


def _faults(section: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield from (
        (key, "no such key here" + (did_you_mean(key, NOTIFY) or f"; known are: {', '.join(NOTIFY)}"))
        for key in section
        if key not in NOTIFY
    )
    topic, address, secret = (section.get(key) for key in ("topic", "webhook", "webhook_secret"))
    if topic is not None and not _is_text(topic, _TOPIC):
        example = "arn:aws:sns:eu-central-1:123456789012:extract-failures"
        yield "topic", f"{topic!r} is not valid; write the ARN of an SNS topic, such as {example}"
    if address is not None and (fault := address_fault(address)):
        yield "webhook", fault
    if secret is not None and not _is_text(secret, _IN_MANAGER):
        yield "webhook_secret", f"{secret!r} is not valid; write the name of a secret in Secrets Manager that holds the address"
    if address is not None and secret is not None:
        yield "webhook_secret", "the address is given twice; keep webhook or webhook_secret"
    yield from _template_faults(section, has_webhook=address is not None or secret is not None)


def _template_faults(section: Mapping[str, Any], *, has_webhook: bool) -> Iterator[tuple[str, str]]:
    if "template" not in section:
        if has_webhook:
            yield "", f"a webhook needs the JSON that it is sent; write for example {_EXAMPLE}"
    elif (fault := template_fault(section["template"])) is not None:
        yield "template", fault
    elif not has_webhook:
        yield "template", "only a webhook has a template; add webhook or webhook_secret, or remove this"


def address_fault(address: object) -> str | None:
    """What is wrong with the address of a webhook; None for ``https://…``, and for ``http://`` to this machine.

    No text of it contains more than the host: the rest of such an address may be a secret.
    """
    wanted = "write https://host/path"
    if not isinstance(address, str):
        return f"{address!r} is not an address; {wanted}"
    try:
        parts = urlsplit(address)
        host, port = parts.hostname, parts.port  # noqa: F841 - a wrong port raises
    except ValueError:
        return f"is not a valid address; {wanted}"
    if not host or re.search(r"[\s\x00-\x1f\x7f]", address) or not address.isascii():
        return f"is not a valid address; {wanted}"
    if parts.username is not None or parts.password is not None:
        return "has a user or a password in it; put the whole address into Secrets Manager and name it: webhook_secret"
    if parts.scheme != "https" and not (parts.scheme == "http" and host in _LOOPBACK):
        return f"{parts.scheme}://{host} is not allowed; {wanted} (http:// is for this machine only)"
    return None


def template_fault(template: object) -> str | None:
    """What is wrong with a template; None for an object whose texts name only `FIELDS`."""
    if not isinstance(template, dict) or not template:
        return f"{template!r} is not valid; write the JSON that the webhook is sent as a table, such as {_EXAMPLE}"
    try:
        size = len(json.dumps(template).encode())
    except (TypeError, ValueError) as error:
        return f"can't be sent as JSON ({error}); write texts, numbers, true and false, lists and tables"
    if size > _MOST_TEMPLATE:
        return f"has {size:,} bytes as JSON, and {_MOST_TEMPLATE:,} is the most; make it shorter"
    for text in _texts(template):
        if not Template(text).is_valid():
            return f"{text!r} has a $ without a name; write $$ for a dollar sign"
        unknown = next((name for name in Template(text).get_identifiers() if name not in FIELDS), None)
        if unknown is not None:
            return f"there is no ${unknown}" + (did_you_mean(unknown, FIELDS) or f"; known are: ${', $'.join(FIELDS)}")
    return None


def filled(template: Json, fields: Mapping[str, str]) -> Json:
    """The template with the fields in its texts."""
    if isinstance(template, str):
        return Template(template).substitute(fields)
    if isinstance(template, dict):
        return {key: filled(value, fields) for key, value in template.items()}
    if isinstance(template, list):
        return [filled(value, fields) for value in template]
    return template


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for member in value.values() if isinstance(value, dict) else value:
            yield from _texts(member)


def _is_text(value: object, pattern: str) -> bool:
    return isinstance(value, str) and re.fullmatch(pattern, value) is not None
