"""Notes about keys of a table that have no effect. They are not faults: a custom job may use them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_core.config.older_keys import OLDER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from extract_core.config.model import SourceConfig
    from extract_core.contract import Json
    from extract_core.errors import Finding

_NEEDED: Final = {
    "lower_bound": ("partition_column", "upper_bound", "num_partitions"),
    "upper_bound": ("partition_column", "lower_bound", "num_partitions"),
    "partition_column": ("num_partitions",),
}
"""Keys of a split read, and those without which they have no effect."""


def senseless(config: SourceConfig, table: str, core: Mapping[str, Json]) -> Iterator[Finding]:
    """Notes about the keys that the table itself has; `core` are the core's keys, all tiers merged.

    Keys above the tables have no notes: they are meant for the tables that they fit.
    """
    raw = config.extract.tables.get(table)
    if not isinstance(raw, dict):
        return
    path = ("extract", "tables", table)
    if core.get("extract_type", "FE") == "FE":
        for key in ("watermark", *OLDER):
            if key in raw:
                message = "is not used: extract_type is FE, so the whole table is read; write extract_type: PE to read new rows"
                yield config.text.finding((*path, key), message)
                break
    for key, needed in _NEEDED.items():
        missing = [other for other in needed if other not in core]
        if key in raw and missing:
            yield config.text.finding((*path, key), f"is not used without {' and '.join(missing)}")
            return
