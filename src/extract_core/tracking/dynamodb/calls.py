"""Requests to DynamoDB: errors in words that say what to do, throttles and conflicts tried again, batches to their end.

The client's own retries (botocore, standard mode) come first. What is tried again here is what they leave: keys that a batch did
not get to (BatchGetItem, UnprocessedKeys) and transactions that met another one (TransactionCanceledException).
"""

from __future__ import annotations

import random
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar, cast

from extract_core.errors import TrackingError, TrackingUnavailable
from extract_core.tracking.dynamodb.items import key_of
from extract_core.tracking.dynamodb.keys import INDEX, Key

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from mypy_boto3_dynamodb import DynamoDBClient

    from extract_core.tracking.dynamodb.items import Item

T = TypeVar("T")
R = TypeVar("R")

THREADS: Final = 16
"""Requests at once: the client's pool of connections should have as many."""
_BATCH: Final = 100  # keys of a BatchGetItem (API reference)
_TRIES: Final = 10
_FIRST_WAIT: Final = 0.05  # seconds, doubled each time, with full jitter
_LONGEST_WAIT: Final = 2.0

_PASSING: Final = frozenset(
    {
        "InternalServerError",
        "InternalServerErrorException",
        "LimitExceededException",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ServiceUnavailable",
        "ThrottlingError",
        "ThrottlingException",
        "TransactionConflict",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
"""Codes of errors, and of reasons of a cancelled transaction, that pass by themselves (guide, "Error handling")."""
_REFUSED: Final = frozenset({"ConditionalCheckFailed", "ConditionalCheckFailedException"})
_REMEDIES: Final = {
    "ResourceNotFoundException": "there is no such table, or it has no index 'history': deploy the pipeline, or name the right "
    "table and region",
    "AccessDeniedException": "this role may not do that: grant it, as the deployed template does",
    "UnrecognizedClientException": "the credentials are not valid: log in again",
    "ExpiredTokenException": "the credentials have expired: log in again",
    "InvalidSignatureException": "the credentials are not valid, or this machine's clock is wrong",
}


class Refused(Exception):  # noqa: N818 - not an error: another process was first
    """The condition of a write did not hold. `current` is the item as it is now, if DynamoDB returned it."""

    def __init__(self, current: Item | None = None) -> None:
        super().__init__("the condition of the write did not hold")
        self.current = current


class Calls:
    """One table, by one client. All reads by key are consistent."""

    def __init__(self, client: DynamoDBClient, table: str, *, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._table = table
        self._sleep = sleep

    def close(self) -> None:
        """End the threads and the connections."""
        if "_pool" in self.__dict__:
            self._pool.shutdown(wait=True, cancel_futures=True)
        self._client.close()

    def map(self, work: Callable[[T], R], things: Sequence[T]) -> list[R]:
        """The work done for each thing, several at once. All are tried; then the first error is raised."""
        if len(things) <= 1:
            return [work(thing) for thing in things]
        futures = [self._pool.submit(work, thing) for thing in things]
        errors = [error for future in futures if (error := future.exception()) is not None]
        if errors:
            raise errors[0]
        return [future.result() for future in futures]

    def get(self, key: Key) -> Item | None:
        """The item of this key."""
        with self._translated("GetItem"):
            answer = _answer(self._client.get_item(TableName=self._table, Key=_typed(key), ConsistentRead=True))
        item: Item | None = answer.get("Item")
        return item

    def get_all(self, keys: Sequence[Key]) -> dict[Key, Item]:
        """The items of these keys, as far as they are there."""
        batches = [keys[start : start + _BATCH] for start in range(0, len(keys), _BATCH)]
        return {key_of(item): item for batch in self.map(self._batch, batches) for item in batch}

    def put(self, item: Item, condition: str, values: Mapping[str, Any] | None = None) -> None:
        """Put the item if the condition holds; `Refused` otherwise."""
        request: Any = {
            "TableName": self._table,
            "Item": item,
            "ConditionExpression": condition,
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            **({"ExpressionAttributeValues": values} if values else {}),
        }
        self._again("PutItem", lambda: _answer(self._client.put_item(**request)))

    def update(self, key: Key, expression: str, condition: str, *, names: Iterable[str], values: Mapping[str, Any]) -> Item:
        """Change the item if the condition holds; `Refused` otherwise. `names` are the attributes written as ``#name``."""
        request: Any = {
            "TableName": self._table,
            "Key": _typed(key),
            "UpdateExpression": expression,
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {f"#{name}": name for name in names},
            **({"ExpressionAttributeValues": values} if values else {}),
            "ReturnValues": "ALL_NEW",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
        }
        return self._again("UpdateItem", lambda: _answer(self._client.update_item(**request))["Attributes"])

    def put_together(self, *puts: tuple[Item, str, Mapping[str, Any]], delete: Key | None = None) -> None:
        """Put items with their conditions in one transaction, and delete an item; `Refused` if a condition does not hold.

        Then nothing is changed.
        """
        actions: Any = [
            {
                "Put": {
                    "TableName": self._table,
                    "Item": item,
                    "ConditionExpression": condition,
                    **({"ExpressionAttributeValues": values} if values else {}),
                }
            }
            for item, condition, values in puts
        ]
        if delete is not None:
            actions.append({"Delete": {"TableName": self._table, "Key": _typed(delete)}})
        self._again("TransactWriteItems", lambda: _answer(self._client.transact_write_items(TransactItems=actions)))

    def delete(self, key: Key, condition: str, *, names: Iterable[str], values: Mapping[str, Any]) -> None:
        """Delete the item if the condition holds; `Refused` otherwise. `names` are the attributes written as ``#name``."""
        request: Any = {
            "TableName": self._table,
            "Key": _typed(key),
            "ConditionExpression": condition,
            "ExpressionAttributeNames": {f"#{name}": name for name in names},
            "ExpressionAttributeValues": values,
        }
        self._again("DeleteItem", lambda: self._client.delete_item(**request))

    def query(self, pk: str, after: Mapping[str, Any] | None = None) -> tuple[list[Item], Mapping[str, Any] | None]:
        """One page of the items below this partition key, and where the next one begins."""
        request: Any = {
            "TableName": self._table,
            "KeyConditionExpression": "pk = :pk",
            "ExpressionAttributeValues": {":pk": {"S": pk}},
            "ConsistentRead": True,
            **({"ExclusiveStartKey": after} if after else {}),
        }
        with self._translated("Query"):
            answer = _answer(self._client.query(**request), "Items")
        return answer["Items"], answer.get("LastEvaluatedKey")

    def pages(self, pks: Sequence[str]) -> list[Iterator[Item]]:
        """The items below each of these partition keys; of each one the next page is on its way while one is read."""
        first = [self._pool.submit(self.query, pk) for pk in pks]

        def read(pk: str, page: Any) -> Iterator[Item]:  # Any: a future of a page
            while page is not None:
                items, after = page.result()
                page = self._pool.submit(self.query, pk, after) if after else None
                yield from items

        return [read(pk, page) for pk, page in zip(pks, first, strict=True)]

    def query_last(self, pk: str, prefix: str, limit: int) -> list[Item]:
        """The last items below this partition key whose sort key begins so, in falling order."""
        return self._last(
            limit,
            KeyConditionExpression="pk = :pk AND begins_with(sk, :prefix)",
            ExpressionAttributeValues={":pk": {"S": pk}, ":prefix": {"S": prefix}},
            ConsistentRead=True,
        )

    def newest(self, index_pk: str, limit: int) -> list[Key]:
        """The keys of the newest items of the index below this partition key. The index runs a little behind the table."""
        items = self._last(
            limit,
            IndexName=INDEX,
            KeyConditionExpression="index_pk = :pk",
            ExpressionAttributeValues={":pk": {"S": index_pk}},
        )
        return [key_of(item) for item in items]

    def _last(self, limit: int, **query: Any) -> list[Item]:
        items: list[Item] = []
        after: Mapping[str, Any] | None = None
        while len(items) < limit:
            request: Any = {**query, "TableName": self._table, "ScanIndexForward": False, "Limit": limit - len(items)}
            if after:
                request["ExclusiveStartKey"] = after
            with self._translated("Query"):
                answer = _answer(self._client.query(**request), "Items")
            items += answer["Items"]
            after = answer.get("LastEvaluatedKey")
            if not after:
                break
        return items

    @cached_property
    def _pool(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(THREADS, thread_name_prefix="tracking")

    def _batch(self, keys: Sequence[Key]) -> list[Item]:
        items: list[Item] = []
        request: Any = {self._table: {"Keys": [_typed(key) for key in keys], "ConsistentRead": True}}
        for number in range(_TRIES):
            with self._translated("BatchGetItem"):
                answer = _answer(self._client.batch_get_item(RequestItems=request), "Responses")
            items += answer["Responses"].get(self._table, [])
            request = answer.get("UnprocessedKeys")
            if not request:
                return items
            self._wait(number)
        raise TrackingUnavailable(
            f"the tracking table {self._table!r} was throttled: {len(request[self._table]['Keys'])} of {len(keys)} keys were not "
            "read: try again"
        )

    def _again(self, operation: str, call: Callable[[], R]) -> R:
        """The call, once more as long as other transactions are in its way."""
        number = 0
        while True:
            try:
                with self._translated(operation):
                    return call()
            except TrackingUnavailable as error:
                if number == _TRIES - 1 or "TransactionConflict" not in _codes(error.__cause__):
                    raise
            self._wait(number)
            number += 1

    def _wait(self, number: int) -> None:
        self._sleep(random.uniform(0, min(_LONGEST_WAIT, _FIRST_WAIT * 2**number)))  # noqa: S311 - jitter

    @contextmanager
    def _translated(self, operation: str) -> Iterator[None]:
        from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError  # noqa: A004 - its name
        from botocore.parsers import ResponseParserError

        where = f"the tracking table {self._table!r}: {operation}"
        try:
            yield
        except ClientError as error:
            codes = _codes(error)
            if codes & _REFUSED:
                raise Refused(cast("Any", error.response).get("Item")) from error
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            if codes & _PASSING or status >= 500:
                raise TrackingUnavailable(f"{where}: throttled or not available for now ({error}): try again") from error
            remedy = next((_REMEDIES[code] for code in sorted(codes) if code in _REMEDIES), None)
            raise TrackingError(f"{where}: {remedy} ({error})" if remedy else f"{where}: {error}") from error
        except (ConnectionError, HTTPClientError) as error:
            raise TrackingUnavailable(f"{where}: no answer ({error}): try again") from error
        except (_NoAnswer, ResponseParserError, AttributeError) as error:  # AttributeError: botocore's, of a list
            raise TrackingUnavailable(f"{where}: the answer is not from DynamoDB ({error}): try again") from error
        except BotoCoreError as error:  # no credentials, no region, a parameter that the client refuses
            raise TrackingError(f"{where}: {error}") from error


class _NoAnswer(Exception):  # noqa: N818 - what it is
    """A success that DynamoDB did not send: a proxy's page, an empty body."""


def _answer(answer: Any, *members: str) -> Any:
    """The answer, if it has the id that DynamoDB gives each request, and these members. Raises _NoAnswer.

    botocore reads a body that is not JSON as an answer without members. So a page of a proxy would be "there is no such item".
    """
    if not isinstance(answer, dict):
        raise _NoAnswer(f"it is a {type(answer).__name__}")
    about = answer.get("ResponseMetadata", {})
    missing = [name for name in members if name not in answer]
    if not about.get("RequestId") or missing:
        raise _NoAnswer(f"HTTP status {about.get('HTTPStatusCode')}, without {', '.join(missing) or 'a request id'}")
    return answer


def _typed(key: Key) -> dict[str, Any]:
    return {"pk": {"S": key.pk}, "sk": {"S": key.sk}}


def _codes(error: BaseException | None) -> set[str]:
    """The error's code, and those of the reasons for which a transaction was cancelled, without their endings."""
    response: Any = getattr(error, "response", None) or {}
    reasons = {str(reason.get("Code")) for reason in response.get("CancellationReasons", ())}
    code = str(response.get("Error", {}).get("Code", ""))
    codes = {code, *reasons} - {"None", ""}
    return codes | ({"TransactionConflict"} if "TransactionConflictException" in codes else set())
