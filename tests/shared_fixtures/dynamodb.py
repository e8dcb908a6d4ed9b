"""A DynamoDB for tests: moto's, with one request served at a time, and a wire on which requests can be counted and go wrong."""

from __future__ import annotations

import json
import os
import threading
from collections import defaultdict
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from botocore.awsrequest import AWSResponse
    from mypy_boto3_dynamodb import DynamoDBClient

_ONE_AT_A_TIME = threading.RLock()
_NUMBERS = count()


@contextmanager
def moto_dynamodb() -> Iterator[DynamoDBClient]:
    """A client of a DynamoDB of moto.

    moto keeps its tables in dicts and locks nothing: two requests of two threads would see each other's halves. DynamoDB
    serves the requests for one item one at a time, so here one request is served at a time.

    For the case that a transaction is cancelled, moto copies the whole table first, and keeps each copied value for the rest of
    the process (`BaseModel.instances_tracked`). So time and memory grow with the square of the writes. Here the copy has the
    same items, which is enough as long as a transaction only puts and deletes: these replace items and change none.
    """
    import boto3
    import moto.core.models
    from moto import mock_aws
    from moto.dynamodb.models.table import Table

    stubber = moto.core.models.botocore_stubber
    serve = type(stubber).__call__

    def serialised(self, event_name, request, **named):
        if hasattr(request, "answered"):  # botocore calls every handler of before-send, and takes the first answer
            return None
        with _ONE_AT_A_TIME:
            return serve(self, event_name, request, **named)

    names = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing", "AWS_DEFAULT_REGION": "eu-central-1"}
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setattr(type(stubber), "__call__", serialised)
        patch.setattr(Table, "__deepcopy__", _with_the_same_items, raising=False)
        for name, value in names.items():
            patch.setenv(name, value)
        for name in [name for name in os.environ if name.startswith("AWS_ENDPOINT_URL")]:
            patch.delenv(name)
        with closing(boto3.client("dynamodb")) as client:
            yield client


def _with_the_same_items(table, _memo):
    same = object.__new__(type(table))  # not by its class, which keeps each instance
    vars(same).update(vars(table))
    same.items = defaultdict(dict, {key: dict(items) for key, items in table.items.items()})
    return same


@pytest.fixture(scope="module")
def dynamodb() -> Iterator[DynamoDBClient]:
    with moto_dynamodb() as client:
        yield client


class Shared:
    """A client that several stores use, and none of them closes."""

    def __init__(self, client: DynamoDBClient) -> None:
        self._client = client

    def __getattr__(self, name: str):
        return getattr(self._client, name)

    def close(self) -> None:
        pass


@pytest.fixture(scope="session")
def tracking_table():
    """A context: it makes a new tracking table by this client, gives a function that opens stores in it, and deletes it."""
    from extract_core.tracking.dynamodb.keys import table_definition
    from extract_core.tracking.dynamodb.store import DynamoDBTracking

    @contextmanager
    def fresh(client: DynamoDBClient) -> Iterator[Callable[[], DynamoDBTracking]]:
        name = f"tracking-{next(_NUMBERS)}"
        client.create_table(**table_definition(name))
        with ExitStack() as stack:
            yield lambda: stack.enter_context(DynamoDBTracking(Shared(client), name, sleep=lambda _: None))
        client.delete_table(TableName=name)

    return fresh


@dataclass
class Wire:
    """What went over it. `fault` says of a request's number (from 1) and operation which fault it meets, or None.

    Faults: throttled, server error, conflict (with another transaction), never arrived, answer lost.
    """

    fault: Callable[[int, str], str | None] = lambda number, operation: None
    requests: list[tuple[str, dict]] = field(default_factory=list)

    def sent(self, *operations: str) -> list[dict]:
        return [body for operation, body in self.requests if operation in operations]

    def meet(self, request, event_name: str, **more) -> AWSResponse | None:
        import moto.core.models
        from botocore.exceptions import ConnectTimeoutError, ReadTimeoutError

        operation = event_name.rpartition(".")[2]
        self.requests.append((operation, json.loads(request.body or b"{}")))
        kind = self.fault(len(self.requests), operation)
        if kind is None:
            return None
        request.answered = True
        if kind == "never arrived":
            raise ConnectTimeoutError(endpoint_url=request.url)
        if kind == "answer lost":
            del request.answered
            moto.core.models.botocore_stubber(event_name, request)
            raise ReadTimeoutError(endpoint_url=request.url)
        if kind == "conflict" and operation == "TransactWriteItems":
            reasons = [{"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}, {"Code": "None"}]
            return _answer(request, 400, "TransactionCanceledException", CancellationReasons=reasons)
        if kind == "conflict" and operation in ("PutItem", "UpdateItem"):
            return _answer(request, 400, "TransactionConflictException")
        if kind == "server error":
            return _answer(request, 500, "InternalServerError")
        return _answer(request, 400, "ThrottlingException")


def _answer(request, status: int, code: str, **more) -> AWSResponse:
    from botocore.awsrequest import AWSResponse

    body = json.dumps({"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": f"injected {code}", **more}).encode()

    class Raw:
        def stream(self, **_):
            yield body

    return AWSResponse(request.url, status, {"Content-Type": "application/x-amz-json-1.0"}, Raw())


class FaultPerCall:
    """Lets one request of each call of a store go wrong: the one at `position`, from 1. `met` counts them.

    So a story of 20 calls needs as many runs as its longest call has requests, and each request goes wrong in one of them.
    """

    def __init__(self, wire: Wire, kind: str, position: int) -> None:
        self.met = 0
        self._wire, self._kind, self._position = wire, kind, position
        self._number = 0
        wire.fault = self._of

    def again(self, call):
        """What the call returns. It is made a second time if the store is unavailable, and no third time."""
        from extract_core.errors import TrackingUnavailable

        self._number = len(self._wire.requests) + self._position
        try:
            return call()
        except TrackingUnavailable:
            return call()

    def _of(self, number: int, operation: str) -> str | None:
        if number != self._number:
            return None
        self.met += 1
        return self._kind


@pytest.fixture(scope="session")
def wire():
    """A context: the wire of a client. Each request, whether it goes out for the first time or again, meets it before moto."""

    @contextmanager
    def of(client: DynamoDBClient) -> Iterator[Wire]:
        wire = Wire()
        client.meta.events.register_first("before-send.dynamodb", wire.meet, unique_id="wire")
        try:
            yield wire
        finally:
            client.meta.events.unregister("before-send.dynamodb", unique_id="wire")

    return of
