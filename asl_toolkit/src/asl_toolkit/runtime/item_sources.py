"""The sources of a Map's items, for `$$.Map.Item.Source`: STATE_DATA, or the S3 URI of a file or of a listed bucket.

Source: developer guide, "Context object" (ItemReader); run on AWS by gabrielmoreira/tiny-asl-machine
(Observation.ItemReader).
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from asl_toolkit.json_value import Json


@dataclass(slots=True)
class Sources:
    """The source of each item, stored per file with the position of its first item."""

    _starts: list[int] = field(default_factory=list)
    _uris: list[str] = field(default_factory=list)

    def add(self, start: int, uri: str) -> None:
        """The items from `start` on have this source."""
        self._starts.append(start)
        self._uris.append(uri)

    def of(self, index: int) -> str:
        """The source of an item."""
        return self._uris[bisect_right(self._starts, index) - 1]


STATE_DATA: Final = Sources([0], ["STATE_DATA"])


@dataclass(frozen=True, slots=True)
class Items:
    """The items of a Map and their sources."""

    values: Sequence[Json]
    sources: Sources = field(default_factory=lambda: STATE_DATA)


def uri_of(parameters: Json, key: str | None = None) -> str:
    """`s3://bucket` or `s3://bucket/key` of a request."""
    bucket = parameters.get("Bucket") if isinstance(parameters, dict) else None
    return f"s3://{bucket}" if key is None else f"s3://{bucket}/{key}"


class ItemContext(dict[str, Json]):
    """`$$.Map.Item`. Its Source can be read by name, but the whole object does not show it.

    Recordings of whole context objects are older than this field.
    """

    __slots__ = ("_source",)

    def __init__(self, index: int, value: Json, source: str) -> None:
        super().__init__(Index=index, Value=value)
        self._source = source

    def __missing__(self, name: str) -> Json:
        """The source, or KeyError."""
        if name == "Source":
            return self._source
        raise KeyError(name)

    def get(self, name: str, default: Json = None) -> Json:
        """As a path asks: JSONata's library calls this."""
        return self._source if name == "Source" else super().get(name, default)
