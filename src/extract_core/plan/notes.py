"""Notes about keys of a table that have no effect. They are not faults: a custom job may use them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_core.config.older_keys import OLDER

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from extract_core.config.model import SourceConfig
    from extract_core.contract import Json
    from extract_core.errors import Finding
    from extract_core.plan.line import PlannedTable

_BOUNDS: Final = ("lower_bound", "upper_bound")
_OF_A_SPLIT: Final = (*_BOUNDS, "num_partitions")


def core_of(planned: PlannedTable) -> Mapping[str, Json]:
    """The core's keys of a planned table, all tiers merged."""
    core = (planned.spec or {}).get("core")
    return core if isinstance(core, dict) else {}


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
    if "partition_column" not in core:
        for key in _OF_A_SPLIT:
            if key in raw and (key != "num_partitions" or core[key] != 1):
                yield config.text.finding((*path, key), "is not used: without partition_column the read is not split")
                return
        return
    missing = [key for key in _OF_A_SPLIT if key not in core]
    if missing and ("partition_column" in raw or any(key in raw for key in _OF_A_SPLIT)):
        message = f"does not split the read without {' and '.join(missing)}: Spark requires all of them, or none"
        yield config.text.finding((*path, "partition_column") if "partition_column" in raw else path, message)
