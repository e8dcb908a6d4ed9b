"""The configs that a process has read. It imports no reader: a function that reads no config has this only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from extract_core.config.model import SourceConfig

MOST_KEPT: Final = 8
"""Configs that stay in memory. One of 50,000 tables takes about 10 MB."""


class ReadSources:
    """The configs that this process has read, by URI, each with the stamp (S3: the ETag) of its object.

    A warm Lambda function keeps them between runs. A config is never changed after it is read, so runs share it.
    """

    def __init__(self) -> None:
        self._entries: dict[str, tuple[str, SourceConfig]] = {}

    def stamp(self, uri: str) -> str | None:
        """The stamp of this config, or None."""
        entry = self._entries.get(uri)
        return entry[0] if entry is not None else None

    def get(self, uri: str) -> SourceConfig:
        """This config, which must be there."""
        return self._entries[uri][1]

    def keep(self, uri: str, stamp: str, config: SourceConfig) -> None:
        """Store this config, and drop the oldest ones beyond `MOST_KEPT`."""
        self._entries.pop(uri, None)
        self._entries[uri] = (stamp, config)
        while len(self._entries) > MOST_KEPT:
            del self._entries[next(iter(self._entries))]
