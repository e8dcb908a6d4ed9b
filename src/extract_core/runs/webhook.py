"""One POST of JSON to a webhook: https, or http to this machine; no redirect is followed; every wait has an end."""

from __future__ import annotations

import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from extract_core.pipeline.notify import address_fault
from extract_core.wording import cut

if TYPE_CHECKING:
    from email.message import Message
    from typing import IO

_SECONDS: Final = 5.0  # for each wait of the connection; the caller limits the whole
_SHOWN: Final = 200  # characters of an answer


class WebhookRefused(Exception):  # noqa: N818 - the field's word
    """The webhook did not take the message. The text has its host at most: its path may be a secret."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer like any other: the message goes to the host that was named, and nowhere else."""

    def redirect_request(  # noqa: PLR0913, PLR0917 - the signature of urllib
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Message, newurl: str
    ) -> None:
        """No further request."""


def post(address: str, body: bytes) -> None:
    """Send the JSON. Raises WebhookRefused for a wrong address, no connection, or any answer but 2xx."""
    fault = address_fault(address)
    if fault is not None:
        raise WebhookRefused(f"its address {fault}")
    host = urlsplit(address).netloc
    handlers: list[urllib.request.BaseHandler] = [_NoRedirect()]
    if address.startswith("http://"):  # this machine: not through a proxy
        handlers.append(urllib.request.ProxyHandler({}))
    headers = {"Content-Type": "application/json; charset=utf-8", "User-Agent": "extract"}
    request = urllib.request.Request(address, data=body, headers=headers, method="POST")  # noqa: S310 - see address_fault
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=_SECONDS):
            return
    except urllib.error.HTTPError as error:
        with error:
            if "Location" in error.headers:
                raise WebhookRefused(
                    f"{host} answered {error.code}, a redirect, which is not followed; write the address that it leads to"
                ) from None
            said = cut(" ".join(error.read(4 * _SHOWN).decode("utf-8", "replace").split()), _SHOWN)
        raise WebhookRefused(f"{host} answered {error.code} {error.reason}{f': {said}' if said else ''}") from None
    except urllib.error.URLError as error:
        raise WebhookRefused(f"{host} can't be reached: {error.reason}") from None
    except OSError as error:
        raise WebhookRefused(f"{host} can't be reached: {str(error) or type(error).__name__}") from None
