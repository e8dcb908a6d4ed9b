"""Keys of the DynamoDB table, its index, its shards: the one place that knows where a record lies.

    record      pk                        sk                          index_pk                  index_sk
    a run       RUN#<run>                 RUN                         RUNS                      <started_at>#<run>
    a table     TABLE#<source>#<table>    STATE                       -                         -
    a change    TABLE#<source>#<table>    CHANGE#<version>            -                         -
    an attempt  RUN#<run>#<shard>         TABLE#<table>#<attempt>     TABLE#<source>#<table>    <recorded_at>#<run>#<attempt>
    a slot      POOL#<pool>               SLOT#<number>               -                         -

Run ids and source names hold no ``#`` (`run_id`, `config.read`); table names may, so a table stands last or before a number of
fixed width. The index holds keys alone: a write costs it one unit, and those who list read the records by key.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zlib import crc32

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import CreateTableInputTypeDef, TimeToLiveSpecificationTypeDef

INDEX: Final = "history"
EXPIRES: Final = "expires_at"
"""When DynamoDB may delete the item: seconds since 1970. On runs and attempts only, never on the state of a table."""
TIME_TO_LIVE: Final[TimeToLiveSpecificationTypeDef] = {"Enabled": True, "AttributeName": EXPIRES}

_ONE_SHARD: Final = 1_000
"""Tables of a run whose attempts lie in one partition, which takes 1,000 write units a second (DynamoDB guide, partitions)."""
_SHARDS: Final = 16
RUNS: Final = "RUNS"


class Key(NamedTuple):
    """The primary key of an item."""

    pk: str
    sk: str


def run_key(run_id: str) -> Key:
    """The key of the record of a run."""
    return Key(f"RUN#{run_id}", "RUN")


def run_of(key: Key) -> str:
    """The run id in the key of a run's record."""
    return key.pk.removeprefix("RUN#")


def table_pk(source: str, table: str) -> str:
    """The partition key of a table's state; the attempts at the table have it in the index."""
    return f"TABLE#{source}#{table}"


def state_key(source: str, table: str) -> Key:
    """The key of the state of a table."""
    return Key(table_pk(source, table), "STATE")


CHANGES: Final = "CHANGE#"
"""Begins the sort keys of what people changed of a table's watermark."""


def change_key(source: str, table: str, version: int) -> Key:
    """The key of the change that made this version of a watermark."""
    return Key(table_pk(source, table), f"{CHANGES}{version:010}")


def pool_pk(pool: str) -> str:
    """The partition key of the held slots of a pool."""
    return f"POOL#{pool}"


def slot_key(pool: str, number: int) -> Key:
    """The key of one slot of a pool."""
    return Key(pool_pk(pool), f"SLOT#{number:06}")


def attempts_pk(run_id: str, shard: int) -> str:
    """The partition key of the attempts of a run in one shard."""
    return f"RUN#{run_id}#{shard}"


def attempt_key(run_id: str, table: str, attempt: int, shards: int) -> Key:
    """The key of one attempt of a run that has this many shards."""
    return Key(attempts_pk(run_id, crc32(table.encode("utf-8", "backslashreplace")) % shards), f"TABLE#{table}#{attempt:04}")


def attempt_moment(recorded_at: str, run_id: str, attempt: int) -> str:
    """Orders the attempts at a table in the index."""
    return f"{recorded_at}#{run_id}#{attempt:04}"


def shards(planned: int | None) -> int:
    """How many partitions the attempts of a run with so many tables are spread over."""
    return 1 if planned is None or planned <= _ONE_SHARD else _SHARDS


def table_definition(name: str) -> CreateTableInputTypeDef:
    """What CreateTable takes to make the tracking table. `TIME_TO_LIVE` is for UpdateTimeToLive, once it is there."""
    keys = ("pk", "sk", "index_pk", "index_sk")

    def schema(hash_key: str, range_key: str) -> Any:  # Any: a list of literals to the stubs
        return [{"AttributeName": hash_key, "KeyType": "HASH"}, {"AttributeName": range_key, "KeyType": "RANGE"}]

    return {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"} for key in keys],
        "KeySchema": schema("pk", "sk"),
        "GlobalSecondaryIndexes": [
            {
                "IndexName": INDEX,
                "KeySchema": schema("index_pk", "index_sk"),
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
    }
