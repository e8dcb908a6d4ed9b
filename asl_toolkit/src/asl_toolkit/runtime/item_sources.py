"""Where the items of a Map come from, as `$$.Map.Item.Source` says: STATE_DATA, or the S3 URI of a file or of a listed bucket.

Source: developer guide, "Context object" (ItemReader); run on AWS by gabrielmoreira/tiny-asl-machine (Observation.ItemReader).
"""

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from asl_toolkit.json_value import Json


@dataclass(slots=True)
class Sources:
    """The source of each item, by where the items of each file begin."""

    _starts: list[int] = field(default_factory=list)
    _uris: list[str] = field(default_factory=list)

    def add(self, start: int, uri: str) -> None:
        """Items from `start` on come from here."""
        self._starts.append(start)
        self._uris.append(uri)

    def of(self, index: int) -> str:
        """The source of an item."""
        return self._uris[bisect_right(self._starts, index) - 1]


STATE_DATA: Final = Sources([0], ["STATE_DATA"])


@dataclass(frozen=True, slots=True)
class Items:
    """What a Map runs over, and where it comes from."""

    values: Sequence[Json]
    sources: Sources = field(default_factory=lambda: STATE_DATA)


def uri_of(parameters: Json, key: str | None = None) -> str:
    """`s3://bucket` or `s3://bucket/key` of a request."""
    bucket = parameters.get("Bucket") if isinstance(parameters, dict) else None
    return f"s3://{bucket}" if key is None else f"s3://{bucket}/{key}"


class ItemContext(dict[str, Json]):
    """`$$.Map.Item`: its Source is there for whoever asks for it by name, and not in the whole object.

    Recordings of whole context objects are older than the field.
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
