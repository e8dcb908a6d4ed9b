"""Files that another tool reads: recognised by their keys, with the way over to a source config."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from extract_core.contract import Json


class _Tool(NamedTuple):
    name: str
    is_this: Callable[[Mapping[str, Json]], bool]
    way: str


def _list_of(document: Mapping[str, Json], key: str, member: str) -> bool:
    items = document.get(key)
    return isinstance(items, list) and any(isinstance(item, dict) and member in item for item in items)


def _has_mapping(document: Mapping[str, Json], key: str, *members: str) -> bool:
    inner = document.get(key)
    return isinstance(inner, dict) and any(member in inner for member in members)


_TOOLS: Final = (
    _Tool(
        "table mapping of AWS DMS",
        lambda document: _list_of(document, "rules", "rule-type"),
        "each selection rule becomes lines under extract.tables, one per table ('schema.table: {}'); rules that exclude or "
        "transform have no counterpart",
    ),
    _Tool(
        "task settings file of AWS DMS",
        lambda document: "TargetMetadata" in document or "FullLoadSettings" in document,
        "MaxFullLoadSubTasks becomes max_concurrency under [machine] in extract.toml, and CommitRate becomes fetchsize",
    ),
    _Tool(
        "replication file of Sling",
        lambda document: isinstance(document.get("streams"), dict) and bool({"source", "target"} & document.keys()),
        "each stream becomes a line under extract.tables; mode: incremental becomes extract_type: PE, and update_key becomes "
        "watermark: {column: …, type: …}",
    ),
    _Tool(
        "Meltano project file",
        lambda document: _has_mapping(document, "plugins", "extractors", "loaders") or "default_environment" in document,
        "each selected stream of an extractor becomes a line under extract.tables; replication-method: INCREMENTAL becomes "
        "extract_type: PE, and replication-key becomes watermark: {column: …, type: …}",
    ),
    _Tool(
        "Singer catalog",
        lambda document: _list_of(document, "streams", "tap_stream_id"),
        "each selected stream becomes a line under extract.tables; replication_key becomes watermark: {column: …, type: …}",
    ),
    _Tool(
        "sources file of dbt",
        lambda document: "version" in document and _list_of(document, "sources", "tables"),
        "each table of a source becomes a line under extract.tables; loaded_at_field becomes watermark: {column: …, type: …}",
    ),
    _Tool(
        "connector configuration of Kafka Connect",
        lambda document: "connector.class" in document or _has_mapping(document, "config", "connector.class"),
        "each table of table.whitelist or table.include.list becomes a line under extract.tables; timestamp.column.name becomes "
        "watermark: {column: …, type: timestamp}",
    ),
)


def of_another_tool(document: Mapping[str, Json]) -> str | None:
    """What this file without an extract section is and how to go on, if another tool reads it; None otherwise."""
    for tool in _TOOLS:
        if tool.is_this(document):
            return (
                f"is a {tool.name}, not a source config; extract init --from-database URL writes a config with the tables of the "
                f"database. In it, {tool.way}"
            )
    return None
