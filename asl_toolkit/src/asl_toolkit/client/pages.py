"""Pages of a list: maxResults and nextToken, as every List operation has them."""

from collections.abc import Sequence
from typing import Any, TypeVar

from asl_toolkit.client.errors import Exceptions
from asl_toolkit.client.model import Request

T = TypeVar("T")


def page(  # noqa: PLR0913 - what a page is made of
    elements: Sequence[T],
    request: Request,
    key: str,
    exceptions: Exceptions,
    operation: str,
    *,
    usual: int = 100,
    most: int = 1000,
) -> dict[str, Any]:  # boto3's shapes
    """The page of `elements` that a request asks for, under `key`. Raises InvalidToken if this client did not issue the token.

    `usual` is the size if maxResults is missing or 0. A token is the position of the first element of a page. If a list grows
    at its head between two calls, elements appear twice, as in the service's "eventually consistent" lists.
    """
    token = request.get("nextToken")
    start = 0
    if token is not None:
        if not (token.isascii() and token.isdecimal() and 0 < int(token) <= len(elements)):
            raise exceptions.make("InvalidToken", "Invalid Token: 'Invalid token'", operation)
        start = int(token)
    end = start + min(request.get("maxResults") or usual, most)
    answer: dict[str, Any] = {key: list(elements[start:end])}
    if end < len(elements):
        answer["nextToken"] = str(end)
    return answer
