"""Compares a config with its database: tables and columns that only one of them has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from extract_core.plan.source_planner import Planner
from extract_core.wording import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping

    from extract_cli.catalog.tables import Database, Table
    from extract_core.config.model import SourceConfig
    from extract_core.errors import Finding
    from extract_core.registry.installed import Registry

_COLUMNS: Final = ("watermark.column", "partition_column")
_MOST_TOLD: Final = 20
_PUBLIC: Final = "public."


def compare(config: SourceConfig, registry: Registry, database: Database) -> tuple[list[Finding], list[str]]:
    """Complaints about the config, and notes of tables that it lacks. Tables with other findings are compared by name alone."""
    planner = Planner(config, None, registry)
    there = {table.name: table for table in database.tables}
    findings: list[Finding] = []
    named = set()
    for name in config.tables:
        table = _find(name, there, engine=database.engine)
        if table is None:
            hint = did_you_mean(name, there) or "; leave it out, or let this user see it"
            findings.append(
                config.text.finding(("extract", "tables", name), f"the database has no such table{hint}", of_key=True)
            )
            continue
        named.add(table.name)
        planned = planner.read(name)
        core = {} if isinstance(planned, list) else planned[0].core
        columns = [column.name for column in table.columns]
        for key in _COLUMNS:
            if key in core and core[key] not in columns:
                said = f"is {core[key]!r}, and the table has no such column{did_you_mean(str(core[key]), columns)}"
                findings.append(config.text.finding(planner.tiers.origin(key, name, planner.job_type_of(name)), said))
    return findings, _new(config.text.file, [name for name in there if name not in named])


def _find(name: str, there: Mapping[str, Table], *, engine: str) -> Table | None:
    """The table that a job would read. Without a schema, PostgreSQL looks on its search path: in public, unless set otherwise."""
    if name in there or engine == "sqlite":
        return there.get(name)
    return there.get(_PUBLIC + name)


def _new(file: str, names: list[str]) -> list[str]:
    if not names:
        return []
    listed = ", ".join(names[:_MOST_TOLD]) + (f" and {len(names) - _MOST_TOLD:,} more" if len(names) > _MOST_TOLD else "")
    return [f"{file}: {len(names):,} of the database's tables and views {'is' if len(names) == 1 else 'are'} not in it: {listed}"]
