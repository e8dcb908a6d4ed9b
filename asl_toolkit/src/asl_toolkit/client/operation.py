"""Makes a method an operation: keyword arguments only, checked against the model, and metadata in the answer."""

import functools
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from asl_toolkit.client.constraints import check_request
from asl_toolkit.client.errors import response_metadata
from asl_toolkit.client.model import Request
from asl_toolkit.client.registry import Registry

Response: TypeAlias = dict[str, Any]  # the shape of a boto3 response


class Part:
    """A group of operations on one registry."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry


P = TypeVar("P", bound=Part)


def operation(name: str) -> Callable[[Callable[[P, Request], Response]], Callable[..., Response]]:
    """A decorator: the method implements the operation `name` of the API."""

    def decorate(method: Callable[[P, Request], Response]) -> Callable[..., Response]:
        @functools.wraps(method)
        def call(self: P, *args: object, **request: Any) -> Response:
            if args:
                raise TypeError(f"{method.__name__}() only accepts keyword arguments.")
            check_request(name, request, self._registry.exceptions)
            return {**method(self, request), "ResponseMetadata": response_metadata()}

        del call.__wrapped__  # so that `help` shows keyword arguments
        return call

    return decorate
